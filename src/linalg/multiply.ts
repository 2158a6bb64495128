import {checkLength, type Matrix, matrix} from './matrix.ts';
import {addProductTransposed, type Block, packTransposed} from './product-kernel.ts';

/** Length of the inner dimension that is packed at a time, so that a strip of both factors stays in cache. */
const DEPTH = 256;

/**
 * The matrix product A B.
 *
 * @throws ShapeError if A has not as many columns as B has rows.
 */
export function matMul(A: Matrix, B: Matrix): Matrix {
  checkLength('matMul', 'rows of B', A.cols, B.rows);
  const result = matrix(A.rows, B.cols);
  const C = block(result);
  for (let k = 0; k < A.cols; k += DEPTH) {
    const depth = Math.min(DEPTH, A.cols - k);
    const panel = packTransposed({data: B.data, offset: k * B.cols, stride: B.cols}, depth, B.cols);
    addProductTransposed(1, {data: A.data, offset: k, stride: A.cols}, panel, C, A.rows, B.cols, depth);
  }
  return result;
}

/** The symmetric product A^T A, exactly symmetric and half the work of {@link matMul}. */
export function gram(A: Matrix): Matrix {
  const result = matrix(A.cols, A.cols);
  const C = block(result);
  for (let k = 0; k < A.rows; k += DEPTH) {
    const depth = Math.min(DEPTH, A.rows - k);
    const panel = packTransposed({data: A.data, offset: k * A.cols, stride: A.cols}, depth, A.cols);
    addProductTransposed(1, panel, panel, C, A.cols, A.cols, depth, true);
  }
  mirrorLower(result);
  return result;
}

/**
 * The product A x of a matrix and a vector.
 *
 * @throws ShapeError if x has not as many elements as A has columns.
 */
export function matVec(A: Matrix, x: Float64Array): Float64Array {
  checkLength('matVec', 'elements of x', A.cols, x.length);
  const result = new Float64Array(A.rows);
  for (let i = 0; i < A.rows; i++) {
    const start = i * A.cols;
    let sum = 0;
    for (let j = 0; j < A.cols; j++) sum += (A.data[start + j] as number) * (x[j] as number);
    result[i] = sum;
  }
  return result;
}

/** The whole of a matrix as a block. */
export function block(A: Matrix): Block {
  return {data: A.data, offset: 0, stride: A.cols};
}

/** Writes the lower triangle over the upper one. */
export function mirrorLower(A: Matrix): void {
  const n = A.rows;
  const side = 32;
  for (let i0 = 0; i0 < n; i0 += side) {
    for (let j0 = 0; j0 <= i0; j0 += side) {
      for (let i = i0; i < Math.min(n, i0 + side); i++) {
        for (let j = j0; j < Math.min(i, j0 + side); j++) A.data[j * n + i] = A.data[i * n + j] as number;
      }
    }
  }
}
