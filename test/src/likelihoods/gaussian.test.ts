import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {ConfigError, DataError, ShapeError} from '../../../src/errors.ts';
import {gaussian} from '../../../src/likelihoods/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {onEachBackend} from '../../support/each-backend.ts';
import {
  fisherIsHessian,
  lossGradientMatches,
  productMatchesFisher,
  rootMatchesFisher,
} from '../../support/likelihood-checks.ts';

const noiseScale = 0.7;
const likelihood = gaussian({noiseScale});

describe('gaussian', () => {
  onEachBackend(() => {
    for (const likelihood of [gaussian({noiseScale}), gaussian({noiseScale: [0.5, 2]})]) {
      it(`has a Fisher that is the Hessian, with root and product, noise ${likelihood.noiseScales ?? noiseScale}`, async () => {
        const f = tf.tensor3d([
          [
            [1, 2],
            [3, -4],
          ],
          [
            [0, 1],
            [2, 0.5],
          ],
        ]);
        const v = tf.tensor3d([
          [
            [1, -2],
            [0, 4],
          ],
          [
            [2, 1],
            [1, 0.5],
          ],
        ]);
        const y = likelihood.sample(f, createRng(3));
        await fisherIsHessian(likelihood, f, y, {rtol: 1e-3, atol: 2e-3});
        await rootMatchesFisher(likelihood, f, {rtol: 1e-6});
        await productMatchesFisher(likelihood, f, v, {rtol: 1e-6});
        await lossGradientMatches(likelihood, f, y, {rtol: 2e-3, atol: 2e-3});
        tf.dispose([f, v, y]);
      });
    }
  });

  it('takes a noise for each output', async () => {
    const scales = [0.5, 2];
    const each = gaussian({noiseScale: scales});
    const [f, y] = [tf.tensor2d([[1, 2]]), tf.tensor2d([[1.5, -2]])];
    const nll = each.negLogProb(f, y);
    closeTo(await nll.data(), [0.5 + 2 + Math.log(2 * Math.PI)], {rtol: 1e-6});
    closeTo([each.noiseScale], [1], {rtol: 1e-12});
    closeTo(each.withNoiseScale(3).noiseScales ?? [], [1.5, 6], {rtol: 1e-12});
    expect(each.withNoiseScale([1, 4]).getConfig()).to.deep.equal({name: 'gaussian', noiseScale: [1, 4]});
    const [ofGaussian, ofDraws] = [each.predictive({mean: f}), each.predictive({draws: tf.stack([f, f])})];
    for (const predictive of [ofGaussian, ofDraws]) {
      closeTo(await predictive.aleatoricVariance.data(), [0.25, 4], {rtol: 1e-6});
      predictive.dispose();
    }
    const draws = tf.tidy(() => tf.moments(each.sample(tf.zeros([20_000, 2]), createRng(1)), 0));
    closeTo(await draws.variance.data(), [0.25, 4], {rtol: 4 * Math.sqrt(2 / 20_000)});
    expect(() => each.predictive({mean: tf.zeros([1, 3])})).to.throw(ShapeError, 'expected 2 outputs');
    tf.dispose([f, y, nll, draws]);
  });

  it('counts every constant: the log-likelihood of the reference', async () => {
    const f = tf.tensor2d([[1, 2]]);
    const y = tf.tensor2d([[1.7, 0.6]]);
    const nll = likelihood.negLogProb(f, y);
    const expected = 0.5 + 2 + 2 * Math.log(noiseScale * Math.sqrt(2 * Math.PI));
    closeTo(await nll.data(), [expected], {rtol: 1e-6});
    const loss = likelihood.loss(y, f);
    closeTo(await loss.data(), [expected], {rtol: 1e-6});
    tf.dispose([f, y, nll, loss]);
  });

  it('gives squared residuals, whatever the noise', async () => {
    const f = tf.tensor3d([[[1, 2]], [[0, 0]]]);
    const y = tf.tensor3d([[[1.5, 0]], [[3, -4]]]);
    const squares = likelihood.squaredResiduals(f, y);
    expect(squares.shape).to.deep.equal([2, 1]);
    closeTo(await squares.data(), [4.25, 25]);
    tf.dispose([f, y, squares]);
  });

  it('adds the noise to the epistemic variance, and keeps a mixture of draws', async () => {
    const mean = tf.tensor2d([[1, 2]]);
    const covariance = tf.tensor3d([
      [
        [0.5, 0.2],
        [0.2, 0.3],
      ],
    ]);
    const single = likelihood.predictive({mean, covariance});
    closeTo(await single.epistemicVariance.data(), [0.5, 0.3], {rtol: 1e-6});
    closeTo(await single.aleatoricVariance.data(), [0.49, 0.49], {rtol: 1e-6});
    const point = likelihood.predictive({mean});
    closeTo(await point.epistemicVariance.data(), [0, 0]);
    const draws = tf.tensor3d([[[1]], [[3]]]);
    const mixture = likelihood.predictive({draws});
    expect([single.kind, mixture.kind]).to.deep.equal(['gaussian', 'mixture']);
    closeTo(await mixture.epistemicVariance.data(), [1], {rtol: 1e-6});
    closeTo(await mixture.aleatoricVariance.data(), [0.49], {rtol: 1e-6});
    for (const predictive of [single, point, mixture]) predictive.dispose();
    tf.dispose([mean, covariance, draws]);
  });

  it('takes another noise, and its config', () => {
    const other = likelihood.withNoiseScale(2);
    expect(other.noiseScale).to.equal(2);
    expect(likelihood.noiseScale).to.equal(noiseScale);
    expect(other.getConfig()).to.deep.equal({name: 'gaussian', noiseScale: 2});
    expect(gaussian().noiseScale).to.equal(1);
    for (const bad of [0, -1, Number.NaN, Infinity]) {
      expect(() => gaussian({noiseScale: bad})).to.throw(ConfigError, `got ${bad}`);
    }
  });

  it('samples with its noise', async () => {
    const draws = 20000;
    const f = tf.fill([draws, 1], 3);
    const sample = likelihood.sample(f, createRng(2));
    const {mean, variance} = tf.moments(sample);
    closeTo(await mean.data(), [3], {atol: (5 * noiseScale) / Math.sqrt(draws)});
    closeTo(await variance.data(), [noiseScale ** 2], {atol: 5 * noiseScale ** 2 * Math.sqrt(2 / draws)});
    tf.dispose([f, sample, mean, variance]);
  });

  it('brings targets to the shape of the outputs, or refuses them', async () => {
    const flat = tf.tensor1d([1, 2], 'int32');
    const y = await likelihood.prepareTargets(flat, [2, 1], 'fit');
    expect([y.shape, y.dtype]).to.deep.equal([[2, 1], 'float32']);
    const bad = tf.tensor2d([[1], [Number.NaN]]);
    const wide = tf.tensor2d([[1, 2]]);
    const failures = await Promise.all(
      [likelihood.prepareTargets(bad, [2, 1], 'fit'), likelihood.prepareTargets(wide, [1, 3], 'fit')].map((promise) =>
        promise.catch((reason: unknown) => reason),
      ),
    );
    expect(failures[0]).to.be.instanceOf(DataError).with.property('message').that.contains('got 1 NaN or infinite');
    expect(failures[1]).to.be.instanceOf(ShapeError).with.property('message').that.contains('shape [1, 3], got [1, 2]');
    tf.dispose([flat, y, bad, wide]);
  });
});
