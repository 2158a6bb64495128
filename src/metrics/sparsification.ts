import {ConfigError, DataError} from '../errors.ts';
import {finiteVector} from '../linalg/matrix-like.ts';
import {type TiedRuns, tiedRuns} from './tied-runs.ts';
import {total} from './weights.ts';

/** How the errors of the examples that are kept are summed up: their mean, or the root of their mean square. */
export type SparsificationMeasure = 'mean' | 'root-mean-square';

/** Error of what remains when the most uncertain examples are removed one by one; entry k is after k removals, of N. */
export interface SparsificationCurve {
  /** Share of examples removed, k/N. */
  readonly removed: Float64Array;
  /** Error of the rest by the given uncertainties, as a share of the error of all. */
  readonly error: Float64Array;
  /** The same where the errors themselves decide what is removed: the best possible. */
  readonly oracle: Float64Array;
}

/**
 * Sparsification curve: how the error of the rest falls as the most uncertain predictions are removed.
 *
 * error_k = measure of the errors of the N - k least uncertain examples / that of all; oracle_k the same for the N - k smallest
 * errors (Ilg et al. 2018). Among equal uncertainties the mean (of squares, under the root) is its expectation over all
 * orders.
 *
 * @param uncertainties One number per example, higher for less certain; any scale.
 * @param errors Sizes of the errors, at least 0: absolute errors, or losses.
 * @param options as follows.
 * @param options.measure 'mean' (default) or 'root-mean-square'.
 * @returns Three arrays of length N.
 * @throws DataError for numbers that are not finite, negative errors, only zeros, or no examples.
 * @throws ShapeError where the lengths differ.
 * @throws ConfigError for an unknown measure.
 *
 * @example
 * ```ts
 * import {sparsificationCurve} from 'tfjs-bayes/metrics';
 * const {error, oracle} = sparsificationCurve([0.1, 0.3, 0.2], [1, 2, 3]);
 * console.log(error, oracle); // [1, 1, 0.5], [1, 0.75, 0.5]
 * ```
 */
export function sparsificationCurve(
  uncertainties: ArrayLike<number>,
  errors: ArrayLike<number>,
  {measure = 'mean'}: {measure?: SparsificationMeasure} = {},
): SparsificationCurve {
  return curveFor('sparsificationCurve', uncertainties, errors, measure);
}

/**
 * Area under the sparsification error (AUSE): how far the ranking by uncertainty is from the ranking by error; 0 is best.
 *
 * (1/N) sum_(k=0..N-1) (error_k - oracle_k) of {@link sparsificationCurve} (Ilg et al. 2018).
 *
 * @param uncertainties One number per example, higher for less certain; any scale.
 * @param errors Sizes of the errors, at least 0: absolute errors, or losses.
 * @param options as follows.
 * @param options.measure 'mean' (default) or 'root-mean-square'.
 * @throws DataError for numbers that are not finite, negative errors, only zeros, or no examples.
 * @throws ShapeError where the lengths differ.
 * @throws ConfigError for an unknown measure.
 *
 * @example
 * ```ts
 * import {areaUnderSparsificationError} from 'tfjs-bayes/metrics';
 * console.log(areaUnderSparsificationError([0.1, 0.3, 0.2], [1, 2, 3])); // 0.0833
 * ```
 */
export function areaUnderSparsificationError(
  uncertainties: ArrayLike<number>,
  errors: ArrayLike<number>,
  {measure = 'mean'}: {measure?: SparsificationMeasure} = {},
): number {
  const {error, oracle} = curveFor('areaUnderSparsificationError', uncertainties, errors, measure);
  return (total(error) - total(oracle)) / error.length;
}

function curveFor(
  caller: string,
  uncertainties: ArrayLike<number>,
  errors: ArrayLike<number>,
  measure: SparsificationMeasure,
): SparsificationCurve {
  if (measure !== 'mean' && measure !== 'root-mean-square') {
    throw new ConfigError(
      `${caller}: expected measure 'mean' or 'root-mean-square', got ${JSON.stringify(measure)}. Choose one of them.`,
    );
  }
  const doubt = finiteVector(caller, 'uncertainties', uncertainties);
  const n = doubt.length;
  const sizes = finiteVector(caller, 'errors', errors, n);
  const wrong = sizes.findIndex((e) => e < 0);
  if (wrong >= 0) {
    throw new DataError(
      `${caller}: expected errors of at least 0, got ${sizes[wrong]} at index ${wrong}. Pass absolute errors or losses.`,
    );
  }
  const squared = measure === 'mean' ? sizes : sizes.map((e) => e * e);
  const all = total(squared) / n;
  if (!(all > 0)) {
    throw new DataError(
      `${caller}: expected an error above 0, got only zeros. There is nothing to tell apart without errors.`,
    );
  }
  const ones = new Float64Array(n).fill(1);
  const shares = (runs: TiedRuns) => {
    const ratio = meansOfFirst(runs, n).map((mean) => mean / all);
    return measure === 'mean' ? ratio : ratio.map(Math.sqrt);
  };
  return {
    removed: Float64Array.from({length: n}, (_, k) => k / n),
    error: shares(tiedRuns(doubt, squared, ones)),
    oracle: shares(tiedRuns(squared, squared, ones)),
  };
}

/** Expected mean outcome of the first n - k of n examples, for k = 0 to n - 1. */
function meansOfFirst({weight, outcome}: TiedRuns, n: number): Float64Array {
  const means = new Float64Array(n);
  let before = 0;
  let sum = 0;
  for (let r = 0; r < weight.length; r++) {
    const size = weight[r] as number;
    const rate = (outcome[r] as number) / size;
    for (let j = 1; j <= size; j++) means[n - before - j] = (sum + j * rate) / (before + j);
    before += size;
    sum += outcome[r] as number;
  }
  return means;
}
