import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../../src/backend/index.ts';
import type {CovarianceForm, CovarianceSize} from './covariance.ts';

/**
 * S_k = L_k L_k^T with L_k = strict-lower(offDiagonal_k) + diag(exp(logDiagonal_k)).
 *
 * Element (i, j) of L_k stands at [i, k D + j] of one matrix [D, K D], so that all quadratic forms are one product with
 * the features.
 */
export function denseCovariance({inputs, outputs}: CovarianceSize): CovarianceForm {
  const columns = inputs * outputs;
  const [below, diagonal] = triangleMasks(inputs, outputs);
  const roots = ([logDiagonal, offDiagonal]: readonly tf.Tensor[]): tf.Tensor2D => {
    const scales = tf.exp(tf.reshape(logDiagonal as tf.Tensor, [1, columns]));
    return tf.add(tf.mul(below, offDiagonal as tf.Tensor2D), tf.mul(diagonal, scales));
  };
  /** Sums [M, K D] over the D columns of each output. */
  const perOutput = (values: tf.Tensor2D): tf.Tensor2D =>
    tf.sum(tf.reshape(values, [values.shape[0], outputs, inputs]), -1);
  return {
    weights: [
      {name: 'log_diagonal', shape: [outputs, inputs], spread: 0, start: -Math.log(inputs)},
      {name: 'off_diagonal', shape: [inputs, columns], spread: 0, start: 0},
    ],
    quadratic: (parameters, features) => tf.tidy(() => squaredNorms(features, roots(parameters), outputs)),
    diagonal: (parameters) => tf.tidy(() => perOutput(tf.square(roots(parameters)))),
    trace: ([logDiagonal, offDiagonal]) =>
      tf.tidy(() => {
        const squares = tf.mul(below, tf.square(offDiagonal as tf.Tensor));
        return tf.add(tf.sum<tf.Scalar>(squares), tf.sum(tf.exp(tf.mul(logDiagonal as tf.Tensor, 2))));
      }),
    logDeterminant: ([logDiagonal]) => tf.tidy(() => tf.mul(tf.sum<tf.Tensor1D>(logDiagonal as tf.Tensor, 1), 2)),
    draw: (parameters, rng) =>
      tf.tidy(() => perOutput(tf.mul(roots(parameters), normalTensor<tf.Rank.R2>(rng, [1, columns])))),
    dispose: () => tf.dispose([below, diagonal]),
  };
}

/**
 * |L_k^T phi|^2 of each row phi, for K roots L_k [D, D] side by side: [N, K]. Its gradient keeps the products L_k^T phi and
 * takes three products of matrices in all, half of the time that the gradients of the single steps take.
 */
function squaredNorms(features: tf.Tensor2D, roots: tf.Tensor2D, outputs: number): tf.Tensor2D {
  const norms = tf.customGrad((...given) => {
    const [phi, L, save] = given as [tf.Tensor2D, tf.Tensor2D, tf.GradSaveFunc];
    const [rows, columns] = [phi.shape[0], L.shape[1]];
    const each = [rows, outputs, columns / outputs];
    const whitened = tf.matMul(phi, L);
    save([phi, L, whitened]);
    const gradFunc = (upstream: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [features, roots, products] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
      const weights = tf.reshape(tf.mul(upstream, 2), [rows, outputs, 1]);
      const weighted = tf.reshape<tf.Rank.R2>(tf.mul(weights, tf.reshape(products, each)), [rows, columns]);
      return [tf.matMul(weighted, roots, false, true), tf.matMul(features, weighted, true, false)];
    };
    return {value: tf.sum(tf.reshape(tf.square(whitened), each), -1), gradFunc};
  });
  return norms(features, roots) as tf.Tensor2D;
}

/** Ones strictly below the diagonal, and ones on it, of K matrices [D, D] side by side: [D, K D] each. */
function triangleMasks(size: number, count: number): [tf.Tensor2D, tf.Tensor2D] {
  const columns = size * count;
  const below = new Float32Array(size * columns);
  const diagonal = new Float32Array(size * columns);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < count; k++) {
      const start = i * columns + k * size;
      below.fill(1, start, start + i);
      diagonal[start + i] = 1;
    }
  }
  return [tf.keep(tf.tensor2d(below, [size, columns])), tf.keep(tf.tensor2d(diagonal, [size, columns]))];
}
