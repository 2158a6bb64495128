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
  const size = covariance.shape[1];
  return tf.tidy(() => {
    const threshold = tf.mul(tf.max(batchedDiagonal(covariance), 1, true), size * FLOAT32_EPSILON);
    const columns: tf.Tensor2D[] = [];
    let rest = tf.clone(covariance);
    for (let j = 0; j < size; j++) {
      const column = tf.tidy(() => leadingColumn(rest, threshold));
      columns.push(
        tf.pad(column, [
          [0, 0],
          [j, 0],
        ]),
      );
      if (j + 1 < size) {
        const next = tf.tidy(() => remainder(rest, column));
        rest.dispose();
        rest = next;
      }
    }
    return tf.stack(columns, 2) as tf.Tensor3D;
  });
}

/** First column [M, C - j] of the factor of what is left. */
function leadingColumn(rest: tf.Tensor3D, threshold: tf.Tensor): tf.Tensor2D {
  const [count, left] = rest.shape;
  const first = tf.reshape(tf.slice(rest, [0, 0, 0], [count, left, 1]), [count, left]);
  const pivot = tf.slice(first, [0, 0], [count, 1]);
  const sound = tf.greater(pivot, threshold);
  const scale = tf.div(tf.cast(sound, 'float32'), tf.sqrt(tf.where(sound, pivot, tf.onesLike(pivot))));
  const bound = tf.sqrt(tf.relu(batchedDiagonal(rest)));
  return tf.minimum<tf.Tensor2D>(tf.maximum(tf.mul(first, scale), tf.neg(bound)), bound);
}

/** What is left when the column's outer product is taken off, without its first row and column. */
function remainder(rest: tf.Tensor3D, column: tf.Tensor2D): tf.Tensor3D {
  const [count, left] = rest.shape;
  const below = tf.slice(column, [0, 1], [count, left - 1]);
  const outer = tf.mul(tf.expandDims(below, 2), tf.expandDims(below, 1));
  return tf.sub(tf.slice(rest, [0, 1, 1], [count, left - 1, left - 1]), outer);
}

/** Diagonals of square matrices: [..., C, C] to [..., C]. */
export function batchedDiagonal(matrices: tf.Tensor): tf.Tensor {
  const size = matrices.shape.at(-1) ?? 0;
  return tf.tidy(() => tf.sum(tf.mul(matrices, tf.eye(size)), -1));
}
