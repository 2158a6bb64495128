import {ShapeError} from '../errors.ts';
import {packTransposed} from './product-kernel.ts';

/** A dense float64 matrix, row-major: element (i, j) is `data[i * cols + j]`. */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float64Array;
}

/**
 * A matrix over `data` (not copied), or of zeros.
 *
 * @throws ShapeError if `data` does not hold `rows * cols` numbers.
 */
export function matrix(rows: number, cols: number, data: Float64Array = new Float64Array(rows * cols)): Matrix {
  if (data.length !== rows * cols) {
    throw new ShapeError(
      `matrix: expected ${rows} x ${cols} = ${rows * cols} numbers, got ${data.length}. Give one number per element.`,
    );
  }
  return {rows, cols, data};
}

/** The n by n identity. */
export function identity(n: number): Matrix {
  const result = matrix(n, n);
  for (let i = 0; i < n; i++) result.data[i * n + i] = 1;
  return result;
}

/**
 * A matrix from its rows.
 *
 * @throws ShapeError if the rows differ in length.
 */
export function fromRows(rows: ReadonlyArray<ArrayLike<number>>): Matrix {
  const cols = rows[0]?.length ?? 0;
  const result = matrix(rows.length, cols);
  rows.forEach((row, i) => {
    if (row.length !== cols) {
      throw new ShapeError(
        `fromRows: expected rows of length ${cols}, got ${row.length} in row ${i}. Make them equal.`,
      );
    }
    result.data.set(row, i * cols);
  });
  return result;
}

/** A^T. */
export function transpose(A: Matrix): Matrix {
  return matrix(A.cols, A.rows, packTransposed({data: A.data, offset: 0, stride: A.cols}, A.rows, A.cols).data);
}

/** (A + A^T) / 2, which removes the asymmetry that rounding left. */
export function symmetrize(A: Matrix): Matrix {
  const n = checkSquare('symmetrize', 'A', A);
  const result = matrix(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const mean = 0.5 * ((A.data[i * n + j] as number) + (A.data[j * n + i] as number));
      result.data[i * n + j] = mean;
      result.data[j * n + i] = mean;
    }
  }
  return result;
}

/** The order of a square matrix, or a ShapeError in the name of `caller`. */
export function checkSquare(caller: string, what: string, A: Matrix): number {
  if (A.rows === A.cols) return A.rows;
  throw new ShapeError(`${caller}: expected ${what} to be square, got ${A.rows} x ${A.cols}. Pass a symmetric matrix.`);
}

/** Throws a ShapeError in the name of `caller` unless `got` is `expected`. */
export function checkLength(caller: string, what: string, expected: number, got: number): void {
  if (got === expected) return;
  throw new ShapeError(`${caller}: expected ${what} ${expected}, got ${got}. Make the shapes agree.`);
}
