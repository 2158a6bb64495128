import {ConfigError, DataError} from '../errors.ts';
import {checkLength, finiteVector, float64} from '../linalg/matrix-like.ts';
import {meanOf} from './parameters.ts';
import {checkLevel, checkOrder} from './pinball.ts';
import {givenWeights} from './weights.ts';

/**
 * Share of targets inside prediction intervals given by their ends (PICP), from whatever method.
 *
 * mean_i [lower_i <= targets_i <= upper_i].
 *
 * @param lower Lower ends; -Infinity is allowed.
 * @param upper Upper ends, not below the lower ones; Infinity is allowed.
 * @param targets The true values.
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @throws DataError for NaN, crossed ends, targets that are not finite, negative weights, or no examples.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {predictionIntervalCoverage} from 'tfjs-bayes/metrics';
 * console.log(predictionIntervalCoverage([0, 0], [1, 1], [0.5, 3])); // 0.5
 * ```
 */
export function predictionIntervalCoverage(
  lower: ArrayLike<number>,
  upper: ArrayLike<number>,
  targets: ArrayLike<number>,
  {weights}: {weights?: ArrayLike<number>} = {},
): number {
  const {l, u} = ends('predictionIntervalCoverage', lower, upper);
  const y = finiteVector('predictionIntervalCoverage', 'targets', targets, l.length);
  return coverage(l, u, y, givenWeights('predictionIntervalCoverage', weights, y.length));
}

/**
 * Mean width of prediction intervals given by their ends (MPIW).
 *
 * mean_i (upper_i - lower_i).
 *
 * @param lower Lower ends; -Infinity is allowed.
 * @param upper Upper ends, not below the lower ones; Infinity is allowed.
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns In the unit of the ends; Infinity if any interval is infinite.
 * @throws DataError for NaN, crossed ends, negative weights, or no examples.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {predictionIntervalWidth} from 'tfjs-bayes/metrics';
 * console.log(predictionIntervalWidth([0, 1], [1, 4])); // 2
 * ```
 */
export function predictionIntervalWidth(
  lower: ArrayLike<number>,
  upper: ArrayLike<number>,
  {weights}: {weights?: ArrayLike<number>} = {},
): number {
  const {l, u} = ends('predictionIntervalWidth', lower, upper);
  return meanOf(
    l.length,
    (i) => (u[i] as number) - (l[i] as number),
    givenWeights('predictionIntervalWidth', weights, l.length),
  );
}

/**
 * Coverage-width criterion: one number for intervals that should be narrow and cover as often as they say.
 *
 * (1 - width / range) exp(-penalty (coverage - level)^2), with the mean width, the range of the targets (max - min) and the
 * share of targets inside. 1 is best; intervals wider than the range score below 0.
 *
 * @param lower Lower ends.
 * @param upper Upper ends, not below the lower ones.
 * @param targets The true values, not all equal.
 * @param options as follows.
 * @param options.level Probability that the intervals claim, between 0 and 1; 0.95 by default.
 * @param options.penalty Weight of a wrong coverage, at least 0; 30 by default: a coverage off by 0.1 costs a quarter.
 * @param options.weights How often each example counts; all 1 by default.
 * @throws DataError for NaN, crossed ends, targets that are not finite or all equal, negative weights, or no examples.
 * @throws ShapeError where the lengths differ.
 * @throws ConfigError for a level outside (0, 1) or a negative penalty.
 *
 * @example
 * ```ts
 * import {coverageWidthCriterion} from 'tfjs-bayes/metrics';
 * console.log(coverageWidthCriterion([0, 1], [1, 2], [0.5, 4.5], {level: 0.5})); // 0.75
 * ```
 */
export function coverageWidthCriterion(
  lower: ArrayLike<number>,
  upper: ArrayLike<number>,
  targets: ArrayLike<number>,
  {level = 0.95, penalty = 30, weights}: {level?: number; penalty?: number; weights?: ArrayLike<number>} = {},
): number {
  const caller = 'coverageWidthCriterion';
  checkLevel(caller, level);
  if (!(penalty >= 0 && penalty < Infinity)) {
    throw new ConfigError(`${caller}: expected a penalty of at least 0, got ${penalty}. Leave it out for 30.`);
  }
  const {l, u} = ends(caller, lower, upper);
  const y = finiteVector(caller, 'targets', targets, l.length);
  const given = givenWeights(caller, weights, y.length);
  const counted = given === undefined ? y : y.filter((_, i) => (given[i] as number) > 0);
  const range =
    counted.reduce((high, v) => Math.max(high, v), -Infinity) - counted.reduce((low, v) => Math.min(low, v), Infinity);
  if (range === 0) {
    throw new DataError(
      `${caller}: expected targets that differ, got ${counted[0]} only. Widths are compared with their range.`,
    );
  }
  const width = meanOf(l.length, (i) => (u[i] as number) - (l[i] as number), given);
  return (1 - width / range) * Math.exp(-penalty * (coverage(l, u, y, given) - level) ** 2);
}

function coverage(l: Float64Array, u: Float64Array, y: Float64Array, weights: Float64Array | undefined): number {
  return meanOf(
    y.length,
    (i) => Number((y[i] as number) >= (l[i] as number) && (y[i] as number) <= (u[i] as number)),
    weights,
  );
}

/** Reads the ends of intervals, which may be infinite. */
function ends(caller: string, lower: ArrayLike<number>, upper: ArrayLike<number>) {
  checkLength(caller, 'lower', lower, undefined);
  checkLength(caller, 'upper', upper, lower.length);
  const l = float64(lower);
  const u = float64(upper);
  checkOrder(caller, l, u);
  return {l, u};
}
