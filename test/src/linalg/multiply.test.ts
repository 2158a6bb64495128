import {expect} from 'chai';
import fc from 'fast-check';
import {ShapeError} from '../../../src/errors.ts';
import {
  fromRows,
  gram,
  identity,
  type Matrix,
  matMul,
  matrix,
  matVec,
  symmetrize,
  transpose,
} from '../../../src/linalg/index.ts';
import {closeTo} from '../../support/close.ts';
import {normalMatrix, relativeDifference} from './random-matrices.ts';

/** The textbook product, one dot product per element. */
function plainProduct(A: Matrix, B: Matrix): Matrix {
  const C = matrix(A.rows, B.cols);
  for (let i = 0; i < A.rows; i++) {
    for (let j = 0; j < B.cols; j++) {
      let sum = 0;
      for (let k = 0; k < A.cols; k++) sum += (A.data[i * A.cols + k] as number) * (B.data[k * B.cols + j] as number);
      C.data[i * B.cols + j] = sum;
    }
  }
  return C;
}

const size = fc.integer({min: 0, max: 23});

describe('matrix products', () => {
  it('multiply as the textbook does, at every small shape', () => {
    fc.assert(
      fc.property(size, size, size, (m, k, n) => {
        const [A, B] = [normalMatrix(m, k, 'A'), normalMatrix(k, n, 'B')];
        expect(relativeDifference(matMul(A, B), plainProduct(A, B))).to.be.below(1e-13);
        expect(relativeDifference(gram(A), plainProduct(transpose(A), A))).to.be.below(1e-13);
        const x = normalMatrix(k, 1, 'x');
        closeTo(matVec(A, x.data), plainProduct(A, x).data, {rtol: 1e-13, atol: 1e-13});
      }),
      {seed: 2, numRuns: 150},
    );
  });

  it('multiply across the packed panels', () => {
    for (const [m, k, n] of [
      [65, 513, 37],
      [6, 257, 130],
      [1, 700, 1],
    ] as const) {
      const [A, B] = [normalMatrix(m, k, 'A'), normalMatrix(k, n, 'B')];
      expect(relativeDifference(matMul(A, B), plainProduct(A, B))).to.be.below(1e-13);
      expect(relativeDifference(gram(B), plainProduct(transpose(B), B))).to.be.below(1e-13);
    }
  });

  it('give an exactly symmetric gram matrix', () => {
    const G = gram(normalMatrix(40, 77));
    expect(transpose(G).data).to.deep.equal(G.data);
  });

  it('build, transpose and symmetrize', () => {
    const A = fromRows([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(A).to.deep.equal(matrix(2, 3, Float64Array.of(1, 2, 3, 4, 5, 6)));
    expect(transpose(A)).to.deep.equal(matrix(3, 2, Float64Array.of(1, 4, 2, 5, 3, 6)));
    expect(matMul(identity(2), A)).to.deep.equal(A);
    expect(fromRows([])).to.deep.equal(matrix(0, 0));
    const S = fromRows([
      [1, 2],
      [4, 7],
    ]);
    expect(symmetrize(S)).to.deep.equal(
      fromRows([
        [1, 3],
        [3, 7],
      ]),
    );
    expect(S.data[1]).to.equal(2);
  });

  it('refuse shapes that do not fit', () => {
    expect(() => matrix(2, 2, new Float64Array(3))).to.throw(ShapeError, 'matrix: expected 2 x 2 = 4 numbers, got 3');
    expect(() => fromRows([[1], [1, 2]])).to.throw(ShapeError, 'fromRows: expected rows of length 1, got 2 in row 1');
    expect(() => matMul(matrix(2, 3), matrix(2, 3))).to.throw(ShapeError, 'matMul: expected rows of B 3, got 2');
    expect(() => matVec(matrix(2, 3), new Float64Array(2))).to.throw(ShapeError, 'matVec');
    expect(() => symmetrize(matrix(2, 3))).to.throw(ShapeError, 'symmetrize: expected A to be square, got 2 x 3');
  });
});
