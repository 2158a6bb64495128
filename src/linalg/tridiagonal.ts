import {type Matrix, matrix} from './matrix.ts';
import {addProductTransposed, type Block} from './product-kernel.ts';

/** A symmetric matrix as Q T Q^T: T by its diagonals, Q by its reflectors. */
export interface Tridiagonal {
  /** The diagonal of T. */
  readonly diagonal: Float64Array;
  /** Element i couples i - 1 and i; element 0 is 0. */
  readonly coupling: Float64Array;
  /** Row i, up to column i - 1, holds the vector v of the reflector H_i = I - scales[i] v v^T; Q = H_{n-1} ... H_2. */
  readonly reflectors: Matrix;
  readonly scales: Float64Array;
}

/**
 * Householder reduction of the symmetric matrix in the lower triangle of A to tridiagonal form; A is overwritten.
 *
 * Rows are eliminated from the last to the first, because their elements lie side by side. The rank-two update of one
 * step and the matrix-vector product of the next run in one pass over the lower triangle, which halves the memory
 * traffic of the textbook form (Golub and Van Loan, 2013, section 8.3).
 */
export function tridiagonalize(A: Matrix): Tridiagonal {
  const n = A.rows;
  const a = A.data;
  const diagonal = new Float64Array(n);
  const coupling = new Float64Array(n);
  const scales = new Float64Array(n);
  let v = new Float64Array(n);
  let w = new Float64Array(n);
  let vNext = new Float64Array(n);
  let wNext = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    const row = i * n;
    const vi = v[i] as number;
    const wi = w[i] as number;
    for (let j = 0; j <= i; j++) {
      a[row + j] = (a[row + j] as number) - vi * (w[j] as number) - wi * (v[j] as number);
    }
    diagonal[i] = a[row + i] as number;
    if (i === 0) break;
    const scale = reflect(a, row, i, coupling);
    scales[i] = scale;
    for (let j = 0; j < i; j++) vNext[j] = a[row + j] as number;
    wNext.fill(0, 0, i);
    updateAndMultiply(a, n, i, v, w, vNext, wNext);
    let inner = 0;
    for (let j = 0; j < i; j++) inner += (vNext[j] as number) * (wNext[j] as number);
    const shift = 0.5 * scale * inner;
    for (let j = 0; j < i; j++) wNext[j] = scale * ((wNext[j] as number) - shift * (vNext[j] as number));
    [v, vNext] = [vNext, v];
    [w, wNext] = [wNext, w];
  }
  return {diagonal, coupling, reflectors: A, scales};
}

/**
 * Turns the `size` elements from `row` on into the vector v (last element 1) of the reflector that maps them to a multiple
 * of the last unit vector, which goes to `coupling[size]`; returns the reflector's scale, 0 where nothing is to be done.
 */
function reflect(a: Float64Array, row: number, size: number, coupling: Float64Array): number {
  const last = row + size - 1;
  const head = a[last] as number;
  let largest = 0;
  for (let j = row; j < last; j++) largest = Math.max(largest, Math.abs(a[j] as number));
  if (largest === 0) {
    coupling[size] = head;
    a[last] = 0;
    return 0;
  }
  largest = Math.max(largest, Math.abs(head));
  let squares = 0;
  for (let j = row; j <= last; j++) squares += ((a[j] as number) / largest) ** 2;
  const norm = largest * Math.sqrt(squares);
  const image = head > 0 ? -norm : norm;
  for (let j = row; j < last; j++) a[j] = (a[j] as number) / (head - image);
  a[last] = 1;
  coupling[size] = image;
  return (image - head) / image;
}

/** A -= v w^T + w v^T on the lower triangle of the leading block of order n, and y += A x with the result, in one pass. */
function updateAndMultiply(
  a: Float64Array,
  stride: number,
  n: number,
  v: Float64Array,
  w: Float64Array,
  x: Float64Array,
  y: Float64Array,
): void {
  const n4 = n - (n % 4);
  for (let i = 0; i < n4; i += 4) {
    const r0 = i * stride;
    const r1 = r0 + stride;
    const r2 = r1 + stride;
    const r3 = r2 + stride;
    const v0 = v[i] as number;
    const v1 = v[i + 1] as number;
    const v2 = v[i + 2] as number;
    const v3 = v[i + 3] as number;
    const w0 = w[i] as number;
    const w1 = w[i + 1] as number;
    const w2 = w[i + 2] as number;
    const w3 = w[i + 3] as number;
    const x0 = x[i] as number;
    const x1 = x[i + 1] as number;
    const x2 = x[i + 2] as number;
    const x3 = x[i + 3] as number;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let j = 0; j < i; j++) {
      const vj = v[j] as number;
      const wj = w[j] as number;
      const xj = x[j] as number;
      const e0 = (a[r0 + j] as number) - v0 * wj - w0 * vj;
      a[r0 + j] = e0;
      s0 += e0 * xj;
      const e1 = (a[r1 + j] as number) - v1 * wj - w1 * vj;
      a[r1 + j] = e1;
      s1 += e1 * xj;
      const e2 = (a[r2 + j] as number) - v2 * wj - w2 * vj;
      a[r2 + j] = e2;
      s2 += e2 * xj;
      const e3 = (a[r3 + j] as number) - v3 * wj - w3 * vj;
      a[r3 + j] = e3;
      s3 += e3 * xj;
      y[j] = (y[j] as number) + (e0 * x0 + e1 * x1) + (e2 * x2 + e3 * x3);
    }
    y[i] = (y[i] as number) + s0;
    y[i + 1] = (y[i + 1] as number) + s1;
    y[i + 2] = (y[i + 2] as number) + s2;
    y[i + 3] = (y[i + 3] as number) + s3;
    for (let r = i; r < i + 4; r++) updateAndMultiplyRow(a, r * stride, i, r, v, w, x, y);
  }
  for (let r = n4; r < n; r++) updateAndMultiplyRow(a, r * stride, 0, r, v, w, x, y);
}

/** The same for the elements from column `from` to the diagonal of row r. */
function updateAndMultiplyRow(
  a: Float64Array,
  row: number,
  from: number,
  r: number,
  v: Float64Array,
  w: Float64Array,
  x: Float64Array,
  y: Float64Array,
): void {
  const vr = v[r] as number;
  const wr = w[r] as number;
  const xr = x[r] as number;
  let sum = 0;
  for (let j = from; j < r; j++) {
    const element = (a[row + j] as number) - vr * (w[j] as number) - wr * (v[j] as number);
    a[row + j] = element;
    sum += element * (x[j] as number);
    y[j] = (y[j] as number) + element * xr;
  }
  const onDiagonal = (a[row + r] as number) - 2 * vr * wr;
  a[row + r] = onDiagonal;
  y[r] = (y[r] as number) + sum + onDiagonal * xr;
}

const BLOCK = 32;

/**
 * Replaces D [rows, n] by D Q^T = D H_2 ... H_{n-1}, the reflectors taken in blocks I - V S V^T (Schreiber and Van Loan, 1989).
 */
export function multiplyByReflectors(D: Matrix, {reflectors, scales}: Tridiagonal): void {
  const n = reflectors.rows;
  const {rows} = D;
  const Db: Block = {data: D.data, offset: 0, stride: D.cols};
  for (let low = 1; low < n; low += BLOCK) {
    const count = Math.min(n, low + BLOCK) - low;
    const width = low + count - 1;
    const V = matrix(count, width);
    for (let r = 0; r < count; r++) {
      const start = (low + r) * n;
      V.data.set(reflectors.data.subarray(start, start + low + r), r * width);
    }
    const S = blockScales(V, scales.subarray(low, low + count));
    const DV = new Float64Array(rows * count);
    const DVb = {data: DV, offset: 0, stride: count};
    addProductTransposed(1, Db, {data: V.data, offset: 0, stride: width}, DVb, rows, count, width);
    const DVS = {data: new Float64Array(rows * count), offset: 0, stride: count};
    addProductTransposed(1, DVb, {data: S, offset: 0, stride: count}, DVS, rows, count, count);
    const Vt = new Float64Array(width * count);
    for (let r = 0; r < count; r++) for (let j = 0; j < width; j++) Vt[j * count + r] = V.data[r * width + j] as number;
    addProductTransposed(-1, DVS, {data: Vt, offset: 0, stride: count}, Db, rows, width, count);
  }
}

/** S^T for H_1 H_2 ... H_k = I - V S V^T with the vectors in the rows of V: S is upper triangular, built column by column. */
function blockScales(V: Matrix, scales: Float64Array): Float64Array {
  const k = V.rows;
  const transposed = new Float64Array(k * k);
  const inner = new Float64Array(k);
  for (let c = 0; c < k; c++) {
    const scale = scales[c] as number;
    transposed[c * k + c] = scale;
    for (let r = 0; r < c; r++) {
      let sum = 0;
      for (let j = 0; j < V.cols; j++) sum += (V.data[r * V.cols + j] as number) * (V.data[c * V.cols + j] as number);
      inner[r] = sum;
    }
    for (let r = 0; r < c; r++) {
      let sum = 0;
      for (let q = r; q < c; q++) sum += (transposed[q * k + r] as number) * (inner[q] as number);
      transposed[c * k + r] = -scale * sum;
    }
  }
  return transposed;
}
