import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {type EvidentialForm, evidentialClassification} from '../../../layers/index.ts';
import {divergenceFromUniform} from '../../../layers/single-pass/dirichlet-loss.ts';
import {gammaDraws} from '../../../layers/single-pass/gamma-draws.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {ConfigError, ShapeError} from '../../../src/errors.ts';
import {createRng} from '../../../src/random/index.ts';
import {digamma as exactDigamma, lgamma} from '../../../src/special/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';

/** Outputs whose softplus is alpha - 1. */
const outputsFor = (alpha: number[]): tf.Tensor2D => tf.tensor2d([alpha.map((a) => Math.log(Math.expm1(a - 1)))]);

/** The mean of `value` over a Dirichlet of two classes, by the midpoint rule. */
function betaMean([a, b]: [number, number], value: (p: number) => number): number {
  const steps = 50000;
  let sum = 0;
  for (let i = 0; i < steps; i++) {
    const p = (i + 0.5) / steps;
    sum +=
      value(p) * Math.exp(lgamma(a + b) - lgamma(a) - lgamma(b) + (a - 1) * Math.log(p) + (b - 1) * Math.log1p(-p));
  }
  return sum / steps;
}

describe('evidential classification', () => {
  before(async () => {
    await initBackend();
  });

  it('draws Gamma variables', () => {
    for (const shape of [1, 2.5, 40]) {
      const draws = gammaDraws(createRng(1), new Float64Array(20000).fill(shape));
      const mean = draws.reduce((sum, v) => sum + v, 0) / draws.length;
      const variance = draws.reduce((sum, v) => sum + (v - mean) ** 2, 0) / draws.length;
      expect(Math.abs(mean - shape)).to.be.below(5 * Math.sqrt(shape / draws.length));
      closeTo([variance], [shape], {rtol: 0.08});
      const below = draws.filter((v) => v < 1).length / draws.length;
      if (shape === 1) expect(Math.abs(below - (1 - Math.exp(-1)))).to.be.below(5 * Math.sqrt(0.25 / draws.length));
    }
  });

  it('trains the three expectations, as the integrals over the Dirichlet say', async () => {
    const alpha: [number, number] = [2.5, 1.7];
    const f = outputsFor(alpha);
    const y = tf.tensor2d([[1, 0]]);
    const expected: Record<EvidentialForm, number> = {
      'squared-error': betaMean(alpha, (p) => 2 * (1 - p) ** 2),
      'log-marginal': -Math.log(betaMean(alpha, (p) => p)),
      'cross-entropy': betaMean(alpha, (p) => -Math.log(p)),
    };
    for (const [form, value] of Object.entries(expected) as [EvidentialForm, number][]) {
      const loss = evidentialClassification({form, klWeight: 0}).loss(y, f);
      expect(loss.shape).to.deep.equal([1]);
      closeTo(await loss.data(), [value], {rtol: 1e-5});
      loss.dispose();
    }
    // The penalty sees the evidence for the wrong class only.
    const density = (p: number) => 1.7 * (1 - p) ** 0.7;
    const penalty = betaMean([1, 1.7], (p) => Math.log(density(p)));
    const plain = expected['squared-error'];
    const loss = evidentialClassification({klWeight: 0.5}).loss(y, f);
    closeTo(await loss.data(), [plain + 0.5 * penalty], {rtol: 1e-4});
    tf.dispose([f, y, loss]);
  });

  it('has no divergence for the uniform Dirichlet', async () => {
    const alpha = tf.tensor2d([
      [1, 1, 1],
      [2, 3, 5],
    ]);
    const divergence = divergenceFromUniform(alpha);
    const [a, total] = [[2, 3, 5], 10];
    const expected =
      lgamma(total) -
      lgamma(3) +
      a.reduce((sum, v) => sum - lgamma(v) + (v - 1) * (exactDigamma(v) - exactDigamma(total)), 0);
    closeTo(await divergence.data(), [0, expected], {rtol: 1e-5, atol: 1e-5});
    tf.dispose([alpha, divergence]);
  });

  it('predicts mean, entropies and vacuity of the Dirichlet in closed form', async () => {
    const input = tf.eye(3);
    const kernel = outputsFor([2, 3, 5]);
    const dense = tfl.layers.dense({units: 3, useBias: false, inputShape: [1]});
    const model = tfl.sequential({layers: [dense]});
    model.setWeights([kernel]);
    const x = tf.ones([1, 1]);
    const posterior = evidentialClassification().posterior(model);
    const predictive = await posterior.predict(x, {keepMembers: true, samples: 4});
    const {probs, entropy} = await predictive.toArrays();
    closeTo(probs.data, [0.2, 0.3, 0.5], {rtol: 1e-6});
    closeTo(entropy.total, [1.029653014], {rtol: 1e-6});
    closeTo(entropy.aleatoric, [0.9373015873], {rtol: 1e-6});
    closeTo(entropy.epistemic, [0.0923514268], {rtol: 1e-5});
    expect(predictive.memberProbs?.shape).to.deep.equal([4, 1, 3]);
    closeTo(await posterior.oodScore(x), [0.3], {rtol: 1e-6});

    const draws = await posterior.sampleOutputs(x, {samples: 1500});
    const {mean, variance} = tf.moments(tf.exp(draws), 0);
    closeTo(await mean.data(), [0.2, 0.3, 0.5], {rtol: 0, atol: 0.02}); // five standard errors
    closeTo(
      await variance.data(),
      [0.2 * 0.8, 0.3 * 0.7, 0.25].map((v) => v / 11),
      {rtol: 0.1},
    );
    predictive.dispose();
    tf.dispose([input, kernel, x, draws, mean, variance]);
  });

  it('learns classes without a leak, the penalty growing with the epochs', async () => {
    const x = tf.randomNormal([60, 2], 0, 1, 'float32', 1) as tf.Tensor2D;
    const y = tf.tidy(() => {
      const one = tf.cast(tf.greater(tf.slice(x, [0, 0], [60, 1]), 0), 'float32');
      return tf.concat([one, tf.sub(1, one)], 1);
    });
    for (const evidence of ['softplus', 'relu', 'exp'] as const) {
      const head = evidentialClassification({evidence, klWeight: 0.1});
      const kernelInitializer = tfl.initializers.randomNormal({stddev: 0.3, seed: 2});
      const model = tfl.sequential({
        layers: [tfl.layers.dense({units: 2, inputShape: [2], kernelInitializer, biasInitializer: 'ones'})],
      });
      model.compile({optimizer: tf.train.adam(0.3), loss: head.loss, metrics: ['accuracy']});
      let weights: number[] = [];
      await model.fit(x, y, {epochs: 1, verbose: 0, callbacks: head.annealing({epochs: 4})});
      expect(head.klWeight).to.equal(0.1);
      await expectNoLeak(async () => {
        weights = [];
        const spy = {onEpochEnd: async () => void weights.push(head.klWeight)};
        const {history} = await model.fit(x, y, {
          epochs: 12,
          batchSize: 60,
          verbose: 0,
          callbacks: [head.annealing({epochs: 4}), new tfl.CustomCallback(spy)],
        });
        expect((history.acc as number[]).at(-1)).to.be.above(0.9);
      });
      closeTo(weights.slice(0, 6), [0, 0.025, 0.05, 0.075, 0.1, 0.1], {rtol: 1e-12});
    }
    tf.dispose([x, y]);
  });

  it('ignores rows of zeros, and averages over inner axes', async () => {
    const head = evidentialClassification();
    const f = tf.randomNormal([2, 2, 3], 0, 1, 'float32', 1);
    const y = tf.tensor3d([1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1], [2, 2, 3]);
    const [whole, flat] = [head.loss(y, f), head.loss(tf.reshape(y, [4, 3]), tf.reshape(f, [4, 3]))];
    const [a, b, c, d] = await flat.data();
    expect(b).to.equal(0);
    closeTo(await whole.data(), [(a as number) / 2, ((c as number) + (d as number)) / 2], {rtol: 1e-5});
    tf.dispose([f, y, whole, flat]);
  });

  it('refuses softmax heads, integer labels and unknown names', () => {
    const softmax = tfl.sequential({layers: [tfl.layers.dense({units: 3, activation: 'softmax', inputShape: [2]})]});
    const head = evidentialClassification();
    expect(() => head.posterior(softmax)).to.throw(ConfigError, /linear layer, got a softmax/);
    expect(() => head.loss(tf.zeros([2, 1]), tf.zeros([2, 3]))).to.throw(ShapeError, /\[2, 3\]/);
    expect(() => evidentialClassification({evidence: 'square' as 'relu'})).to.throw(ConfigError, /'softplus'/);
    expect(() => evidentialClassification({klWeight: -1})).to.throw(ConfigError, /klWeight/);
    for (const epochs of [0, Number.NaN]) expect(() => head.annealing({epochs})).to.throw(ConfigError, /epochs/);
    expect(() => head.annealing({klWeight: -1})).to.throw(ConfigError, /klWeight/);
  });
});
