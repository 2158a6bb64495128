import {ConfigError, DataError} from '../errors.ts';
import {finiteVector} from '../linalg/matrix-like.ts';
import {studentTQuantile} from '../special/student-t.ts';
import {exampleWeights, total, weightedSum} from './weights.ts';

/** A metric with its sampling uncertainty. */
export interface MetricInterval {
  /** The metric on all examples. */
  readonly estimate: number;
  /** Lower end of the interval. */
  readonly low: number;
  /** Upper end of the interval. */
  readonly high: number;
  /** Probability of the interval. */
  readonly level: number;
  /** Standard deviation of the estimate over data sets of this size. */
  readonly standardError: number;
  /** How it was found: quantiles of resamples, quantiles of smaller resamples, or a formula. */
  readonly method: 'percentile' | 'm-out-of-n' | 'analytic';
}

/** Weighted moments of per-example numbers. */
export interface Moments {
  /** Sum of the weights. */
  readonly weight: number;
  /** Weighted mean. */
  readonly mean: number;
  /** Weighted sum of squared deviations from the mean. */
  readonly squares: number;
}

/**
 * Confidence interval of a mean of per-example scores by formula: exact for large samples, at no cost, for any number of rows.
 *
 * estimate -+ t s / sqrt(N) with s^2 = sum_i (scores_i - mean)^2 / (N - 1) and t the Student quantile with N - 1 degrees of freedom;
 * N is the sum of the weights, which count examples.
 *
 * @param scores One number per example, as from `exampleScores`.
 * @param options as follows.
 * @param options.level Probability of the interval, between 0 and 1; 0.95 by default.
 * @param options.weights How often each example counts; all 1 by default.
 * @throws DataError for numbers that are not finite, negative weights, or not more than one example.
 * @throws ShapeError where the lengths differ.
 * @throws ConfigError for a level outside (0, 1).
 *
 * @example
 * ```ts
 * import {meanInterval} from 'tfjs-bayes/metrics';
 * const {estimate, low, high} = meanInterval([0, 1, 1, 0, 1]);
 * console.log(estimate, low, high); // 0.6, -0.0801, 1.2801
 * ```
 */
export function meanInterval(
  scores: ArrayLike<number>,
  {level = 0.95, weights}: {level?: number; weights?: ArrayLike<number>} = {},
): MetricInterval {
  const caller = 'meanInterval';
  const values = finiteVector(caller, 'scores', scores);
  return analyticInterval(caller, momentsOf(values, exampleWeights(caller, weights, values.length)), level);
}

/** Moments in two passes. */
export function momentsOf(values: Float64Array, weights: Float64Array): Moments {
  const weight = total(weights);
  const mean = weight === 0 ? 0 : weightedSum(values, weights) / weight;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const w = weights[i] as number;
    if (w > 0) squares += w * ((values[i] as number) - mean) ** 2;
  }
  return {weight, mean, squares};
}

/** Student's interval around a mean. */
export function analyticInterval(caller: string, moments: Moments, level: number): MetricInterval {
  checkLevel(caller, level);
  if (!(moments.weight > 1)) {
    throw new DataError(
      `${caller}: expected more than one example, got a weight of ${moments.weight}. One example says nothing about spread.`,
    );
  }
  const standardError = Math.sqrt(moments.squares / (moments.weight - 1) / moments.weight);
  const reach = -studentTQuantile((1 - level) / 2, moments.weight - 1) * standardError;
  return {
    estimate: moments.mean,
    low: moments.mean - reach,
    high: moments.mean + reach,
    level,
    standardError,
    method: 'analytic',
  };
}

/** Throws ConfigError unless a level is between 0 and 1. */
export function checkLevel(caller: string, level: number): void {
  if (!(level > 0 && level < 1)) {
    throw new ConfigError(`${caller}: expected a level between 0 and 1, got ${level}. Use 0.95 for 95 percent.`);
  }
}

/** Quantile of sorted numbers, interpolated between neighbours. */
export function sortedQuantile(sorted: Float64Array, p: number): number {
  const place = p * (sorted.length - 1);
  const left = Math.min(Math.floor(place), sorted.length - 2);
  const share = place - left;
  return (sorted[left] as number) * (1 - share) + (sorted[left + 1] as number) * share;
}
