import type {Schedule} from '../cyclical.ts';
import {NoseHooverOptimizer, type SgnhtOptions} from './nose-hoover-optimizer.ts';

/**
 * The stochastic-gradient Nosé–Hoover thermostat as an optimizer (Ding et al., 2014): SGHMC whose friction adapts until the
 * momentum has the temperature asked for, so that the unknown noise of small batches does not make the draws too spread out.
 *
 *     v = (1 - a) v - learningRate (grad L(w) + priorPrecision/N w) + sqrt(2 friction learningRate temperature / N) z
 *     w = w + v
 *     a = a + thermostatRate ((1 - a/2) N mean(v^2) / (learningRate temperature) - 1)
 *
 * where 1 - a/2, which the paper leaves out, pays for the length of the step: momenta are that much warmer than positions. Each weight tensor has its own a, because the noise differs between layers; it starts at `friction`, settles where added
 * noise and gradient noise are both paid for, and is kept at most 1. Needs some 1/thermostatRate steps to settle, more from
 * untrained weights: start from trained ones. Noise that differs much within one tensor, or changes with the weights, is only
 * corrected on average. At temperature 0 the friction stays as it is. The loss L must be the mean negative log-likelihood,
 * as for `sgld`; collect the draws with `checkpointEnsemble`.
 *
 * @param learningRate a positive number, or one for each step.
 * @param options `trainSize` and whatever departs from the defaults.
 * @throws ConfigError for options out of range.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {checkpointEnsemble, sgnht} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 2, inputShape: [3], activation: 'softmax'})]});
 * model.compile({optimizer: sgnht(0.05, {trainSize: 8}), loss: 'categoricalCrossentropy'});
 * const collector = checkpointEnsemble(model, {unit: 'batch', start: 40, every: 20});
 * const y = tf.oneHot(tf.tensor1d([0, 1, 0, 1, 0, 1, 0, 1], 'int32'), 2);
 * await model.fit(tf.randomNormal([8, 3]), y, {epochs: 60, batchSize: 4, callbacks: [collector]});
 * const posterior = collector.posterior();
 * collector.dispose();
 * console.log(posterior.size); // 4
 * posterior.dispose();
 * ```
 */
export function sgnht(learningRate: number | Schedule, options: SgnhtOptions): NoseHooverOptimizer {
  return new NoseHooverOptimizer(learningRate, options);
}
