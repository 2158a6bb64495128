import {DataError, NotPositiveDefiniteError} from '../errors.ts';
import {warn} from '../warn.ts';
import {checkSquare, type Matrix, matrix} from './matrix.ts';
import {addProductTransposed, pack, unpack} from './product-kernel.ts';
import {solveRowsTransposed} from './substitution-kernel.ts';

const BLOCK = 64;

/** What {@link cholesky} returns. */
export interface Cholesky {
  /** L, lower triangular with zeros above the diagonal. */
  readonly factor: Matrix;
  /** What was added to the diagonal; 0 where the matrix needed nothing. */
  readonly jitter: number;
}

/** Options of {@link cholesky}. */
export interface CholeskyOptions {
  /** What the matrix is, in words, for warnings and errors. */
  readonly name?: string;
  /** First jitter to try, as a fraction of the mean diagonal. */
  readonly initialJitter?: number;
  /** Last jitter to try, as a fraction of the mean diagonal; 0 forbids jitter. */
  readonly maxJitter?: number;
}

/**
 * The Cholesky factor L of a symmetric positive definite matrix, A + jitter I = L L^T; only A's lower triangle is read.
 *
 * An indefinite matrix is tried again with a jitter of `initialJitter` times the mean diagonal, then ten times as much and
 * so on up to `maxJitter`, with one warning.
 *
 * @throws NotPositiveDefiniteError if no jitter helped.
 * @throws DataError if A holds NaN or infinities.
 * @throws ShapeError if A is not square.
 */
export function cholesky(
  A: Matrix,
  {name = 'matrix', initialJitter = 1e-10, maxJitter = 1e-4}: CholeskyOptions = {},
): Cholesky {
  const n = checkSquare('cholesky', `the ${name}`, A);
  checkFinite('cholesky', name, A);
  const direct = factorize(A, 0);
  if (direct !== undefined) return {factor: direct, jitter: 0};
  let trace = 0;
  for (let i = 0; i < n; i++) trace += A.data[i * n + i] as number;
  const scale = trace / n;
  let jitter = 0;
  // The factor 1.5 keeps the last step when the tenfold steps miss maxJitter by a rounding error.
  for (let relative = initialJitter; scale > 0 && relative <= 1.5 * maxJitter; relative *= 10) {
    jitter = relative * scale;
    const factor = factorize(A, jitter);
    if (factor !== undefined) {
      const shown = relative.toExponential(0);
      warn(`cholesky: the ${name} is not positive definite; added ${shown} of its mean diagonal to the diagonal.`);
      return {factor, jitter};
    }
  }
  throw new NotPositiveDefiniteError(
    `cholesky: expected the ${name} (${n} x ${n}) to be positive definite, got a non-positive pivot even with ` +
      `${jitter} on the diagonal (mean diagonal ${scale}). Check how it was built, or add a larger prior precision.`,
    name,
    jitter,
  );
}

/** log det A = 2 sum_i log L_ii from the Cholesky factor L. */
export function logDeterminant(factor: Matrix): number {
  const n = checkSquare('logDeterminant', 'factor', factor);
  let sum = 0;
  for (let i = 0; i < n; i++) sum += Math.log(factor.data[i * n + i] as number);
  return 2 * sum;
}

/** Throws a DataError that counts the elements of A that are not finite. */
export function checkFinite(caller: string, name: string, A: Matrix): void {
  let bad = 0;
  for (let i = 0; i < A.data.length; i++) if (!Number.isFinite(A.data[i] as number)) bad++;
  if (bad === 0) return;
  throw new DataError(
    `${caller}: expected finite numbers in the ${name}, got ${bad} NaN or infinite of ${A.data.length}. ` +
      'Check the data and the model outputs that it was built from.',
  );
}

/** Right-looking blocked factorization of A + jitter I; undefined at the first pivot that is not positive. */
function factorize(A: Matrix, jitter: number): Matrix | undefined {
  const n = A.rows;
  const factor = matrix(n, n);
  const L = factor.data;
  for (let i = 0; i < n; i++) {
    L.set(A.data.subarray(i * n, i * n + i + 1), i * n);
    L[i * n + i] = (L[i * n + i] as number) + jitter;
  }
  for (let k = 0; k < n; k += BLOCK) {
    const end = Math.min(n, k + BLOCK);
    if (!factorizeDiagonal(L, n, k, end)) return undefined;
    const rest = n - end;
    if (rest === 0) break;
    const below = {data: L, offset: end * n + k, stride: n};
    const panel = pack(below, rest, end - k);
    solveRowsTransposed({data: L, offset: k * n + k, stride: n}, panel, rest, end - k);
    unpack(panel, below, rest, end - k);
    addProductTransposed(-1, panel, panel, {data: L, offset: end * n + end, stride: n}, rest, rest, end - k, true);
  }
  for (let i = 0; i < n; i++) L.fill(0, i * n + i + 1, (i + 1) * n);
  return factor;
}

/** Factorizes the diagonal block k..end; false at a pivot that is not positive. */
function factorizeDiagonal(L: Float64Array, n: number, k: number, end: number): boolean {
  for (let i = k; i < end; i++) {
    const row = i * n;
    let pivot = L[row + i] as number;
    for (let j = k; j < i; j++) {
      const other = j * n;
      let sum = L[row + j] as number;
      for (let p = k; p < j; p++) sum -= (L[row + p] as number) * (L[other + p] as number);
      const element = sum / (L[other + j] as number);
      L[row + j] = element;
      pivot -= element * element;
    }
    if (!(pivot > 0)) return false;
    L[row + i] = Math.sqrt(pivot);
  }
  return true;
}
