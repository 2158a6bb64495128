import * as tf from '@tensorflow/tfjs-core';
import {ShapeError} from '../../src/errors.ts';
import type {Bijector} from './bijector.ts';
import {sumPerPoint} from './scalar-bijectors.ts';

/** x_0 = u_0, x_k = x_(k-1) + e^u_k: vectors that increase. */
export function orderedBijector(): Bijector {
  return {
    name: 'ordered',
    unconstrainedShape: (shape) => checkVector('ordered', shape, 1),
    forward: (unconstrained) =>
      tf.tidy(() => {
        const first = columns(unconstrained, 0, 1);
        if (unconstrained.shape.at(-1) === 1) return tf.clone(unconstrained);
        const steps = tf.concat([first, tf.exp(columns(unconstrained, 1))], -1);
        return runningSum(steps);
      }),
    inverse: (values) =>
      tf.tidy(() => {
        const count = values.shape.at(-1) ?? 0;
        if (count === 1) return tf.clone(values);
        const steps = tf.sub(columns(values, 1), columns(values, 0, count - 1));
        return tf.concat([columns(values, 0, 1), tf.log(steps)], -1);
      }),
    logDeterminant: (unconstrained) =>
      tf.tidy(() =>
        unconstrained.shape.at(-1) === 1
          ? tf.zeros([unconstrained.shape[0] ?? 0])
          : sumPerPoint(columns(unconstrained, 1)),
      ),
  };
}

/**
 * Breaks a stick of length 1: x_k is the share sigmoid(u_k - log(K - 1 - k)) of what is left, the last entry the rest. u = 0
 * gives equal entries.
 */
export function simplexBijector(): Bijector {
  return {
    name: 'simplex',
    unconstrainedShape: (shape) => {
      const lead = checkVector('simplex', shape, 2);
      return [...lead.slice(0, -1), (lead.at(-1) as number) - 1];
    },
    forward: (unconstrained) =>
      tf.tidy(() => {
        const {logShares, logLeft} = stick(unconstrained);
        const last = columns(logLeft, (unconstrained.shape.at(-1) ?? 1) - 1);
        const before = leftBefore(logLeft);
        return tf.exp(tf.concat([tf.add(logShares, before), last], -1));
      }),
    inverse: (values) =>
      tf.tidy(() => {
        const count = (values.shape.at(-1) ?? 0) - 1;
        const broken = columns(values, 0, count);
        const rest = tf.sub(runningSumFromEnd(values), values); // what is left after entry k, without 1 - sum
        return tf.add(tf.sub(tf.log(broken), tf.log(columns(rest, 0, count))), offsets(count));
      }),
    logDeterminant: (unconstrained) =>
      tf.tidy(() => {
        const {logShares, logOthers, logLeft} = stick(unconstrained);
        return sumPerPoint(tf.add(tf.add(logShares, logOthers), leftBefore(logLeft)));
      }),
  };
}

/** Logarithms of the share broken off, of 1 less it, and of what is left after. */
function stick(unconstrained: tf.Tensor): {logShares: tf.Tensor; logOthers: tf.Tensor; logLeft: tf.Tensor} {
  const logits = tf.sub(unconstrained, offsets(unconstrained.shape.at(-1) ?? 0));
  const logOthers = tf.neg(tf.softplus(logits));
  return {logShares: tf.neg(tf.softplus(tf.neg(logits))), logOthers, logLeft: runningSum(logOthers)};
}

/** log(K - 1), log(K - 2), ..., log 1 for `count` = K - 1 breaks. */
function offsets(count: number): tf.Tensor1D {
  return tf.tensor1d(Array.from({length: count}, (_, k) => Math.log(count - k)));
}

/** The logarithm of what is left before each break. */
function leftBefore(logLeft: tf.Tensor): tf.Tensor {
  const count = logLeft.shape.at(-1) ?? 0;
  const whole = tf.zerosLike(columns(logLeft, 0, 1));
  return count === 1 ? whole : tf.concat([whole, columns(logLeft, 0, count - 1)], -1);
}

/** Sums up to each entry of the last axis, as a product with a triangle of ones: tf.cumsum fails on some backends. */
function runningSum(terms: tf.Tensor): tf.Tensor {
  return times(terms, (from, to) => from <= to);
}

function runningSumFromEnd(terms: tf.Tensor): tf.Tensor {
  return times(terms, (from, to) => from >= to);
}

function times(terms: tf.Tensor, counts: (from: number, to: number) => boolean): tf.Tensor {
  const size = terms.shape.at(-1) ?? 0;
  const ones = Float32Array.from({length: size * size}, (_, i) => (counts(Math.floor(i / size), i % size) ? 1 : 0));
  const flat = tf.reshape(terms, [-1, size]) as tf.Tensor2D;
  return tf.reshape(tf.matMul(flat, tf.tensor2d(ones, [size, size])), terms.shape);
}

/** Entries from `from` on of the last axis, `count` of them or all that follow. */
export function columns(values: tf.Tensor, from: number, count = (values.shape.at(-1) ?? 0) - from): tf.Tensor {
  const last = values.rank - 1;
  const begin = values.shape.map((_, axis) => (axis === last ? from : 0));
  return tf.slice(
    values,
    begin,
    values.shape.map((side, axis) => (axis === last ? count : side)),
  );
}

function checkVector(name: string, shape: readonly number[], least: number): number[] {
  if ((shape.at(-1) ?? 0) < least) {
    throw new ShapeError(
      `createModel: expected a ${name} parameter to be a vector of ${least} entries or more, got shape [${shape}]. ` +
        'Give it a shape.',
    );
  }
  return [...shape];
}
