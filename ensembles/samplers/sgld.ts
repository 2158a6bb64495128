import type {Schedule} from '../cyclical.ts';
import {LangevinOptimizer, type LangevinOptions} from './langevin-optimizer.ts';

/**
 * Stochastic-gradient Langevin dynamics as an optimizer (Welling and Teh, 2011): gradient steps plus noise, whose iterates are
 * draws from the posterior.
 *
 *     w = w - learningRate P (grad L(w) + priorPrecision/N w) + sqrt(2 learningRate P temperature / N) z
 *
 * The loss L must be the mean negative log-likelihood: cross-entropy is, for numbers compile with `gaussian({noiseScale}).loss`.
 * The learning rate is that of plain gradient descent; the covariance is too large by about learningRate / 2 times the largest
 * curvature of L. Collect the draws with `checkpointEnsemble`. With `adaptSteps`, P is learned from squared gradients as in
 * RMSprop (Li et al., 2016) and then kept, which needs no correction for its change.
 *
 * @param learningRate a positive number, or one for each step, such as `cyclical(...).learningRate`.
 * @param options `trainSize` and whatever departs from the defaults.
 * @throws ConfigError for options out of range.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {checkpointEnsemble, sgld} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 2, inputShape: [3], activation: 'softmax'})]});
 * model.compile({optimizer: sgld(0.05, {trainSize: 8}), loss: 'categoricalCrossentropy'});
 * const collector = checkpointEnsemble(model, {unit: 'batch', start: 20, every: 5});
 * const y = tf.oneHot(tf.tensor1d([0, 1, 0, 1, 0, 1, 0, 1], 'int32'), 2);
 * await model.fit(tf.randomNormal([8, 3]), y, {epochs: 60, callbacks: [collector]});
 * const posterior = collector.posterior();
 * collector.dispose();
 * console.log(posterior.size); // 8
 * posterior.dispose();
 * ```
 */
export function sgld(learningRate: number | Schedule, options: LangevinOptions): LangevinOptimizer {
  return new LangevinOptimizer(learningRate, {...options, friction: 1}, 'sgld');
}
