import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {ConfigError} from '../../../src/errors.ts';
import {gaussian} from '../../../src/likelihoods/index.ts';
import {
  concatPredictives,
  GaussianPredictive,
  MixturePredictive,
  type Predictive,
  RecalibratedPredictive,
} from '../../../src/predictive/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';

const map = {x: [0, 0.1, 0.4, 0.8, 1], y: [0, 0.25, 0.5, 0.7, 1]};

function bases(): Record<'gaussian' | 'mixture', GaussianPredictive | MixturePredictive> {
  return {
    gaussian: new GaussianPredictive({
      mean: tf.tensor2d([[1], [-2]]),
      epistemicVariance: tf.tensor2d([[0.5], [1]]),
      aleatoricVariance: tf.tensor2d([[0.25], [3]]),
    }),
    mixture: new MixturePredictive({
      means: tf.tensor3d([
        [[0], [-3]],
        [[2], [-1]],
        [[2.5], [4]],
      ]),
      variances: tf.tensor3d([[[0.5]], [[1]], [[0.25]]]),
      weights: tf.tensor1d([0.5, 0.3, 0.2]),
    }),
  };
}

/** Values of a fine grid and the density of the first example there. */
async function densityOnGrid(
  predictive: Predictive,
): Promise<{grid: Float64Array; density: Float64Array; step: number}> {
  const [from, to, n] = [-9, 11, 20001];
  const step = (to - from) / (n - 1);
  const grid = Float64Array.from({length: n}, (_, i) => from + i * step);
  const wide = predictive as RecalibratedPredictive;
  const repeated = RecalibratedPredictive.of(repeat(wide.base, n), wide.map);
  const y = tf.tensor2d(Float32Array.from(grid), [n, 1]);
  const logProb = repeated.logProb(y);
  const density = Float64Array.from(await logProb.data(), Math.exp);
  tf.dispose([y, logProb]);
  repeated.dispose();
  return {grid, density, step};
}

function repeat(base: GaussianPredictive | MixturePredictive, n: number): GaussianPredictive | MixturePredictive {
  const rows = (tensor: tf.Tensor, axis: number): tf.Tensor =>
    tf.tidy(() => {
      const origin = tensor.shape.map(() => 0);
      const size = tensor.shape.map((length, i) => (i === axis ? 1 : length));
      const reps = tensor.shape.map((_, i) => (i === axis ? n : 1));
      return tf.tile(tf.slice(tensor, origin, size), reps);
    });
  if (base instanceof GaussianPredictive) {
    return new GaussianPredictive({
      mean: rows(base.mean, 0),
      epistemicVariance: rows(base.epistemicVariance, 0),
      aleatoricVariance: rows(base.aleatoricVariance, 0),
    });
  }
  return new MixturePredictive({
    means: rows(base.means, 1),
    variances: tf.clone(base.variances),
    weights: tf.clone(base.weights),
  });
}

describe('RecalibratedPredictive', () => {
  for (const kind of ['gaussian', 'mixture'] as const) {
    it(`has the mean, variance, cdf, quantiles and CRPS of its own density, from a ${kind}`, () =>
      expectNoLeak(async () => {
        const all = bases();
        const predictive = RecalibratedPredictive.of(all[kind], map);
        all[kind === 'gaussian' ? 'mixture' : 'gaussian'].dispose();
        const {grid, density, step} = await densityOnGrid(predictive);
        const integral = (f: (v: number) => number): number =>
          step * density.reduce((sum, p, i) => sum + p * f(grid[i] as number), 0);
        const mean = integral((v) => v);
        closeTo(
          integral(() => 1),
          1,
          {rtol: 2e-3},
        );
        const arrays = await predictive.toArrays();
        closeTo(arrays.mean.data[0] as number, mean, {rtol: 3e-3});
        closeTo(
          arrays.variance.data[0] as number,
          integral((v) => (v - mean) ** 2),
          {rtol: 5e-3},
        );

        const y = tf.tensor2d([[0.3], [0.3]]);
        const [cdf, crps] = [predictive.cdf(y), predictive.crps(y)];
        closeTo(
          (await cdf.data())[0] as number,
          integral((v) => Number(v <= 0.3)),
          {rtol: 3e-3},
        );
        let reached = 0;
        let expected = 0;
        density.forEach((p, i) => {
          reached += p * step;
          expected += step * (reached - Number((grid[i] as number) >= 0.3)) ** 2;
        });
        closeTo((await crps.data())[0] as number, expected, {rtol: 5e-3});
        for (const q of [0.03, 0.25, 0.6, 0.97]) {
          const quantile = predictive.quantile(q);
          const back = predictive.cdf(quantile);
          closeTo(await back.data(), [q, q], {rtol: 1e-4});
          tf.dispose([quantile, back]);
        }
        tf.dispose([y, cdf, crps]);
        predictive.dispose();
      }));
  }

  it('keeps the shares of the variance, and is its base under the identity', () =>
    expectNoLeak(async () => {
      const {gaussian: base, mixture} = bases();
      const plain = await mixture.toArrays();
      const same = RecalibratedPredictive.of(mixture, {x: [0, 0.3, 1], y: [0, 0.3, 1]});
      const after = await same.toArrays();
      closeTo(after.mean.data, plain.mean.data, {rtol: 1e-5});
      closeTo(after.epistemicVariance.data, plain.epistemicVariance.data, {rtol: 1e-4});
      closeTo(after.aleatoricVariance.data, plain.aleatoricVariance.data, {rtol: 1e-4});
      same.dispose();
      const before = await base.toArrays();
      const predictive = RecalibratedPredictive.of(base, map);
      const {variance, epistemicVariance} = await predictive.toArrays();
      closeTo(
        Array.from(epistemicVariance.data, (v, i) => v / (variance.data[i] as number)),
        Array.from(before.epistemicVariance.data, (v, i) => v / (before.variance.data[i] as number)),
        {rtol: 1e-5},
      );
      predictive.dispose();
    }));

  it('joins batches', () =>
    expectNoLeak(async () => {
      const made = [bases(), bases()];
      const parts = made.map(({gaussian: base}) => RecalibratedPredictive.of(base, map));
      const whole = concatPredictives(parts);
      expect(whole.mean.shape).to.deep.equal([4, 1]);
      closeTo((await whole.mean.data()).slice(2), await (parts[0] as RecalibratedPredictive).mean.data(), {rtol: 1e-6});
      for (const used of [...parts, ...made.map(({mixture}) => mixture), whole]) used.dispose();
    }));

  it('refuses several outputs and maps that do not rise', () => {
    const mean = tf.zeros([2, 2]);
    const two = gaussian({noiseScale: 1}).predictive({mean});
    if (two.kind !== 'gaussian') throw new Error('expected a gaussian');
    expect(() => RecalibratedPredictive.of(two, map)).to.throw(ConfigError, /one number/);
    for (const bad of [
      {x: [0, 0.5, 1], y: [0, 0, 1]},
      {x: [0, 1], y: [0.1, 1]},
      {x: [0, 0.5, 0.5, 1], y: [0, 0.2, 0.3, 1]},
    ]) {
      expect(() => RecalibratedPredictive.of(two, bad)).to.throw(ConfigError, /rises/);
    }
    two.dispose();
    mean.dispose();
  });
});
