import {ConfigError, DataError} from '../errors.ts';
import {checkLength, denseMatrix, finiteVector, type MatrixLike} from '../linalg/matrix-like.ts';
import {conformalRank} from './conformal-quantile.ts';
import type {PredictionIntervals} from './conformal-regression.ts';
import {checkFinite, checkLevel} from './inputs.ts';

/** Options of {@link jackknifePlus}. */
export interface JackknifePlusOptions {
  /** Level of the intervals, between 0 and 1; 0.9 by default. Coverage is at least 2 level - 1, and about `level`. */
  readonly level?: number;
  /** For CV+: which column of `predictions` is the model that did not see example i, [N]. Example i's own by default. */
  readonly folds?: ArrayLike<number>;
}

/**
 * Jackknife+ and CV+ prediction intervals: every example is both trained on and calibrated on.
 *
 * With mu_-i the model fitted without example i (or without its fold) and r_i = |y_i - mu_-i(x_i)|: from the k'-th smallest
 * of mu_-i(x) - r_i, k' = N + 1 - k, to the k-th smallest of mu_-i(x) + r_i, with k = {@link conformalRank}(N) (Barber,
 * Candes, Ramdas & Tibshirani 2021). Infinite where k > N.
 *
 * @param residuals Errors y_i - mu_-i(x_i) of the models that did not see example i, [N]; signs do not matter.
 * @param predictions Predictions mu_-i(x) for new examples, a column per model: [M, N], or [M, folds].
 * @param options See {@link JackknifePlusOptions}.
 * @throws DataError for numbers that are not finite, folds that are no columns, or no examples.
 * @throws ShapeError where the shapes differ.
 * @throws ConfigError for a level outside (0, 1).
 *
 * @example
 * ```ts
 * import {jackknifePlus} from 'tfjs-bayes';
 * // Four examples in two folds, and one new example, for which the two models predict 5 and 6.
 * console.log(jackknifePlus([0.1, 0.2, 0.3, 0.4], [[5, 6]], {folds: [0, 0, 1, 1], level: 0.8})); // 4.8 to 6.4
 * ```
 */
export function jackknifePlus(
  residuals: ArrayLike<number>,
  predictions: MatrixLike,
  {level = 0.9, folds}: JackknifePlusOptions = {},
): PredictionIntervals {
  const caller = 'jackknifePlus';
  checkLevel(caller, level);
  const r = finiteVector(caller, 'residuals', residuals).map(Math.abs);
  const matrix = denseMatrix(caller, 'predictions', predictions);
  checkFinite(caller, 'predictions', matrix);
  const {data, rows, columns} = matrix;
  const column = readFolds(caller, folds, r.length, columns);
  const rank = conformalRank(r.length, {level});
  const lower = new Float64Array(rows).fill(-Infinity);
  const upper = new Float64Array(rows).fill(Infinity);
  for (let j = 0; j < rows && rank <= r.length; j++) {
    const centre = Float64Array.from(column, (c) => data[j * columns + c] as number);
    const from = centre.map((mu, i) => mu - (r[i] as number)).sort();
    const to = centre.map((mu, i) => mu + (r[i] as number)).sort();
    lower[j] = from[r.length - rank] as number;
    upper[j] = to[rank - 1] as number;
  }
  return {lower, upper};
}

function readFolds(caller: string, folds: ArrayLike<number> | undefined, count: number, columns: number): Uint32Array {
  if (folds === undefined) {
    if (columns !== count) {
      throw new ConfigError(
        `${caller}: expected one column of predictions per residual, ${count}, got ${columns}. Pass folds if several examples ` +
          'share a model.',
      );
    }
    return new Uint32Array(count).map((_, i) => i);
  }
  checkLength(caller, 'folds', folds, count);
  return Uint32Array.from({length: count}, (_, i) => {
    const fold = folds[i] as number;
    if (!Number.isInteger(fold) || fold < 0 || fold >= columns) {
      throw new DataError(
        `${caller}: expected folds from 0 to ${columns - 1}, got ${fold} at index ${i}. Number them as columns.`,
      );
    }
    return fold;
  });
}
