import {expect} from 'chai';
import {CholeskyDecomposition, Matrix as MlMatrix} from 'ml-matrix';
import {DataError, NotPositiveDefiniteError, ShapeError} from '../../../src/errors.ts';
import {cholesky, fromRows, identity, logDeterminant, matMul, matrix, transpose} from '../../../src/linalg/index.ts';
import {onWarning} from '../../../src/warn.ts';
import {closeTo} from '../../support/close.ts';
import {randomGram, relativeDifference, withEigenvalues} from './random-matrices.ts';

describe('cholesky', () => {
  it('agrees with ml-matrix and gives the matrix back, at sizes around the blocks', () => {
    for (const n of [1, 2, 3, 4, 5, 7, 31, 63, 64, 65, 67, 128, 131, 200, 333, 600]) {
      const A = randomGram(n, n + 20, n);
      const {factor, jitter} = cholesky(A);
      expect(jitter).to.equal(0);
      const oracle = new CholeskyDecomposition(MlMatrix.from1DArray(n, n, A.data)).lowerTriangularMatrix.to1DArray();
      expect(relativeDifference(factor, matrix(n, n, Float64Array.from(oracle)))).to.be.below(1e-11);
      expect(relativeDifference(matMul(factor, transpose(factor)), A)).to.be.below(1e-14 * (n + 10));
      for (let i = 0; i < n; i++) {
        for (let j = i + 1; j < n; j++) if (factor.data[i * n + j] !== 0) expect.fail(`element ${i}, ${j} is not 0`);
      }
    }
  });

  it('reads the lower triangle only and leaves its input alone', () => {
    const A = randomGram(70, 90);
    const expected = cholesky(A).factor;
    const lower = matrix(
      70,
      70,
      A.data.map((v, i) => (i % 70 > Math.floor(i / 70) ? 123 : v)),
    );
    const before = lower.data.slice();
    expect(cholesky(lower).factor.data).to.deep.equal(expected.data);
    expect(lower.data).to.deep.equal(before);
  });

  it('gives log-determinants far beyond the range of the determinant', () => {
    const values = Array.from({length: 150}, (_, i) => 10 ** (-6 + i / 15));
    const expected = values.reduce((s, v) => s + Math.log(v), 0);
    closeTo(logDeterminant(cholesky(withEigenvalues(values)).factor), expected, {rtol: 1e-6});
    closeTo(
      logDeterminant(
        cholesky(
          matrix(
            300,
            300,
            identity(300).data.map((v) => v * 1e9),
          ),
        ).factor,
      ),
      300 * Math.log(1e9),
    );
  });

  it('keeps a small residual for condition numbers up to 1e12', () => {
    const A = withEigenvalues(Array.from({length: 130}, (_, i) => 10 ** (-12 * (i / 129))));
    const {factor, jitter} = cholesky(A);
    expect(jitter).to.equal(0);
    expect(relativeDifference(matMul(factor, transpose(factor)), A)).to.be.below(1e-14);
  });

  it('adds the smallest tenfold jitter that helps, and warns once', () => {
    const messages: string[] = [];
    const restore = onWarning((message) => messages.push(message));
    try {
      const n = 80;
      const A = withEigenvalues(Array.from({length: n}, (_, i) => (i === 0 ? -3e-8 : 1)));
      const meanDiagonal = (n - 1) / n;
      const {factor, jitter} = cholesky(A, {name: 'curvature'});
      closeTo(jitter, 1e-7 * meanDiagonal, {rtol: 1e-6});
      const shifted = matrix(
        n,
        n,
        A.data.map((v, i) => v + (i % (n + 1) === 0 ? jitter : 0)),
      );
      expect(relativeDifference(matMul(factor, transpose(factor)), shifted)).to.be.below(1e-13);
      cholesky(A, {name: 'curvature'});
      expect(messages).to.deep.equal([
        'cholesky: the curvature is not positive definite; added 1e-7 of its mean diagonal to the diagonal.',
      ]);
    } finally {
      restore();
    }
  });

  it('factors a rank-deficient gram matrix with little jitter', () => {
    const restore = onWarning(() => {});
    try {
      const {factor, jitter} = cholesky(randomGram(100, 30));
      expect(jitter / 30).to.be.within(0.5e-10, 2e-9);
      expect(factor.data.every(Number.isFinite)).to.equal(true);
    } finally {
      restore();
    }
  });

  it('names the matrix and the jitter when nothing helps', () => {
    const A = withEigenvalues(Array.from({length: 20}, (_, i) => (i === 0 ? -1 : 2)));
    try {
      cholesky(A, {name: 'posterior precision'});
      expect.fail('no error');
    } catch (error) {
      const caught = error as NotPositiveDefiniteError;
      expect(caught).to.be.instanceOf(NotPositiveDefiniteError);
      expect(caught.matrixName).to.equal('posterior precision');
      closeTo(caught.jitter, (1e-4 * 37) / 20, {rtol: 1e-6});
      expect(caught.message).to.match(
        /^cholesky: expected the posterior precision \(20 x 20\) to be positive definite/,
      );
    }
    expect(() => cholesky(A, {maxJitter: 0})).to.throw(NotPositiveDefiniteError, 'even with 0 on the diagonal');
    expect(() => cholesky(fromRows([[-1]]))).to.throw(NotPositiveDefiniteError);
    expect(() => cholesky(matrix(3, 3))).to.throw(NotPositiveDefiniteError);
  });

  it('counts what is not finite, and refuses what is not square', () => {
    const A = fromRows([
      [1, Number.NaN, 0],
      [Number.POSITIVE_INFINITY, 1, 0],
      [0, 0, 1],
    ]);
    expect(() => cholesky(A, {name: 'covariance'})).to.throw(
      DataError,
      'in the covariance, got 2 NaN or infinite of 9',
    );
    expect(() => cholesky(matrix(2, 3))).to.throw(ShapeError, 'cholesky: expected the matrix to be square, got 2 x 3');
  });

  it('takes the empty matrix', () => {
    expect(logDeterminant(cholesky(matrix(0, 0)).factor)).to.equal(0);
  });
});
