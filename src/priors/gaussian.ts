import * as tf from '@tensorflow/tfjs-core';
import {checkFinite, checkPositive} from './check.ts';
import type {Prior} from './prior.ts';

/** Options of {@link gaussianPrior}. */
export interface GaussianPriorOptions {
  /** Mean of every weight. Default 0. */
  readonly mean?: number;
  /** Standard deviation of every weight. Default 1. */
  readonly scale?: number;
}

const laws = new WeakMap<NonNullable<Prior['crossEntropy']>, Required<GaussianPriorOptions>>();

/** Mean and scale of a prior whose cross-entropy is that of {@link gaussianPrior}; undefined for others. @internal */
export function gaussianLaw({crossEntropy}: Prior): Required<GaussianPriorOptions> | undefined {
  return crossEntropy && laws.get(crossEntropy);
}

/**
 * N(mean, scale^2) over every weight.
 *
 *     log p(w) = -1/2 ((w - mean) / scale)^2 - log scale - 1/2 log(2 pi)
 *
 * The KL divergence from a Gaussian N(m, v) has the closed form log(scale) - 1/2 log v + (v + (m - mean)^2) / (2 scale^2) - 1/2.
 *
 * @param options Mean and scale.
 * @param options.mean Mean of every weight. Default 0.
 * @param options.scale Standard deviation of every weight, not its variance. Default 1.
 * @throws ConfigError unless `scale` is above 0 and `mean` is finite.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {gaussianPrior, initBackend} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const logProb = gaussianPrior({scale: 0.5}).logProb(tf.tensor([0]));
 * console.log((await logProb.data())[0]?.toFixed(4));   // -0.2258
 * ```
 */
export function gaussianPrior({mean = 0, scale = 1}: GaussianPriorOptions = {}): Prior {
  checkFinite('gaussianPrior', 'mean', mean);
  checkPositive('gaussianPrior', {scale});
  const constant = Math.log(scale) + Math.log(2 * Math.PI) / 2;
  const half = 1 / (2 * scale * scale);
  const squared = (w: tf.Tensor): tf.Tensor => tf.square(mean === 0 ? w : tf.sub(w, mean));
  const crossEntropy = (m: tf.Tensor, variance: tf.Tensor): tf.Tensor =>
    tf.tidy(() => tf.add(tf.mul(tf.add(squared(m), variance), half), constant));
  laws.set(crossEntropy, {mean, scale});
  return {
    kind: 'gaussian',
    quadratic: true,
    logProb: (w) => tf.tidy(() => tf.sub(tf.mul(squared(w), -half), constant)),
    crossEntropy,
    getConfig: () => ({kind: 'gaussian', mean, scale}),
  };
}
