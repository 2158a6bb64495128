import {readFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers gradients
import {expect} from 'chai';
import * as distributions from '../../../src/distributions/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';

interface Case {
  readonly name: keyof typeof SCALAR;
  readonly arguments: number[];
  readonly values: number[];
  readonly logProb: (number | null)[];
}

const SCALAR = {
  normal: distributions.normal,
  halfNormal: distributions.halfNormal,
  logNormal: distributions.logNormal,
  laplaceDistribution: distributions.laplaceDistribution,
  cauchy: distributions.cauchy,
  halfCauchy: distributions.halfCauchy,
  studentTDistribution: distributions.studentTDistribution,
  gamma: distributions.gamma,
  inverseGamma: distributions.inverseGamma,
  exponential: distributions.exponential,
  beta: distributions.beta,
  uniform: distributions.uniform,
  bernoulliDistribution: distributions.bernoulliDistribution,
  binomial: distributions.binomial,
  poissonDistribution: distributions.poissonDistribution,
  negativeBinomial: distributions.negativeBinomial,
  generalizedExtremeValue: distributions.generalizedExtremeValue,
};

const fixture = JSON.parse(readFileSync(new URL('fixtures/densities.json', import.meta.url), 'utf8')) as {
  cases: Case[];
  truncated: {options: distributions.TruncatedNormalOptions; values: number[]; logProb: number[]}[];
  multivariateNormal: {mean: number[]; covariance: number[][]; values: number[][]; logProb: number[]};
  dirichlet: {concentration: number[]; values: number[][]; logProb: number[]};
};

async function logProb(distribution: distributions.Distribution, values: number[] | number[][]): Promise<number[]> {
  const density = tf.tidy(() => distribution.logProb(tf.tensor(values)));
  const result = Array.from(await density.data());
  density.dispose();
  return result;
}

/** The largest error in units of 1e-4, or of a float32 rounding of a large value. */
function largestError(actual: readonly number[], expected: readonly number[]): number {
  return Math.max(
    ...expected.map((value, i) => Math.abs((actual[i] as number) - value) / Math.max(1e-4, 1e-6 * Math.abs(value))),
  );
}

describe('log densities', () => {
  for (const {name, arguments: given, values, logProb: expected} of fixture.cases) {
    it(`of ${name}(${given.join(', ')}) are those of SciPy`, async () => {
      const make = SCALAR[name] as (...parameters: number[]) => distributions.Distribution;
      const actual = await expectNoLeak(() => logProb(make(...given), values));
      closeTo(
        actual,
        expected.map((value) => value ?? -Infinity),
        {rtol: 3e-6, atol: 2e-6},
      );
      if (name === 'uniform' || name === 'binomial') return; // their bounds are plain numbers
      const tensors = given.map((value) => tf.tensor2d([[value], [value]]));
      const batched = (make as unknown as (...parameters: tf.Tensor[]) => distributions.Distribution)(...tensors);
      expect(batched.batchShape).to.deep.equal([2, 1]);
      closeTo((await logProb(batched, values)).slice(values.length), actual, {rtol: 1e-6, atol: 1e-6});
      tf.dispose(tensors);
    });
  }

  it('of truncated normals are those of SciPy, also far in the tails', async () => {
    for (const {options, values, logProb: expected} of fixture.truncated) {
      closeTo(await logProb(distributions.truncatedNormal(options), values), expected, {rtol: 1e-5, atol: 1e-5});
    }
    expect(() => distributions.truncatedNormal({low: 1, high: 0})).to.throw(/low < high/);
  });

  it('of vectors are those of SciPy', async () => {
    const {mean, covariance, values, logProb: expected} = fixture.multivariateNormal;
    const [m, c] = [tf.tensor1d(mean), tf.tensor2d(covariance)];
    closeTo(await logProb(distributions.multivariateNormal(m, c), values), expected, {rtol: 3e-6});
    const d = fixture.dirichlet;
    const concentration = tf.tensor1d(d.concentration);
    closeTo(await logProb(distributions.dirichlet(concentration), d.values), d.logProb, {rtol: 1e-5});
    const logits = tf.tensor1d([0, Math.log(2), Math.log(5)]);
    const classes = await logProb(distributions.categoricalDistribution(logits), [0, 2, 3]);
    closeTo(classes, [Math.log(1 / 8), Math.log(5 / 8), -Infinity], {rtol: 1e-6});
    tf.dispose([m, c, concentration, logits]);
  });

  it('take whole numbers and truth values', async () => {
    const {bernoulliDistribution, normal, poissonDistribution} = distributions;
    const given: [distributions.Distribution, tf.Tensor][] = [
      [bernoulliDistribution(0.8), tf.tensor1d([0, 1], 'int32')],
      [bernoulliDistribution(0.8), tf.tensor1d([false, true], 'bool')],
      [poissonDistribution(2), tf.tensor1d([0, 7], 'int32')],
      [normal(0, 2), tf.tensor1d([-1, 3], 'int32')],
    ];
    for (const [distribution, value] of given) {
      const expected = await logProb(distribution, Array.from(await value.data(), Number));
      for (const density of [distribution.logProb(value), distribution.logProbInside(value)]) {
        closeTo(await density.data(), expected, {rtol: 1e-6});
        density.dispose();
      }
      value.dispose();
    }
  });

  it('of a negative binomial keep their digits towards Poisson', async () => {
    const counts = [0, 1, 3, 12, 60, 400];
    for (const c of [8, 100, 1e4, 1e6]) {
      for (const m of [0.5, 4.2, 300]) {
        const expected = counts.map((y) => {
          let sum = y * Math.log(m / (c + m)) - c * Math.log1p(m / c);
          for (let k = 0; k < y; k++) sum += Math.log((c + k) / (k + 1));
          return sum;
        });
        const label = `mean ${m}, concentration ${c}`;
        const plain = await logProb(distributions.negativeBinomial(m, c), counts);
        expect(largestError(plain, expected), label).to.be.below(1);
        const pair = tf.tensor2d([[c], [2]]);
        const batched = await logProb(distributions.negativeBinomial(m, pair), counts);
        expect(largestError(batched.slice(0, counts.length), expected), label).to.be.below(1);
        const others = await logProb(distributions.negativeBinomial(m, 2), counts);
        closeTo(batched.slice(counts.length), others, {rtol: 1e-6, atol: 1e-6});
        pair.dispose();
      }
    }
  });

  it('of a negative binomial have finite slopes on both sides of a concentration of 8', async () => {
    const y = tf.tensor1d([5, 5, 5, 5]);
    const concentration = tf.tensor1d([0.5, 7.9, 8.1, 1e12]);
    const slopes = tf.tidy(() =>
      tf.grad((c: tf.Tensor) => tf.sum(distributions.negativeBinomial(4, c).logProb(y)))(concentration),
    );
    const slopeAt = (c: number) => {
      let sum = Math.log(c / (c + 4)) + 4 / (c + 4) - 5 / (c + 4);
      for (let k = 0; k < 5; k++) sum += 1 / (c + k);
      return sum;
    };
    closeTo(await slopes.data(), [slopeAt(0.5), slopeAt(7.9), slopeAt(8.1), 0], {rtol: 1e-3, atol: 1e-6});
    tf.dispose([y, concentration, slopes]);
  });

  it('of a category with a logit of -Infinity are -Infinity, the others finite with finite slopes', async () => {
    const logits = tf.tensor1d([0, -Infinity, 0]);
    const distribution = distributions.categoricalDistribution(logits);
    closeTo(await logProb(distribution, [0, 1, 2]), [-Math.LN2, -Infinity, -Math.LN2], {rtol: 1e-6});
    const value = tf.tensor1d([2]);
    const slopes = tf.tidy(() =>
      tf.grad((given: tf.Tensor) => tf.sum(distributions.categoricalDistribution(given).logProb(value)))(logits),
    );
    closeTo(await slopes.data(), [-0.5, 0, 0.5], {atol: 1e-6});
    tf.dispose([logits, value, slopes]);
  });

  it('are -Infinity without a gradient outside the support', async () => {
    const outside: [distributions.Distribution, number][] = [
      [distributions.gamma(2, 1), -1],
      [distributions.beta(2, 2), 1.5],
      [distributions.halfNormal(1), -0.1],
      [distributions.generalizedExtremeValue(0, 1, 0.5), -3],
      [distributions.truncatedNormal({low: 0}), -1],
    ];
    expect((await logProb(distributions.poissonDistribution(2), [1.5]))[0]).to.equal(-Infinity);
    for (const [distribution, value] of outside) {
      expect((await logProb(distribution, [value]))[0], distribution.name).to.equal(-Infinity);
      const slope = tf.tidy(() => tf.grad((x: tf.Tensor) => tf.sum(distribution.logProb(x)))(tf.tensor1d([value])));
      expect((await slope.data())[0], distribution.name).to.equal(0);
      slope.dispose();
    }
  });
});

describe('normal', () => {
  it('has the gradients of its formula where parameters broadcast', async () => {
    const given: [tf.Tensor, tf.Tensor, tf.Tensor] = [
      tf.tensor2d([[0.2, -1, 3]]),
      tf.tensor2d([[0.5], [-0.3]]),
      tf.tensor1d([0.7, 1.5, 2]),
    ];
    const weights = tf.tensor2d([
      [1, 0.5, -2],
      [0.3, 2, 1],
    ]);
    const ours = (x: tf.Tensor, loc: tf.Tensor, scale: tf.Tensor) =>
      tf.sum(tf.mul(distributions.normal(loc, scale).logProb(x), weights));
    const formula = (x: tf.Tensor, loc: tf.Tensor, scale: tf.Tensor) => {
      const z = tf.div(tf.sub(x, loc), scale);
      return tf.sum(tf.mul(tf.sub(tf.mul(tf.square(z), -0.5), tf.log(scale)), weights));
    };
    const slopes = tf.tidy(() => [tf.grads(ours)(given), tf.grads(formula)(given)] as const);
    for (const i of [0, 1, 2]) {
      const [own, expected] = [slopes[0][i] as tf.Tensor, slopes[1][i] as tf.Tensor];
      expect(own.shape).to.deep.equal(given[i]?.shape);
      closeTo(await own.data(), await expected.data(), {rtol: 1e-5, atol: 1e-6});
    }
    tf.dispose([...given, weights, ...slopes[0], ...slopes[1]]);
  });
});

describe('choleskyTensor', () => {
  const matrices = [
    [
      [4, 2, 0.5],
      [2, 5, 1],
      [0.5, 1, 3],
    ],
    [
      [1, 0.9, 0],
      [0.9, 1, 0.1],
      [0, 0.1, 2],
    ],
  ];

  it('factors a batch', async () => {
    const product = tf.tidy(() => {
      const factor = distributions.choleskyTensor(tf.tensor3d(matrices));
      return tf.matMul(factor, factor, false, true);
    });
    closeTo(await product.data(), matrices.flat(2), {rtol: 1e-6, atol: 1e-6});
    product.dispose();
    expect(() => distributions.choleskyTensor(tf.zeros([2, 3]))).to.throw(/square/);
  });

  it('has the gradient of finite differences', async () => {
    const weights = [1, 0.3, -0.5, 0.7, 1.1, 0.2, -0.4, 0.6, 0.9];
    const value = (entries: number[]) =>
      tf.tidy(() => {
        const factor = distributions.choleskyTensor(tf.tensor3d(entries, [1, 3, 3]));
        return tf.sum(tf.mul(factor, tf.tensor3d(weights, [1, 3, 3])));
      });
    const first = (matrices[0] as number[][]).flat();
    const gradient = tf.tidy(() =>
      tf.grad((A: tf.Tensor) => tf.sum(tf.mul(distributions.choleskyTensor(A), tf.tensor3d(weights, [1, 3, 3]))))(
        tf.tensor3d(first, [1, 3, 3]),
      ),
    );
    const slopes = await gradient.data();
    for (const [i, j] of [
      [0, 0],
      [1, 0],
      [2, 1],
      [2, 2],
    ] as const) {
      const moved = (by: number) => first.map((entry, k) => entry + (k === 3 * i + j || k === 3 * j + i ? by : 0));
      const [up, down] = [value(moved(0.02)), value(moved(-0.02))];
      const numeric = (((await up.data())[0] as number) - ((await down.data())[0] as number)) / 0.04;
      const analytic = (slopes[3 * i + j] as number) + (i === j ? 0 : (slopes[3 * j + i] as number));
      closeTo(analytic, numeric, {rtol: 1e-3, atol: 1e-3});
      tf.dispose([up, down]);
    }
    gradient.dispose();
  });

  it('serves the density of a multivariate normal with the same gradient as the factor', async () => {
    const y = tf.tensor2d([[0.3, -1, 0.5]]);
    const density = (A: tf.Tensor) => tf.sum(distributions.multivariateNormal(tf.zeros([3]), A).logProb(y));
    const byFactor = (A: tf.Tensor) => {
      const L = distributions.choleskyTensor(A);
      const rows = tf.unstack(tf.squeeze(L, [0]), 0);
      const whitened: tf.Tensor[] = [];
      rows.forEach((row, i) => {
        const entry = (j: number) => tf.slice(row, [j], [1]);
        const known = whitened.map((z, j) => tf.mul(z, entry(j)));
        const left = tf.sub(tf.slice(tf.squeeze(y, [0]), [i], [1]), known.length ? tf.addN(known) : tf.zeros([1]));
        whitened.push(tf.div(left, entry(i)));
      });
      const diagonal = tf.sum(tf.mul(L, tf.eye(3)), -1);
      return tf.sub(tf.mul(tf.sum(tf.square(tf.concat(whitened))), -0.5), tf.sum(tf.log(diagonal)));
    };
    const at = tf.tensor3d([matrices[0] as number[][]]);
    const [ours, theirs] = tf.tidy(() => [tf.grad(density)(at), tf.grad(byFactor as typeof density)(at)] as const);
    const symmetric = await Promise.all([ours.data(), theirs.data()]);
    closeTo(symmetric[0], symmetric[1], {rtol: 1e-4, atol: 1e-5});
    tf.dispose([y, at, ours, theirs]);
  });
});
