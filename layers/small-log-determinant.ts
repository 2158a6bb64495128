import * as tf from '@tensorflow/tfjs-core';

/** log det of positive definite matrices [K, r, r] by elimination, one pivot at a time: for small r; differentiable. */
export function smallLogDeterminant(matrices: tf.Tensor3D): tf.Tensor1D {
  const [count, size] = matrices.shape;
  const pivots: tf.Tensor1D[] = [];
  let rest = matrices;
  for (let left = size - 1; left >= 0; left--) {
    const pivot = tf.slice(rest, [0, 0, 0], [count, 1, 1]);
    pivots.push(tf.reshape(pivot, [count]));
    if (left === 0) break;
    const column = tf.slice(rest, [0, 1, 0], [count, left, 1]);
    const outer = tf.matMul(column, tf.div<tf.Tensor3D>(column, pivot), false, true);
    rest = tf.sub(tf.slice(rest, [0, 1, 1], [count, left, left]), outer);
  }
  return tf.sum(tf.log(tf.stack(pivots)), 0);
}
