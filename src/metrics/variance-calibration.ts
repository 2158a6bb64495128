import {ConfigError, DataError} from '../errors.ts';
import {finiteVector} from '../linalg/matrix-like.ts';
import {checkBins} from './binning.ts';
import {ascendingOrder} from './order.ts';
import {meanOf} from './parameters.ts';
import {checkGaussians, checkPositive, gaussians} from './regression.ts';

/**
 * Sharpness of predictions: the root mean predicted variance. It says nothing about whether they are right.
 *
 * sqrt(mean_i std_i^2) (Gneiting, Balabdaoui & Raftery 2007).
 *
 * @param std Predicted standard deviations (not variances), above 0.
 * @returns In the unit of the targets; smaller is sharper.
 * @throws DataError for numbers that are not finite or not positive, or none.
 *
 * @example
 * ```ts
 * import {sharpness} from 'tfjs-bayes/metrics';
 * console.log(sharpness([1, 7])); // 5
 * ```
 */
export function sharpness(std: ArrayLike<number>): number {
  const s = scales('sharpness', std);
  return Math.sqrt(meanOf(s.length, (i) => (s[i] as number) ** 2));
}

/**
 * Coefficient of variation of the predicted standard deviations: how much uncertainty differs between inputs.
 *
 * sqrt(sum_i (std_i - m)^2 / (N - 1)) / m with their mean m (Levi et al. 2022). 0 for predictions that are equally unsure
 * everywhere.
 *
 * @param std Predicted standard deviations (not variances), above 0; at least two.
 * @throws DataError for numbers that are not finite or not positive, or fewer than two.
 *
 * @example
 * ```ts
 * import {coefficientOfVariation} from 'tfjs-bayes/metrics';
 * console.log(coefficientOfVariation([1, 2, 3])); // 0.5
 * ```
 */
export function coefficientOfVariation(std: ArrayLike<number>): number {
  const s = scales('coefficientOfVariation', std);
  if (s.length < 2) {
    throw new DataError(
      'coefficientOfVariation: expected at least two standard deviations, got 1. Pass more examples.',
    );
  }
  const m = meanOf(s.length, (i) => s[i] as number);
  return Math.sqrt((s.length * meanOf(s.length, (i) => ((s[i] as number) - m) ** 2)) / (s.length - 1)) / m;
}

/** How {@link expectedNormalizedCalibrationError} and {@link uncertaintyCalibrationError} group examples. */
export interface VarianceBinning {
  /** Groups of equal counts by predicted standard deviation, the first N mod bins one larger; 10 by default. */
  readonly bins?: number;
}

/**
 * Expected normalized calibration error (ENCE): in groups of like uncertainty, errors should be as large as predicted.
 *
 * mean_b |RMV_b - RMSE_b| / RMV_b with the root mean variance and the root mean squared error of group b (Levi et al. 2022).
 * Examples of equal std share their squared errors, whichever side of a cut they are on.
 *
 * @param mean Predicted means.
 * @param std Predicted standard deviations (not variances), above 0, of the same length.
 * @param targets The true values.
 * @param options See {@link VarianceBinning}; no more bins than examples. The value grows with the number of bins by chance alone.
 * @returns 0 is perfect.
 * @throws DataError for numbers that are not finite, a std that is not positive, or no examples.
 * @throws ShapeError where the lengths differ.
 * @throws ConfigError for bins that are no integer from 1 to the number of examples.
 *
 * @example
 * ```ts
 * import {expectedNormalizedCalibrationError} from 'tfjs-bayes/metrics';
 * console.log(expectedNormalizedCalibrationError([0, 0], [1, 2], [1, 1], {bins: 2})); // 0.25
 * ```
 */
export function expectedNormalizedCalibrationError(
  mean: ArrayLike<number>,
  std: ArrayLike<number>,
  targets: ArrayLike<number>,
  {bins = 10}: VarianceBinning = {},
): number {
  const groups = varianceGroups('expectedNormalizedCalibrationError', mean, std, targets, bins);
  return meanOf(groups.length, (b) => {
    const {squaredError, variance} = groups[b] as VarianceGroup;
    return Math.abs(1 - Math.sqrt(squaredError / variance));
  });
}

/**
 * Uncertainty calibration error (UCE): in groups of like uncertainty, squared errors should be as large as variances.
 *
 * sum_b n_b/N |MSE_b - MV_b| with the mean squared error and the mean variance of group b (Laves et al. 2020). Examples of
 * equal std share their squared errors, whichever side of a cut they are on.
 *
 * @param mean Predicted means.
 * @param std Predicted standard deviations (not variances), above 0, of the same length.
 * @param targets The true values.
 * @param options See {@link VarianceBinning}; no more bins than examples.
 * @returns In the squared unit of the targets; 0 is perfect.
 * @throws DataError for numbers that are not finite, a std that is not positive, or no examples.
 * @throws ShapeError where the lengths differ.
 * @throws ConfigError for bins that are no integer from 1 to the number of examples.
 *
 * @example
 * ```ts
 * import {uncertaintyCalibrationError} from 'tfjs-bayes/metrics';
 * console.log(uncertaintyCalibrationError([0, 0], [1, 2], [1, 1], {bins: 2})); // 1.5
 * ```
 */
export function uncertaintyCalibrationError(
  mean: ArrayLike<number>,
  std: ArrayLike<number>,
  targets: ArrayLike<number>,
  {bins = 10}: VarianceBinning = {},
): number {
  const groups = varianceGroups('uncertaintyCalibrationError', mean, std, targets, bins);
  const total = groups.reduce((sum, {count}) => sum + count, 0);
  return groups.reduce((sum, g) => sum + (g.count / total) * Math.abs(g.squaredError - g.variance), 0);
}

interface VarianceGroup {
  readonly count: number;
  /** Mean squared error of the group. */
  readonly squaredError: number;
  /** Mean predicted variance of the group. */
  readonly variance: number;
}

function varianceGroups(
  caller: string,
  mean: ArrayLike<number>,
  std: ArrayLike<number>,
  targets: ArrayLike<number>,
  bins: number,
): VarianceGroup[] {
  const {m, s, y} = gaussians(caller, mean, std, targets);
  checkGaussians(caller, m, s, y);
  const n = y.length;
  if (checkBins(caller, bins) > n) {
    throw new ConfigError(
      `${caller}: expected at most ${n} bins, one per example, got ${bins}. Pass fewer bins or more examples.`,
    );
  }
  const order = ascendingOrder(s);
  const scale = Float64Array.from(order, (i) => s[i] as number);
  const errors = Float64Array.from(order, (i) => ((y[i] as number) - (m[i] as number)) ** 2);
  shareAmongTies(scale, errors);
  const start = (b: number) => b * Math.floor(n / bins) + Math.min(b, n % bins);
  return Array.from({length: bins}, (_, b) => {
    const count = start(b + 1) - start(b);
    return {
      count,
      squaredError: meanOf(count, (i) => errors[start(b) + i] as number),
      variance: meanOf(count, (i) => (scale[start(b) + i] as number) ** 2),
    };
  });
}

/** Gives examples of equal key their mean value, so that the order among them does not matter. */
function shareAmongTies(sortedKeys: Float64Array, values: Float64Array): void {
  for (let i = 0, end = 0; i < values.length; i = end) {
    while (end < values.length && sortedKeys[end] === sortedKeys[i]) end++;
    if (end - i > 1)
      values.fill(
        meanOf(end - i, (j) => values[i + j] as number),
        i,
        end,
      );
  }
}

function scales(caller: string, std: ArrayLike<number>): Float64Array {
  const s = finiteVector(caller, 'std', std);
  checkPositive(caller, s);
  return s;
}
