import {sampleChains} from './adaptive-chains.ts';
import {hmcTransition} from './hmc-transition.ts';
import type {SamplerOptions} from './options.ts';
import type {McmcResult} from './result.ts';
import type {SamplerTarget} from './target.ts';

/** Options of {@link hmc}. */
export interface HmcOptions extends SamplerOptions {
  /**
   * Mean time of a trajectory in units of the posterior's standard deviations (once the mass is adapted); each is drawn
   * uniformly up to twice it. Default pi / 2, a quarter turn.
   */
  readonly time?: number;
}

/**
 * Draws from a model by Hamiltonian Monte Carlo with trajectories of random length, step length and diagonal mass adapted
 * during warm-up. NUTS finds the length by itself: take HMC where that is known, or to compare.
 *
 * Source: Neal (2011).
 *
 * @param target a {@link Model}, or a log density with its number of columns.
 * @param options how to sample; defaults: 8 chains, warm-up 500, 500 draws of each, target acceptance 0.8.
 *
 * @throws ConfigError if a starting point has no finite density, or an option is out of range.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {hmc} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const logDensity = (theta: tf.Tensor2D) => tf.mul<tf.Tensor1D>(tf.sum(tf.square(theta), 1), -0.5);
 * const {statistics} = await hmc({logDensity, dimension: 2}, {warmup: 50, draws: 20});
 * console.log(statistics.divergences.length);   // 0
 * ```
 */
export function hmc(target: SamplerTarget, options: HmcOptions = {}): Promise<McmcResult> {
  const {time = Math.PI / 2} = options;
  return sampleChains(
    'hmc',
    (rest, {step, inverseMass}, rng) => hmcTransition(rest, {step, inverseMass, time}, rng),
    target,
    options,
  );
}
