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
    let state: Elimination = {
      rest: tf.tidy(() => tf.add(covariance, tf.mul(tf.expandDims(noise, 2), tf.eye(size)))),
      left: tf.clone(residual),
      sum: tf.fill([count, 1], size * LOG_TWO_PI),
    };
    for (let j = 0; j < size; j++) {
      const next = tf.tidy(() => eliminate(state, tf.slice(noise, [0, j], [count, 1])));
      tf.dispose(state);
      state = next;
    }
    return tf.reshape(tf.mul(state.sum, -0.5), [count]);
  });
}

/** Outputs that are left, given those before them. */
type Elimination = {
  /** Their covariance, noise included, [M, L, L]. */
  rest: tf.Tensor3D;
  /** Their residuals, [M, L]. */
  left: tf.Tensor2D;
  /** -2 log density of those before, [M, 1], with the constant of all. */
  sum: tf.Tensor;
};

function eliminate({rest, left, sum}: Elimination, floor: tf.Tensor): Elimination {
  const [count, size] = left.shape;
  const column = tf.reshape(tf.slice(rest, [0, 0, 0], [count, size, 1]), [count, size]);
  const pivot = tf.maximum(tf.slice(column, [0, 0], [count, 1]), floor);
  const innovation = tf.slice(left, [0, 0], [count, 1]);
  const total = tf.add(sum, tf.add(tf.log(pivot), tf.div(tf.square(innovation), pivot)));
  if (size === 1) return {rest, left, sum: total};
  const below = tf.slice(column, [0, 1], [count, size - 1]);
  const gain = tf.div<tf.Tensor2D>(below, pivot);
  const outer = tf.mul(tf.expandDims(gain, 2), tf.expandDims(below, 1));
  return {
    rest: tf.sub(tf.slice(rest, [0, 1, 1], [count, size - 1, size - 1]), outer),
    left: tf.sub(tf.slice(left, [0, 1], [count, size - 1]), tf.mul(gain, innovation)),
    sum: total,
  };
}
