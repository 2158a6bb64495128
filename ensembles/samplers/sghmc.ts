import type {Schedule} from '../cyclical.ts';
import {LangevinOptimizer, type LangevinOptions} from './langevin-optimizer.ts';
import type {ScaleAdaptation} from './scale-adaptation.ts';

/** Options of {@link sghmc}. */
export interface SghmcOptions extends LangevinOptions {
  /** Part of the momentum lost in each step, above 0 and up to 1, which is `sgld`. Default 0.05. */
  readonly friction?: number;
  /**
   * How the preconditioner is learned in the first `adaptSteps`: `'rmsprop'` averages squared gradients over about 100 steps,
   * `'springenberg'` over a number of steps found for each weight, which wants gradients of small batches: without their noise
   * it averages over too few. Default `'rmsprop'`.
   */
  readonly adaptation?: ScaleAdaptation;
  /**
   * Take the noise that small batches put into the gradient, `learningRate^2` per step after preconditioning, off the noise
   * that is added (Springenberg et al., 2016, who always do). Right where that noise is most of the gradient, too cold where it
   * is not. Needs `adaptSteps`. Default false, too hot by that noise.
   */
  readonly subtractGradientNoise?: boolean;
}

/**
 * Stochastic-gradient Hamiltonian Monte Carlo as an optimizer (Chen, Fox and Guestrin, 2014): gradient descent with momentum
 * `1 - friction` plus noise, whose iterates are draws from the posterior and move further between them than those of `sgld`.
 *
 *     v = (1 - friction) v - learningRate P (grad L(w) + priorPrecision/N w) + sqrt(2 friction learningRate P temperature / N) z
 *     w = w + v
 *
 * The loss L must be the mean negative log-likelihood, as for `sgld`. With `adaptSteps`, P is learned from squared gradients in
 * those first steps (Springenberg et al., 2016) and then kept. The noise of small batches makes it too hot; `sgnht` measures
 * that noise while it runs.
 *
 * @param learningRate a positive number, or one for each step, such as `cyclical(...).learningRate`.
 * @param options `trainSize` and whatever departs from the defaults.
 * @throws ConfigError for options out of range.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {gaussian, initBackend} from 'tfjs-bayes';
 * import {checkpointEnsemble, sghmc} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [3]})]});
 * const likelihood = gaussian({noiseScale: 0.5});
 * model.compile({optimizer: sghmc(0.01, {trainSize: 8}), loss: likelihood.loss});
 * const collector = checkpointEnsemble(model, {likelihood, unit: 'batch', start: 40, every: 10});
 * await model.fit(tf.randomNormal([8, 3]), tf.randomNormal([8, 1]), {epochs: 80, callbacks: [collector]});
 * const posterior = collector.posterior();
 * collector.dispose();
 * console.log(posterior.size); // 4
 * posterior.dispose();
 * ```
 */
export function sghmc(learningRate: number | Schedule, {friction = 0.05, ...options}: SghmcOptions): LangevinOptimizer {
  return new LangevinOptimizer(learningRate, {...options, friction}, 'sghmc');
}
