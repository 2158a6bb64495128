import {ConfigError, NotPositiveDefiniteError} from '../errors.ts';
import {checkLength, type Matrix, matrix, transpose} from './matrix.ts';
import {matMul} from './multiply.ts';
import type {EigenDecomposition} from './symmetric-eigen.ts';

/** Powers that {@link KroneckerEigen} takes. */
export type Power = -1 | -0.5 | 0.5 | 1;

/** Which function of A (x) B is meant: `(scale A (x) B + shift I)^power`. */
export interface KroneckerFunction {
  /** Factor before the product; 1 by default. */
  readonly scale?: number;
  /** What is added to every eigenvalue; 0 by default. */
  readonly shift?: number;
  /** The power; 1 by default. */
  readonly power?: Power;
}

/**
 * log det(scale A (x) B + shift I) from the eigenvalues of A and B: `sum_ij log(scale a_i b_j + shift)`.
 *
 * @throws NotPositiveDefiniteError if one of these is not positive.
 */
export function kroneckerLogDeterminant(a: Float64Array, b: Float64Array, scale = 1, shift = 0): number {
  let sum = 0;
  let product = 1;
  for (const left of a) {
    for (const right of b) {
      const value = scale * left * right + shift;
      if (!(value > 0)) throw indefinite('logDeterminant', value, {scale, shift});
      const next = product * value;
      // One logarithm for many factors, as long as their product stays clear of overflow and underflow.
      if (next > 1e-250 && next < 1e250) {
        product = next;
      } else {
        sum += Math.log(product) + Math.log(value);
        product = 1;
      }
    }
  }
  return sum + Math.log(product);
}

/**
 * The Kronecker product A (x) B of two symmetric matrices, kept as their eigendecompositions.
 *
 * Its eigenvalues are the products a_i b_j and its eigenvectors the Kronecker products of theirs, so that functions of
 * `scale A (x) B + shift I` need only matrices of the order of A and of B. A vector belongs to the rows of A and B as
 * `x[i * order(B) + j]`, row-major.
 */
export class KroneckerEigen {
  /** The decomposition of A. */
  readonly left: EigenDecomposition;
  /** The decomposition of B. */
  readonly right: EigenDecomposition;

  constructor(left: EigenDecomposition, right: EigenDecomposition) {
    this.left = left;
    this.right = right;
  }

  /** The order of A times the order of B. */
  get order(): number {
    return this.left.values.length * this.right.values.length;
  }

  /**
   * `sum_ij log(scale a_i b_j + shift)`; needs the eigenvalues only, never the vectors.
   *
   * @throws NotPositiveDefiniteError if one of these is not positive.
   */
  logDeterminant(scale = 1, shift = 0): number {
    return kroneckerLogDeterminant(this.left.values, this.right.values, scale, shift);
  }

  /**
   * `(scale A (x) B + shift I)^power x` for a vector, or for every row of a matrix of such vectors.
   *
   * @throws ShapeError if x is not of this order.
   * @throws NotPositiveDefiniteError if the power of an eigenvalue is not a real number.
   */
  multiply(x: Float64Array, spectrum?: KroneckerFunction): Float64Array;
  multiply(x: Matrix, spectrum?: KroneckerFunction): Matrix;
  multiply(x: Float64Array | Matrix, spectrum: KroneckerFunction = {}): Float64Array | Matrix {
    if (x instanceof Float64Array) return this.multiply(matrix(1, x.length, x), spectrum).data;
    checkLength('multiply', 'elements per vector', this.order, x.cols);
    const powers = this.#powers('multiply', spectrum).data;
    const U = this.left.vectors;
    const V = this.right.vectors;
    const inner = this.#sandwich(x, transpose(U), V);
    for (let i = 0; i < inner.data.length; i++) {
      inner.data[i] = (inner.data[i] as number) * (powers[i % powers.length] as number);
    }
    return this.#sandwich(inner, U, transpose(V));
  }

  /**
   * The diagonal of `(scale A (x) B + shift I)^power`, in the layout of the vectors.
   *
   * @throws NotPositiveDefiniteError if the power of an eigenvalue is not a real number.
   */
  diagonal(spectrum: KroneckerFunction = {}): Float64Array {
    const powers = this.#powers('diagonal', spectrum);
    return matMul(matMul(squares(this.left.vectors), powers), transpose(squares(this.right.vectors))).data;
  }

  /**
   * `(scale A (x) B + shift I)^power` in full: the square of the order in memory, so for small factors only.
   *
   * @throws NotPositiveDefiniteError if the power of an eigenvalue is not a real number.
   */
  dense(spectrum: KroneckerFunction = {}): Matrix {
    const unit = matrix(this.order, this.order);
    for (let i = 0; i < this.order; i++) unit.data[i * this.order + i] = 1;
    return this.multiply(unit, spectrum);
  }

  /** L X R for every row of `x`, read as a matrix X of the rows of A and of B. */
  #sandwich(x: Matrix, L: Matrix, R: Matrix): Matrix {
    const a = L.rows;
    const b = R.rows;
    const right = matMul(matrix(x.rows * a, b, x.data), R);
    const result = matrix(x.rows, a * b);
    for (let s = 0; s < x.rows; s++) {
      const one = matrix(a, b, right.data.subarray(s * a * b, (s + 1) * a * b));
      result.data.set(matMul(L, one).data, s * a * b);
    }
    return result;
  }

  #powers(caller: string, {scale = 1, shift = 0, power = 1}: KroneckerFunction): Matrix {
    if (![-1, -0.5, 0.5, 1].includes(power)) {
      throw new ConfigError(`${caller}: expected power -1, -0.5, 0.5 or 1, got ${power}. Choose one of these.`);
    }
    const a = this.left.values;
    const b = this.right.values;
    const result = matrix(a.length, b.length);
    for (let i = 0; i < a.length; i++) {
      for (let j = 0; j < b.length; j++) {
        const value = scale * (a[i] as number) * (b[j] as number) + shift;
        if (power !== 1 && !(power > 0 ? value >= 0 : value > 0)) throw indefinite(caller, value, {scale, shift});
        const root = power === 0.5 || power === -0.5 ? Math.sqrt(value) : value;
        result.data[i * b.length + j] = power < 0 ? 1 / root : root;
      }
    }
    return result;
  }
}

/** The product of two decomposed matrices: see {@link KroneckerEigen}. */
export function kroneckerEigen(left: EigenDecomposition, right: EigenDecomposition): KroneckerEigen {
  return new KroneckerEigen(left, right);
}

function squares({rows, cols, data}: Matrix): Matrix {
  return matrix(
    rows,
    cols,
    data.map((value) => value * value),
  );
}

function indefinite(caller: string, value: number, {scale, shift}: {scale: number; shift: number}): Error {
  return new NotPositiveDefiniteError(
    `${caller}: expected ${scale} A (x) B + ${shift} I to be positive definite, got the eigenvalue ${value}. ` +
      'Use a larger shift, or decompose the factors with relativeFloor: 0.',
    'Kronecker product',
    0,
  );
}
