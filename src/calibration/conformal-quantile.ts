import {ConfigError, DataError} from '../errors.ts';
import {classLabels, type Labels} from '../linalg/class-labels.ts';
import {finiteVector} from '../linalg/matrix-like.ts';
import {checkLevel} from './inputs.ts';

const ROUNDING = 1e-9;

/**
 * Which of `count` calibration scores, counted from the smallest, is the conformal threshold: k = ceil((count + 1) level).
 *
 * Continuous scores of exchangeable data then cover with probability k / (count + 1) exactly (Vovk, Gammerman & Shafer
 * 2005). Where k exceeds `count` no score is large enough, and the threshold is infinite. A product that should be whole,
 * such as (9 + 1) 0.3, is not rounded up for its last bit.
 *
 * @param count Number of calibration scores, at least 1.
 * @param options as follows.
 * @param options.level Coverage to guarantee, between 0 and 1; 0.9 by default.
 * @throws ConfigError for a count that is no positive integer, or a level outside (0, 1).
 *
 * @example
 * ```ts
 * import {conformalRank} from 'tfjs-bayes';
 * console.log(conformalRank(100, {level: 0.9})); // 91
 * ```
 */
export function conformalRank(count: number, {level = 0.9}: {level?: number} = {}): number {
  if (!Number.isInteger(count) || count < 1) {
    throw new ConfigError(
      `conformalRank: expected a positive integer for count, got ${count}. Pass the number of scores.`,
    );
  }
  const exact = (count + 1) * checkLevel('conformalRank', level);
  return Math.ceil(exact - Math.max(ROUNDING, 4 * Number.EPSILON * exact));
}

/**
 * Conformal threshold: the exact finite-sample quantile of calibration scores.
 *
 * The k-th smallest score with k = {@link conformalRank}(N), an order statistic without interpolation; Infinity where k > N.
 * A new score is at or below it with probability at least `level`, over calibration data and new example together, whatever
 * the model (Vovk, Gammerman & Shafer 2005).
 *
 * @param scores Nonconformity scores of held-out examples, larger for worse predictions.
 * @param options as follows.
 * @param options.level Coverage to guarantee, between 0 and 1; 0.9 by default.
 * @throws DataError for scores that are not finite, or none.
 * @throws ConfigError for a level outside (0, 1).
 *
 * @example
 * ```ts
 * import {conformalQuantile} from 'tfjs-bayes';
 * const scores = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
 * console.log(conformalQuantile(scores, {level: 0.8}), conformalQuantile(scores, {level: 0.95})); // 0.8, Infinity
 * ```
 */
export function conformalQuantile(scores: ArrayLike<number>, {level = 0.9}: {level?: number} = {}): number {
  checkLevel('conformalQuantile', level);
  const sorted = finiteVector('conformalQuantile', 'scores', scores).slice().sort();
  return sorted[conformalRank(sorted.length, {level}) - 1] ?? Infinity;
}

/**
 * One conformal threshold per class, from the scores of that class alone: coverage holds for every class, not on average.
 *
 * threshold_k = {@link conformalQuantile} of {scores_i: labels_i = k} (Vovk 2012). A class with too few examples gets
 * Infinity, so that it belongs to every set.
 *
 * @param scores Nonconformity scores of held-out examples, at their labels.
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options as follows.
 * @param options.classes Number of classes K.
 * @param options.level Coverage to guarantee per class, between 0 and 1; 0.9 by default.
 * @returns Thresholds [K].
 * @throws DataError for scores that are not finite, labels out of range, or no examples.
 * @throws ShapeError where the lengths differ.
 * @throws ConfigError for a level outside (0, 1).
 *
 * @example
 * ```ts
 * import {classConformalQuantiles} from 'tfjs-bayes';
 * console.log(classConformalQuantiles([0.1, 0.5, 0.2], [0, 1, 0], {classes: 2, level: 0.6})); // 0.2, Infinity
 * ```
 */
export function classConformalQuantiles(
  scores: ArrayLike<number>,
  labels: Labels,
  {classes, level = 0.9}: {classes: number; level?: number},
): Float64Array {
  const caller = 'classConformalQuantiles';
  checkLevel(caller, level);
  const values = finiteVector(caller, 'scores', scores);
  const target = classLabels(caller, labels, values.length, classes);
  return Float64Array.from({length: classes}, (_, k) => {
    const own = values.filter((_score, i) => target[i] === k);
    return own.length === 0 ? Infinity : conformalQuantile(own, {level});
  });
}

/**
 * Conformal thresholds under covariate shift: one per test example, from calibration scores weighted by a density ratio.
 *
 * The smallest score s with sum_i weights_i [scores_i <= s] >= level (sum_i weights_i + testWeights_j), else Infinity
 * (Tibshirani et al. 2019). Equal weights give {@link conformalQuantile}.
 *
 * @param scores Nonconformity scores of held-out examples [N].
 * @param weights Density ratio of test to calibration inputs at the held-out inputs [N], at least 0, up to a factor.
 * @param testWeights The same ratio at the test inputs [M].
 * @param options as follows.
 * @param options.level Coverage to guarantee, between 0 and 1; 0.9 by default.
 * @returns Thresholds [M].
 * @throws DataError for numbers that are not finite, negative weights, or no examples.
 * @throws ShapeError where the lengths differ.
 * @throws ConfigError for a level outside (0, 1).
 *
 * @example
 * ```ts
 * import {weightedConformalQuantiles} from 'tfjs-bayes';
 * console.log(weightedConformalQuantiles([1, 2, 3], [1, 1, 8], [1, 9], {level: 0.5})); // 3, 3
 * ```
 */
export function weightedConformalQuantiles(
  scores: ArrayLike<number>,
  weights: ArrayLike<number>,
  testWeights: ArrayLike<number>,
  {level = 0.9}: {level?: number} = {},
): Float64Array {
  const caller = 'weightedConformalQuantiles';
  checkLevel(caller, level);
  const values = finiteVector(caller, 'scores', scores);
  const ratio = densityRatio(caller, 'weights', weights, values.length);
  const order = Uint32Array.from(values.keys()).sort((i, j) => (values[i] as number) - (values[j] as number));
  const reached = new Float64Array(values.length);
  let total = 0;
  order.forEach((at, i) => {
    total += ratio[at] as number;
    reached[i] = total;
  });
  return densityRatio(caller, 'testWeights', testWeights).map((weight) => {
    const needed = level * (total + weight) * (1 - ROUNDING);
    let low = 0;
    let high = order.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((reached[middle] as number) >= needed) high = middle;
      else low = middle + 1;
    }
    return low === order.length ? Infinity : (values[order[low] as number] as number);
  });
}

function densityRatio(caller: string, name: string, input: ArrayLike<number>, length?: number): Float64Array {
  const values = finiteVector(caller, name, input, length);
  const at = values.findIndex((w) => w < 0);
  if (at >= 0) {
    throw new DataError(
      `${caller}: expected numbers of at least 0 in ${name}, got ${values[at]} at index ${at}. Pass ratios of densities, not logarithms.`,
    );
  }
  return values;
}
