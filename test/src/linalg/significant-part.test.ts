import {expect} from 'chai';
import {ConfigError, DataError, ShapeError} from '../../../src/errors.ts';
import {eigenvalues, gram, type Matrix, matMul, matrix, significantPart} from '../../../src/linalg/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {normalMatrix, randomGram, relativeDifference} from './random-matrices.ts';

const NOISE = 2 ** -20;

/** X^T X of the given rank whose columns have these scales, and the same as a float32 product would give it. */
function lowRank(n: number, rank: number, scale: (i: number) => number): {exact: Matrix; rounded: Matrix} {
  const X = matMul(normalMatrix(3 * n, rank, 1), normalMatrix(rank, n, 2));
  X.data.forEach((value, i) => {
    X.data[i] = value * scale(i % n);
  });
  const exact = gram(X);
  const errors = createRng(5).normals(n * n);
  const rounded = matrix(n, n, exact.data.slice());
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const size = Math.sqrt((exact.data[i * n + i] as number) * (exact.data[j * n + j] as number));
      const value = (exact.data[i * n + j] as number) + 2 ** -24 * size * (errors[i * n + j] as number);
      rounded.data[i * n + j] = rounded.data[j * n + i] = value;
    }
  }
  return {exact, rounded};
}

describe('significant part of a semidefinite matrix', () => {
  for (const [n, rank] of [
    [5, 2],
    [64, 10],
    [150, 64],
    [150, 100],
    [200, 1],
  ] as const) {
    it(`has the rank of the exact matrix, ${rank} of ${n}`, () => {
      const {exact, rounded} = lowRank(n, rank, () => 1);
      expect(eigenvalues(rounded)[0] as number, 'noise').to.be.below(-1e-9 * (eigenvalues(exact)[n - 1] as number));
      const part = significantPart(rounded, {noise: NOISE});
      const values = eigenvalues(part);
      closeTo(values.subarray(0, n - rank), new Float64Array(n - rank), {atol: 1e-14 * (values[n - 1] as number) * n});
      closeTo(values.subarray(n - rank), eigenvalues(exact).subarray(n - rank), {rtol: 1e-4});
      expect(relativeDifference(part, exact)).to.be.below(1e-5);
    });
  }

  it('keeps the small rows of matrices whose rows have very different scales', () => {
    const {exact, rounded} = lowRank(6, 3, (i) => 10 ** -i);
    const part = significantPart(rounded, {noise: NOISE});
    for (let i = 0; i < 36; i++) {
      closeTo([part.data[i] as number], [exact.data[i] as number], {
        atol: 2e-6 * Math.sqrt((exact.data[7 * (i % 6)] as number) * (exact.data[7 * Math.floor(i / 6)] as number)),
      });
    }
    const scaled = part.data.map((v, i) => v * 10 ** ((i % 6) + Math.floor(i / 6)));
    const values = eigenvalues(matrix(6, 6, scaled));
    expect(Array.from(values, (v) => v > 1e-3 * (values[5] as number))).to.deep.equal([
      false,
      false,
      false,
      true,
      true,
      true,
    ]);
  });

  it('is the matrix itself where nothing is lost in noise', () => {
    for (const n of [1, 4, 63, 64, 65, 130]) {
      const A = randomGram(n, 3 * n);
      expect(significantPart(A, {noise: NOISE})).to.equal(A);
    }
    const diagonal = matrix(3, 3, Float64Array.of(1, 0, 0, 0, 1e-20, 0, 0, 0, 1e20));
    expect(significantPart(diagonal, {noise: NOISE})).to.equal(diagonal);
  });

  it('takes what rounding has pushed below zero as the measure of the noise', () => {
    const {exact, rounded} = lowRank(64, 10, () => 1);
    const louder = exact.data.map((value, i) => value + 300 * ((rounded.data[i] as number) - value));
    const values = eigenvalues(significantPart(matrix(64, 64, louder), {noise: NOISE}));
    expect(values.filter((value) => value > 1e-10 * (values[63] as number)).length).to.equal(10);
  });

  it('has no rows where the matrix has none, and leaves its input alone', () => {
    const {rounded} = lowRank(5, 2, (i) => (i === 3 ? 0 : 1));
    const before = rounded.data.slice();
    const part = significantPart(rounded, {noise: NOISE});
    expect(rounded.data).to.deep.equal(before);
    expect(Array.from(part.data.subarray(15, 20))).to.deep.equal([0, 0, 0, 0, 0]);
    expect(Array.from(significantPart(matrix(2, 2), {noise: NOISE}).data)).to.deep.equal([0, 0, 0, 0]);
    expect(significantPart(matrix(0, 0), {noise: NOISE}).rows).to.equal(0);
  });

  it('refuses what is not finite or not square, and a noise that is none', () => {
    expect(() => significantPart(matrix(1, 1, Float64Array.of(Number.NaN)), {noise: 0, name: 'factor'})).to.throw(
      DataError,
      'significantPart: expected finite numbers in the factor',
    );
    expect(() => significantPart(matrix(2, 3), {noise: 0})).to.throw(ShapeError, 'expected the matrix to be square');
    expect(() => significantPart(matrix(1, 1), {noise: 1})).to.throw(ConfigError, 'expected noise from 0 to below 1');
  });
});
