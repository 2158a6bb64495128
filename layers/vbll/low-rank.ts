import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../../src/backend/index.ts';
import {smallLogDeterminant} from '../small-log-determinant.ts';
import type {CovarianceForm, CovarianceSize} from './covariance.ts';

/**
 * S_k = F_k F_k^T + diag(exp(logVariance_k)) with F_k [D, r]: linear in the number of outputs.
 *
 *     log det S_k = sum logVariance_k + log det(I_r + F_k^T diag(exp(-logVariance_k)) F_k)
 *
 * Element (i, j) of F_k stands at [i, k r + j] of one matrix [D, K r].
 */
export function lowRankCovariance({inputs, outputs, rank}: CovarianceSize): CovarianceForm {
  /** Sums [M, K r] over the r columns of each output. */
  const perOutput = (values: tf.Tensor): tf.Tensor2D =>
    tf.sum(tf.reshape(values, [values.shape[0] as number, outputs, rank]), -1);
  return {
    weights: [
      {name: 'log_variance', shape: [inputs, outputs], spread: 0, start: -2 * Math.log(inputs)},
      {name: 'factor', shape: [inputs, outputs * rank], spread: 0.1 / inputs, start: 0},
    ],
    quadratic: ([logVariance, factor], features) =>
      tf.tidy(() => {
        const independent = tf.matMul(tf.square(features), tf.exp(logVariance as tf.Tensor2D));
        return tf.add(independent, perOutput(tf.square(tf.matMul(features, factor as tf.Tensor2D))));
      }),
    diagonal: ([logVariance, factor]) =>
      tf.tidy(() => tf.add(tf.exp(logVariance as tf.Tensor2D), perOutput(tf.square(factor as tf.Tensor)))),
    cost: ([logVariance, factor], precision) =>
      tf.tidy(() => {
        const trace = tf.add(tf.sum(tf.exp(logVariance as tf.Tensor)), tf.sum(tf.square(factor as tf.Tensor)));
        const scales = tf.exp(tf.mul(tf.transpose(logVariance as tf.Tensor2D), -0.5));
        const columns = tf.transpose(tf.reshape(factor as tf.Tensor, [inputs, outputs, rank]), [1, 2, 0]);
        const whitened = tf.mul<tf.Tensor3D>(columns, tf.expandDims(scales, 1));
        const capacitance = tf.add<tf.Tensor3D>(tf.matMul(whitened, whitened, false, true), tf.eye(rank));
        const logDeterminant = tf.add(tf.sum(logVariance as tf.Tensor), tf.sum(smallLogDeterminant(capacitance)));
        return tf.sub(tf.mul(trace, precision), logDeterminant);
      }),
    draw: ([logVariance, factor], rng) =>
      tf.tidy(() => {
        const independent = tf.mul(
          tf.exp(tf.mul(logVariance as tf.Tensor2D, 0.5)),
          normalTensor<tf.Rank.R2>(rng, [inputs, outputs]),
        );
        return tf.add(independent, perOutput(tf.mul(factor as tf.Tensor, normalTensor(rng, [1, outputs * rank]))));
      }),
    dispose: () => undefined,
  };
}
