import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../../src/backend/index.ts';
import {scalesCost} from './costs.ts';
import type {CovarianceForm, CovarianceSize} from './covariance.ts';

/** S_k = diag(exp(logScale_k)^2): linear in the number of outputs. */
export function diagonalCovariance({inputs, outputs}: CovarianceSize): CovarianceForm {
  const variance = ([logScale]: readonly tf.Tensor[]): tf.Tensor2D => tf.exp(tf.mul(logScale as tf.Tensor2D, 2));
  return {
    weights: [{name: 'log_scale', shape: [inputs, outputs], spread: 0, start: -Math.log(inputs)}],
    quadratic: (parameters, features) => tf.tidy(() => tf.matMul(tf.square(features), variance(parameters))),
    diagonal: (parameters) => tf.tidy(() => variance(parameters)),
    cost: ([logScale], precision) => scalesCost(logScale as tf.Tensor, precision),
    draw: ([logScale], rng) =>
      tf.tidy(() => tf.mul(tf.exp(logScale as tf.Tensor2D), normalTensor<tf.Rank.R2>(rng, [inputs, outputs]))),
    dispose: () => undefined,
  };
}
