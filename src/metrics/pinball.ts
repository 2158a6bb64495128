import {ConfigError, DataError} from '../errors.ts';
import {denseMatrix, finiteVector, type MatrixLike} from '../linalg/matrix-like.ts';
import {meanOf} from './parameters.ts';
import {columnsOf} from './rows.ts';
import {givenWeights} from './weights.ts';

/**
 * Mean pinball (quantile) loss of predicted quantiles; the true quantile minimizes its expectation.
 *
 * mean_i max(quantile u, (quantile - 1) u) with u = targets_i - predictions_i (Koenker & Bassett 1978). Averaged over
 * all quantiles, twice this is the CRPS.
 *
 * @param predictions Predicted quantiles, one per target.
 * @param targets The true values.
 * @param options as follows.
 * @param options.quantile The probability below the predictions, between 0 and 1; 0.5 (half the mean absolute error) by default.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns In the unit of the targets; lower is better.
 * @throws DataError for numbers that are not finite, negative weights, or none.
 * @throws ShapeError where the lengths differ.
 * @throws ConfigError for a quantile outside (0, 1).
 *
 * @example
 * ```ts
 * import {pinballLoss} from 'tfjs-bayes/metrics';
 * console.log(pinballLoss([0.1], [0.3], {quantile: 0.2})); // 0.04
 * ```
 */
export function pinballLoss(
  predictions: ArrayLike<number>,
  targets: ArrayLike<number>,
  {quantile = 0.5, weights}: {quantile?: number; weights?: ArrayLike<number>} = {},
): number {
  if (!(quantile > 0 && quantile < 1)) {
    throw new ConfigError(
      `pinballLoss: expected a quantile between 0 and 1, got ${quantile}. Use 0.9 for the 90th percentile.`,
    );
  }
  const y = finiteVector('pinballLoss', 'targets', targets);
  const p = finiteVector('pinballLoss', 'predictions', predictions, y.length);
  return meanOf(
    y.length,
    (i) => {
      const u = (y[i] as number) - (p[i] as number);
      return Math.max(quantile * u, (quantile - 1) * u);
    },
    givenWeights('pinballLoss', weights, y.length),
  );
}

/**
 * Mean interval (Winkler) score of central prediction intervals: their width plus a fine for each target outside.
 *
 * mean_i (upper_i - lower_i) + 2/alpha (lower_i - targets_i)_+ + 2/alpha (targets_i - upper_i)_+ with alpha = 1 - level
 * (Gneiting & Raftery 2007).
 *
 * @param lower Lower ends.
 * @param upper Upper ends, not below the lower ones.
 * @param targets The true values.
 * @param options as follows.
 * @param options.level Probability of the interval, between 0 and 1; 0.95 by default.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns In the unit of the targets; lower is better.
 * @throws DataError for numbers that are not finite, crossed ends, negative weights, or no examples.
 * @throws ShapeError where the lengths differ.
 * @throws ConfigError for a level outside (0, 1).
 *
 * @example
 * ```ts
 * import {intervalScore} from 'tfjs-bayes/metrics';
 * console.log(intervalScore([0], [0.4], [0.5], {level: 0.5})); // 0.8
 * ```
 */
export function intervalScore(
  lower: ArrayLike<number>,
  upper: ArrayLike<number>,
  targets: ArrayLike<number>,
  {level = 0.95, weights}: {level?: number; weights?: ArrayLike<number>} = {},
): number {
  const caller = 'intervalScore';
  checkLevel(caller, level);
  const y = finiteVector(caller, 'targets', targets);
  const l = finiteVector(caller, 'lower', lower, y.length);
  const u = finiteVector(caller, 'upper', upper, y.length);
  checkOrder(caller, l, u);
  return scoreOf(l, u, y, 1 - level, givenWeights(caller, weights, y.length));
}

/**
 * Mean weighted interval score of a median and several central intervals, which approaches the CRPS as levels fill (0, 1).
 *
 * 1/(K + 1/2) (1/2 |targets_i - median_i| + sum_k alpha_k/2 S_k) with the interval score S_k and alpha_k = 1 - levels_k
 * (Bracher et al. 2021).
 *
 * @param median Predicted medians [N].
 * @param lower Lower ends [N, K], a column per level.
 * @param upper Upper ends [N, K], not below the lower ones.
 * @param targets The true values [N].
 * @param options as follows.
 * @param options.levels Probabilities of the K intervals, between 0 and 1.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns In the unit of the targets; lower is better.
 * @throws DataError for numbers that are not finite, crossed ends, negative weights, or no examples.
 * @throws ShapeError where the shapes differ.
 * @throws ConfigError for levels outside (0, 1), or not as many as columns.
 *
 * @example
 * ```ts
 * import {weightedIntervalScore} from 'tfjs-bayes/metrics';
 * console.log(weightedIntervalScore([0], [[-1, -2]], [[1, 2]], [1.5], {levels: [0.5, 0.9]})); // 0.78
 * ```
 */
export function weightedIntervalScore(
  median: ArrayLike<number>,
  lower: MatrixLike,
  upper: MatrixLike,
  targets: ArrayLike<number>,
  {levels, weights}: {levels: readonly number[]; weights?: ArrayLike<number>},
): number {
  const caller = 'weightedIntervalScore';
  const y = finiteVector(caller, 'targets', targets);
  const centre = finiteVector(caller, 'median', median, y.length);
  const from = denseMatrix(caller, 'lower', lower);
  const to = denseMatrix(caller, 'upper', upper);
  if (from.columns !== levels.length || to.columns !== levels.length) {
    throw new ConfigError(
      `${caller}: expected as many levels as columns of lower and upper, got ${levels.length} levels, ${from.columns} and ` +
        `${to.columns} columns. Give the level of every column.`,
    );
  }
  const given = givenWeights(caller, weights, y.length);
  let sum = 0.5 * meanOf(y.length, (i) => Math.abs((y[i] as number) - (centre[i] as number)), given);
  const uppers = columnsOf(to, 0, to.columns);
  columnsOf(from, 0, from.columns).forEach((column, k) => {
    const level = checkLevel(caller, levels[k] as number);
    const l = finiteVector(caller, 'lower', column, y.length);
    const u = finiteVector(caller, 'upper', uppers[k] as Float64Array, y.length);
    checkOrder(caller, l, u);
    sum += 0.5 * (1 - level) * scoreOf(l, u, y, 1 - level, given);
  });
  return sum / (levels.length + 0.5);
}

function scoreOf(
  lower: Float64Array,
  upper: Float64Array,
  y: Float64Array,
  alpha: number,
  weights: Float64Array | undefined,
): number {
  return meanOf(
    y.length,
    (i) => {
      const l = lower[i] as number;
      const u = upper[i] as number;
      const outside = Math.max(0, l - (y[i] as number)) + Math.max(0, (y[i] as number) - u);
      return u - l + (2 / alpha) * outside;
    },
    weights,
  );
}

/** Returns a level between 0 and 1; throws ConfigError for another. */
export function checkLevel(caller: string, level: number): number {
  if (!(level > 0 && level < 1)) {
    throw new ConfigError(`${caller}: expected a level between 0 and 1, got ${level}. Use 0.95 for 95 percent.`);
  }
  return level;
}

/** Throws DataError for an interval whose upper end is below its lower end. */
export function checkOrder(caller: string, lower: Float64Array, upper: Float64Array): void {
  const at = lower.findIndex((l, i) => !(l <= (upper[i] as number)));
  if (at >= 0) {
    throw new DataError(
      `${caller}: expected lower ends at or below upper ends, got [${lower[at]}, ${upper[at]}] at index ${at}. Sort crossed ` +
        'quantiles first.',
    );
  }
}
