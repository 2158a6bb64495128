import {DataError} from '../errors.ts';
import {finiteVector} from '../linalg/matrix-like.ts';
import {ascendingOrder} from './order.ts';
import {checkGaussians, gaussians} from './regression.ts';

/**
 * Spearman's rank correlation of two sequences: the correlation of their ranks, equal numbers sharing their mean rank.
 *
 * Any increasing transformation of either leaves it as it is (Spearman 1904).
 *
 * @param x Numbers, not all equal.
 * @param y As many numbers, not all equal.
 * @returns From -1 to 1.
 * @throws DataError for numbers that are not finite, fewer than two, or all equal.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {spearmanCorrelation} from 'tfjs-bayes/metrics';
 * console.log(spearmanCorrelation([1, 2, 3], [10, 100, 1000])); // 1
 * ```
 */
export function spearmanCorrelation(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const caller = 'spearmanCorrelation';
  const first = centredRanks(caller, 'x', finiteVector(caller, 'x', x));
  const second = centredRanks(caller, 'y', finiteVector(caller, 'y', y, first.length));
  return correlation(first, second);
}

/**
 * Spearman's rank correlation of predicted standard deviations and absolute errors: does the model know where it errs?
 *
 * The {@link spearmanCorrelation} of std_i and |targets_i - mean_i|. Even exact standard deviations stay well below 1,
 * because errors are random.
 *
 * @param mean Predicted means.
 * @param std Predicted standard deviations (not variances), above 0 and not all equal.
 * @param targets The true values.
 * @returns From -1 to 1.
 * @throws DataError for numbers that are not finite, a std that is not positive, or all equal stds or errors.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {errorUncertaintyCorrelation} from 'tfjs-bayes/metrics';
 * console.log(errorUncertaintyCorrelation([0, 0, 0], [1, 2, 3], [0.5, -4, 1])); // 0.5
 * ```
 */
export function errorUncertaintyCorrelation(
  mean: ArrayLike<number>,
  std: ArrayLike<number>,
  targets: ArrayLike<number>,
): number {
  const caller = 'errorUncertaintyCorrelation';
  const {m, s, y} = gaussians(caller, mean, std, targets);
  checkGaussians(caller, m, s, y);
  const errors = y.map((value, i) => Math.abs(value - (m[i] as number)));
  return correlation(centredRanks(caller, 'std', s), centredRanks(caller, 'absolute errors', errors));
}

/** Ranks less their mean, ties averaged. */
function centredRanks(caller: string, name: string, values: Float64Array): Float64Array {
  const n = values.length;
  const order = ascendingOrder(values);
  const ranks = new Float64Array(n);
  for (let i = 0, end = 0; i < n; i = end) {
    const value = values[order[i] as number];
    while (end < n && values[order[end] as number] === value) end++;
    for (let j = i; j < end; j++) ranks[order[j] as number] = (i + end - n) / 2;
    if (end - i === n) {
      throw new DataError(
        `${caller}: expected ${name} that differ, got ${n} times ${value}. Ranks of equal numbers say nothing.`,
      );
    }
  }
  return ranks;
}

function correlation(first: Float64Array, second: Float64Array): number {
  let cross = 0;
  let a = 0;
  let b = 0;
  for (let i = 0; i < first.length; i++) {
    cross += (first[i] as number) * (second[i] as number);
    a += (first[i] as number) ** 2;
    b += (second[i] as number) ** 2;
  }
  return cross / Math.sqrt(a * b);
}
