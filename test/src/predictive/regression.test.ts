import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import fc from 'fast-check';
import {ConfigError, ShapeError} from '../../../src/errors.ts';
import {gaussian} from '../../../src/likelihoods/index.ts';
import {concatPredictives, GaussianPredictive, MixturePredictive} from '../../../src/predictive/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {onEachBackend} from '../../support/each-backend.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import fixtures from './fixtures/regression.json' with {type: 'json'};

/** Reads a tensor back and disposes it. */
async function read(tensor: tf.Tensor): Promise<Float32Array> {
  const values = Float32Array.from(await tensor.data());
  tensor.dispose();
  return values;
}

function mixtureOf({means, variances, weights}: {means: number[]; variances: number[]; weights: number[]}) {
  const size = means.length;
  return new MixturePredictive({
    means: tf.tensor3d(means, [size, 1, 1]),
    variances: tf.tensor3d(variances, [size, 1, 1]),
    weights: tf.tensor1d(weights),
  });
}

describe('MixturePredictive', () => {
  onEachBackend(() => {
    fixtures.mixtures.forEach((example, index) => {
      it(`has the exact moments, density, cdf, CRPS and quantiles of mixture ${index}`, async () => {
        const predictive = mixtureOf(example);
        const y = tf.tensor2d([[example.y]]);
        closeTo(await predictive.mean.data(), [example.mean], {rtol: 1e-6, atol: 1e-7});
        closeTo(await predictive.epistemicVariance.data(), [example.epistemic], {rtol: 2e-6});
        closeTo(await predictive.aleatoricVariance.data(), [example.aleatoric], {rtol: 1e-6});
        closeTo(await read(predictive.variance()), [example.epistemic + example.aleatoric], {rtol: 2e-6});
        closeTo(await read(predictive.logProb(y)), [example.logProb], {rtol: 1e-5});
        closeTo(await read(predictive.cdf(y)), [example.cdf], {atol: 4e-7});
        closeTo(await read(predictive.crps(y)), [example.crps], {rtol: 5e-6});
        for (const [i, level] of example.levels.entries()) {
          const expected = example.quantiles[i] as number;
          closeTo(await read(predictive.quantile(level)), [expected], {rtol: 2e-4, atol: 1e-4});
        }
        predictive.dispose();
        y.dispose();
      });
    });
  });

  it('is not the Gaussian of the same moments', async () => {
    const predictive = mixtureOf(fixtures.mixtures[0] as (typeof fixtures.mixtures)[0]);
    const y = tf.tensor2d([[2.5]]);
    const matched = new GaussianPredictive({
      mean: tf.clone(predictive.mean),
      epistemicVariance: tf.clone(predictive.epistemicVariance),
      aleatoricVariance: tf.clone(predictive.aleatoricVariance),
    });
    closeTo(await read(predictive.logProb(y)), [-1.6471872], {rtol: 1e-6});
    closeTo(await read(matched.logProb(y)), [-1.3055753], {rtol: 1e-6});
    predictive.dispose();
    matched.dispose();
    y.dispose();
  });

  it('takes outputs of a draw together in the density, and one by one in the CRPS', async () => {
    const draws = tf.tensor3d([[[0, 0]], [[4, 4]]]);
    const predictive = gaussian({noiseScale: 0.5}).predictive({draws});
    const [together, apart] = [tf.tensor2d([[4, 4]]), tf.tensor2d([[0, 4]])];
    const log = (z: number): number => -0.5 * z * z - Math.log(0.5 * Math.sqrt(2 * Math.PI));
    closeTo(await read(predictive.logProb(together)), [Math.log(0.5) + 2 * log(0)], {rtol: 1e-6});
    closeTo(await read(predictive.logProb(apart)), [log(0) + log(8)], {rtol: 1e-6});
    const [a, b] = [await read(predictive.crps(together)), await read(predictive.crps(apart))];
    closeTo(a, [a[0] as number, a[0] as number], {rtol: 1e-6});
    closeTo(b, a, {rtol: 1e-6});
    predictive.dispose();
    tf.dispose([draws, together, apart]);
  });

  it('weights members, and one member is a Gaussian (property)', async () => {
    const number = fc.double({min: -3, max: 3, noNaN: true});
    const scale = fc.double({min: 0.2, max: 3, noNaN: true});
    await fc.assert(
      fc.asyncProperty(number, scale, number, async (mean, deviation, target) => {
        const once = mixtureOf({means: [mean], variances: [deviation ** 2], weights: [1]});
        const twice = mixtureOf({means: [mean, 100], variances: [deviation ** 2, 1], weights: [1, 0]});
        const single = new GaussianPredictive({
          mean: tf.tensor2d([[mean]]),
          epistemicVariance: tf.zeros([1, 1]),
          aleatoricVariance: tf.tensor2d([[deviation ** 2]]),
        });
        const y = tf.tensor2d([[target]]);
        const tolerance = {rtol: 2e-5, atol: 2e-6};
        for (const mixture of [once, twice]) {
          closeTo(await read(mixture.logProb(y)), await read(single.logProb(y)), tolerance);
          closeTo(await read(mixture.cdf(y)), await read(single.cdf(y)), tolerance);
          closeTo(await read(mixture.crps(y)), await read(single.crps(y)), tolerance);
        }
        closeTo(await read(once.quantile(0.9)), await read(single.quantile(0.9)), tolerance);
        for (const predictive of [once, twice, single]) predictive.dispose();
        y.dispose();
      }),
      {seed: 4, numRuns: 20},
    );
  });

  it('inverts its cdf at every quantile (property)', async () => {
    const rng = createRng(8);
    const draws = tf.tensor3d(new Float32Array(rng.normals(20 * 6 * 2)), [20, 6, 2]);
    const predictive = gaussian({noiseScale: 0.3}).predictive({draws});
    for (const level of [0.01, 0.2, 0.5, 0.77, 0.99]) {
      const quantile = predictive.quantile(level);
      closeTo(await read(predictive.cdf(quantile)), new Array(12).fill(level), {atol: 2e-6});
      quantile.dispose();
    }
    expect(() => predictive.quantile(1)).to.throw(ConfigError, 'expected q between 0 and 1');
    predictive.dispose();
    draws.dispose();
  });
});

describe('GaussianPredictive', () => {
  onEachBackend(() => {
    fixtures.joint.forEach((example, index) => {
      it(`has the joint log-density of Gaussian ${index} where the covariance is known`, async () => {
        const likelihood = gaussian({noiseScale: example.noiseScale});
        const mean = tf.tensor2d([example.mean]);
        const covariance = tf.tensor3d([example.covariance]);
        const variance = tf.tensor2d([example.covariance.map((row, i) => row[i] as number)]);
        const y = tf.tensor2d([example.y]);
        const joint = likelihood.predictive({mean, covariance});
        const marginal = likelihood.predictive({mean, variance});
        closeTo(await read(joint.logProb(y)), [example.logProb], {rtol: 2e-5});
        closeTo(await read(marginal.logProb(y)), [example.independent], {rtol: 1e-5});
        closeTo(await read(joint.crps(y)), await read(marginal.crps(y)), {rtol: 1e-6});
        joint.dispose();
        marginal.dispose();
        tf.dispose([mean, covariance, variance, y]);
      });
    });
  });

  it('splits its variance, and has the CRPS, cdf and quantiles of a Gaussian', async () => {
    const mean = tf.tensor2d([[0], [1]]);
    const variance = tf.tensor2d([[0.75], [3.75]]);
    const predictive = gaussian({noiseScale: 0.5}).predictive({mean, variance});
    const arrays = await predictive.toArrays();
    expect(arrays.mean.shape).to.deep.equal([2, 1]);
    closeTo(arrays.epistemicVariance.data, [0.75, 3.75], {rtol: 1e-7});
    closeTo(arrays.aleatoricVariance.data, [0.25, 0.25], {rtol: 1e-7});
    closeTo(arrays.variance.data, [1, 4], {rtol: 1e-7});
    const y = tf.tensor1d([1, 0.5]);
    closeTo(await read(predictive.crps(y)), [0.6024413576, 0.5169996258], {rtol: 1e-6});
    closeTo(await read(predictive.cdf(y)), [0.8413447460685429, 0.4012936743170763], {rtol: 1e-6});
    closeTo(await read(predictive.quantile(0.975)), [1.959963984540054, 4.919927969080108], {rtol: 1e-6});
    const wrong = tf.tensor2d([[1, 2]]);
    expect(() => predictive.logProb(wrong)).to.throw(ShapeError, 'expected y of shape [2, 1] or [2], got [1, 2]');
    expect(() => predictive.quantile(0)).to.throw(ConfigError);
    predictive.dispose();
    tf.dispose([mean, variance, y, wrong]);
  });

  it('keeps a density where float32 would lose the noise under a large covariance', async () => {
    const mean = tf.tensor2d([[0, 0]]);
    const covariance = tf.tensor3d([
      [
        [1e6, 1e6],
        [1e6, 1e6],
      ],
    ]);
    const predictive = gaussian({noiseScale: 0.01}).predictive({mean, covariance});
    const y = tf.tensor2d([[0, 0]]);
    const exact = -Math.log(2 * Math.PI) - 0.5 * Math.log(2e6 * 1e-4 + 1e-8);
    const [logProb] = await read(predictive.logProb(y));
    expect(logProb).to.be.within(exact - 1, exact + 1);
    predictive.dispose();
    tf.dispose([mean, covariance, y]);
  });
});

describe('predictions of numbers', () => {
  it('can be joined from batches', async () => {
    const mean = tf.tensor3d(new Float32Array(createRng(1).normals(3 * 2 * 2)), [3, 2, 2]);
    const covariance = tf.mul(tf.ones([3, 2, 2, 1]), tf.eye(2));
    const draws = tf.tensor4d(new Float32Array(createRng(2).normals(5 * 3 * 2 * 2)), [5, 3, 2, 2]);
    const y = tf.zeros([3, 2, 2]);
    const likelihood = gaussian({noiseScale: 0.7});
    const wholes = [likelihood.predictive({mean, covariance}), likelihood.predictive({draws})];
    const batch = (start: number, count: number) =>
      tf.tidy(
        () =>
          [
            likelihood.predictive({mean: tf.slice(mean, start, count), covariance: tf.slice(covariance, start, count)}),
            likelihood.predictive({draws: tf.slice(draws, [0, start], [5, count])}),
          ] as unknown as tf.TensorContainer,
      ) as unknown as (GaussianPredictive | MixturePredictive)[];
    const [first, second] = [batch(0, 1), batch(1, 2)];
    for (const [i, whole] of wholes.entries()) {
      const parts = [first[i], second[i]] as (GaussianPredictive | MixturePredictive)[];
      const joined = concatPredictives(parts);
      expect(joined.mean.shape).to.deep.equal([3, 2, 2]);
      closeTo(await read(joined.logProb(y)), await read(whole.logProb(y)), {rtol: 1e-5});
      closeTo(await read(joined.variance()), await read(whole.variance()), {rtol: 1e-6});
      closeTo(await read(joined.crps(y)), await read(whole.crps(y)), {rtol: 1e-5});
      for (const predictive of [whole, joined, ...parts]) predictive.dispose();
    }
    tf.dispose([mean, covariance, draws, y]);
  });

  it('refuse to be joined with another kind, or from nothing', () => {
    const mean = tf.tensor2d([[1]]);
    const draws = tf.tensor3d([[[1]]]);
    const parts = [gaussian().predictive({mean}), gaussian().predictive({draws})];
    expect(() => concatPredictives(parts)).to.throw(ConfigError, 'gaussian and mixture');
    expect(() => concatPredictives([])).to.throw(ConfigError, 'got none');
    for (const part of parts) part.dispose();
    tf.dispose([mean, draws]);
  });

  it('leave no tensor behind', async () => {
    await expectNoLeak(async () => {
      const mean = tf.tensor2d([[1, 2]]);
      const draws = tf.tensor3d([[[1, 2]], [[2, 4]]]);
      const covariance = tf.tensor3d([
        [
          [1, 0.5],
          [0.5, 1],
        ],
      ]);
      const y = tf.tensor2d([[1, 1]]);
      for (const predictive of [gaussian().predictive({mean, covariance}), gaussian().predictive({draws})]) {
        const joined = concatPredictives([predictive, predictive]);
        await predictive.toArrays();
        tf.dispose([predictive.logProb(y), predictive.cdf(y), predictive.crps(y), predictive.quantile(0.3)]);
        predictive.dispose();
        joined.dispose();
      }
      tf.dispose([mean, draws, covariance, y]);
    });
  });
});
