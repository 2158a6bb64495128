import {ConfigError} from '../errors.ts';
import {checkFinite} from './cholesky.ts';
import {checkSquare, type Matrix} from './matrix.ts';
import {addProductTransposed, type Block, pack} from './product-kernel.ts';

const BLOCK = 64;
/** More noise than this fraction is no rounding. */
const MOST_NOISE = 2 ** -10;

/** Options of {@link significantPart}. */
export interface SignificantPartOptions {
  /** What the matrix is, in words, for errors. */
  readonly name?: string;
  /** Relative error of the elements: a_ij is known to within `noise sqrt(a_ii a_jj)`. */
  readonly noise: number;
}

/**
 * A positive semi-definite matrix without what the rounding errors of its elements alone can make of it: directions whose
 * curvature has cancelled down to the noise have none in the result, which is A itself where there are none of these.
 *
 * A Cholesky factorization with diagonal pivoting (Higham 1990) takes the rows one by one, always the one of which the
 * largest fraction of a_ii is still unexplained by the others, and stops where that is no more than `noise`, or twice what
 * rounding has pushed another below zero. What is unexplained then is subtracted. Because each row is compared with itself,
 * rows of very different scales do no harm to each other. Only the lower triangle is read.
 *
 * @throws ConfigError if `noise` is not between 0 and 1.
 * @throws DataError if A holds NaN or infinities.
 * @throws ShapeError if A is not square.
 */
export function significantPart(A: Matrix, {name = 'matrix', noise}: SignificantPartOptions): Matrix {
  const n = checkSquare('significantPart', `the ${name}`, A);
  checkFinite('significantPart', name, A);
  if (!(noise >= 0 && noise < 1)) {
    throw new ConfigError(
      `significantPart: expected noise from 0 to below 1, got ${noise}. Give for example 2 ** -20.`,
    );
  }
  const {order, rank, rest} = reduce(A, noise);
  if (rank === n) return A;
  const data = A.data.slice();
  for (let i = rank; i < n; i++) {
    for (let j = rank; j <= i; j++) {
      const [row, column] = [order[i] as number, order[j] as number];
      const at = Math.max(row, column) * n + Math.min(row, column);
      data[at] = (data[at] as number) - (rest[i * n + j] as number);
    }
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) data[j * n + i] = data[i * n + j] as number;
  return {rows: n, cols: n, data};
}

interface Reduction {
  /** The rows in the order in which they were taken, then the others. */
  readonly order: Uint32Array;
  /** How many were taken. */
  readonly rank: number;
  /** In that order: what those taken leave unexplained of the others, in the lower triangle. */
  readonly rest: Float64Array;
}

function reduce(A: Matrix, noise: number): Reduction {
  const n = A.rows;
  const rest = A.data.slice();
  const order = Uint32Array.from({length: n}, (_, i) => i);
  const whole = Float64Array.from(order, (i) => A.data[i * n + i] as number);
  const left = whole.slice();
  const panel: Block = {data: new Float64Array(n * BLOCK), offset: 0, stride: BLOCK};
  const L = panel.data;
  for (let start = 0; start < n; start += BLOCK) {
    const end = Math.min(n, start + BLOCK);
    let next = start;
    for (; next < end; next++) {
      const pivot = mostUnexplained(left, whole, next, noise);
      if (pivot === undefined) break;
      exchange(rest, n, next, pivot);
      for (const values of [order, whole, left]) [values[next], values[pivot]] = [at(values, pivot), at(values, next)];
      for (let p = 0; p < next - start; p++) {
        const [a, b] = [next * BLOCK + p, pivot * BLOCK + p];
        [L[a], L[b]] = [at(L, b), at(L, a)];
      }
      explain(rest, L, left, next, next - start);
    }
    subtractExplained(rest, panel, n, next, next - start);
    if (next < end) return {order, rank: next, rest};
  }
  return {order, rank: n, rest};
}

/** The row from `first` on with the largest unexplained fraction; undefined where that is noise. */
function mostUnexplained(left: Float64Array, whole: Float64Array, first: number, noise: number): number | undefined {
  let [pivot, most, least] = [first, 0, 0];
  for (let i = first; i < left.length; i++) {
    const total = whole[i] as number;
    const fraction = total > 0 ? (left[i] as number) / total : 0;
    if (fraction > most) [pivot, most] = [i, fraction];
    if (fraction < least) least = fraction;
  }
  return most > Math.max(noise, Math.min(-2 * least, MOST_NOISE)) ? pivot : undefined;
}

/** Makes column `column` of the panel L from what the columns before it leave of row `next`, and takes it from what is left. */
function explain(rest: Float64Array, L: Float64Array, left: Float64Array, next: number, column: number): void {
  const n = left.length;
  const own = next * BLOCK;
  const root = Math.sqrt(at(left, next));
  L[own + column] = root;
  for (let i = next + 1; i < n; i++) {
    const row = i * BLOCK;
    let sum = rest[i * n + next] as number;
    for (let p = 0; p < column; p++) sum -= (L[row + p] as number) * (L[own + p] as number);
    const element = sum / root;
    L[row + column] = element;
    left[i] = (left[i] as number) - element * element;
  }
}

/** Exchanges rows and columns i < j of the symmetric matrix in the lower triangle, from column i on. */
function exchange(data: Float64Array, n: number, i: number, j: number): void {
  if (i === j) return;
  const swap = (a: number, b: number): void => {
    [data[a], data[b]] = [at(data, b), at(data, a)];
  };
  swap(i * n + i, j * n + j);
  for (let k = i + 1; k < j; k++) swap(k * n + i, j * n + k);
  for (let k = j + 1; k < n; k++) swap(k * n + i, k * n + j);
}

/** Subtracts L L^T, `columns` wide, from the lower triangle of the rows from `first` on. */
function subtractExplained(data: Float64Array, panel: Block, n: number, first: number, columns: number): void {
  const rows = n - first;
  const explained = pack({...panel, offset: first * BLOCK}, rows, columns);
  const corner = {data, offset: first * n + first, stride: n};
  addProductTransposed(-1, explained, explained, corner, rows, rows, columns, true);
}

function at(values: Float64Array | Uint32Array, i: number): number {
  return values[i] as number;
}
