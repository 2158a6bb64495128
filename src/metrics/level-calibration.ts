import {ConfigError, ShapeError} from '../errors.ts';
import {finiteVector} from '../linalg/matrix-like.ts';
import {meanOf} from './parameters.ts';
import {tiedRuns} from './tied-runs.ts';
import {probabilities} from './uniformity.ts';
import {givenWeights} from './weights.ts';

/** How often what should happen with some probability did happen. */
export interface LevelCalibrationCurve {
  /** The nominal levels, as given. */
  readonly expected: Float64Array;
  /** The observed share at each level. */
  readonly observed: Float64Array;
}

const LEVELS = Float64Array.from({length: 100}, (_, i) => i / 99);

/**
 * Quantile calibration of a regression: the share of targets below the predicted quantile of each level.
 *
 * observed_j = mean_i [pit_i <= levels_j] (Kuleshov, Fenner & Ermon 2018).
 *
 * @param pit Predicted distribution functions at the targets, as of {@link gaussianPit} and {@link samplePit}.
 * @param options as follows.
 * @param options.levels Probabilities from 0 to 1; 100 equally spaced ones from 0 to 1 by default.
 * @param options.weights How often each example counts; all 1 by default.
 * @throws DataError for numbers outside [0, 1], negative weights, or none.
 * @throws ConfigError for levels outside [0, 1].
 *
 * @example
 * ```ts
 * import {quantileCalibrationCurve} from 'tfjs-bayes/metrics';
 * console.log(quantileCalibrationCurve([0.2, 0.4, 0.9], {levels: [0.3, 0.5]}).observed); // 0.3333, 0.6667
 * ```
 */
export function quantileCalibrationCurve(
  pit: ArrayLike<number>,
  {levels = LEVELS, weights}: {levels?: ArrayLike<number>; weights?: ArrayLike<number>} = {},
): LevelCalibrationCurve {
  return curve('quantileCalibrationCurve', pit, levels, weights, (p) => p);
}

/**
 * Interval calibration of a regression: the share of targets inside the central predictive interval of each level.
 *
 * observed_j = mean_i [|pit_i - 1/2| <= levels_j / 2]. Blind to a bias that makes up for a wrong width: look at
 * {@link quantileCalibrationCurve} too.
 *
 * @param pit Predicted distribution functions at the targets, as of {@link gaussianPit} and {@link samplePit}.
 * @param options as follows.
 * @param options.levels Probabilities from 0 to 1; 100 equally spaced ones from 0 to 1 by default.
 * @param options.weights How often each example counts; all 1 by default.
 * @throws DataError for numbers outside [0, 1], negative weights, or none.
 * @throws ConfigError for levels outside [0, 1].
 *
 * @example
 * ```ts
 * import {intervalCalibrationCurve} from 'tfjs-bayes/metrics';
 * console.log(intervalCalibrationCurve([0.2, 0.4, 0.9], {levels: [0.3, 0.7]}).observed); // 0.3333, 0.6667
 * ```
 */
export function intervalCalibrationCurve(
  pit: ArrayLike<number>,
  {levels = LEVELS, weights}: {levels?: ArrayLike<number>; weights?: ArrayLike<number>} = {},
): LevelCalibrationCurve {
  return curve('intervalCalibrationCurve', pit, levels, weights, (p) => 2 * Math.abs(p - 0.5));
}

/**
 * Distance of a calibration curve from the diagonal, over its levels.
 *
 * `'mean-absolute'` (MACE) mean_j |observed_j - expected_j|; `'root-mean-square'` (RMSCE) sqrt(mean_j (...)^2); `'max'`
 * max_j |...|; `'sum-of-squares'` sum_j (...)^2, the score of Kuleshov, Fenner & Ermon (2018).
 *
 * @param curve A {@link quantileCalibrationCurve} or {@link intervalCalibrationCurve}.
 * @param options as follows.
 * @param options.norm `'mean-absolute'` by default.
 * @returns 0 where every level is met.
 * @throws DataError for numbers that are not finite, or no levels.
 * @throws ShapeError where the curve's arrays differ in length.
 * @throws ConfigError for an unknown norm.
 *
 * @example
 * ```ts
 * import {levelCalibrationError} from 'tfjs-bayes/metrics';
 * console.log(levelCalibrationError({expected: [0.2, 0.8], observed: [0.3, 1]}, {norm: 'max'})); // 0.2
 * ```
 */
export function levelCalibrationError(
  curve: {expected: ArrayLike<number>; observed: ArrayLike<number>},
  {norm = 'mean-absolute'}: {norm?: 'mean-absolute' | 'root-mean-square' | 'max' | 'sum-of-squares'} = {},
): number {
  const {gaps} = read('levelCalibrationError', curve);
  const absolute = gaps.map(Math.abs);
  const squares = meanOf(gaps.length, (i) => (gaps[i] as number) ** 2);
  if (norm === 'mean-absolute') return meanOf(gaps.length, (i) => absolute[i] as number);
  if (norm === 'root-mean-square') return Math.sqrt(squares);
  if (norm === 'sum-of-squares') return squares * gaps.length;
  if (norm === 'max') return absolute.reduce((high, gap) => Math.max(high, gap), 0);
  throw new ConfigError(
    `levelCalibrationError: expected norm 'mean-absolute', 'root-mean-square', 'max' or 'sum-of-squares', got '${norm}'. Leave ` +
      'it out for the mean absolute error.',
  );
}

/**
 * Area between a calibration curve, drawn with straight lines between its levels, and the diagonal.
 *
 * integral of |observed(p) - p| dp from the first to the last level, exact where the curve crosses the diagonal. At most 1/2.
 *
 * @param curve A {@link quantileCalibrationCurve} or {@link intervalCalibrationCurve}; its levels must ascend.
 * @throws DataError for numbers that are not finite, or no levels.
 * @throws ShapeError where the curve's arrays differ in length.
 * @throws ConfigError for levels that do not ascend.
 *
 * @example
 * ```ts
 * import {gaussianPit, intervalCalibrationCurve, miscalibrationArea} from 'tfjs-bayes/metrics';
 * const pit = gaussianPit([1, 2, 3], [0.1, 0.5, 1], [1.5, 3, 2]);
 * console.log(miscalibrationArea(intervalCalibrationCurve(pit))); // 0.3771
 * ```
 */
export function miscalibrationArea(curve: {expected: ArrayLike<number>; observed: ArrayLike<number>}): number {
  const {levels, gaps} = read('miscalibrationArea', curve);
  let area = 0;
  for (let j = 1; j < gaps.length; j++) {
    const width = (levels[j] as number) - (levels[j - 1] as number);
    if (!(width > 0)) {
      throw new ConfigError(
        `miscalibrationArea: expected ascending levels, got ${levels[j - 1]} before ${levels[j]}. Sort the levels first.`,
      );
    }
    const before = gaps[j - 1] as number;
    const after = gaps[j] as number;
    const sides = Math.abs(before) + Math.abs(after);
    area += width * (before * after < 0 ? (before * before + after * after) / (2 * sides) : sides / 2);
  }
  return area;
}

/** The share of examples whose `needed` level is at most each level. */
function curve(
  caller: string,
  pit: ArrayLike<number>,
  levels: ArrayLike<number>,
  weights: ArrayLike<number> | undefined,
  needed: (p: number) => number,
): LevelCalibrationCurve {
  const reached = probabilities(caller, pit).map(needed);
  const {value, weight} = tiedRuns(reached, reached, givenWeights(caller, weights, reached.length));
  const upTo = new Float64Array(value.length + 1);
  for (let r = 0; r < value.length; r++) upTo[r + 1] = (upTo[r] as number) + (weight[r] as number);
  const all = upTo[value.length] as number;
  const expected = Float64Array.from(levels);
  const wrong = expected.find((level) => !(level >= 0 && level <= 1));
  if (wrong !== undefined || expected.length === 0) {
    throw new ConfigError(
      `${caller}: expected levels from 0 to 1, got ${wrong ?? 'none'}. Leave them out for 100 of them.`,
    );
  }
  return {expected, observed: expected.map((level) => (upTo[countUpTo(value, level)] as number) / all)};
}

/** How many sorted numbers are at most `limit`. */
function countUpTo(sorted: Float64Array, limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

function read(caller: string, curve: {expected: ArrayLike<number>; observed: ArrayLike<number>}) {
  if (curve.expected.length !== curve.observed.length) {
    throw new ShapeError(
      `${caller}: expected as many observed as expected levels, got ${curve.observed.length} and ${curve.expected.length}. Pass ` +
        'a whole curve.',
    );
  }
  const levels = finiteVector(caller, 'curve.expected', curve.expected);
  const observed = finiteVector(caller, 'curve.observed', curve.observed);
  return {levels, gaps: observed.map((share, j) => share - (levels[j] as number))};
}
