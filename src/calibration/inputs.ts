import {ConfigError, DataError, ShapeError} from '../errors.ts';
import {type DenseMatrix, denseMatrix, finiteVector, type MatrixLike} from '../linalg/matrix-like.ts';

/** How far a row of probabilities may be from summing to one: float32 softmax over many classes. */
const SUM_TOLERANCE = 1e-3;

/** A matrix of float64 numbers, as the metrics take them. */
export interface Float64Rows {
  /** The numbers, row after row. */
  readonly data: Float64Array;
  /** Rows and columns. */
  readonly shape: [rows: number, columns: number];
}

/** Throws DataError for a matrix that holds NaN or infinities. */
export function checkFinite(caller: string, name: string, matrix: DenseMatrix): void {
  const at = matrix.data.findIndex((v: number) => !Number.isFinite(v));
  if (at < 0) return;
  const row = Math.floor(at / matrix.columns);
  throw new DataError(
    `${caller}: expected finite ${name}, got ${matrix.data[at]} in row ${row}, column ${at % matrix.columns}. Drop or repair ` +
      'such examples first.',
  );
}

/** Reads a matrix whose rows are probabilities. */
export function probabilityRows(caller: string, input: MatrixLike): DenseMatrix {
  const matrix = denseMatrix(caller, 'probs', input);
  const {data, rows, columns} = matrix;
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    let low = 0;
    for (let k = i * columns; k < (i + 1) * columns; k++) {
      sum += data[k] as number;
      low = Math.min(low, data[k] as number);
    }
    if (!(Math.abs(sum - 1) <= SUM_TOLERANCE && low >= 0)) {
      throw new DataError(
        `${caller}: expected every row of probs to hold probabilities that sum to 1 within ${SUM_TOLERANCE}, got sum ${sum} and ` +
          `minimum ${low} in row ${i}. Apply a softmax to logits first, and drop NaN.`,
      );
    }
  }
  return matrix;
}

/** Reads numbers from 0 to 1. */
export function probabilityVector(
  caller: string,
  name: string,
  input: ArrayLike<number>,
  length?: number,
): Float64Array {
  const values = finiteVector(caller, name, input, length);
  const at = values.findIndex((p) => !(p >= 0 && p <= 1));
  if (at >= 0) {
    throw new DataError(
      `${caller}: expected probabilities from 0 to 1 in ${name}, got ${values[at]} at index ${at}. Apply a sigmoid to logits first.`,
    );
  }
  return values;
}

/** Reads outcomes, 0 or 1, one per example. */
export function binaryLabels(caller: string, labels: ArrayLike<number>, length: number): Float64Array {
  const values = finiteVector(caller, 'labels', labels, length);
  const at = values.findIndex((y) => y !== 0 && y !== 1);
  if (at >= 0) {
    throw new DataError(
      `${caller}: expected 0 and 1 in labels, got ${values[at]} at index ${at}. For more classes use fitVectorScaling or ` +
        'fitIsotonicOneVsRest.',
    );
  }
  return values;
}

/** Returns a level between 0 and 1; throws ConfigError for another. */
export function checkLevel(caller: string, level: number): number {
  if (!(level > 0 && level < 1)) {
    throw new ConfigError(`${caller}: expected a level between 0 and 1, got ${level}. Use 0.9 to cover nine of ten.`);
  }
  return level;
}

/** Throws ShapeError unless a matrix has so many columns. */
export function checkColumns(caller: string, name: string, matrix: DenseMatrix, columns: number): void {
  if (matrix.columns !== columns) {
    throw new ShapeError(
      `${caller}: expected ${columns} columns in ${name}, as in the data it was fitted on, got ${matrix.columns}. Pass ` +
        'predictions of the same model.',
    );
  }
}

/** Reads standard deviations or other scales, above 0. */
export function positiveVector(caller: string, name: string, input: ArrayLike<number>, length: number): Float64Array {
  const values = finiteVector(caller, name, input, length);
  const at = values.findIndex((s) => !(s > 0));
  if (at >= 0) {
    throw new DataError(
      `${caller}: expected numbers above 0 in ${name}, got ${values[at]} at index ${at}. Pass standard deviations or other scales.`,
    );
  }
  return values;
}
