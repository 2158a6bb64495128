import type {CurvatureStructure, CurvatureWeights, WeightLayout} from '../src/curvature/index.ts';
import {ConfigError} from '../src/errors.ts';
import type {Likelihood, Link} from '../src/likelihoods/index.ts';
import type {PredictOptions} from '../src/posterior/posterior.ts';
import type {PriorPrecisions} from './structures/structure.ts';

/** Options of `laplace`. */
export interface LaplaceOptions {
  /**
   * What the net's outputs mean: `'categorical'` (or `'classification'`), `'bernoulli'`, `'gaussian'` (or `'regression'`),
   * or a likelihood of your own. Default: from the head, categorical after a softmax, bernoulli after a sigmoid; a linear
   * head must name one.
   */
  readonly likelihood?: Likelihood | string;
  /** Which weights get a posterior; the others stay as trained. Default `'last-layer'`. */
  readonly weights?: CurvatureWeights;
  /** How much of the curvature is kept. Default `'kron'`. */
  readonly structure?: CurvatureStructure;
  /**
   * Precision (1 / variance) of the Gaussian prior over the weights: one number; one for each weight tensor; or, with
   * `'full'` and `'diag'`, one for each weight. Default 1; `tune()` finds a better one.
   */
  readonly priorPrecision?: number | readonly number[];
  /** Mean of the prior over every weight. Default 0. */
  readonly priorMean?: number;
  /**
   * Standard deviation of the observation noise of a Gaussian likelihood, in the units of y. Default: that of the
   * likelihood given, and for the name `'gaussian'` the maximum-likelihood estimate, the root mean squared residual.
   */
  readonly noiseScale?: number;
  /** Divides the log-likelihood: below 1 the posterior is narrower than Bayes' rule says. Default 1. */
  readonly temperature?: number;
  /** Name of the output layer, for models with several outputs. */
  readonly output?: string;
}

/** Options of `Laplace.fit` and `Laplace.update`, named as in `LayersModel.fit`. */
export interface LaplaceFitOptions {
  /** Examples evaluated at once; bounds memory, never changes the result. Default 256. */
  readonly batchSize?: number;
  /** Called after each batch with its index and the number of examples in it. */
  readonly callbacks?: {readonly onBatchEnd?: (batch: number, logs: {readonly size: number}) => void | Promise<void>};
}

/** Options of `Laplace.predict`. */
export interface LaplacePredictOptions extends PredictOptions {
  /** How the Gaussian over logits becomes probabilities. Default `'pairwise-probit'` (Lu, Ie and Sha, 2020). */
  readonly link?: Link;
}

/** What `Laplace.tune` found. */
export interface TuneResult {
  /** The prior precision now in use. */
  readonly priorPrecision: number;
  /** The log marginal likelihood at it, in nats. */
  readonly logMarginalLikelihood: number;
}

/** Throws `ConfigError` unless `value` is a positive, finite number. */
export function requirePositive(value: number, name: string, caller: string): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new ConfigError(`${caller}: expected a positive, finite ${name}, got ${value}. Give for example 1.`);
}

/** Throws `ConfigError` unless `value` is one of those allowed. */
export function requireOneOf<T extends string>(value: T, allowed: readonly T[], name: string): T {
  if (allowed.includes(value)) return value;
  throw new ConfigError(
    `laplace: expected ${name} to be one of ${allowed.map((v) => `'${v}'`).join(', ')}, got '${value}'.`,
  );
}

/** One prior precision for each weight tensor (or each scalar in it) from what the user gave. */
export function expandPrior(
  prior: number | readonly number[],
  layouts: readonly WeightLayout[],
  caller: string,
): PriorPrecisions {
  if (typeof prior === 'number') {
    requirePositive(prior, 'priorPrecision', caller);
    return layouts.map(() => prior);
  }
  for (const value of prior) requirePositive(value, 'priorPrecision', caller);
  if (prior.length === layouts.length) return [...prior];
  const total = layouts.reduce((sum, {size}) => sum + size, 0);
  if (prior.length !== total) {
    throw new ConfigError(
      `${caller}: expected priorPrecision to be a number, ${layouts.length} numbers (one for each of ` +
        `${layouts.map(({name}) => name).join(', ')}) or ${total} (one for each weight), got ${prior.length}.`,
    );
  }
  let offset = 0;
  return layouts.map(({size}) => Float64Array.from(prior.slice(offset, (offset += size))));
}
