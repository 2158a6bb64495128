import * as tf from '@tensorflow/tfjs-core';

const LOG_TWO_PI = Math.log(2 * Math.PI);

/**
 * log N(residual; 0, covariance + diag(noise)) of many small Gaussians, shape [M]: residual and noise [M, C], covariance
 * [M, C, C].
 *
 * Eliminates one output at a time. Each pivot is at least that output's noise in exact arithmetic, so rounding may not take
 * it lower.
 */
export function jointLogDensity(residual: tf.Tensor2D, covariance: tf.Tensor3D, noise: tf.Tensor2D): tf.Tensor1D {
  const [count, size] = residual.shape;
  return tf.tidy(() => {
    let rest: tf.Tensor3D = tf.add(covariance, tf.mul(tf.expandDims(noise, 2), tf.eye(size)));
    let left: tf.Tensor2D = residual;
    let sum: tf.Tensor = tf.fill([count, 1], size * LOG_TWO_PI);
    for (let j = 0; j < size; j++) {
      const column = tf.reshape(tf.slice(rest, [0, 0, 0], [count, size - j, 1]), [count, size - j]);
      const floor = tf.slice(noise, [0, j], [count, 1]);
      const pivot = tf.maximum(tf.slice(column, [0, 0], [count, 1]), floor);
      const innovation = tf.slice(left, [0, 0], [count, 1]);
      sum = tf.add(sum, tf.add(tf.log(pivot), tf.div(tf.square(innovation), pivot)));
      if (j + 1 < size) {
        const below = tf.slice(column, [0, 1], [count, size - j - 1]);
        const gain = tf.div<tf.Tensor2D>(below, pivot);
        left = tf.sub(tf.slice(left, [0, 1], [count, size - j - 1]), tf.mul(gain, innovation));
        const outer = tf.mul(tf.expandDims(gain, 2), tf.expandDims(below, 1));
        rest = tf.sub(tf.slice(rest, [0, 1, 1], [count, size - j - 1, size - j - 1]), outer);
      }
    }
    return tf.reshape(tf.mul(sum, -0.5), [count]);
  });
}
