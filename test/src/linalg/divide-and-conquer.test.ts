import {expect} from 'chai';
import fc from 'fast-check';
import {tridiagonalVectors} from '../../../src/linalg/divide-and-conquer.ts';
import {implicitQL} from '../../../src/linalg/implicit-ql.ts';
import {gram, identity, matrix} from '../../../src/linalg/index.ts';
import {updatedEigen} from '../../../src/linalg/rank-one-update.ts';
import {secularRoot} from '../../../src/linalg/secular-equation.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {relativeDifference} from './random-matrices.ts';

/** The worst residual of T V = V diag(values), relative to the largest value, and the worst of V^T V - I. */
function check(diagonal: number[], coupling: number[]): void {
  const n = diagonal.length;
  const d = Float64Array.from(diagonal);
  const e = Float64Array.from([0, ...coupling]);
  const V = tridiagonalVectors(d, e);
  if (V === undefined) throw new Error('no convergence');
  const values = d.slice();
  expect(implicitQL(values, e)).to.equal(true);
  values.sort();
  const norm = Math.max(Math.abs(values[0] as number), Math.abs(values[n - 1] as number));
  let residual = 0;
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const at = (row: number) => (row >= 0 && row < n ? (V.data[row * n + k] as number) : 0);
      const product = (e[i] as number) * at(i - 1) + (d[i] as number) * at(i) + (e[i + 1] ?? 0) * at(i + 1);
      residual = Math.max(residual, Math.abs(product - (values[k] as number) * at(i)));
    }
  }
  expect(residual / norm, 'residual').to.be.below(5e-15);
  expect(relativeDifference(gram(V), identity(n)), 'orthogonality').to.be.below(1e-14);
}

const range = (n: number, f: (i: number) => number) => Array.from({length: n}, (_, i) => f(i));

describe('divide and conquer', () => {
  it('diagonalizes matrices whose eigenvalues crowd', () => {
    check(
      range(201, (i) => Math.abs(i - 100)),
      range(200, () => 1),
    );
    for (const glue of [1e-4, 1e-8, 1e-12, 1e-16, 0]) {
      check(
        range(105, (i) => Math.abs((i % 21) - 10)),
        range(104, (i) => (i % 21 === 20 ? glue : 1)),
      );
    }
    check(
      range(150, () => 2),
      range(149, () => -1),
    );
    check(
      range(150, () => 0),
      range(149, () => 1),
    );
    check(
      range(150, (i) => 10 ** (-i / 8)),
      range(149, (i) => 10 ** (-i / 8 - 1)),
    );
    check(
      range(150, () => 1),
      range(149, () => 1e-15),
    );
    check(
      range(150, (i) => i),
      range(149, () => 0),
    );
    check(
      range(33, () => 1),
      range(32, (i) => (i === 15 ? 0 : -0.5)),
    );
  });

  it('diagonalizes random matrices of every size around the leaves', () => {
    for (const n of [31, 32, 33, 34, 63, 64, 65, 66, 97, 128, 129, 130]) {
      const rng = createRng(n);
      check(Array.from(rng.normals(n)), Array.from(rng.normals(n - 1)));
    }
  });
});

describe('rank-one update', () => {
  const problems = fc.record({
    k: fc.integer({min: 1, max: 12}),
    rho: fc.constantFrom(1e-8, 0.01, 1, 50),
    spread: fc.constantFrom(1e-10, 1e-3, 1),
    seed: fc.nat(1000),
  });
  const settings = {seed: 4, numRuns: 200};

  const draw = ({k, spread, seed}: {k: number; spread: number; seed: number}) => {
    const rng = createRng(seed);
    const gaps = rng.uniforms(k);
    let pole = -1;
    const poles = gaps.map((gap) => (pole += spread * (gap + 0.01)));
    const z = rng.normals(k).map((v) => v + Math.sign(v) * 0.01);
    return {poles, z};
  };

  it('has one root between each two poles, where the secular function changes sign', () => {
    fc.assert(
      fc.property(problems, ({rho, ...rest}) => {
        const {poles, z} = draw(rest);
        const k = poles.length;
        for (let j = 0; j < k; j++) {
          const {origin, distance} = secularRoot(poles, z, rho, j);
          const base = poles[origin] as number;
          const at = (x: number) => z.reduce((s, zi, i) => s + (zi * zi) / ((poles[i] as number) - base - x), 1 / rho);
          const step = Math.abs(distance) * 1e-12;
          expect(origin === j ? distance > 0 : origin === j + 1 && distance < 0).to.equal(true);
          expect(at(distance - step) <= 0 && at(distance + step) >= 0, `root ${j}`).to.equal(true);
        }
      }),
      settings,
    );
  });

  it('diagonalizes with orthonormal vectors, however close the poles', () => {
    fc.assert(
      fc.property(problems, ({rho, ...rest}) => {
        const {poles, z} = draw(rest);
        const k = poles.length;
        const {values, rows} = updatedEigen(poles, z, rho);
        const columns = matrix(
          k,
          k,
          rows.data.map((_, i) => rows.data[(i % k) * k + Math.floor(i / k)] as number),
        );
        expect(relativeDifference(gram(columns), identity(k))).to.be.below(2e-14);
        const norm = Math.max(...values.map(Math.abs), 1);
        for (let j = 0; j < k; j++) {
          const v = rows.data.subarray(j * k, (j + 1) * k);
          const inner = v.reduce((s, x, i) => s + x * (z[i] as number), 0);
          const residual = v.map((x, i) => (poles[i] as number) * x + rho * (z[i] as number) * inner);
          closeTo(
            residual,
            v.map((x) => x * (values[j] as number)),
            {rtol: 0, atol: 2e-14 * norm * k},
          );
        }
      }),
      settings,
    );
  });
});
