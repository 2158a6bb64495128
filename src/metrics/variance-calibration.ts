import {ConfigError, DataError} from '../errors.ts';
import {finiteVector} from '../linalg/matrix-like.ts';
import {checkBins, equalMassCurve} from './binning.ts';
import {type EventBin, filledBins} from './event-bins.ts';
import {momentsOf} from './interval-estimate.ts';
import {meanOf} from './parameters.ts';
import {checkGaussians, checkPositive, gaussians} from './regression.ts';
import {tiedRuns} from './tied-runs.ts';
import {exampleWeights, givenWeights} from './weights.ts';

/**
 * Sharpness of predictions: the root mean predicted variance. It says nothing about whether they are right.
 *
 * sqrt(mean_i std_i^2) (Gneiting, Balabdaoui & Raftery 2007).
 *
 * @param std Predicted standard deviations (not variances), above 0.
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns In the unit of the targets; smaller is sharper.
 * @throws DataError for numbers that are not finite or not positive, negative weights, or none.
 *
 * @example
 * ```ts
 * import {sharpness} from 'tfjs-bayes/metrics';
 * console.log(sharpness([1, 7])); // 5
 * ```
 */
export function sharpness(std: ArrayLike<number>, {weights}: {weights?: ArrayLike<number>} = {}): number {
  const s = scales('sharpness', std);
  return Math.sqrt(meanOf(s.length, (i) => (s[i] as number) ** 2, givenWeights('sharpness', weights, s.length)));
}

/**
 * Coefficient of variation of the predicted standard deviations: how much uncertainty differs between inputs.
 *
 * sqrt(sum_i (std_i - m)^2 / (N - 1)) / m with their mean m (Levi et al. 2022). 0 for predictions that are equally unsure
 * everywhere.
 *
 * @param std Predicted standard deviations (not variances), above 0; at least two.
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @throws DataError for numbers that are not finite or not positive, negative weights, or fewer than two.
 *
 * @example
 * ```ts
 * import {coefficientOfVariation} from 'tfjs-bayes/metrics';
 * console.log(coefficientOfVariation([1, 2, 3])); // 0.5
 * ```
 */
export function coefficientOfVariation(std: ArrayLike<number>, {weights}: {weights?: ArrayLike<number>} = {}): number {
  const caller = 'coefficientOfVariation';
  const s = scales(caller, std);
  const {weight, mean, squares} = momentsOf(s, exampleWeights(caller, weights, s.length));
  if (!(weight > 1)) {
    throw new DataError(
      `${caller}: expected at least two standard deviations, got a weight of ${weight}. Pass more examples.`,
    );
  }
  return Math.sqrt(squares / (weight - 1)) / mean;
}

/** How {@link expectedNormalizedCalibrationError} and {@link uncertaintyCalibrationError} group examples. */
export interface VarianceBinning {
  /** Groups of equal counts by predicted standard deviation, the first N mod bins one larger; 10 by default. */
  readonly bins?: number;
  /** How often each example counts; all 1 by default. Weights that are not all whole numbers are cut at equal shares of their sum. */
  readonly weights?: ArrayLike<number>;
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
 * @throws DataError for numbers that are not finite, a std that is not positive, negative weights, or no examples.
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
  options: VarianceBinning = {},
): number {
  const groups = varianceGroups('expectedNormalizedCalibrationError', mean, std, targets, options);
  return (
    groups.reduce((sum, {rate, probability}) => sum + Math.abs(1 - Math.sqrt(rate / probability)), 0) / groups.length
  );
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
 * @throws DataError for numbers that are not finite, a std that is not positive, negative weights, or no examples.
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
  options: VarianceBinning = {},
): number {
  const groups = varianceGroups('uncertaintyCalibrationError', mean, std, targets, options);
  const all = groups.reduce((sum, {weight}) => sum + weight, 0);
  return groups.reduce((sum, {weight, rate, probability}) => sum + (weight / all) * Math.abs(rate - probability), 0);
}

/** Per group its weight, mean squared error (`rate`) and mean predicted variance (`probability`). */
function varianceGroups(
  caller: string,
  mean: ArrayLike<number>,
  std: ArrayLike<number>,
  targets: ArrayLike<number>,
  {bins = 10, weights}: VarianceBinning,
): EventBin[] {
  const {m, s, y} = gaussians(caller, mean, std, targets);
  checkGaussians(caller, m, s, y);
  const n = y.length;
  if (checkBins(caller, bins) > n) {
    throw new ConfigError(
      `${caller}: expected at most ${n} bins, one per example, got ${bins}. Pass fewer bins or more examples.`,
    );
  }
  const variances = s.map((scale) => scale * scale);
  const squares = y.map((value, i) => (value - (m[i] as number)) ** 2);
  return filledBins(equalMassCurve(tiedRuns(variances, squares, givenWeights(caller, weights, n)), bins));
}

function scales(caller: string, std: ArrayLike<number>): Float64Array {
  const s = finiteVector(caller, 'std', std);
  checkPositive(caller, s);
  return s;
}
