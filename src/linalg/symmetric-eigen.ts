import {checkFinite} from './cholesky.ts';
import {ascendingOrder} from './deflation.ts';
import {tridiagonalVectors} from './divide-and-conquer.ts';
import {implicitQL} from './implicit-ql.ts';
import {checkSquare, type Matrix, matrix, transpose} from './matrix.ts';
import {NotConvergedError} from './not-converged.ts';
import {multiplyByReflectors, type Tridiagonal, tridiagonalize} from './tridiagonal.ts';

/** A symmetric matrix as V diag(values) V^T. */
export interface EigenDecomposition {
  /** Eigenvalues in ascending order. */
  readonly values: Float64Array;
  /** Orthonormal eigenvectors in the columns, in the order of `values`. */
  readonly vectors: Matrix;
}

/** Options of {@link SymmetricEigen}. */
export interface SymmetricEigenOptions {
  /** What the matrix is, in words, for errors. */
  readonly name?: string;
  /**
   * For matrices without negative eigenvalues but for rounding: eigenvalues up to this fraction of the largest are set to 0,
   * so 0 does so with negative ones alone. Default: all stay as they are.
   */
  readonly relativeFloor?: number;
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix; only the lower triangle is read.
 *
 * Householder reduction, then implicit QL with Wilkinson's shift for the values (Golub and Van Loan, 2013, chapter 8) and
 * divide and conquer for the vectors (Gu and Eisenstat, 1995). Rows that are zero off the diagonal take no part and come
 * out exactly. The values are ready on construction; `vectors`, which costs several times as much, is computed when first
 * read.
 */
export class SymmetricEigen implements EigenDecomposition {
  readonly values: Float64Array;
  readonly #name: string;
  #reduced: Reduced | undefined;
  #vectors: Matrix | undefined;

  /**
   * @throws DataError if A holds NaN or infinities.
   * @throws ShapeError if A is not square.
   * @throws NotConvergedError if the iteration runs out of steps, which finite matrices do not do in practice.
   */
  constructor(A: Matrix, {name = 'matrix', relativeFloor}: SymmetricEigenOptions = {}) {
    const n = checkSquare('SymmetricEigen', `the ${name}`, A);
    checkFinite('SymmetricEigen', name, A);
    this.#name = name;
    this.#reduced = reduce(A);
    const {tridiagonal, isolated, scale} = this.#reduced;
    const coupled = tridiagonal.diagonal.slice();
    if (!implicitQL(coupled, tridiagonal.coupling)) throw notConverged(name, n);
    const isolatedValues = isolated.map((i) => (A.data[i * n + i] as number) / scale);
    const unsorted = Float64Array.from([...coupled.sort(), ...isolatedValues]);
    this.#reduced.order.set(ascendingOrder(unsorted));
    const values = Float64Array.from(this.#reduced.order, (k) => (unsorted[k] as number) * scale);
    this.values = relativeFloor === undefined ? values : floored(values, relativeFloor);
  }

  get vectors(): Matrix {
    if (this.#reduced !== undefined) {
      this.#vectors = computeVectors(this.#reduced, this.#name);
      this.#reduced = undefined;
    }
    return this.#vectors as Matrix;
  }
}

/** The eigenvalues of a symmetric matrix, and its eigenvectors once they are read: see {@link SymmetricEigen}. */
export function eigh(A: Matrix, options: SymmetricEigenOptions = {}): SymmetricEigen {
  return new SymmetricEigen(A, options);
}

/** The eigenvalues of a symmetric matrix in ascending order, without the vectors: see {@link SymmetricEigen}. */
export function eigenvalues(A: Matrix, options: SymmetricEigenOptions = {}): Float64Array {
  return new SymmetricEigen(A, options).values;
}

/** Ascending `values` with those up to `relativeFloor` times the largest set to 0. */
function floored(values: Float64Array, relativeFloor: number): Float64Array {
  const floor = Math.max(0, relativeFloor * (values.at(-1) ?? 0));
  return values.map((value) => (value > floor ? value : 0));
}

interface Reduced {
  /** Indices of rows that are coupled to others, and of those that are not. */
  readonly active: readonly number[];
  readonly isolated: readonly number[];
  /** The coupled rows, divided by `scale`. */
  readonly tridiagonal: Tridiagonal;
  /** A power of two near the largest element. */
  readonly scale: number;
  /** Which eigenvalue comes at each place: first the coupled ones by ascending value, then the isolated ones. */
  readonly order: Uint32Array;
}

function reduce(A: Matrix): Reduced {
  const n = A.rows;
  const coupled = new Uint8Array(n);
  let largest = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const size = Math.abs(A.data[i * n + j] as number);
      if (size > largest) largest = size;
      if (size > 0 && j < i) coupled[i] = coupled[j] = 1;
    }
  }
  const scale = largest > 0 ? 2 ** Math.max(-1021, Math.floor(Math.log2(largest))) : 1;
  const active: number[] = [];
  const isolated: number[] = [];
  for (let i = 0; i < n; i++) (coupled[i] ? active : isolated).push(i);
  const m = active.length;
  const work = matrix(m, m);
  active.forEach((row, r) => {
    for (let c = 0; c <= r; c++) work.data[r * m + c] = (A.data[row * n + (active[c] as number)] as number) / scale;
  });
  return {active, isolated, tridiagonal: tridiagonalize(work), scale, order: new Uint32Array(n)};
}

function computeVectors({active, isolated, tridiagonal, order}: Reduced, name: string): Matrix {
  const n = order.length;
  const m = active.length;
  const ofTridiagonal = tridiagonalVectors(tridiagonal.diagonal, tridiagonal.coupling);
  if (ofTridiagonal === undefined) throw notConverged(name, n);
  const rows = transpose(ofTridiagonal);
  multiplyByReflectors(rows, tridiagonal);
  const inOrder = matrix(n, n);
  order.forEach((source, k) => {
    if (source >= m) inOrder.data[k * n + (isolated[source - m] as number)] = 1;
    else for (let r = 0; r < m; r++) inOrder.data[k * n + (active[r] as number)] = rows.data[source * m + r] as number;
  });
  return transpose(inOrder);
}

function notConverged(name: string, n: number): NotConvergedError {
  return new NotConvergedError(
    `SymmetricEigen: expected the QL sweeps of the ${name} (${n} x ${n}) to converge, got no end of them. ` +
      'Check its elements for overflow.',
    name,
  );
}
