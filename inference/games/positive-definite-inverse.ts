import * as tf from '@tensorflow/tfjs-core';

/** Inverses of small positive definite matrices [..., D, D] by elimination, differentiable; no pivoting is needed for these. */
export function positiveDefiniteInverse(matrices: tf.Tensor): tf.Tensor {
  const size = matrices.shape.at(-1) ?? 1;
  const lead = matrices.shape.slice(0, -2);
  return tf.tidy(() => {
    const unit = tf.broadcastTo(tf.eye(size), matrices.shape);
    let rows = tf.concat([matrices, unit], -1);
    for (let j = 0; j < size; j++) {
      const zeros = lead.map(() => 0);
      const pivotRow = tf.slice(rows, [...zeros, j, 0], [...lead, 1, 2 * size]);
      const pivot = tf.slice(rows, [...zeros, j, j], [...lead, 1, 1]);
      const column = tf.slice(rows, [...zeros, 0, j], [...lead, size, 1]);
      const chosen = tf.slice(tf.eye(size), [0, j], [size, 1]);
      rows = tf.sub(rows, tf.mul(tf.sub(column, chosen), tf.div(pivotRow, pivot)));
    }
    return tf.split(rows, 2, rows.rank - 1)[1] as tf.Tensor;
  });
}
