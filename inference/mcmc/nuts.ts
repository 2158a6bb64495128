import {sampleChains} from './adaptive-chains.ts';
import {nutsTransition} from './nuts-transition.ts';
import type {SamplerOptions} from './options.ts';
import type {McmcResult} from './result.ts';
import type {SamplerTarget} from './target.ts';

/** Options of {@link nuts}. */
export interface NutsOptions extends SamplerOptions {
  /** Largest number of doublings of a trajectory; default 10, at most 1023 steps. */
  readonly maxDepth?: number;
}

/**
 * Draws from a model by the no-U-turn sampler: Hamiltonian Monte Carlo whose trajectories end where they turn back, with step
 * length and diagonal mass adapted during warm-up.
 *
 * Multinomial sampling along the trajectory; dual averaging towards `targetAcceptance`; variances over doubling windows, pooled
 * over the chains. All chains run in one tensor pass per leapfrog step, and none waits for another within 25 transitions, so
 * that 16 chains cost little more than 4. Positions, momenta and energies are float64, and a {@link Model}'s terms are added
 * in float64; densities and gradients come from the backend's float32.
 *
 * Sources: Hoffman and Gelman (2014); Betancourt (2017).
 *
 * @param target a {@link Model}, or a log density with its number of columns.
 * @param options how to sample; defaults: 8 chains, warm-up 500, 500 draws of each, target acceptance 0.8, depth up to 10.
 *
 * @throws ConfigError if a starting point has no finite density, or an option is out of range.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {nuts, summarizeDraws} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const logDensity = (theta: tf.Tensor2D) => tf.mul<tf.Tensor1D>(tf.sum(tf.square(theta), 1), -0.5);
 * const {draws} = await nuts({logDensity, dimension: 2}, {warmup: 50, draws: 50});
 * console.log(summarizeDraws(draws).map(({name}) => name));   // ['theta[0]', 'theta[1]']
 * ```
 */
export function nuts(target: SamplerTarget, options: NutsOptions = {}): Promise<McmcResult> {
  const {maxDepth = 10} = options;
  return sampleChains(
    'nuts',
    (rest, {step, inverseMass}, rng) => nutsTransition(rest, {step, inverseMass, maxDepth}, rng),
    target,
    {...options, maxDepth},
  );
}
