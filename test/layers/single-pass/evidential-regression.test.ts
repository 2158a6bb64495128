import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {evidentialPosterior, evidentialRegression} from '../../../layers/index.ts';
import {misplacedEvidence, negativeLogMarginal} from '../../../layers/single-pass/normal-inverse-gamma.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {ConfigError, ShapeError} from '../../../src/errors.ts';
import {lgamma} from '../../../src/special/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {roundTrip} from '../support/round-trip.ts';

const rawOf = (value: number): number => Math.log(Math.expm1(value - 1e-6));

/** A model that believes the same everywhere. */
function believing(gamma: number, nu: number, alpha: number, beta: number) {
  const head = evidentialRegression({units: 1, evidenceWeight: 0.1, inputShape: [1]});
  const model = tfl.sequential({layers: [head]});
  tf.tidy(() => head.setWeights([tf.zeros([1, 4]), tf.tensor1d([gamma, rawOf(nu), rawOf(alpha - 1), rawOf(beta)])]));
  return {head, model};
}

describe('evidential regression', () => {
  before(async () => {
    await initBackend();
  });

  it('has the marginal of the normal-inverse-gamma, published and by integration', async () => {
    const terms = (gamma: number, nu: number, alpha: number, beta: number, y: number) =>
      tf.tidy(() => {
        const scalars = {gamma: tf.scalar(gamma), nu: tf.scalar(nu), alpha: tf.scalar(alpha), beta: tf.scalar(beta)};
        return [negativeLogMarginal(scalars, tf.scalar(y)), misplacedEvidence(scalars, tf.scalar(y))] as const;
      });
    const [first] = terms(1, 1, 1, 1, 1);
    const [second] = terms(1, 1, 2, 1, 2);
    closeTo([...(await first.data()), ...(await second.data())], [1.3862943611, 1.5386881313], {rtol: 1e-6});

    const [gamma, nu, alpha, beta, y] = [0.3, 1.7, 2.2, 0.8, 1.4] as const;
    let density = 0; // over log precision, after mu is integrated out
    for (let t = -12; t < 6; t += 1e-3) {
      const precision = Math.exp(t);
      const prior = Math.exp(alpha * Math.log(beta) - lgamma(alpha) + alpha * t - beta * precision);
      const variance = (1 + 1 / nu) / precision;
      density += (1e-3 * prior * Math.exp(-((y - gamma) ** 2) / (2 * variance))) / Math.sqrt(2 * Math.PI * variance);
    }
    const [value, penalty] = terms(gamma, nu, alpha, beta, y);
    closeTo(await value.data(), [-Math.log(density)], {rtol: 1e-5});
    closeTo(await penalty.data(), [1.1 * (3.4 + 2.2)], {rtol: 1e-6});
    tf.dispose([first, second, value, penalty]);
  });

  it('trains that marginal and the penalty, and predicts its Student-t with both variances', async () => {
    const [gamma, nu, alpha, beta] = [1, 2, 3, 0.5] as const;
    const {head, model} = believing(gamma, nu, alpha, beta);
    const [x, y] = [tf.ones([2, 1]), tf.tensor2d([[1.5], [0]])];
    const posterior = evidentialPosterior(model);
    const predictive = await posterior.predict(x);
    const [loss, logProb] = tf.tidy(() => [
      head.loss(y, model.apply(x, {training: true}) as tf.Tensor),
      predictive.logProb(y),
    ]);
    const marginal = await (logProb as tf.Tensor).data();
    closeTo(
      await (loss as tf.Tensor).data(),
      [0.5, 1].map((error, i) => 0.1 * error * (2 * nu + alpha) - (marginal[i] as number)),
      {rtol: 1e-5},
    );
    closeTo(await predictive.mean.data(), [1, 1], {rtol: 1e-6});
    closeTo(await predictive.aleatoricVariance.data(), [0.25, 0.25], {rtol: 1e-5});
    closeTo(await predictive.epistemicVariance.data(), [0.125, 0.125], {rtol: 1e-5});

    const draws = await posterior.sampleOutputs(tf.ones([4000, 1]), {samples: 1});
    const {mean, variance} = tf.tidy(() => {
      const [mu, raw] = tf.split(tf.reshape(draws, [4000, 2]), 2, 1) as [tf.Tensor, tf.Tensor];
      return {mean: tf.stack([tf.mean(mu), tf.mean(tf.softplus(raw))]), variance: tf.moments(mu).variance};
    });
    closeTo(await mean.data(), [1, 0.25], {rtol: 0, atol: 5 * Math.sqrt(0.125 / 4000)});
    closeTo(await variance.data(), [0.125], {rtol: 0.2});
    predictive.dispose();
    tf.dispose([x, y, loss as tf.Tensor, logProb as tf.Tensor, draws, mean, variance]);
  });

  it('learns means and noise without a leak, and is saved with the model', async () => {
    const x = tf.randomUniform([120, 1], -1, 1, 'float32', 1);
    const y = tf.add(tf.mul(x, 2), tf.mul(tf.randomNormal([120, 1], 0, 0.3, 'float32', 2), tf.greater(x, 0)));
    const head = evidentialRegression({units: 1, seed: 1});
    const kernelInitializer = tfl.initializers.randomNormal({stddev: 1, seed: 1});
    const model = tfl.sequential({
      layers: [tfl.layers.dense({units: 12, activation: 'tanh', inputShape: [1], kernelInitializer}), head],
    });
    model.compile({optimizer: tf.train.adam(0.06), loss: head.loss});
    await model.fit(x, y, {epochs: 1, verbose: 0});
    await expectNoLeak(() => model.fit(x, y, {epochs: 60, batchSize: 120, verbose: 0, shuffle: false}));
    const at = tf.tensor2d([[-0.6], [0.6]]);
    const predictive = await evidentialPosterior(model).predict(at);
    const noise = await predictive.aleatoricVariance.data();
    closeTo(await predictive.mean.data(), [-1.2, 1.2], {rtol: 0, atol: 0.25});
    expect(noise[1]).to.be.above(3 * (noise[0] as number));
    for (const copy of await roundTrip(model)) {
      const again = await evidentialPosterior(copy).predict(at);
      closeTo(await again.epistemicVariance.data(), await predictive.epistemicVariance.data(), {rtol: 0});
      again.dispose();
    }
    predictive.dispose();
    tf.dispose([x, y, at]);
  });

  it('treats the steps of a sequence alike, and by symbols', async () => {
    const head = evidentialRegression({units: 2, seed: 1});
    expect((head.apply(tfl.input({shape: [4, 3]})) as tfl.SymbolicTensor).shape).to.deep.equal([null, 4, 2]);
    const x = tf.randomNormal([2, 4, 3], 0, 1, 'float32', 1);
    const y = tf.ones([2, 4, 2]);
    const [sequence, flat] = tf.tidy(() => [
      head.loss(y, head.apply(x, {training: true}) as tf.Tensor),
      head.loss(tf.reshape(y, [8, 2]), head.apply(tf.reshape(x, [8, 3]), {training: true}) as tf.Tensor),
    ]) as [tf.Tensor, tf.Tensor];
    const each = Array.from(await flat.data());
    closeTo(
      (await sequence.data())[0] as number,
      each.slice(0, 4).reduce((sum, v) => sum + v / 4, 0),
      {rtol: 1e-5},
    );
    tf.dispose([x, y, sequence, flat]);
  });

  it('refuses targets of another shape, predictions of another layer, other models', () => {
    const {head, model} = believing(0, 1, 2, 1);
    tf.tidy(() => {
      const output = model.apply(tf.ones([2, 1]), {training: true}) as tf.Tensor;
      expect(() => head.loss(tf.zeros([2, 2]), output)).to.throw(ShapeError, /\[2, 1\]/);
      expect(() => head.loss(tf.zeros([2, 1]), tf.zeros([2, 1]))).to.throw(ConfigError, /same step/);
    });
    const dense = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [1]})]});
    expect(() => evidentialPosterior(dense)).to.throw(ConfigError, /EvidentialRegression/);
    expect(() => evidentialRegression({units: 1, evidenceWeight: -1})).to.throw(ConfigError, /evidenceWeight/);
  });
});
