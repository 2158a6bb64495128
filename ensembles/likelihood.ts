import {ConfigError} from '../src/errors.ts';
import {type Likelihood, type LikelihoodChoice, resolveLikelihood} from '../src/likelihoods/index.ts';
import type {HeadKind} from '../src/models/index.ts';

/** How a method is told what its model's outputs mean. */
export interface LikelihoodOptions {
  /**
   * `'categorical'` (or `'classification'`), `'bernoulli'`, `'gaussian'` (or `'regression'`), `'heteroscedastic-gaussian'`,
   * or a likelihood of your own. Default: from the head, categorical after a softmax, bernoulli after a sigmoid; a linear
   * head must name one.
   */
  readonly likelihood?: LikelihoodChoice;
  /** Standard deviation of the observation noise of a Gaussian likelihood, in the units of y. */
  readonly noiseScale?: number;
  /** Name of the output layer, for models with several outputs. */
  readonly output?: string;
}

/** Whether the noise was left open: a likelihood with noise, asked for by its name alone. */
export function leavesNoiseOpen({likelihood, noiseScale}: LikelihoodOptions, resolved: Likelihood): boolean {
  return typeof likelihood === 'string' && noiseScale === undefined && resolved.noiseScale !== undefined;
}

/** The likelihood that the options ask for, its noise in place. */
export function likelihoodOf(options: LikelihoodOptions, head: HeadKind, caller: string): Likelihood {
  const {noiseScale} = options;
  const resolved = resolveLikelihood(options.likelihood, head, caller);
  if (noiseScale === undefined) return resolved;
  if (resolved.withNoiseScale) return resolved.withNoiseScale(noiseScale);
  throw new ConfigError(
    `${caller}: expected no noiseScale for the likelihood '${resolved.name}', got ${noiseScale}. Leave it out.`,
  );
}

/**
 * The likelihood with noise of the size of the members' residuals: the maximum-likelihood estimate, averaged over members.
 *
 * @param meanSquares the mean squared residual of each member.
 */
export function withResidualNoise(likelihood: Likelihood, meanSquares: readonly number[]): Likelihood {
  const meanSquare = meanSquares.reduce((sum, one) => sum + one / meanSquares.length, 0);
  return likelihood.withNoiseScale?.(Math.max(Math.sqrt(meanSquare), Number.MIN_VALUE)) ?? likelihood;
}

/** As {@link likelihoodOf}, for methods that see no data and so cannot estimate the noise. */
export function likelihoodWithNoise(options: LikelihoodOptions, head: HeadKind, caller: string): Likelihood {
  const likelihood = likelihoodOf(options, head, caller);
  if (!leavesNoiseOpen(options, likelihood)) return likelihood;
  throw new ConfigError(
    `${caller}: expected noiseScale for the likelihood '${likelihood.name}', got none. ` +
      'Pass the standard deviation of the noise in the units of y, for example the validation RMSE.',
  );
}
