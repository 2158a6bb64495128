import * as tf from '@tensorflow/tfjs-core';

const FLOAT32_EPSILON = 2 ** -23;

/**
 * Lower Cholesky factors of many small covariances [M, C, C], in tensors only.
 *
 * Semi-definite matrices are taken: a pivot of at most C eps max_i A_ii gives a column of zeros, which is exact where the
 * pivot should be zero. Right-looking, one column at a time on the shrinking remainder; an entry of the factor may not pass
 * the root of what is left on its diagonal, which bounds what a small pivot does to rounding.
 */
export function batchedCholesky(covariance: tf.Tensor3D): tf.Tensor3D {
  const [count, size] = covariance.shape;
  return tf.tidy(() => {
    const threshold = tf.mul(tf.max(batchedDiagonal(covariance), 1, true), size * FLOAT32_EPSILON);
    const columns: tf.Tensor2D[] = [];
    let rest = covariance;
    for (let j = 0; j < size; j++) {
      const first = tf.reshape(tf.slice(rest, [0, 0, 0], [count, size - j, 1]), [count, size - j]);
      const pivot = tf.slice(first, [0, 0], [count, 1]);
      const sound = tf.greater(pivot, threshold);
      const scale = tf.div(tf.cast(sound, 'float32'), tf.sqrt(tf.where(sound, pivot, tf.onesLike(pivot))));
      const bound = tf.sqrt(tf.relu(batchedDiagonal(rest)));
      const column = tf.minimum<tf.Tensor2D>(tf.maximum(tf.mul(first, scale), tf.neg(bound)), bound);
      columns.push(
        tf.pad(column, [
          [0, 0],
          [j, 0],
        ]),
      );
      if (j + 1 < size) {
        const below = tf.slice(column, [0, 1], [count, size - j - 1]);
        const outer = tf.mul(tf.expandDims(below, 2), tf.expandDims(below, 1));
        rest = tf.sub(tf.slice(rest, [0, 1, 1], [count, size - j - 1, size - j - 1]), outer);
      }
    }
    return tf.stack(columns, 2) as tf.Tensor3D;
  });
}

/** Diagonals of square matrices: [..., C, C] to [..., C]. */
export function batchedDiagonal(matrices: tf.Tensor): tf.Tensor {
  const size = matrices.shape.at(-1) ?? 0;
  return tf.tidy(() => tf.sum(tf.mul(matrices, tf.eye(size)), -1));
}
