import * as tf from '@tensorflow/tfjs-core';
import type {Bijector} from './bijector.ts';

/** Leaves real numbers as they are. */
export function identityBijector(): Bijector {
  return {
    name: 'identity',
    unconstrainedShape: (shape) => [...shape],
    forward: (unconstrained) => tf.clone(unconstrained),
    inverse: (values) => tf.clone(values),
    logDeterminant: (unconstrained) => tf.zeros([unconstrained.shape[0] ?? 0]),
  };
}

/** low + e^u, or high - e^u: numbers with one end. */
export function exponentialBijector(end: number, sign: 1 | -1): Bijector {
  return {
    name: 'exponential',
    unconstrainedShape: (shape) => [...shape],
    forward: (unconstrained) => tf.tidy(() => tf.add(tf.mul(tf.exp(unconstrained), sign), end)),
    inverse: (values) => tf.tidy(() => tf.log(tf.mul(tf.sub(values, end), sign))),
    logDeterminant: sumPerPoint,
  };
}

/** low + (high - low) sigmoid(u): numbers between two ends. */
export function logisticBijector(low: number, high: number): Bijector {
  const width = high - low;
  return {
    name: 'logistic',
    unconstrainedShape: (shape) => [...shape],
    forward: (unconstrained) => tf.tidy(() => tf.add(tf.mul(tf.sigmoid(unconstrained), width), low)),
    inverse: (values) => tf.tidy(() => tf.sub(tf.log(tf.sub(values, low)), tf.log(tf.sub(high, values)))),
    logDeterminant: (unconstrained) =>
      tf.tidy(() => {
        const each = tf.add(tf.softplus(unconstrained), tf.softplus(tf.neg(unconstrained)));
        return sumPerPoint(tf.sub(Math.log(width), each));
      }),
  };
}

/** Sums every axis but the first. */
export function sumPerPoint(terms: tf.Tensor): tf.Tensor1D {
  return tf.tidy(() => tf.sum<tf.Tensor1D>(tf.reshape(terms, [terms.shape[0] ?? 0, -1]), 1));
}
