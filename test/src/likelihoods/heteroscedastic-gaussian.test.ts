import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {ConfigError, DataError, ShapeError} from '../../../src/errors.ts';
import {betaNll, heteroscedasticGaussian, resolveLikelihood} from '../../../src/likelihoods/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {onEachBackend} from '../../support/each-backend.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {lossGradientMatches, productMatchesFisher, rootMatchesFisher} from '../../support/likelihood-checks.ts';
import {expectRejection} from '../../support/rejection.ts';

const likelihood = heteroscedasticGaussian();
const rawOf = (variance: number): number => Math.log(Math.expm1(variance - 1e-6));
const softplus = (raw: number): number => Math.log1p(Math.exp(raw)) + 1e-6;

describe('heteroscedasticGaussian', () => {
  onEachBackend(() => {
    it('has the Hessian of its density, and the Fisher as its expectation, with root and product', async () => {
      const f = tf.tensor2d([
        [1, 2, 0.3, -0.5],
        [0, -1, 1.2, 0.1],
      ]);
      const v = tf.tensor2d([
        [1, -2, 0.5, 3],
        [0.3, 1, -1, 2],
      ]);
      const y = tf.tensor2d([
        [1.7, 1.2],
        [0.4, -2.2],
      ]);
      const step = 1e-2;
      const [columns, hessian] = tf.tidy(() => {
        const gradient = tf.grad((at) => tf.sum(likelihood.negLogProb(at, y)));
        const differences = Array.from({length: 4}, (_, c) => {
          const move = tf.mul(tf.slice(tf.eye(4), c, 1), step);
          return tf.div(tf.sub(gradient(tf.add(f, move)), gradient(tf.sub(f, move))), 2 * step);
        });
        return [tf.stack(differences, -1), likelihood.hessian(f, y)];
      }) as [tf.Tensor, tf.Tensor];
      closeTo(await columns.data(), await hessian.data(), {rtol: 2e-3, atol: 3e-3});

      const draws = 20000;
      const [mean, fisher] = tf.tidy(() => {
        const row = tf.slice(f, 0, 1);
        const many = tf.tile(row, [draws, 1]);
        const sampled = likelihood.sample(many, createRng(5));
        return [tf.mean(likelihood.hessian(many, sampled), 0), likelihood.fisher(row)];
      }) as [tf.Tensor, tf.Tensor];
      closeTo(await mean.data(), await fisher.data(), {atol: 5 * (2 / Math.sqrt(draws))});
      await rootMatchesFisher(likelihood, f, {rtol: 1e-5});
      await productMatchesFisher(likelihood, f, v, {rtol: 1e-5});
      tf.dispose([f, v, y, columns, hessian, mean, fisher]);
    });
  });

  it('mixes densities of members, never their parameters', async () => {
    const raws = [0.25, 0.5, 1].map(rawOf);
    const draws = tf.tensor3d([1, 2, 4].map((mean, i) => [[mean, raws[i] as number]]));
    const y = tf.tensor2d([[2.5]]);
    const predictive = likelihood.predictive({draws});
    const {mean, aleatoricVariance, epistemicVariance} = await predictive.toArrays();
    closeTo([...mean.data], [7 / 3], {rtol: 1e-6});
    closeTo([...aleatoricVariance.data], [0.5833333], {rtol: 1e-5});
    closeTo([...epistemicVariance.data], [1.5555556], {rtol: 1e-5});
    const [logProb, crps] = [predictive.logProb(y), predictive.crps(y)];
    closeTo(await logProb.data(), [-1.6471872], {rtol: 1e-5});
    closeTo(await crps.data(), [0.4298867], {rtol: 1e-5});
    predictive.dispose();
    tf.dispose([draws, y, logProb, crps]);
  });

  it('predicts a latent Gaussian with the noise averaged over the raw variance', async () => {
    const [raw, deviation] = [-0.7, 1.6];
    let expected = 0;
    const step = 1e-3;
    for (let z = -9; z < 9; z += step) {
      expected += (step * softplus(raw + deviation * z) * Math.exp(-0.5 * z * z)) / Math.sqrt(2 * Math.PI);
    }
    const mean = tf.tensor2d([[1, 2, raw, 0.2]]);
    const covariance = tf.tensor3d([
      [
        [0.5, 0.1, 0, 0],
        [0.1, 0.3, 0, 0],
        [0, 0, deviation ** 2, 0],
        [0, 0, 0, 0],
      ],
    ]);
    const predictive = likelihood.predictive({mean, covariance});
    closeTo(await predictive.aleatoricVariance.data(), [expected, softplus(0.2)], {rtol: 1e-5});
    closeTo(await predictive.epistemicVariance.data(), [0.5, 0.3], {rtol: 1e-6});
    closeTo(await (predictive.epistemicCovariance as tf.Tensor).data(), [0.5, 0.1, 0.1, 0.3], {rtol: 1e-6});
    predictive.dispose();
    const point = likelihood.predictive({mean});
    closeTo(await point.epistemicVariance.data(), [0, 0]);
    point.dispose();
    tf.dispose([mean, covariance]);
  });

  it('has a loss with the right gradient, for targets with or without the columns that fit wants', async () => {
    const f = tf.tensor2d([
      [1, 0.3],
      [0, 1.2],
    ]);
    const y = tf.tensor2d([[1.7], [0.4]]);
    await lossGradientMatches(likelihood, f, y, {rtol: 2e-3, atol: 2e-3});
    const padded = tf.concat([y, tf.fill([2, 1], 9)], -1);
    const [loss, same] = [likelihood.loss(y, f), likelihood.loss(padded, f)];
    const variances = [0.3, 1.2].map(softplus);
    const expected = variances.map(
      (v, i) => 0.5 * ([0.49, 0.16][i] as number) * (1 / v) + 0.5 * Math.log(2 * Math.PI * v),
    );
    closeTo(await loss.data(), [((expected[0] as number) + (expected[1] as number)) / 2], {rtol: 1e-5});
    closeTo(await same.data(), await loss.data());
    tf.dispose([f, y, padded, loss, same]);
  });

  it('checks targets and outputs, and is known by name', async () => {
    const [short, bad] = [tf.zeros([3, 2]), tf.tensor2d([[Number.NaN]])];
    await expectRejection(
      likelihood.prepareTargets(short, [3, 2], 'test'),
      ShapeError,
      /test: expected y of shape \[3, 1\]/,
    );
    await expectRejection(likelihood.prepareTargets(short, [3, 3], 'test'), ShapeError, /\[N, \.\.\., 2C\]/);
    await expectRejection(likelihood.prepareTargets(bad, [1, 2], 'test'), DataError, /finite/);
    tf.dispose([short, bad]);
    expect(resolveLikelihood('heteroscedastic-gaussian', 'linear', 'test').name).to.equal('heteroscedastic-gaussian');
  });
});

describe('betaNll', () => {
  const f = (): tf.Tensor2D => tf.tensor2d([[1, 0.3]]);
  const y = (): tf.Tensor2D => tf.tensor2d([[1.7]]);

  it("is the likelihood's own loss at 0, and weighs by variance^beta without its gradient", async () => {
    await expectNoLeak(async () => {
      for (const beta of [0, 0.5, 1]) {
        const [outputs, targets] = [f(), y()];
        const loss = betaNll({beta});
        const [weighted, plain, gradient, plainGradient] = tf.tidy(() => [
          loss(targets, outputs),
          likelihood.loss(targets, outputs),
          tf.grad((at: tf.Tensor) => loss(targets, at))(outputs),
          tf.grad((at: tf.Tensor) => likelihood.loss(targets, at))(outputs),
        ]) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
        const weight = softplus(0.3) ** beta;
        closeTo(await weighted.data(), [((await plain.data())[0] as number) * weight], {rtol: 1e-5});
        closeTo(
          await gradient.data(),
          Array.from(await plainGradient.data(), (g) => g * weight),
          {rtol: 1e-5},
        );
        tf.dispose([outputs, targets, weighted, plain, gradient, plainGradient]);
      }
    });
    expect(() => betaNll({beta: 2})).to.throw(ConfigError, 'beta from 0 to 1');
  });

  it('trains a net with model.fit', async () => {
    const zeros = 'zeros' as const;
    const model = tfl.sequential({layers: [tfl.layers.dense({units: 2, inputShape: [1], kernelInitializer: zeros})]});
    model.compile({optimizer: tf.train.adam(0.1), loss: betaNll()});
    const x = tf.reshape(tf.linspace(-1, 1, 64), [64, 1]);
    const targets = tf.tidy(() => tf.concat([tf.mul(x, 2), tf.zerosLike(x)], -1));
    const history = await model.fit(x, targets, {epochs: 20, batchSize: 16});
    const losses = history.history.loss as number[];
    expect(losses.at(-1)).to.be.below((losses[0] as number) - 0.5);
    tf.dispose([x, targets]);
    model.dispose();
  });
});
