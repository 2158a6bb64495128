import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {laplace} from '../../../laplace/index.ts';
import {ConfigError, DataError} from '../../../src/errors.ts';
import {calibrated} from '../../../src/io/index.ts';
import {gaussian} from '../../../src/likelihoods/index.ts';
import {pointEstimate} from '../../../src/posterior/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {expectRejection} from '../../support/rejection.ts';

describe('pointEstimate and calibrated', () => {
  let model: tfl.LayersModel;
  let x: tf.Tensor2D;
  before(() => {
    model = tfl.sequential({
      layers: [
        tfl.layers.dense({
          units: 3,
          inputShape: [2],
          activation: 'softmax',
          kernelInitializer: tfl.initializers.randomNormal({seed: 1, stddev: 2}),
        }),
      ],
    });
    x = tf.randomNormal([7, 2], 0, 1, 'float32', 2);
  });
  after(() => {
    model.dispose();
    x.dispose();
  });

  it('predicts what the model predicts, without an epistemic part', () =>
    expectNoLeak(async () => {
      const predictive = await pointEstimate(model).predict(x, {batchSize: 3});
      if (predictive.kind !== 'categorical') throw new TypeError(predictive.kind);
      const expected = model.predict(x) as tf.Tensor;
      closeTo(await predictive.probs.data(), await expected.data(), {rtol: 1e-5});
      const parts = predictive.entropy();
      expect(Math.max(...(await parts.epistemic.data()))).to.equal(0);
      closeTo(await parts.aleatoric.data(), await parts.total.data(), {rtol: 1e-6});
      predictive.dispose();
      tf.dispose([expected, parts.total, parts.aleatoric, parts.epistemic]);
    }));

  it('draws its logits S times', () =>
    expectNoLeak(async () => {
      const draws = await pointEstimate(model).sampleOutputs(x, {samples: 2});
      expect(draws.shape).to.deep.equal([2, 7, 3]);
      const [first, second] = tf.unstack(draws) as [tf.Tensor, tf.Tensor];
      closeTo(await first.data(), await second.data(), {rtol: 0});
      tf.dispose([draws, first, second]);
    }));

  it('divides logits by the temperature: means by T, covariances by T^2', () =>
    expectNoLeak(async () => {
      const y = tf.tensor1d([0, 1, 2, 0, 1, 2, 0], 'int32');
      const posterior = await laplace(model).fit(x, y);
      const plain = await posterior.predict(x);
      const tempered = await calibrated(posterior, {temperature: 2}).predict(x);
      if (plain.kind !== 'categorical' || tempered.kind !== 'categorical') throw new TypeError('not categorical');
      const [before, after] = [plain.latent, tempered.latent] as {mean: tf.Tensor; covariance: tf.Tensor}[];
      if (!before || !after) throw new TypeError('no latent Gaussian');
      const [halved, quartered] = [tf.div(before.mean, 2), tf.div(before.covariance, 4)];
      closeTo(await after.mean.data(), await halved.data(), {rtol: 1e-6});
      closeTo(await after.covariance.data(), await quartered.data(), {rtol: 1e-6});
      for (const used of [plain, tempered, halved, quartered, y, posterior]) used.dispose();
    }));

  it('refuses temperatures and predictions that it cannot scale', async () => {
    expect(() => calibrated(pointEstimate(model), {temperature: 0})).to.throw(ConfigError, /positive/);
    const linear = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [2]})]});
    expect(() => pointEstimate(linear)).to.throw(ConfigError, /likelihood/);
    const numbers = calibrated(pointEstimate(linear, {likelihood: gaussian()}), {temperature: 2});
    await expectNoLeak(() => expectRejection(numbers.predict(x), ConfigError, /classes/));
    await expectRejection(numbers.save('x'), ConfigError, /model\.save/);
    await expectRejection(pointEstimate(model).save('x'), ConfigError, /model\.save/);
    linear.dispose();
  });

  it('asks for the noise of numbers in their units instead of taking it for 1', async () => {
    const linear = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [2]})]});
    for (const likelihood of ['gaussian', 'regression']) {
      expect(() => pointEstimate(linear, {likelihood})).to.throw(ConfigError, /gaussian\(\{noiseScale\}\).*units of y/);
    }
    await expectNoLeak(async () => {
      const predictive = await pointEstimate(linear, {likelihood: gaussian({noiseScale: 30})}).predict(x);
      if (predictive.kind !== 'gaussian') throw new TypeError(predictive.kind);
      closeTo((await predictive.aleatoricVariance.data())[0] ?? 0, 900);
      predictive.dispose();
    });
    linear.dispose();
  });

  it('refuses no inputs and no draws', async () => {
    const none = tf.zeros([0, 2]);
    const posterior = pointEstimate(model);
    await expectNoLeak(async () => {
      await expectRejection(posterior.predict(none), DataError, /predict: expected at least one example/);
      await expectRejection(posterior.sampleOutputs(none, {samples: 2}), DataError, /at least one example/);
      for (const samples of [0, -1, 1.5]) {
        await expectRejection(posterior.sampleOutputs(x, {samples}), ConfigError, /samples/);
        await expectRejection(posterior.predict(x, {samples}), ConfigError, /samples/);
      }
    });
    none.dispose();
  });
});
