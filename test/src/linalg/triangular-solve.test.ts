import {expect} from 'chai';
import {ShapeError} from '../../../src/errors.ts';
import {
  cholesky,
  choleskyInverse,
  choleskySolve,
  identity,
  invertLower,
  matMul,
  matrix,
  matVec,
  solveLower,
  solveLowerTransposed,
  transpose,
} from '../../../src/linalg/index.ts';
import {closeTo} from '../../support/close.ts';
import {normalMatrix, randomGram, relativeDifference} from './random-matrices.ts';

describe('triangular solves', () => {
  const sizes = [1, 3, 5, 63, 64, 65, 130, 200];

  it('undo the product with L and with L^T, for vectors and matrices', () => {
    for (const n of sizes) {
      const L = cholesky(randomGram(n, 2 * n + 5, n)).factor;
      for (const cols of [1, 4, 9]) {
        const X = normalMatrix(n, cols, 'X');
        expect(relativeDifference(solveLower(L, matMul(L, X)), X)).to.be.below(1e-11);
        expect(relativeDifference(solveLowerTransposed(L, matMul(transpose(L), X)), X)).to.be.below(1e-11);
      }
      const x = normalMatrix(n, 1, 'x').data;
      closeTo(solveLower(L, matVec(L, x)), x, {rtol: 1e-10, atol: 1e-11});
      closeTo(solveLowerTransposed(L, matVec(transpose(L), x)), x, {rtol: 1e-10, atol: 1e-11});
    }
  });

  it('solve with the factored matrix', () => {
    for (const n of sizes) {
      const A = randomGram(n, 2 * n + 5, n);
      const L = cholesky(A).factor;
      const X = normalMatrix(n, 6, 'X');
      expect(relativeDifference(choleskySolve(L, matMul(A, X)), X)).to.be.below(1e-10);
      const x = normalMatrix(n, 1, 'x').data;
      closeTo(choleskySolve(L, matVec(A, x)), x, {rtol: 1e-9, atol: 1e-10});
    }
  });

  it('invert the factor and the matrix', () => {
    for (const n of sizes) {
      const A = randomGram(n, 2 * n + 5, n);
      const L = cholesky(A).factor;
      const inverse = invertLower(L);
      expect(relativeDifference(matMul(L, inverse), identity(n))).to.be.below(1e-11);
      const whole = choleskyInverse(L);
      expect(relativeDifference(matMul(A, whole), identity(n))).to.be.below(1e-11);
      expect(transpose(whole).data).to.deep.equal(whole.data);
      for (let i = 0; i < n; i++) {
        for (let j = i + 1; j < n; j++) if (inverse.data[i * n + j] !== 0) expect.fail(`element ${i}, ${j} is not 0`);
      }
    }
  });

  it('leave their arguments alone', () => {
    const L = cholesky(randomGram(70, 100)).factor;
    const X = normalMatrix(70, 3);
    const [l, x] = [L.data.slice(), X.data.slice()];
    choleskySolve(L, X);
    choleskySolve(L, X.data.slice(0, 70));
    invertLower(L);
    expect(L.data).to.deep.equal(l);
    expect(X.data).to.deep.equal(x);
  });

  it('refuse shapes that do not fit', () => {
    expect(() => solveLower(matrix(2, 3), new Float64Array(2))).to.throw(
      ShapeError,
      'solveLower: expected L to be square',
    );
    expect(() => solveLower(identity(2), new Float64Array(3))).to.throw(ShapeError, 'solveLower: expected rows of b 2');
    expect(() => solveLowerTransposed(identity(2), matrix(3, 2))).to.throw(ShapeError, 'got 3');
    expect(() => choleskySolve(identity(2), matrix(3, 2))).to.throw(ShapeError, 'got 3');
  });
});
