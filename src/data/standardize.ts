import {DataError, ShapeError} from '../errors.ts';

/** Shifts and scales each column by what was measured on the training rows. */
export interface Standardizer {
  /** Mean of each training column. */
  readonly mean: Float64Array;
  /** Standard deviation of each training column (divisor N); 1 where a column is constant. */
  readonly standardDeviation: Float64Array;
  /** `(x - mean) / standardDeviation` for rows of the same width. */
  transform(x: ArrayLike<number>): Float32Array;
  /** `x * standardDeviation + mean`, which undoes `transform`. */
  inverse(x: ArrayLike<number>): Float32Array;
}

/**
 * Measures mean and standard deviation of each column of the training rows, to bring these and later rows to one scale.
 *
 * A constant column becomes zero rather than NaN: its standard deviation counts as 1. Measure on training rows only;
 * on all rows the test set would leak into the model.
 *
 * @param x Training rows, row-major, shape [rows, features].
 * @param features Numbers per row. Default 1: one column, for regression targets.
 * @throws ShapeError where `x` is empty or no multiple of `features`.
 * @throws DataError where `x` holds NaN or an infinity.
 * @example
 * ```ts
 * import {fitStandardizer} from 'tfjs-bayes';
 * const standardizer = fitStandardizer([1, 10, 3, 10], 2);
 * console.log(standardizer.transform([1, 10, 3, 10]));   // [-1, 0, 1, 0]
 * ```
 */
export function fitStandardizer(x: ArrayLike<number>, features = 1): Standardizer {
  checkWidth(x, features, 'fitStandardizer');
  const rows = x.length / features;
  const mean = new Float64Array(features);
  const standardDeviation = new Float64Array(features);
  for (let i = 0; i < x.length; i++) {
    const value = x[i] as number;
    if (!Number.isFinite(value)) {
      throw new DataError(
        `fitStandardizer: expected finite numbers, got ${value} in row ${Math.floor(i / features)}, column ` +
          `${i % features}. Leave the row out or fill the gap.`,
      );
    }
    mean[i % features] = (mean[i % features] as number) + value / rows;
  }
  for (let i = 0; i < x.length; i++) {
    const j = i % features;
    standardDeviation[j] = (standardDeviation[j] as number) + ((x[i] as number) - (mean[j] as number)) ** 2 / rows;
  }
  for (let j = 0; j < features; j++) {
    const sd = Math.sqrt(standardDeviation[j] as number);
    // Rounding leaves a constant column with a deviation of the order of its value's last digit.
    standardDeviation[j] = sd > 1e-12 * Math.abs(mean[j] as number) ? sd : 1;
  }
  const map = (values: ArrayLike<number>, caller: string, f: (value: number, j: number) => number): Float32Array => {
    checkWidth(values, features, caller);
    return Float32Array.from({length: values.length}, (_, i) => f(values[i] as number, i % features));
  };
  return {
    mean,
    standardDeviation,
    transform: (values) =>
      map(values, 'transform', (value, j) => (value - (mean[j] as number)) / (standardDeviation[j] as number)),
    inverse: (values) =>
      map(values, 'inverse', (value, j) => value * (standardDeviation[j] as number) + (mean[j] as number)),
  };
}

function checkWidth(x: ArrayLike<number>, features: number, caller: string): void {
  if (x.length === 0 || !(features > 0) || x.length % features !== 0) {
    throw new ShapeError(
      `${caller}: expected rows of ${features} numbers, got ${x.length} numbers. Give the number of columns as features.`,
    );
  }
}
