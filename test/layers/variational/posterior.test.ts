import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {bayesDense, elbo, pruneBySignalToNoise, type VariationalOptions, variational} from '../../../layers/index.ts';
import type {RandomWeight} from '../../../layers/variational/random-weight.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {ConfigError, ModelMismatchError} from '../../../src/errors.ts';
import {gaussian} from '../../../src/likelihoods/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {expectRejection} from '../../support/rejection.ts';

/** y = w x with q(w) = N(mean, scale^2), independent. */
function linear(mean: readonly number[], scale: number, options: Partial<VariationalOptions> = {}): tfl.LayersModel {
  const layer = bayesDense({units: 1, useBias: false, inputShape: [mean.length], trainSize: 4, ...options});
  const model = tfl.sequential({layers: [layer]});
  tf.tidy(() => {
    layer.q.restart(layer.q.all[0] as RandomWeight, {mean: tf.tensor2d([...mean], [mean.length, 1]), scale});
  });
  return model;
}

describe('variational posterior of a model', () => {
  before(async () => {
    await initBackend({prefer: 'cpu'});
  });
  after(async () => {
    await tf.setBackend('wasm');
  });

  it('draws whole functions with the mean and variance of q, however the layer is trained', async () => {
    for (const estimator of ['flipout', 'local-reparameterization', 'reparameterization'] as const) {
      const model = linear([0.5, -1], 0.3, {estimator});
      const posterior = variational(model, {likelihood: gaussian({noiseScale: 0.1})});
      const x = tf.tensor2d([
        [1, 2],
        [2, 4],
      ]);
      const draws = await posterior.sampleOutputs(x, {samples: 1000, rng: createRng(1)});
      const values = Array.from(await draws.data());
      const first = values.filter((_, i) => i % 2 === 0);
      values.forEach((value, i) => {
        if (i % 2 === 1) closeTo(value, 2 * (values[i - 1] as number), {rtol: 1e-4, atol: 1e-5});
      });
      const variance = 5 * 0.09;
      const average = first.reduce((sum, one) => sum + one, 0) / 1000;
      closeTo(average, -1.5, {rtol: 0, atol: 4 * Math.sqrt(variance / 1000)});
      const spread = first.reduce((sum, one) => sum + (one + 1.5) ** 2, 0) / 1000;
      closeTo(spread, variance, {rtol: 4 * Math.sqrt(2 / 1000)});
      tf.dispose([x, draws]);
      posterior.dispose();
      model.dispose();
    }
  });

  it('tells the variance of every weight, for each family', async () => {
    for (const family of ['mean-field', 'full', 'low-rank'] as const) {
      const model = linear([0.5, -1], 0.3, {family});
      const posterior = variational(model, {likelihood: gaussian({noiseScale: 0.1})});
      const variances = posterior.variances();
      expect(variances.map(({shape}) => shape)).to.deep.equal(posterior.mean.map(({shape}) => shape));
      closeTo(await (variances[0] as tf.Tensor).data(), [0.09, 0.09], {rtol: 1e-4});
      tf.dispose(variances);
      posterior.dispose();
    }
  });

  it('refuses models without variational layers, and likelihoods that leave something open', () => {
    const stock = tfl.sequential({layers: [tfl.layers.dense({units: 2, inputShape: [2], activation: 'softmax'})]});
    expect(() => variational(stock)).to.throw(ConfigError, /toBayesian/);
    expect(() => variational(linear([1], 0.1))).to.throw(ConfigError, /likelihood/);
    expect(() => variational(linear([1], 0.1), {likelihood: 'gaussian'})).to.throw(ConfigError, /noiseScale/);
    expect(() => variational(linear([1], 0.1), {likelihood: gaussian({noiseScale: 1}), samples: 0})).to.throw(
      ConfigError,
      /samples/,
    );
  });

  it('notices training, but not passes that only draw', async () => {
    const model = linear([1], 0.1);
    const posterior = variational(model, {likelihood: gaussian({noiseScale: 1})});
    const x = tf.ones([1, 1]);
    tf.dispose(model.apply(x, {training: true}) as tf.Tensor);
    (await posterior.predict(x)).dispose();
    tf.tidy(() => model.setWeights(model.getWeights().map((weight) => tf.add(weight, 1))));
    await expectRejection(posterior.predict(x), ModelMismatchError, /trained/);
  });
});

describe('elbo', () => {
  before(async () => {
    await initBackend({prefer: 'cpu'});
  });
  after(async () => {
    await tf.setBackend('wasm');
  });

  it('gives the expected log likelihood and the KL divergence, as their formulas do', async () => {
    const [mean, scale, noiseScale] = [0.7, 0.2, 0.5];
    const model = linear([mean], scale);
    const [xs, ys] = [
      [1, -2, 0.5, 3],
      [1, -1, 0, 2],
    ];
    const [x, y] = [tf.tensor2d(xs, [4, 1]), tf.tensor2d(ys, [4, 1])];
    await expectNoLeak(async () => {
      const likelihood = gaussian({noiseScale});
      const parts = await elbo(model, x, y, {likelihood, samples: 500, batchSize: 3});
      const expected = xs.reduce((sum, one, n) => {
        const squares = ((ys[n] as number) - mean * one) ** 2 + (scale * one) ** 2;
        return sum - squares / (2 * noiseScale ** 2) - Math.log(noiseScale * Math.sqrt(2 * Math.PI));
      }, 0);
      closeTo(parts.logLikelihood, expected, {rtol: 0.06});
      closeTo(parts.kl, -Math.log(scale) + (scale ** 2 + mean ** 2 - 1) / 2, {rtol: 1e-5});
      expect(parts.klExact).to.equal(true);
      closeTo(parts.elbo, parts.logLikelihood - parts.kl);
    });
  });

  it('says where the KL divergence is an estimate, and averages it over draws', async () => {
    const prior = {kind: 'scale-mixture', weight: 0.5, scales: [1, 1]};
    const options = {likelihood: gaussian({noiseScale: 1}), samples: 800};
    const [x, y] = [tf.zeros([1, 1]), tf.zeros([1, 1])];
    const exact = await elbo(linear([0.7], 0.2), x, y, options);
    const estimated = await elbo(linear([0.7], 0.2, {prior}), x, y, options);
    expect([exact.klExact, estimated.klExact]).to.deep.equal([true, false]);
    closeTo(estimated.kl, exact.kl, {rtol: 0.06});
  });
});

describe('pruneBySignalToNoise', () => {
  const weightsOf = async (model: tfl.LayersModel): Promise<number[][]> =>
    Promise.all(model.getWeights().map(async (weight) => Array.from(await weight.data())));

  it('prunes the weights of the least ratio, by share or by threshold', async () => {
    const create = (): tfl.LayersModel => linear([0.3, -0.1, 0.5, 0.05], 0.1);
    const half = create();
    expect((await pruneBySignalToNoise(half, {fraction: 0.5})).pruned).to.equal(2);
    closeTo((await weightsOf(half))[0] as number[], [0.3, 0, 0.5, 0], {rtol: 1e-5});
    const above = create();
    const {pruned, total, threshold} = await pruneBySignalToNoise(above, {threshold: 4});
    expect([pruned, total, threshold]).to.deep.equal([3, 4, 4]);
    const posterior = variational(above, {likelihood: gaussian({noiseScale: 1})});
    const [draw] = posterior.sampleWeights(createRng(1)) as [tf.Tensor];
    const values = await draw.data();
    for (const i of [0, 1, 3]) expect(Math.abs(values[i] as number)).to.be.below(1e-6);
    expect(Math.abs(values[2] as number)).to.be.above(0.01);
  });

  it('refuses other families, models without one, and shares out of range', async () => {
    await expectRejection(
      pruneBySignalToNoise(linear([1], 0.1, {family: 'full'}), {fraction: 0.5}),
      ConfigError,
      /'mean-field'.*full/,
    );
    const stock = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [1]})]});
    await expectRejection(pruneBySignalToNoise(stock, {fraction: 0.5}), ConfigError, /no variational layer/);
    await expectRejection(pruneBySignalToNoise(linear([1], 0.1), {fraction: 1}), ConfigError, /below 1/);
    await expectRejection(pruneBySignalToNoise(linear([1], 0.1), {threshold: -1}), ConfigError, /0 or more/);
  });
});
