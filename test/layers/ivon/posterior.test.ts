import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {IvonPosterior, ivon, mergeIvon, sensitivity} from '../../../layers/index.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {ConfigError, ModelMismatchError, ShapeError} from '../../../src/errors.ts';
import {gaussian} from '../../../src/likelihoods/index.ts';
import {createNet} from '../../../src/models/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {expectRejection} from '../../support/rejection.ts';

const NOISE = 0.5;

/** y = w x without a bias: one weight, whose posterior is exact. */
function line(): tfl.LayersModel {
  return tfl.sequential({layers: [tfl.layers.dense({units: 1, useBias: false, inputShape: [1]})]});
}

interface Points {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

const POINTS: Points = {
  x: Array.from({length: 30}, (_, i) => Math.sin(3 * i) + 0.2),
  y: Array.from({length: 30}, (_, i) => 1.5 * (Math.sin(3 * i) + 0.2) + NOISE * Math.cos(5 * i)),
};
const PRIOR = 2;

/** Mean and precision of the weight given the points, for a prior N(0, 1 / PRIOR). */
function exact({x, y}: Points): {mean: number; precision: number} {
  const precision = PRIOR + x.reduce((sum, one) => sum + one * one, 0) / NOISE ** 2;
  return {mean: x.reduce((sum, one, i) => sum + one * (y[i] as number), 0) / NOISE ** 2 / precision, precision};
}

function exactPosterior(model: tfl.LayersModel, points: Points): IvonPosterior {
  const {mean, precision} = exact(points);
  const ess = points.x.length;
  return new IvonPosterior({
    net: createNet(model),
    likelihood: gaussian({noiseScale: NOISE}),
    output: undefined,
    gaussians: [
      {mean: tf.tensor2d([[mean]]), precision: tf.tensor2d([[precision / ess]]), ess, weightDecay: PRIOR / ess},
    ],
    fixed: [],
    training: undefined,
  });
}

const column = (numbers: readonly number[]): tf.Tensor2D => tf.tensor2d([...numbers], [numbers.length, 1]);
const part = ({x, y}: Points, from: number, to: number): Points => ({x: x.slice(from, to), y: y.slice(from, to)});

describe('IvonPosterior', () => {
  before(async () => {
    await initBackend();
  });

  it('trained to convergence is the exact posterior of a linear model', () =>
    expectNoLeak(async () => {
      // Many weights with the same exact posterior: their average shows it without a long run.
      const [copies, n] = [300, POINTS.x.length];
      const model = tfl.sequential({layers: [tfl.layers.dense({units: copies, useBias: false, inputShape: [1]})]});
      const [x, y] = [column(POINTS.x), tf.tidy(() => tf.tile(column(POINTS.y), [1, copies]))];
      const likelihood = gaussian({noiseScale: NOISE});
      const rate = (step: number) => 0.2 / (1 + step / 20);
      const optimizer = ivon(rate, {ess: n, hessInit: 1, weightDecay: PRIOR / n, beta2: 0.98, rng: createRng(3)});
      model.compile({optimizer, loss: likelihood.loss});
      await model.fit(x, y, {epochs: 400, batchSize: n, shuffle: false, verbose: 0});
      const posterior = await optimizer.posterior(model, {likelihood});
      const {mean, precision} = exact(POINTS);
      const variances = await posterior.weightVariances();
      // The last term of h adds about (1 - beta2) h; noise in h adds half of that to the variance.
      closeTo([variances.reduce((sum, one) => sum + one / copies, 0)], [1 / precision], {rtol: 0.04});
      const means = Array.from(await (posterior.mean[0] as tf.Tensor).data());
      const error = means.reduce((sum, one) => sum + (one - mean) ** 2 / copies, 0);
      expect(error * precision).to.be.below(0.05);
      posterior.dispose();
      optimizer.dispose();
      tf.dispose([x, y]);
      model.dispose();
    }));

  it('draws weights with its mean and variance', () =>
    expectNoLeak(async () => {
      const model = line();
      const posterior = exactPosterior(model, POINTS);
      const {mean, precision} = exact(POINTS);
      const [rng, count] = [createRng(4), 2000];
      const draws: number[] = [];
      for (let s = 0; s < count; s++) {
        const [weight] = posterior.sampleWeights(rng) as [tf.Tensor];
        draws.push((await weight.data())[0] as number);
        weight.dispose();
      }
      const average = draws.reduce((sum, one) => sum + one, 0) / count;
      const spread = draws.reduce((sum, one) => sum + (one - average) ** 2, 0) / (count - 1);
      closeTo([average], [mean], {rtol: 0, atol: 4 / Math.sqrt(count * precision)});
      closeTo([spread], [1 / precision], {rtol: 4 * Math.sqrt(2 / count)});
      posterior.dispose();
      model.dispose();
    }));

  it('predicts at its mean in one pass, without an epistemic part', () =>
    expectNoLeak(async () => {
      const model = line();
      const posterior = exactPosterior(model, POINTS);
      const x = column([1, 2, 3]);
      const predictive = await posterior.predict(x, {mode: 'mean', batchSize: 2});
      if (predictive.kind !== 'gaussian') throw new TypeError(predictive.kind);
      const {mean} = exact(POINTS);
      closeTo(await predictive.mean.data(), [mean, 2 * mean, 3 * mean], {rtol: 1e-5});
      closeTo(await predictive.epistemicVariance.data(), [0, 0, 0], {rtol: 0});
      predictive.dispose();
      await expectRejection(posterior.predict(x, {mode: 'median' as 'mean'}), ConfigError, /mode/);
      x.dispose();
      posterior.dispose();
      model.dispose();
    }));

  it('keeps the statistics of BatchNorm as they were', () =>
    expectNoLeak(async () => {
      const model = tfl.sequential({
        layers: [tfl.layers.batchNormalization({inputShape: [1]}), tfl.layers.dense({units: 1})],
      });
      const [x, y] = [column(POINTS.x), column(POINTS.y)];
      const optimizer = ivon(0.1, {ess: 30});
      model.compile({optimizer, loss: gaussian().loss});
      await model.fit(x, y, {epochs: 2, verbose: 0});
      const posterior = await optimizer.posterior(model, {likelihood: 'gaussian'});
      const before = await posterior.predict(x, {mode: 'mean'});
      const direct = model.predict(x) as tf.Tensor;
      await model.fit(x, y, {epochs: 2, verbose: 0});
      const after = await posterior.predict(x, {mode: 'mean'});
      if (before.kind !== 'gaussian' || after.kind !== 'gaussian') throw new TypeError(before.kind);
      closeTo(await before.mean.data(), await direct.data(), {rtol: 1e-6});
      closeTo(await after.mean.data(), await before.mean.data(), {rtol: 0});
      before.dispose();
      after.dispose();
      posterior.dispose();
      optimizer.dispose();
      tf.dispose([x, y, direct]);
      model.dispose();
    }));
});

describe('mergeIvon', () => {
  const [first, second] = [part(POINTS, 0, 12), part(POINTS, 12, 30)];

  it('gives the posterior of all data from those of its parts', () =>
    expectNoLeak(async () => {
      const model = line();
      const parts = [exactPosterior(model, first), exactPosterior(model, second)];
      const merged = mergeIvon(parts);
      const {mean, precision} = exact(POINTS);
      closeTo(await (merged.mean[0] as tf.Tensor).data(), [mean], {rtol: 1e-5});
      closeTo(await merged.weightVariances(), [1 / precision], {rtol: 1e-5});
      const optimizer = ivon(0.1, {ess: 30});
      expect(() => optimizer.resume(merged)).to.throw(ConfigError, /merged/);
      for (const posterior of [...parts, merged]) posterior.dispose();
      model.dispose();
    }));

  it('of one posterior is that posterior, and of weight 0 the prior', () =>
    expectNoLeak(async () => {
      const model = line();
      const parts = [exactPosterior(model, first), exactPosterior(model, second)] as const;
      const alone = mergeIvon(parts, {weights: [1, 0]});
      closeTo(await (alone.mean[0] as tf.Tensor).data(), await (parts[0].mean[0] as tf.Tensor).data(), {rtol: 1e-5});
      closeTo(await alone.weightVariances(), await parts[0].weightVariances(), {rtol: 1e-5});
      const priorMean = [tf.tensor2d([[3]])];
      const little = mergeIvon(parts, {weights: [1e-6, 1e-6], priorMean});
      closeTo(await (little.mean[0] as tf.Tensor).data(), [3], {rtol: 1e-3});
      closeTo(await little.weightVariances(), [1 / PRIOR], {rtol: 1e-3});
      for (const posterior of [...parts, alone, little]) posterior.dispose();
      tf.dispose(priorMean);
      model.dispose();
    }));

  it('refuses what does not belong together', () =>
    expectNoLeak(() => {
      const model = line();
      const wide = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [2]})]});
      const good = exactPosterior(model, first);
      const other = new IvonPosterior({...good.fields, net: createNet(wide)});
      const [gaussianOfGood] = good.fields.gaussians;
      const tight = new IvonPosterior({
        ...good.fields,
        gaussians: [{...(gaussianOfGood as NonNullable<typeof gaussianOfGood>), weightDecay: 1}],
      });
      expect(() => mergeIvon([])).to.throw(ConfigError, /none/);
      expect(() => mergeIvon([good, good], {weights: [1]})).to.throw(ConfigError, /2 weights/);
      expect(() => mergeIvon([good], {weights: [-1]})).to.throw(ConfigError, /0 or more/);
      expect(() => mergeIvon([good, tight])).to.throw(ConfigError, /prior precision/);
      expect(() => mergeIvon([good, other])).to.throw(ModelMismatchError, /architecture/);
      const wrong = tf.zeros([2]);
      expect(() => mergeIvon([good], {priorMean: [wrong]})).to.throw(ShapeError, /priorMean/);
      wrong.dispose();
      good.dispose();
      model.dispose();
      wide.dispose();
    }));
});

describe('sensitivity', () => {
  it('is error times variance, and estimates the leave-one-out loss of retraining', () =>
    expectNoLeak(async () => {
      const model = line();
      const posterior = exactPosterior(model, POINTS);
      const [x, y] = [column(POINTS.x), column(POINTS.y)];
      const samples = 1000;
      const found = await sensitivity(posterior, x, y, {samples, rng: createRng(1)});
      const split = await sensitivity(posterior, x, y, {samples, rng: createRng(1), batchSize: 20});
      closeTo(split.sensitivity, found.sensitivity, {rtol: 1e-4});
      closeTo(split.leaveOneOut, found.leaveOneOut, {rtol: 1e-4});

      const {mean, precision} = exact(POINTS);
      const noise = NOISE ** 2;
      const error = POINTS.x.map((one, i) => (mean * one - (POINTS.y[i] as number)) / noise);
      // All examples share the draws of the one weight: one factor, with the relative error of a variance.
      const relative = 4 * Math.sqrt(2 / samples);
      closeTo(
        found.sensitivity,
        POINTS.x.map((one, i) => (one ** 2 / precision) * Math.abs(error[i] as number)),
        {rtol: relative, atol: 1e-4},
      );
      const loss = (f: number, i: number): number =>
        (0.5 * ((POINTS.y[i] as number) - f) ** 2) / noise + Math.log(NOISE * Math.sqrt(2 * Math.PI));
      let [estimated, retrained, plain] = [0, 0, 0];
      for (const [i, one] of POINTS.x.entries()) {
        const without = exact({x: POINTS.x.filter((_, j) => j !== i), y: POINTS.y.filter((_, j) => j !== i)});
        estimated += found.leaveOneOut[i] as number;
        retrained += loss(without.mean * one, i);
        plain += loss(mean * one, i);
      }
      // First order in a leverage of at most 1/10, against a gap that it must nearly close.
      expect(retrained).to.be.above(plain);
      closeTo([estimated - plain], [retrained - plain], {rtol: 0.25});
      posterior.dispose();
      tf.dispose([x, y]);
      model.dispose();
    }));

  it('is zero for ignored labels and refuses a single draw', () =>
    expectNoLeak(async () => {
      const model = tfl.sequential({layers: [tfl.layers.dense({units: 2, activation: 'softmax', inputShape: [1]})]});
      const labels = tf.tensor1d([0, -100, 1], 'int32');
      const x = column([1, 2, 3]);
      const y = tf.tensor2d([
        [1, 0],
        [0, 1],
        [1, 0],
      ]);
      const optimizer = ivon(0.1, {ess: 3});
      model.compile({optimizer, loss: 'categoricalCrossentropy'});
      await model.fit(x, y, {epochs: 1, verbose: 0});
      const posterior = await optimizer.posterior(model);
      const {sensitivity: found, leaveOneOut} = await sensitivity(posterior, x, labels);
      expect(found[1]).to.equal(0);
      expect(leaveOneOut[1]).to.equal(0);
      expect(found[0]).to.be.above(0);
      await expectRejection(sensitivity(posterior, x, labels, {samples: 1}), ConfigError, /samples/);
      posterior.dispose();
      optimizer.dispose();
      tf.dispose([labels, x, y]);
      model.dispose();
    }));
});
