import {expect} from 'chai';
import {EigenvalueDecomposition, Matrix as MlMatrix} from 'ml-matrix';
import {DataError, ShapeError} from '../../../src/errors.ts';
import {
  eigenvalues,
  eigh,
  fromRows,
  gram,
  identity,
  type Matrix,
  matMul,
  matrix,
  SymmetricEigen,
} from '../../../src/linalg/index.ts';
import {closeTo} from '../../support/close.ts';
import {normalMatrix, randomGram, relativeDifference, withEigenvalues} from './random-matrices.ts';

/** The largest elements of A V - V diag(values), relative to the norm, and of V^T V - I. */
function errors(
  A: Matrix,
  {values, vectors}: {values: Float64Array; vectors: Matrix},
): {residual: number; orthogonality: number} {
  const n = A.rows;
  const norm = values.reduce((s, v) => Math.max(s, Math.abs(v)), 0) || 1;
  const AV = matMul(A, vectors);
  let residual = 0;
  AV.data.forEach((v, i) => {
    residual = Math.max(residual, Math.abs(v - (vectors.data[i] as number) * (values[i % n] as number)) / norm);
  });
  return {residual, orthogonality: relativeDifference(gram(vectors), identity(n))};
}

function checkEigen(A: Matrix, tolerance = 2e-14): void {
  const eigen = eigh(A);
  const {residual, orthogonality} = errors(A, eigen);
  expect(residual, 'residual').to.be.below(tolerance);
  expect(orthogonality, 'orthogonality').to.be.below(tolerance);
  for (let k = 1; k < A.rows; k++)
    expect((eigen.values[k] as number) - (eigen.values[k - 1] as number)).to.be.at.least(0);
}

describe('symmetric eigenproblem', () => {
  it('agrees with ml-matrix, at many sizes', () => {
    for (const n of [1, 2, 3, 4, 5, 6, 9, 17, 32, 33, 34, 35, 64, 100, 129, 300]) {
      const X = normalMatrix(n, n, n);
      const A = matrix(
        n,
        n,
        X.data.map((v, i) => v + (X.data[(i % n) * n + Math.floor(i / n)] as number)),
      );
      const oracle = new EigenvalueDecomposition(MlMatrix.from1DArray(n, n, A.data), {assumeSymmetric: true});
      const expected = Float64Array.from(oracle.realEigenvalues).sort();
      closeTo(eigenvalues(A), expected, {
        rtol: 0,
        atol: 3e-14 * (Math.abs(expected[n - 1] as number) + Math.abs(expected[0] as number)),
      });
      checkEigen(A);
    }
  });

  it('solves a large problem', () => {
    checkEigen(randomGram(400, 500), 5e-14);
  });

  it('gives the eigenvalues of the second difference matrix, known in closed form', () => {
    const n = 120;
    const A = matrix(
      n,
      n,
      Float64Array.from({length: n * n}, (_, i) => {
        const distance = Math.abs(Math.floor(i / n) - (i % n));
        return distance === 0 ? 2 : distance === 1 ? -1 : 0;
      }),
    );
    const expected = Float64Array.from({length: n}, (_, k) => 4 * Math.sin(((k + 1) * Math.PI) / (2 * (n + 1))) ** 2);
    closeTo(eigenvalues(A), expected, {rtol: 0, atol: 1e-14});
    checkEigen(A);
  });

  it('solves matrices with equal, clustered, graded and vanishing eigenvalues', () => {
    const spectra = [
      Array.from({length: 60}, () => 1),
      Array.from({length: 60}, (_, i) => (i < 30 ? 1 : 2)),
      Array.from({length: 60}, (_, i) => 1 + i * 1e-14),
      Array.from({length: 60}, (_, i) => 10 ** (-i / 4)),
      Array.from({length: 60}, (_, i) => (i < 10 ? i + 1 : 0)),
      Array.from({length: 60}, (_, i) => (i % 2 ? 1 : -1) * 10 ** (i / 10)),
    ];
    for (const spectrum of spectra) {
      const A = withEigenvalues(spectrum);
      checkEigen(A);
      const expected = Float64Array.from(spectrum).sort();
      closeTo(eigenvalues(A), expected, {rtol: 0, atol: 2e-14 * Math.max(...spectrum.map(Math.abs))});
    }
  });

  it('takes matrices of any scale', () => {
    for (const scale of [1e-300, 1e-160, 1e150, 1e300]) {
      const A = randomGram(20, 30);
      const scaled = matrix(
        20,
        20,
        A.data.map((v) => v * scale),
      );
      closeTo(
        eigenvalues(scaled),
        eigenvalues(A).map((v) => v * scale),
        {rtol: 1e-11},
      );
      expect(relativeDifference(gram(eigh(scaled).vectors), identity(20))).to.be.below(1e-14);
    }
  });

  it('sets rows without coupling aside exactly', () => {
    const X = normalMatrix(200, 90);
    for (let i = 0; i < X.data.length; i++) if (i % 90 < 20 || i % 90 >= 75 || i % 90 === 40) X.data[i] = 0;
    const A = gram(X);
    A.data[3 * 90 + 3] = 7;
    const {values, vectors} = eigh(A, {relativeFloor: 0});
    expect(values.filter((v) => v === 0).length).to.equal(35);
    expect(values.includes(7)).to.equal(true);
    expect(vectors.data[3 * 90 + values.indexOf(7)]).to.equal(1);
    checkEigen(A);
    checkEigen(identity(5));
    expect(
      Array.from(
        eigenvalues(
          fromRows([
            [3, 0],
            [0, -1],
          ]),
        ),
      ),
    ).to.deep.equal([-1, 3]);
    expect(Array.from(eigenvalues(matrix(4, 4)))).to.deep.equal([0, 0, 0, 0]);
    expect(eigh(matrix(0, 0)).vectors).to.deep.equal(matrix(0, 0));
  });

  it('sets eigenvalues up to a fraction of the largest to 0', () => {
    const A = withEigenvalues([-1e-9, 1e-9, 1e-6, 0.5, 2]);
    closeTo(eigenvalues(A, {relativeFloor: 1e-8}), [0, 0, 1e-6, 0.5, 2], {rtol: 1e-8});
    closeTo(eigh(A, {relativeFloor: 1e-6}).values, [0, 0, 0, 0.5, 2], {rtol: 1e-12});
    expect(Array.from(eigenvalues(withEigenvalues([-2, -1]), {relativeFloor: 0.1}))).to.deep.equal([0, 0]);
  });

  it('clamps negative eigenvalues only where asked', () => {
    const A = withEigenvalues([-1e-3, 0.5, 2]);
    closeTo(eigenvalues(A), [-1e-3, 0.5, 2], {rtol: 1e-12});
    closeTo(eigenvalues(A, {relativeFloor: 0}), [0, 0.5, 2], {rtol: 1e-12});
    const spectrum = eigenvalues(randomGram(60, 20), {relativeFloor: 0});
    expect(spectrum[0]).to.equal(0);
    expect((spectrum[40] as number) > 1).to.equal(true);
  });

  it('has its values ready and the same vectors however late they are read', () => {
    const A = randomGram(50, 60);
    const expected = eigh(A);
    const lazy = new SymmetricEigen(A);
    const values = lazy.values.slice();
    A.data.fill(Number.NaN);
    expect(lazy.vectors.data).to.deep.equal(expected.vectors.data);
    expect(lazy.vectors).to.equal(lazy.vectors);
    expect(lazy.values).to.deep.equal(values);
  });

  it('reads the lower triangle only and leaves its input alone', () => {
    const A = randomGram(37, 50);
    const lower = matrix(
      37,
      37,
      A.data.map((v, i) => (i % 37 > Math.floor(i / 37) ? 99 : v)),
    );
    const before = lower.data.slice();
    expect(eigh(lower)).to.deep.equal(eigh(A));
    expect(lower.data).to.deep.equal(before);
  });

  it('refuses what is not finite or not square', () => {
    expect(() => eigh(fromRows([[Number.NaN]]), {name: 'Kronecker factor'})).to.throw(
      DataError,
      'Kronecker factor, got 1 NaN',
    );
    expect(() => eigenvalues(matrix(2, 3))).to.throw(
      ShapeError,
      'SymmetricEigen: expected the matrix to be square, got 2 x 3',
    );
  });
});
