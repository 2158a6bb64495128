import * as tf from '@tensorflow/tfjs-core';

const EULER = 0.5772156649015329;
/** E1(z) + log z + Euler's constant for z up to 1: sum over k >= 1 of (-1)^(k+1) z^k / (k k!); lowest power first. */
const SERIES = [0, 1, -1 / 4, 1 / 18, -1 / 96, 1 / 600, -1 / 4320, 1 / 35280, -1 / 322560, 1 / 3265920, -1 / 36288000];
/** (1 - z e^z E1(z)) z for z from 1 as a ratio of polynomials in 1/z: relative error 4e-8, no cancellation. */
const NUMERATOR = [0.9999999636, 10.2343606, 25.56701344, 13.96289678, 0.138711951];
const DENOMINATOR = [1, 12.23433945, 44.03764886, 52.55848335, 16.2754326];

/**
 * log(e^z E1(z)) for z above 0, E1 the exponential integral, to float32 precision; differentiable.
 *
 * The derivative 1 - 1 / (z e^z E1(z)) is computed without the cancellation that it has as written at large z, where it
 * approaches -1/z.
 */
export function logScaledE1(z: tf.Tensor): tf.Tensor {
  const evaluate = tf.customGrad((input, save) => {
    const {value, slope} = valueAndSlope(input as tf.Tensor);
    (save as tf.GradSaveFunc)([slope]);
    return {value, gradFunc: (upstream: tf.Tensor, saved: tf.Tensor[]) => tf.mul(upstream, saved[0] as tf.Tensor)};
  });
  return evaluate(z);
}

function valueAndSlope(z: tf.Tensor): {value: tf.Tensor; slope: tf.Tensor} {
  const low = tf.minimum(z, 1);
  const integral = tf.sub(polynomial(SERIES, low), tf.add(tf.log(low), EULER));
  const lowSlope = tf.sub(1, tf.div(1, tf.mul(tf.mul(low, tf.exp(low)), integral)));
  // z e^z E1(z) = 1 - rest.
  const inverse = tf.div(1, tf.maximum(z, 1));
  const rest = tf.mul(inverse, tf.div(polynomial(NUMERATOR, inverse), polynomial(DENOMINATOR, inverse)));
  const product = tf.sub(1, rest);
  const isLow = tf.less(z, 1);
  return {
    value: tf.where(isLow, tf.add(low, tf.log(integral)), tf.log(tf.mul(inverse, product))),
    slope: tf.where(isLow, lowSlope, tf.neg(tf.div(rest, product))),
  };
}

/** The polynomial with these coefficients, lowest power first. */
function polynomial(coefficients: readonly number[], x: tf.Tensor): tf.Tensor {
  const highest = tf.scalar(coefficients.at(-1) as number);
  return coefficients.slice(0, -1).reduceRight<tf.Tensor>((sum, c) => tf.add(tf.mul(sum, x), c), highest);
}
