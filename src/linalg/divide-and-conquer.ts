import {ascendingOrder, deflate, Home} from './deflation.ts';
import {implicitQL} from './implicit-ql.ts';
import {identity, type Matrix} from './matrix.ts';
import {addProductTransposed} from './product-kernel.ts';
import {updatedEigen} from './rank-one-update.ts';

const LEAF = 32;

/**
 * Eigenvectors of a symmetric tridiagonal matrix in the columns, by ascending eigenvalue; undefined if a leaf does not converge.
 *
 * Divide and conquer (Cuppen, 1981; Gu and Eisenstat, 1995): the matrix is two halves plus a matrix of rank one, and most
 * of the work is in products of matrices. `coupling[i]` joins i - 1 and i. Elements should be near 1 in size.
 */
export function tridiagonalVectors(diagonal: Float64Array, coupling: Float64Array): Matrix | undefined {
  const n = diagonal.length;
  const Q = identity(n);
  return solveBlock(diagonal.slice(), coupling, Q, 0, n) ? Q : undefined;
}

/** Solves the block low..high: its eigenvalues replace `d`, ascending, its eigenvectors the block of Q. */
function solveBlock(d: Float64Array, coupling: Float64Array, Q: Matrix, low: number, high: number): boolean {
  if (high - low <= LEAF) return solveLeaf(d, coupling, Q, low, high);
  const middle = (low + high) >> 1;
  const rho = coupling[middle] as number;
  if (rho !== 0) {
    d[middle - 1] = (d[middle - 1] as number) - Math.abs(rho);
    d[middle] = (d[middle] as number) - Math.abs(rho);
  }
  if (!solveBlock(d, coupling, Q, low, middle) || !solveBlock(d, coupling, Q, middle, high)) return false;
  merge(d, Q, low, middle, high, rho);
  return true;
}

function solveLeaf(d: Float64Array, coupling: Float64Array, Q: Matrix, low: number, high: number): boolean {
  const n = Q.cols;
  const q = Q.data;
  const values = d.subarray(low, high);
  const rotate = (column: number, cosine: number, sine: number) => {
    for (let at = low * n + low + column; at < high * n; at += n) {
      const f = q[at + 1] as number;
      const g = q[at] as number;
      q[at + 1] = sine * g + cosine * f;
      q[at] = cosine * g - sine * f;
    }
  };
  if (!implicitQL(values, coupling.subarray(low, high), rotate)) return false;
  const order = ascendingOrder(values);
  for (let row = low; row < high; row++) permute(q.subarray(row * n + low, row * n + high), order);
  permute(values, order);
  return true;
}

/** Merges the solved halves low..middle and middle..high, which the element rho had joined. */
function merge(d: Float64Array, Q: Matrix, low: number, middle: number, high: number, rho: number): void {
  const values = d.subarray(low, high);
  const {kept, deflated, z, home, strength} = deflate(values, Q, low, middle, high, rho);
  const pick = (from: Float64Array, columns: readonly number[]) => Float64Array.from(columns, (c) => from[c] as number);
  const updated = updatedEigen(pick(values, kept), pick(z, kept), strength);
  // Upper, both, lower: so that each half of the rows needs one run of columns.
  const homes = kept.map((column) => home[column] as Home);
  const grouped = [...kept.keys()].sort((p, q) => (homes[p] as Home) - (homes[q] as Home) || p - q);
  for (let j = 0; j < kept.length; j++)
    permute(updated.rows.data.subarray(j * kept.length, (j + 1) * kept.length), grouped);
  const columns = grouped.map((i) => kept[i] as number);
  const firstInLower = homes.filter((h) => h === Home.upper).length;
  const endInUpper = homes.filter((h) => h !== Home.lower).length;
  const results = Float64Array.from([...updated.values, ...pick(values, deflated)]);
  const order = ascendingOrder(results);
  const replace = (first: number, last: number, from: number, to: number) =>
    replaceRows(Q, low, {first, last, from, to}, columns, deflated, updated.rows, order);
  replace(low, middle, 0, endInUpper);
  replace(middle, high, firstInLower, kept.length);
  permute(results, order);
  values.set(results);
}

/** A run of rows of the block, and the run of kept columns that are not zero there. */
interface Half {
  readonly first: number;
  readonly last: number;
  readonly from: number;
  readonly to: number;
}

/** Turns rows of the block's eigenvectors into those of the merged matrix, in the order of its values. */
function replaceRows(
  Q: Matrix,
  low: number,
  {first, last, from, to}: Half,
  columns: readonly number[],
  deflated: readonly number[],
  updated: Matrix,
  order: Uint32Array,
): void {
  const rows = last - first;
  const width = to - from;
  const kept = columns.length;
  const size = order.length;
  const factor = new Float64Array(rows * width);
  const product = new Float64Array(rows * size);
  for (let row = 0; row < rows; row++) {
    const start = (first + row) * Q.cols + low;
    for (let c = 0; c < width; c++) factor[row * width + c] = Q.data[start + (columns[from + c] as number)] as number;
    for (let c = kept; c < size; c++)
      product[row * size + c] = Q.data[start + (deflated[c - kept] as number)] as number;
  }
  const A = {data: factor, offset: 0, stride: width};
  const B = {data: updated.data, offset: from, stride: kept};
  addProductTransposed(1, A, B, {data: product, offset: 0, stride: size}, rows, kept, width);
  for (let row = 0; row < rows; row++) {
    const start = (first + row) * Q.cols + low;
    for (let c = 0; c < size; c++) Q.data[start + c] = product[row * size + (order[c] as number)] as number;
  }
}

/** Reorders in place: element i becomes the old element order[i]. */
function permute(values: Float64Array, order: ArrayLike<number>): void {
  const old = values.slice();
  for (let i = 0; i < values.length; i++) values[i] = old[order[i] as number] as number;
}
