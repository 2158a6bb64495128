import {expect} from 'chai';
import fc from 'fast-check';
import {ConfigError, NotPositiveDefiniteError, ShapeError} from '../../../src/errors.ts';
import {
  cholesky,
  eigh,
  kroneckerEigen,
  logDeterminant,
  type Matrix,
  matMul,
  matrix,
  matVec,
  type Power,
  SymmetricEigen,
} from '../../../src/linalg/index.ts';
import {closeTo} from '../../support/close.ts';
import {normalMatrix, randomGram, relativeDifference} from './random-matrices.ts';

/** scale A (x) B + shift I, element by element. */
function denseKronecker(A: Matrix, B: Matrix, scale = 1, shift = 0): Matrix {
  const n = A.rows * B.rows;
  const K = matrix(n, n);
  for (let r = 0; r < n; r++) {
    for (let c = 0; c < n; c++) {
      const a = A.data[Math.floor(r / B.rows) * A.rows + Math.floor(c / B.rows)] as number;
      const b = B.data[(r % B.rows) * B.rows + (c % B.rows)] as number;
      K.data[r * n + c] = scale * a * b + (r === c ? shift : 0);
    }
  }
  return K;
}

const cases = fc.record({
  a: fc.integer({min: 1, max: 6}),
  b: fc.integer({min: 1, max: 6}),
  scale: fc.constantFrom(0.25, 1, 40),
  shift: fc.constantFrom(0.1, 1, 30),
  seed: fc.integer({min: 0, max: 1000}),
});
const settings = {seed: 3, numRuns: 40};

describe('kroneckerEigen', () => {
  it('has the powers of the dense matrix', () => {
    fc.assert(
      fc.property(cases, ({a, b, scale, shift, seed}) => {
        const [A, B] = [randomGram(a, a + 2, `A${seed}`), randomGram(b, b + 2, `B${seed}`)];
        const K = kroneckerEigen(eigh(A), eigh(B));
        const spectrum = (power: Power) => ({scale, shift, power});
        const dense = denseKronecker(A, B, scale, shift);
        expect(K.order).to.equal(a * b);
        expect(relativeDifference(K.dense(spectrum(1)), dense)).to.be.below(1e-12);
        const unit = denseKronecker(A, B, 0, 1);
        expect(relativeDifference(matMul(K.dense(spectrum(-1)), dense), unit)).to.be.below(1e-10);
        const root = K.dense(spectrum(0.5));
        expect(relativeDifference(matMul(root, root), dense)).to.be.below(1e-12);
        expect(relativeDifference(matMul(root, K.dense(spectrum(-0.5))), unit)).to.be.below(1e-10);
        for (const power of [-1, -0.5, 0.5, 1] as const) {
          const whole = K.dense(spectrum(power));
          const x = normalMatrix(a * b, 1, seed).data;
          const size = whole.data.reduce((s, v) => Math.max(s, Math.abs(v)), 0);
          closeTo(K.multiply(x, spectrum(power)), matVec(whole, x), {rtol: 1e-12, atol: 1e-12 * size});
          const diagonal = x.map((_, i) => whole.data[i * (a * b + 1)] as number);
          closeTo(K.diagonal(spectrum(power)), diagonal, {rtol: 1e-12, atol: 1e-14 * size});
        }
      }),
      settings,
    );
  });

  it('has the log-determinant of the dense matrix', () => {
    fc.assert(
      fc.property(cases, ({a, b, scale, shift, seed}) => {
        const [A, B] = [randomGram(a, 3, `A${seed}`), randomGram(b, 3, `B${seed}`)];
        const K = kroneckerEigen(new SymmetricEigen(A, {relativeFloor: 0}), new SymmetricEigen(B, {relativeFloor: 0}));
        const expected = logDeterminant(cholesky(denseKronecker(A, B, scale, shift)).factor);
        closeTo(K.logDeterminant(scale, shift), expected, {rtol: 1e-11, atol: 1e-11});
      }),
      settings,
    );
  });

  it('keeps the log-determinant where the determinant would overflow or underflow', () => {
    const part = (values: number[]) => ({values: Float64Array.from(values), vectors: matrix(0, 0)});
    const many = Array.from({length: 40}, (_, i) => 10 ** (i - 20));
    let expected = 0;
    for (const x of many) for (const y of many) expected += Math.log(3 * x * y + 1e-9);
    closeTo(kroneckerEigen(part(many), part(many)).logDeterminant(3, 1e-9), expected, {rtol: 1e-13});
    const extremes = kroneckerEigen(part([1e-150, 1e150]), part([1e-100, 1e100]));
    closeTo(extremes.logDeterminant(1e10, 0), 4 * Math.log(1e10), {rtol: 1e-13});
  });

  it('multiplies every row of a matrix of vectors', () => {
    const K = kroneckerEigen(eigh(randomGram(5, 9, 'A')), eigh(randomGram(3, 9, 'B')));
    const X = normalMatrix(4, 15);
    const result = K.multiply(X, {shift: 2, power: -0.5});
    for (let s = 0; s < 4; s++) {
      const one = K.multiply(X.data.slice(s * 15, (s + 1) * 15), {shift: 2, power: -0.5});
      closeTo(result.data.slice(s * 15, (s + 1) * 15), one, {rtol: 1e-13, atol: 1e-15});
    }
  });

  it('refuses vectors of another order, other powers, and what is not positive definite', () => {
    const K = kroneckerEigen(eigh(matrix(2, 2)), eigh(randomGram(3, 5)));
    expect(() => K.multiply(new Float64Array(5))).to.throw(
      ShapeError,
      'multiply: expected elements per vector 6, got 5',
    );
    expect(() => K.logDeterminant()).to.throw(NotPositiveDefiniteError, 'logDeterminant: expected 1 A (x) B + 0 I');
    expect(() => K.multiply(new Float64Array(6), {power: -1})).to.throw(NotPositiveDefiniteError, 'multiply');
    expect(() => K.diagonal({power: 0.5, shift: -1})).to.throw(NotPositiveDefiniteError, 'diagonal');
    expect(() => K.diagonal({power: 2 as Power})).to.throw(ConfigError, 'expected power -1, -0.5, 0.5 or 1, got 2');
    expect(K.dense({power: 0.5}).data.every((v) => v === 0)).to.equal(true);
  });
});
