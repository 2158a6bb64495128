import * as tf from '@tensorflow/tfjs-core';
import {checkFinite, checkPositive} from './check.ts';
import type {Prior} from './prior.ts';

/** Options of {@link empiricalBayesPrior}. */
export interface EmpiricalBayesPriorOptions {
  /** Mean of every weight. Default 0. */
  readonly mean?: number;
  /** Least scale that is chosen. Default 1e-4. */
  readonly floor?: number;
}

/**
 * A Gaussian prior whose scale, one for each weight tensor, is always the one that maximizes the bound.
 *
 *     scale^2 = max(floor^2, mean over the tensor of (variance + (m - mean)^2)),  log p(w) = log N(w; mean, scale^2)
 *
 * for a posterior with means m; this is the exact solution of the inner problem, so that nothing has to be tuned or trained.
 * The gradient is that of the bound after the scale is put in, which is the same as with the scale held fixed. Evidence is
 * spent once for each tensor: of little weight beside thousands of weights, but an overfit for a handful (a bias of a few units).
 * `logProb` chooses the scale from its own argument.
 *
 * @param options Mean and floor.
 * @param options.mean Mean of every weight. Default 0.
 * @param options.floor Least scale that is chosen. Default 1e-4.
 * @throws ConfigError unless `floor` is above 0 and `mean` is finite.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {empiricalBayesPrior, initBackend} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * // Draws of scale 2, whatever the units: 1/2 log(2 pi 2^2) + 1/2 for each.
 * const logProb = empiricalBayesPrior().logProb(tf.tensor([2, -2]));
 * console.log((await logProb.data())[0]?.toFixed(4));   // -2.1121
 * ```
 */
export function empiricalBayesPrior({mean = 0, floor = 1e-4}: EmpiricalBayesPriorOptions = {}): Prior {
  checkFinite('empiricalBayesPrior', 'mean', mean);
  checkPositive('empiricalBayesPrior', {floor});
  const crossEntropy = (moments: tf.Tensor): tf.Tensor => {
    const scale2 = tf.maximum(tf.mean(moments), floor * floor);
    return tf.mul(tf.add(tf.div(moments, scale2), tf.log(tf.mul(scale2, 2 * Math.PI))), 0.5);
  };
  const squares = (w: tf.Tensor): tf.Tensor => tf.square(tf.sub(w, mean));
  return {
    kind: 'empirical-bayes',
    quadratic: true,
    logProb: (w) => tf.tidy(() => tf.neg(crossEntropy(squares(w)))),
    crossEntropy: (m, variance) => tf.tidy(() => crossEntropy(tf.add(squares(m), variance))),
    getConfig: () => ({kind: 'empirical-bayes', mean, floor}),
  };
}
