import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../../src/backend/index.ts';
import {withGradient} from '../written-gradient.ts';
import {scalesCost, squaresCost} from './costs.ts';
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
  const scalesOf = (logDiagonal: tf.Tensor): tf.Tensor2D => tf.exp(tf.reshape(logDiagonal, [1, columns]));
  const rootsOf = (scales: tf.Tensor, offDiagonal: tf.Tensor): tf.Tensor2D =>
    tf.add(tf.mul(below, offDiagonal), tf.mul(diagonal, scales));
  const roots = ([logDiagonal, offDiagonal]: readonly tf.Tensor[]): tf.Tensor2D =>
    rootsOf(scalesOf(logDiagonal as tf.Tensor), offDiagonal as tf.Tensor);
  /** Sums [M, K D] over the D columns of each output. */
  const perOutput = (values: tf.Tensor2D): tf.Tensor2D =>
    tf.sum(tf.reshape(values, [values.shape[0], outputs, inputs]), -1);
  return {
    weights: [
      {name: 'log_diagonal', shape: [outputs, inputs], spread: 0, start: -Math.log(inputs)},
      {name: 'off_diagonal', shape: [inputs, columns], spread: 0, start: 0},
    ],
    // |L_k^T phi|^2 takes three products of matrices in all, half of the time that the gradients of the single steps take.
    quadratic: ([logDiagonal, offDiagonal], features) =>
      withGradient([features, logDiagonal as tf.Tensor, offDiagonal as tf.Tensor], () => {
        const [rows, each] = [features.shape[0], [features.shape[0], outputs, inputs]];
        const scales = scalesOf(logDiagonal as tf.Tensor);
        const roots = rootsOf(scales, offDiagonal as tf.Tensor);
        const whitened = tf.matMul(features, roots);
        return {
          value: tf.sum<tf.Tensor2D>(tf.reshape(tf.square(whitened), each), -1),
          saved: [features, scales, roots, whitened],
          gradients(upstream, ...saved) {
            const [features, scales, roots, whitened] = saved as [tf.Tensor2D, tf.Tensor, tf.Tensor2D, tf.Tensor];
            const weights = tf.reshape(tf.mul(upstream, 2), [rows, outputs, 1]);
            const weighted = tf.reshape<tf.Rank.R2>(tf.mul(weights, tf.reshape(whitened, each)), [rows, columns]);
            const ofRoots = tf.matMul(features, weighted, true, false);
            const ofDiagonal = tf.mul(tf.sum(tf.mul(ofRoots, diagonal), 0, true), scales);
            return [
              tf.matMul(weighted, roots, false, true),
              tf.reshape(ofDiagonal, [outputs, inputs]),
              tf.mul(ofRoots, below),
            ];
          },
        };
      }),
    diagonal: (parameters) => tf.tidy(() => perOutput(tf.square(roots(parameters)))),
    cost: ([logDiagonal, offDiagonal], precision) =>
      tf.tidy(() => {
        const ofScales = scalesCost(logDiagonal as tf.Tensor, precision);
        return tf.add(ofScales, squaresCost(tf.mul(below, offDiagonal as tf.Tensor), precision));
      }),
    draw: (parameters, rng) =>
      tf.tidy(() => perOutput(tf.mul(roots(parameters), normalTensor<tf.Rank.R2>(rng, [1, columns])))),
    dispose: () => tf.dispose([below, diagonal]),
  };
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
