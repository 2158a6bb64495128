import {DataError} from '../errors.ts';
import {finiteVector} from '../linalg/matrix-like.ts';
import {ascendingOrder} from './order.ts';
import {checkGaussians, gaussians} from './regression.ts';
import {exampleWeights, total} from './weights.ts';

/**
 * Spearman's rank correlation of two sequences: the correlation of their ranks, equal numbers sharing their mean rank.
 *
 * Any increasing transformation of either leaves it as it is (Spearman 1904).
 *
 * @param x Numbers, not all equal.
 * @param y As many numbers, not all equal.
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns From -1 to 1.
 * @throws DataError for numbers that are not finite, fewer than two, negative weights, or all equal.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {spearmanCorrelation} from 'tfjs-bayes/metrics';
 * console.log(spearmanCorrelation([1, 2, 3], [10, 100, 1000])); // 1
 * ```
 */
export function spearmanCorrelation(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  {weights}: {weights?: ArrayLike<number>} = {},
): number {
  const caller = 'spearmanCorrelation';
  const first = finiteVector(caller, 'x', x);
  const second = finiteVector(caller, 'y', y, first.length);
  return rankCorrelation(caller, ['x', first], ['y', second], weights);
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
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns From -1 to 1.
 * @throws DataError for numbers that are not finite, a std that is not positive, negative weights, or all equal stds or errors.
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
  {weights}: {weights?: ArrayLike<number>} = {},
): number {
  const caller = 'errorUncertaintyCorrelation';
  const {m, s, y} = gaussians(caller, mean, std, targets);
  checkGaussians(caller, m, s, y);
  const errors = y.map((value, i) => Math.abs(value - (m[i] as number)));
  return rankCorrelation(caller, ['std', s], ['absolute errors', errors], weights);
}

type Named = readonly [name: string, values: Float64Array];

function rankCorrelation(caller: string, x: Named, y: Named, weights: ArrayLike<number> | undefined): number {
  const counts = exampleWeights(caller, weights, x[1].length);
  const first = centredRanks(caller, x, counts);
  const second = centredRanks(caller, y, counts);
  let [cross, a, b] = [0, 0, 0];
  for (let i = 0; i < counts.length; i++) {
    const w = counts[i] as number;
    cross += w * (first[i] as number) * (second[i] as number);
    a += w * (first[i] as number) ** 2;
    b += w * (second[i] as number) ** 2;
  }
  return cross / Math.sqrt(a * b);
}

/** Ranks less their mean, ties averaged; an example of weight w takes w ranks. */
function centredRanks(caller: string, [name, values]: Named, weights: Float64Array): Float64Array {
  const n = values.length;
  const all = total(weights);
  const order = ascendingOrder(values);
  const ranks = new Float64Array(n);
  let before = 0;
  for (let i = 0, end = 0; i < n; i = end) {
    const value = values[order[i] as number];
    let size = 0;
    for (; end < n && values[order[end] as number] === value; end++) size += weights[order[end] as number] as number;
    for (let j = i; j < end; j++) ranks[order[j] as number] = before + (size - all) / 2;
    if (size === all) {
      throw new DataError(
        `${caller}: expected ${name} that differ, got only ${value}. Ranks of equal numbers say nothing.`,
      );
    }
    before += size;
  }
  return ranks;
}
