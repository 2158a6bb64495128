import type {Schedule} from '../cyclical.ts';
import {type EntropyMcmcOptions, EntropyOptimizer} from './entropy-optimizer.ts';

/**
 * Entropy-MCMC as an optimizer (Li and Zhang, 2024): Langevin dynamics of the weights w coupled to an anchor a, which moves in
 * a landscape smoothed over basins of variance `anchorVariance` and draws the weights into flat ones. One gradient per step.
 *
 *     p(w, a) ~ exp(-N L(w) - priorPrecision/2 |w|^2 - |w - a|^2 / (2 anchorVariance))
 *     w = w - learningRate (grad L(w) + priorPrecision/N w + (w - a) / (anchorVariance N)) + sqrt(2 learningRate temperature / N) z
 *     a = a - learningRate (a - w) / (anchorVariance N) + sqrt(2 learningRate temperature / N) z'
 *
 * The weights alone have the posterior as their law, the anchors the posterior blurred by `anchorVariance`. The prior is on
 * the weights only, as in the paper's density (its code also decays the anchor). The coupling makes the chains slow where
 * `anchorVariance` is far below the posterior's variances, and it bounds `learningRate` by `anchorVariance trainSize`; the
 * paper ran at temperature 1e-4, the default 1 is the posterior. Collect both chains with `entropyEnsemble`, the weights alone
 * with `checkpointEnsemble`. The loss L must be the mean negative log-likelihood, as for `sgld`.
 *
 * @param learningRate a positive number, or one for each step, such as `cyclical(...).learningRate`.
 * @param options `trainSize` and whatever departs from the defaults.
 * @throws ConfigError for options out of range, or a learning rate that the coupling does not bear.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {entropyEnsemble, entropyMcmc} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 2, inputShape: [3], activation: 'softmax'})]});
 * const optimizer = entropyMcmc(0.05, {trainSize: 8, anchorVariance: 0.05});
 * model.compile({optimizer, loss: 'categoricalCrossentropy'});
 * const collector = entropyEnsemble(model, optimizer, {unit: 'batch', start: 40, every: 10});
 * const y = tf.oneHot(tf.tensor1d([0, 1, 0, 1, 0, 1, 0, 1], 'int32'), 2);
 * await model.fit(tf.randomNormal([8, 3]), y, {epochs: 60, callbacks: [collector]});
 * const posterior = collector.posterior();
 * collector.dispose();
 * console.log(posterior.size); // 4: weights and anchor at two moments
 * posterior.dispose();
 * ```
 */
export function entropyMcmc(learningRate: number | Schedule, options: EntropyMcmcOptions): EntropyOptimizer {
  return new EntropyOptimizer(learningRate, options);
}
