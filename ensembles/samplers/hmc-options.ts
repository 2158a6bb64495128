import {ConfigError} from '../../src/errors.ts';
import type {Rng} from '../../src/random/index.ts';
import {checkCount, checkPositive} from '../checks.ts';
import type {LikelihoodOptions} from '../likelihood.ts';

/** Options of `hmc`. */
export interface HmcOptions extends LikelihoodOptions {
  /** Precision of the Gaussian prior over every trainable weight. Default 1. */
  readonly priorPrecision?: number;
  /** Weight vectors kept. Default 100. */
  readonly samples?: number;
  /** Transitions before the first one kept, in which the step adapts. Default 100. */
  readonly burnIn?: number;
  /** Transitions from one weight vector kept to the next. Default 1. */
  readonly every?: number;
  /** Mean length of a trajectory in time. Default pi / (2 sqrt(priorPrecision)): across the prior (Izmailov et al., 2021). */
  readonly trajectory?: number;
  /** Length of a leapfrog step to begin with; it adapts in the burn-in, where there is one. Default: found. */
  readonly stepSize?: number;
  /** Mean acceptance that the step adapts to, between 0 and 1. Default 0.8. */
  readonly targetAcceptance?: number;
  /** Most leapfrog steps in a trajectory. Default 1000. */
  readonly maxSteps?: number;
  /** Examples evaluated at once: bounds memory, every step still sees all of them. Default 1024. */
  readonly batchSize?: number;
  /** Where momenta and acceptance come from. Default: a fixed seed. */
  readonly rng?: Rng;
  /** Called after each transition. */
  readonly onProgress?: (progress: HmcProgress) => void;
}

/** How far `hmc` has come. */
export interface HmcProgress {
  /** Transitions done, burn-in included. */
  readonly transition: number;
  /** Transitions in all. */
  readonly transitions: number;
  /** Whether the step still adapts and nothing is kept. */
  readonly burningIn: boolean;
  /** Probability with which the last trajectory was accepted. */
  readonly acceptance: number;
  /** Length of the leapfrog step that it took. */
  readonly stepSize: number;
  /** Leapfrog steps that it took: evaluations of the whole gradient. */
  readonly steps: number;
  /** Divergent trajectories after the burn-in so far. */
  readonly divergences: number;
}

/** What the chain of `hmc` did after its burn-in. */
export interface HmcRun {
  /** Mean probability of acceptance: far below `targetAcceptance` the step is too long. */
  readonly acceptance: number;
  /** Length of the leapfrog steps. */
  readonly stepSize: number;
  /** Leapfrog steps in all, burn-in included. */
  readonly steps: number;
  /** Trajectories whose energy error exceeded 1000: above 0 the draws miss a part of the posterior. */
  readonly divergences: number;
}

/** The numbers of {@link HmcOptions}, checked and with their defaults. */
export interface HmcSettings
  extends Required<Omit<HmcOptions, keyof LikelihoodOptions | 'stepSize' | 'rng' | 'onProgress'>> {}

/** Fills in the defaults; throws `ConfigError` for options out of range. */
export function hmcSettings(options: HmcOptions): HmcSettings {
  const {priorPrecision = 1, targetAcceptance = 0.8, stepSize} = options;
  checkPositive(priorPrecision, 'priorPrecision', 'hmc');
  if (!(targetAcceptance > 0 && targetAcceptance < 1)) {
    throw new ConfigError(`hmc: expected targetAcceptance between 0 and 1, got ${targetAcceptance}. Try 0.8.`);
  }
  if (stepSize !== undefined) checkPositive(stepSize, 'stepSize', 'hmc');
  return {
    priorPrecision,
    targetAcceptance,
    samples: checkCount(options.samples ?? 100, 'samples', 1, 'hmc'),
    burnIn: checkCount(options.burnIn ?? 100, 'burnIn', 0, 'hmc'),
    every: checkCount(options.every ?? 1, 'every', 1, 'hmc'),
    trajectory: checkPositive(options.trajectory ?? Math.PI / (2 * Math.sqrt(priorPrecision)), 'trajectory', 'hmc'),
    maxSteps: checkCount(options.maxSteps ?? 1000, 'maxSteps', 1, 'hmc'),
    batchSize: checkCount(options.batchSize ?? 1024, 'batchSize', 1, 'hmc'),
  };
}
