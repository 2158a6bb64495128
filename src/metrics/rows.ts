import {DataError} from '../errors.ts';
import {type DenseMatrix, forEachBlock} from '../linalg/matrix-like.ts';

/** How far a row of probabilities may be from summing to one: float32 softmax over many classes. */
export const SUM_TOLERANCE = 1e-3;

/** Whether numbers with this sum, NaN if one of them is, and this minimum (or 0, if that is less) are probabilities. */
export function isDistribution(sum: number, low: number): boolean {
  return Math.abs(sum - 1) <= SUM_TOLERANCE && low >= 0;
}

/** The error for a row that is not a probability distribution, naming what is wrong with it. */
export function rowError(
  caller: string,
  name: string,
  block: Float64Array,
  offset: number,
  columns: number,
  row: number,
): DataError {
  const values = block.subarray(offset, offset + columns);
  const at = values.findIndex((p) => !(p >= 0));
  if (at >= 0) {
    return new DataError(
      `${caller}: expected probabilities in ${name}, got ${values[at]} in row ${row}, column ${at}. Apply a softmax to ` +
        'logits first, and drop NaN.',
    );
  }
  const sum = values.reduce((total, p) => total + p, 0);
  return new DataError(
    `${caller}: expected every row of ${name} to sum to 1 within ${SUM_TOLERANCE}, got ${sum} in row ${row}. Apply a softmax to ` +
      'logits first.',
  );
}

/** Checks that every row is a probability distribution. */
export function checkProbabilities(caller: string, name: string, matrix: DenseMatrix): void {
  const {columns} = matrix;
  forEachBlock(matrix, (block, firstRow, rows) => {
    const wrong = firstWrongRow(block, columns, rows);
    if (wrong >= 0) throw rowError(caller, name, block, wrong * columns, columns, firstRow + wrong);
  });
}

function firstWrongRow(block: Float64Array, columns: number, rows: number): number {
  for (let r = 0, i = 0; r < rows; r++, i += columns) {
    let sum = 0;
    let low = 0;
    for (let j = 0; j < columns; j++) {
      const p = block[i + j] as number;
      sum += p;
      if (p < low) low = p;
    }
    if (!isDistribution(sum, low)) return r;
  }
  return -1;
}

/** Columns `from` to `to` - 1 of a matrix, each as a vector. */
export function columnsOf(matrix: DenseMatrix, from: number, to: number): Float64Array[] {
  const result = Array.from({length: to - from}, () => new Float64Array(matrix.rows));
  forEachBlock(matrix, (block, firstRow, rows) => {
    result.forEach((column, k) => {
      copyColumn(block, from + k, matrix.columns, column.subarray(firstRow, firstRow + rows));
    });
  });
  return result;
}

function copyColumn(block: Float64Array, from: number, columns: number, column: Float64Array): void {
  for (let r = 0, i = from; r < column.length; r++, i += columns) column[r] = block[i] as number;
}
