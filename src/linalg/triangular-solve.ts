import {checkLength, checkSquare, type Matrix, matrix} from './matrix.ts';
import {block, gram} from './multiply.ts';
import {addProductTransposed, packTransposed} from './product-kernel.ts';

const BLOCK = 64;

/**
 * Solves L x = b for a lower triangular L; b is a vector, or a matrix of right-hand sides in its columns.
 *
 * @throws ShapeError if the shapes disagree.
 */
export function solveLower(L: Matrix, b: Float64Array): Float64Array;
export function solveLower(L: Matrix, b: Matrix): Matrix;
export function solveLower(L: Matrix, b: Float64Array | Matrix): Float64Array | Matrix {
  const n = checkSystem('solveLower', L, b);
  if (b instanceof Float64Array) {
    const x = b.slice();
    for (let i = 0; i < n; i++) {
      let sum = x[i] as number;
      for (let p = 0; p < i; p++) sum -= (L.data[i * n + p] as number) * (x[p] as number);
      x[i] = sum / (L.data[i * n + i] as number);
    }
    return x;
  }
  const X = matrix(n, b.cols, b.data.slice());
  forwardBlocks(L, X, () => b.cols);
  return X;
}

/**
 * Solves L^T x = b for a lower triangular L; b is a vector, or a matrix of right-hand sides in its columns.
 *
 * @throws ShapeError if the shapes disagree.
 */
export function solveLowerTransposed(L: Matrix, b: Float64Array): Float64Array;
export function solveLowerTransposed(L: Matrix, b: Matrix): Matrix;
export function solveLowerTransposed(L: Matrix, b: Float64Array | Matrix): Float64Array | Matrix {
  const n = checkSystem('solveLowerTransposed', L, b);
  if (b instanceof Float64Array) {
    const x = b.slice();
    for (let i = n - 1; i >= 0; i--) {
      const xi = (x[i] as number) / (L.data[i * n + i] as number);
      x[i] = xi;
      for (let p = 0; p < i; p++) x[p] = (x[p] as number) - xi * (L.data[i * n + p] as number);
    }
    return x;
  }
  const X = matrix(n, b.cols, b.data.slice());
  backwardBlocks(L, X);
  return X;
}

/**
 * Solves A x = b from the Cholesky factor L of A = L L^T; b is a vector, or a matrix of right-hand sides in its columns.
 *
 * @throws ShapeError if the shapes disagree.
 */
export function choleskySolve(L: Matrix, b: Float64Array): Float64Array;
export function choleskySolve(L: Matrix, b: Matrix): Matrix;
export function choleskySolve(L: Matrix, b: Float64Array | Matrix): Float64Array | Matrix {
  if (b instanceof Float64Array) return solveLowerTransposed(L, solveLower(L, b));
  const X = solveLower(L, b);
  backwardBlocks(L, X);
  return X;
}

/** L^-1, lower triangular, of a lower triangular L. */
export function invertLower(L: Matrix): Matrix {
  const n = checkSquare('invertLower', 'L', L);
  const X = matrix(n, n);
  for (let i = 0; i < n; i++) X.data[i * n + i] = 1;
  forwardBlocks(L, X, (end) => end);
  return X;
}

/** A^-1 = L^-T L^-1 from the Cholesky factor L of A = L L^T, exactly symmetric. */
export function choleskyInverse(L: Matrix): Matrix {
  return gram(invertLower(L));
}

function checkSystem(caller: string, L: Matrix, b: Float64Array | Matrix): number {
  const n = checkSquare(caller, 'L', L);
  checkLength(caller, 'rows of b', n, b instanceof Float64Array ? b.length : b.rows);
  return n;
}

/** Replaces X by L^-1 X, block of rows by block of rows; `columns(end)` says how many columns are not zero above row `end`. */
function forwardBlocks(L: Matrix, X: Matrix, columns: (end: number) => number): void {
  const n = L.rows;
  const m = X.cols;
  for (let k = 0; k < n; k += BLOCK) {
    const end = Math.min(n, k + BLOCK);
    const cols = columns(end);
    for (let i = k; i < end; i++) {
      for (let p = k; p < i; p++) subtractRow(X, i, p, L.data[i * n + p] as number, cols);
      divideRow(X, i, L.data[i * n + i] as number, cols);
    }
    const solved = packTransposed({data: X.data, offset: k * m, stride: m}, end - k, cols);
    const below = {data: L.data, offset: end * n + k, stride: n};
    addProductTransposed(-1, below, solved, {...block(X), offset: end * m}, n - end, cols, end - k);
  }
}

/** Replaces X by L^-T X, from the last block of rows to the first. */
function backwardBlocks(L: Matrix, X: Matrix): void {
  const n = L.rows;
  const m = X.cols;
  for (let end = n; end > 0; end -= end % BLOCK || BLOCK) {
    const k = end - (end % BLOCK || BLOCK);
    for (let i = end - 1; i >= k; i--) {
      divideRow(X, i, L.data[i * n + i] as number, m);
      for (let p = k; p < i; p++) subtractRow(X, p, i, L.data[i * n + p] as number, m);
    }
    const solved = packTransposed({data: X.data, offset: k * m, stride: m}, end - k, m);
    const left = packTransposed({data: L.data, offset: k * n, stride: n}, end - k, k);
    addProductTransposed(-1, left, solved, block(X), k, m, end - k);
  }
}

/** Row i of X minus `factor` times row p. */
function subtractRow(X: Matrix, i: number, p: number, factor: number, cols: number): void {
  const x = X.data;
  const at = i * X.cols;
  const from = p * X.cols;
  for (let c = 0; c < cols; c++) x[at + c] = (x[at + c] as number) - factor * (x[from + c] as number);
}

function divideRow(X: Matrix, i: number, divisor: number, cols: number): void {
  const at = i * X.cols;
  for (let c = 0; c < cols; c++) X.data[at + c] = (X.data[at + c] as number) / divisor;
}
