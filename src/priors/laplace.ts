import * as tf from '@tensorflow/tfjs-core';
import {checkFinite, checkPositive} from './check.ts';
import type {Prior} from './prior.ts';

/** Options of {@link laplacePrior}. */
export interface LaplacePriorOptions {
  /** Mean and median of every weight. Default 0. */
  readonly mean?: number;
  /** Scale b of every weight: E|w - mean|, so that the standard deviation is sqrt(2) b. Default 1. */
  readonly scale?: number;
}

/**
 * The double exponential density over every weight: sparser than a Gaussian, log-concave.
 *
 *     log p(w) = -|w - mean| / scale - log(2 scale)
 *
 * Under a Gaussian of mean m and variance v the expectation of -log p is that of a folded normal, with d = m - mean:
 *
 *     (sqrt(2 v / pi) exp(-d^2 / (2 v)) + d erf(d / sqrt(2 v))) / scale + log(2 scale)
 *
 * @param options Mean and scale.
 * @param options.mean Mean and median of every weight. Default 0.
 * @param options.scale E|w - mean| of every weight; the standard deviation is sqrt(2) times as much. Default 1.
 * @throws ConfigError unless `scale` is above 0 and `mean` is finite.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend, laplacePrior} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const logProb = laplacePrior({scale: 0.5}).logProb(tf.tensor([1]));
 * console.log((await logProb.data())[0]);   // -2
 * ```
 */
export function laplacePrior({mean = 0, scale = 1}: LaplacePriorOptions = {}): Prior {
  checkFinite('laplacePrior', 'mean', mean);
  checkPositive('laplacePrior', {scale});
  const constant = Math.log(2 * scale);
  const negLogProb = (distance: tf.Tensor): tf.Tensor => tf.add(tf.div(distance, scale), constant);
  return {
    kind: 'laplace',
    logProb: (w) => tf.tidy(() => tf.neg(negLogProb(tf.abs(tf.sub(w, mean))))),
    crossEntropy: (m, variance) =>
      tf.tidy(() => {
        const d = tf.sub(m, mean);
        const standardized = tf.div(d, tf.sqrt(tf.mul(variance, 2)));
        const spread = tf.mul(tf.sqrt(tf.mul(variance, 2 / Math.PI)), tf.exp(tf.neg(tf.square(standardized))));
        return negLogProb(tf.add(spread, tf.mul(d, tf.erf(standardized))));
      }),
    getConfig: () => ({kind: 'laplace', mean, scale}),
  };
}
