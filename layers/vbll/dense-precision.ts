import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../../src/backend/index.ts';
import type {CovarianceForm, CovarianceSize} from './covariance.ts';
import {lowerMask, triangularInverse} from './triangular-inverse.ts';

/**
 * S_k = (L_k L_k^T)^-1 with L_k = strict-lower(offDiagonal_k) + diag(exp(logDiagonal_k)): the form that takes exact
 * conjugate updates.
 */
export function densePrecisionCovariance({inputs, outputs}: CovarianceSize): CovarianceForm {
  /** The inverses L_k^-1, [K, D, D]. */
  const inverses = ([logDiagonal, offDiagonal]: readonly tf.Tensor[]): tf.Tensor3D => {
    const eye = tf.eye(inputs);
    const scales = tf.reshape(tf.exp(logDiagonal as tf.Tensor), [outputs, 1, inputs]);
    const below = tf.mul(offDiagonal as tf.Tensor, tf.sub(lowerMask(inputs), eye));
    return triangularInverse(tf.add(below, tf.mul(eye, scales)));
  };
  return {
    weights: [
      {name: 'log_diagonal', shape: [outputs, inputs], spread: 0, start: Math.log(inputs)},
      {name: 'off_diagonal', shape: [outputs, inputs, inputs], spread: 0, start: 0},
    ],
    quadratic: (parameters, features) =>
      tf.tidy(() => {
        const columns = tf.reshape<tf.Rank.R2>(tf.transpose(inverses(parameters), [2, 0, 1]), [inputs, -1]);
        const whitened = tf.reshape(tf.matMul(features, columns), [features.shape[0], outputs, inputs]);
        return tf.sum(tf.square(whitened), -1);
      }),
    diagonal: (parameters) => tf.tidy(() => tf.transpose(tf.sum(tf.square(inverses(parameters)), 1) as tf.Tensor2D)),
    cost: (parameters, precision) =>
      tf.tidy(() => {
        const trace = tf.sum<tf.Scalar>(tf.square(inverses(parameters)));
        return tf.add(tf.mul(trace, precision), tf.mul(tf.sum(parameters[0] as tf.Tensor), 2));
      }),
    draw: (parameters, rng) =>
      tf.tidy(() => {
        const noise = normalTensor<tf.Rank.R3>(rng, [outputs, inputs, 1]);
        const drawn = tf.matMul(inverses(parameters), noise, true, false);
        return tf.transpose(tf.reshape(drawn, [outputs, inputs])) as tf.Tensor2D;
      }),
    dispose: () => undefined,
  };
}
