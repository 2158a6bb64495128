import type {Schedule} from '../cyclical.ts';
import {StructuredOptimizer, type StructuredOptions} from './structured-optimizer.ts';

/**
 * Structured stochastic-gradient MCMC as an optimizer (Alexos, Boyd and Mandt, 2022): Langevin dynamics under an energy in which
 * each block of weights i sees the others as independent draws from their own past,
 *
 *     U_S(w) = sum_i E[U(w_i, w~_(not i))],   w~_j from the past values of block j
 *
 * so that the draws come from the closest posterior under which blocks are independent: variational inference with
 * factors of any form. For a Gaussian with precision matrix A and single weights as blocks each variance is 1 / A_ii, below
 * the posterior's: dependence between blocks is lost, which mixes faster. Every step takes one forward and backward pass per
 * block; with `keep`, the dropout variant, one in all, where each block keeps its present value with that probability,
 *
 *     U_Sd(w) = 1/keep E[U(r w + (1 - r) w~)],   r ~ Bernoulli(keep) for each block
 *
 * which keeps some of the dependence and adds noise to the gradients. The past stands for the other blocks' whole
 * law: its `every memory` steps must be many times what a weight needs to forget where it was, or the draws spread too far, and
 * draws count from then on. Collect them with `checkpointEnsemble`. The loss L must be the mean negative log-likelihood, as for
 * `sgld`; the loss that `fit` reports is the one with past values.
 *
 * @param learningRate a positive number, or one for each step, such as `cyclical(...).learningRate`.
 * @param options `trainSize` and whatever departs from the defaults; `friction` below 1 gives the momentum of `sghmc`.
 * @throws ConfigError for options out of range.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {checkpointEnsemble, structuredSgmcmc} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({
 *   layers: [
 *     tfl.layers.dense({units: 4, activation: 'tanh', inputShape: [3]}),
 *     tfl.layers.dense({units: 2, activation: 'softmax'}),
 *   ],
 * });
 * const optimizer = structuredSgmcmc(0.05, {trainSize: 8, blocks: 'neuron', keep: 0.5, every: 2});
 * model.compile({optimizer, loss: 'categoricalCrossentropy'});
 * const collector = checkpointEnsemble(model, {unit: 'batch', start: 40, every: 5});
 * const y = tf.oneHot(tf.tensor1d([0, 1, 0, 1, 0, 1, 0, 1], 'int32'), 2);
 * await model.fit(tf.randomNormal([8, 3]), y, {epochs: 60, callbacks: [collector]});
 * const posterior = collector.posterior();
 * collector.dispose();
 * console.log(posterior.size); // 4
 * posterior.dispose();
 * ```
 */
export function structuredSgmcmc(learningRate: number | Schedule, options: StructuredOptions): StructuredOptimizer {
  return new StructuredOptimizer(learningRate, options);
}
