import * as tf from '@tensorflow/tfjs-core';
import {withGradient} from '../written-gradient.ts';

/** precision sum_i x_i^2. */
export function squaresCost(x: tf.Tensor, precision: number): tf.Scalar {
  return withGradient([x], () => ({
    value: tf.mul<tf.Scalar>(tf.sum(tf.square(x)), precision),
    saved: [x],
    gradients: (upstream, x) => [tf.mul(x as tf.Tensor, tf.mul(upstream, 2 * precision))],
  }));
}

/** sum_i (precision e^(2 x_i) - 2 x_i): of independent weights with the standard deviations e^(x_i). */
export function scalesCost(x: tf.Tensor, precision: number): tf.Scalar {
  return withGradient([x], () => {
    const twice = tf.mul(x, 2);
    const traces = tf.mul(tf.exp(twice), precision);
    return {
      value: tf.sum<tf.Scalar>(tf.sub(traces, twice)),
      saved: [traces],
      gradients: (upstream, traces) => [tf.mul(tf.sub(traces as tf.Tensor, 1), tf.mul(upstream, 2))],
    };
  });
}
