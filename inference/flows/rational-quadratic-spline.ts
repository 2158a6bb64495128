import * as tf from '@tensorflow/tfjs-core';
import {detached} from '../games/gradient.ts';
import type {ElementwiseMap} from './coupling.ts';
import type {FlowStep} from './flow.ts';

/** Smallest share of the interval that a bin takes, in width and in height. */
const SMALLEST_BIN = 1e-3;
/** Smallest slope at a knot. */
const SMALLEST_SLOPE = 1e-3;
/** It is a product of slopes and positive: what rounding takes away is put back. */
const SMALLEST_DISCRIMINANT = 1e-12;
/** softplus of it and the smallest slope together are 1: raw slopes of 0 give the identity. */
const SLOPE_SHIFT = Math.log(Math.expm1(1 - SMALLEST_SLOPE));

/** The bin that each point lies in. */
interface Bin {
  /** Where it begins, and how wide it is. */
  readonly x: tf.Tensor;
  readonly width: tf.Tensor;
  /** The same of its image. */
  readonly y: tf.Tensor;
  readonly height: tf.Tensor;
  /** The slopes at its ends. */
  readonly left: tf.Tensor;
  readonly right: tf.Tensor;
}

/**
 * Monotone rational-quadratic splines on [-bound, bound], the identity outside, one for each number.
 *
 * Source: Durkan, Bekasov, Murray and Papamakarios (2019), from Gregory and Delbourgo (1982).
 */
export function rationalQuadraticSpline({bins, bound}: {bins: number; bound: number}): ElementwiseMap {
  const apply =
    (direction: 'forward' | 'inverse') =>
    (points: tf.Tensor2D, raw: tf.Tensor2D): FlowStep =>
      tf.tidy(() => {
        const [rows, columns] = points.shape;
        const all = tf.reshape(points, [-1, 1]);
        const inside = tf.clipByValue(all, -bound, bound);
        const parameters = tf.reshape(raw, [rows * columns, 3 * bins - 1]) as tf.Tensor2D;
        const bin = findBin(parameters, inside, {bins, bound, direction});
        const {value, logSlope} = direction === 'forward' ? evaluate(bin, inside) : invert(bin, inside);
        const within = detached(() => tf.lessEqual(tf.abs(all), bound));
        const zero = tf.zerosLike(logSlope);
        return {
          value: tf.reshape(tf.where(within, value, all), [rows, columns]) as tf.Tensor2D,
          logDeterminant: tf.sum<tf.Tensor1D>(tf.reshape(tf.where(within, logSlope, zero), [rows, columns]), 1),
        };
      });
  return {parameters: 3 * bins - 1, forward: apply('forward'), inverse: apply('inverse')};
}

/** Widths, heights and slopes of the bins from free parameters, and which bin each point [M, 1] lies in. */
function findBin(
  parameters: tf.Tensor2D,
  points: tf.Tensor,
  {bins, bound, direction}: {bins: number; bound: number; direction: 'forward' | 'inverse'},
): Bin {
  const count = parameters.shape[0];
  const part = (index: number, size: number) => tf.slice(parameters, [0, index * bins], [count, size]);
  const spread = (raw: tf.Tensor) => {
    const shares = tf.add(tf.mul(tf.softmax(raw), 1 - bins * SMALLEST_BIN), SMALLEST_BIN);
    return tf.mul(shares, 2 * bound);
  };
  const [widths, heights] = [spread(part(0, bins)), spread(part(1, bins))];
  const slopes = tf.add(tf.softplus(tf.add(part(2, bins - 1), SLOPE_SHIFT)), SMALLEST_SLOPE) as tf.Tensor2D;
  const steps = direction === 'forward' ? widths : heights;
  // 1 for the bins that end at or before the point: all up to the one it lies in, which is the next.
  const passed = detached(() => {
    const ends = tf.sub(tf.matMul(steps, triangle(bins)), bound);
    const reached = tf.cast(tf.greaterEqual(points, ends), 'float32');
    return tf.mul(reached, tf.tensor1d(Array.from({length: bins}, (_, i) => (i === bins - 1 ? 0 : 1))));
  }) as tf.Tensor2D;
  const chosen = detached(() => {
    const before = tf.pad(
      tf.slice(passed, [0, 0], [count, bins - 1]),
      [
        [0, 0],
        [1, 0],
      ],
      1,
    );
    return tf.sub(before, passed);
  });
  const pick = (values: tf.Tensor) => tf.sum(tf.mul(values, chosen), 1, true);
  const below = (values: tf.Tensor) => tf.sub(tf.sum(tf.mul(values, passed), 1, true), bound);
  return {
    x: below(widths),
    width: pick(widths),
    y: below(heights),
    height: pick(heights),
    left: pick(
      tf.pad(
        slopes,
        [
          [0, 0],
          [1, 0],
        ],
        1,
      ),
    ),
    right: pick(
      tf.pad(
        slopes,
        [
          [0, 0],
          [0, 1],
        ],
        1,
      ),
    ),
  };
}

/** 1 where the row is not after the column: multiplied by it, rows are summed up to each column. */
function triangle(size: number): tf.Tensor2D {
  return tf.tensor2d(Array.from({length: size}, (_, i) => Array.from({length: size}, (_, j) => (i <= j ? 1 : 0))));
}

/** With s = height / width and xi the place in the bin, from 0 to 1: the spline and its slope's logarithm. */
function evaluate({x, width, y, height, left, right}: Bin, points: tf.Tensor): {value: tf.Tensor; logSlope: tf.Tensor} {
  const s = tf.div(height, width);
  const xi = tf.div(tf.sub(points, x), width);
  const denominator = denominatorOf(s, left, right, xi);
  const numerator = tf.add(tf.mul(s, tf.square(xi)), tf.mul(left, product(xi)));
  return {
    value: tf.add(y, tf.div(tf.mul(height, numerator), denominator)),
    logSlope: logSlopeOf(s, left, right, xi, denominator),
  };
}

/** The root of a quadratic equation in xi, with the place in the image's bin, from 0 to 1, so that flat bins keep their digits. */
function invert({x, width, y, height, left, right}: Bin, points: tf.Tensor): {value: tf.Tensor; logSlope: tf.Tensor} {
  const s = tf.div(height, width);
  const place = tf.div(tf.sub(points, y), height);
  const bent = tf.mul(place, tf.sub(tf.add(left, right), tf.mul(s, 2)));
  const a = tf.add(tf.sub(s, left), bent);
  const b = tf.sub(left, bent);
  const rise = tf.mul(s, place);
  const discriminant = tf.maximum(tf.add(tf.square(b), tf.mul(tf.mul(a, rise), 4)), SMALLEST_DISCRIMINANT);
  const xi = tf.div(tf.mul(rise, 2), tf.add(b, tf.sqrt(discriminant)));
  const slope = logSlopeOf(s, left, right, xi, denominatorOf(s, left, right, xi));
  return {value: tf.add(x, tf.mul(xi, width)), logSlope: tf.neg(slope)};
}

function product(xi: tf.Tensor): tf.Tensor {
  return tf.mul(xi, tf.sub(1, xi));
}

function denominatorOf(s: tf.Tensor, left: tf.Tensor, right: tf.Tensor, xi: tf.Tensor): tf.Tensor {
  return tf.add(s, tf.mul(tf.sub(tf.add(left, right), tf.mul(s, 2)), product(xi)));
}

function logSlopeOf(s: tf.Tensor, left: tf.Tensor, right: tf.Tensor, xi: tf.Tensor, denominator: tf.Tensor): tf.Tensor {
  const rising = tf.mul(right, tf.square(xi));
  const middle = tf.mul(tf.mul(s, 2), product(xi));
  const falling = tf.mul(left, tf.square(tf.sub(1, xi)));
  const numerator = tf.add(tf.add(rising, middle), falling);
  return tf.mul(tf.sub(tf.log(tf.mul(s, tf.sqrt(numerator))), tf.log(denominator)), 2);
}
