import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {ConfigError, ShapeError} from '../../../src/errors.ts';
import {bernoulli, categorical, type Link} from '../../../src/likelihoods/index.ts';
import {softmaxLink} from '../../../src/likelihoods/softmax-links.ts';
import {concatPredictives} from '../../../src/predictive/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {onEachBackend} from '../../support/each-backend.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {peakBytes} from '../predictive/peak-bytes.ts';
import fixtures from './fixtures/links.json' with {type: 'json'};

const {cases, sigmoid} = fixtures;

async function linked(
  mean: tf.Tensor,
  spread: {covariance: tf.Tensor} | {variance: tf.Tensor},
  link: Link,
  samples = 100,
) {
  const predictive = categorical().predictive({mean, ...spread}, {link, samples, rng: createRng(1)});
  const probs = await predictive.probs.data();
  predictive.dispose();
  return probs;
}

function diagonal(covariance: number[][]): number[] {
  return covariance.map((row, i) => row[i] as number);
}

describe('links from Gaussian logits to probabilities', () => {
  onEachBackend(() => {
    cases.forEach((example, index) => {
      it(`reach the values of case ${index}, with covariances and with variances`, async () => {
        const mean = tf.tensor2d([example.mean]);
        const covariance = tf.tensor3d([example.covariance]);
        const variance = tf.tensor2d([diagonal(example.covariance)]);
        const tolerance = {rtol: 1e-5};
        closeTo(await linked(mean, {covariance}, 'probit'), example.probit, tolerance);
        closeTo(await linked(mean, {variance}, 'probit'), example.probit, tolerance);
        closeTo(await linked(mean, {covariance}, 'pairwise-probit'), example.pairwiseProbit, tolerance);
        closeTo(await linked(mean, {variance}, 'pairwise-probit'), example.diagonalPairwiseProbit, tolerance);
        closeTo(await linked(mean, {covariance}, 'bridge'), example.bridge, tolerance);
        closeTo(await linked(mean, {covariance}, 'bridge-norm'), example.bridgeNorm, tolerance);
        closeTo(await linked(mean, {variance}, 'bridge'), example.diagonalBridge, tolerance);
        closeTo(await linked(mean, {variance}, 'bridge-norm'), example.diagonalBridgeNorm, tolerance);
        tf.dispose([mean, covariance, variance]);
      });
    });
  });

  it('let mc approach the integral: five standard errors of 40000 draws', async () => {
    for (const example of cases.filter((c) => 'quadrature' in c)) {
      const mean = tf.tensor2d([example.mean]);
      const covariance = tf.tensor3d([example.covariance]);
      const probs = await linked(mean, {covariance}, 'mc', 40000);
      closeTo(probs, example.quadrature as number[], {rtol: 0, atol: (5 * 0.35) / Math.sqrt(40000)});
      tf.dispose([mean, covariance]);
    }
  });

  it('take the pairwise probit where there is a covariance and the probit where there are variances, unless asked', async () => {
    const mean = tf.tensor2d([[2, -1, 0.5]]);
    const covariance = tf.tensor3d([
      [
        [2, 1, 0],
        [1, 3, -0.5],
        [0, -0.5, 1],
      ],
    ]);
    const variance = tf.tensor2d([[2, 3, 1]]);
    for (const [spread, link] of [
      [{covariance}, 'pairwise-probit'],
      [{variance}, 'probit'],
    ] as const) {
      const predictive = categorical().predictive({mean, ...spread});
      closeTo(await predictive.probs.data(), await linked(mean, spread, link), {rtol: 1e-6});
      predictive.dispose();
    }
    tf.dispose([mean, covariance, variance]);
  });

  it('by the pairwise probit ignore what all logits share, as softmax does, and the probit does not', async () => {
    const mean = tf.tensor2d([[2, -1, 0.5]]);
    const covariance = tf.add(tf.mul(tf.eye(3), 0.5), 0) as tf.Tensor;
    const shared = tf.expandDims(tf.add(covariance, 20), 0); // a shift of all logits with variance 20
    const own = tf.expandDims(covariance, 0);
    const [alone, together] = [
      await linked(mean, {covariance: own}, 'pairwise-probit'),
      await linked(mean, {covariance: shared}, 'pairwise-probit'),
    ];
    closeTo(together, alone, {rtol: 1e-5});
    const marginal = await linked(mean, {covariance: shared}, 'probit');
    expect(Math.max(...marginal)).to.be.below(0.8 * Math.max(...alone));
    tf.dispose([mean, covariance, shared, own]);
  });

  it('by the pairwise probit take many rows of many classes a bounded number at a time, each as if alone', async () => {
    const [rows, classes] = [220, 200];
    const rng = createRng(8);
    const mean = tf.tensor3d(new Float32Array(rng.normals(rows * classes)), [rows / 2, 2, classes]);
    const half = tf.tensor3d(new Float32Array(rng.normals(rows * classes)), [rows, classes, 1]);
    const covariance = tf.reshape(tf.matMul(half, half, false, true), [rows / 2, 2, classes, classes]);
    const variance = tf.reshape(tf.square(half), [rows / 2, 2, classes]);
    const plan = {samples: 1, rng, offset: 0};
    for (const latent of [
      {mean, covariance},
      {mean, variance},
    ]) {
      const whole = softmaxLink(latent, 'pairwise-probit', plan);
      expect(whole.shape).to.deep.equal(mean.shape);
      const last = softmaxLink(
        Object.fromEntries(Object.entries(latent).map(([key, value]) => [key, tf.slice(value, rows / 2 - 1)])) as {
          mean: tf.Tensor;
        },
        'pairwise-probit',
        plan,
      );
      closeTo((await whole.data()).slice(-2 * classes), await last.data(), {rtol: 0});
      tf.dispose([whole, last]);
    }
    const peak = await peakBytes(() => softmaxLink({mean, covariance}, 'pairwise-probit', plan));
    expect(peak).to.be.below(5 * covariance.size * 4);
    tf.dispose([mean, half, covariance, variance]);
  });

  it('by the pairwise probit come closer to the integral than by the probit, on average over the cases', async () => {
    let [pairwise, marginal] = [0, 0];
    for (const example of cases.filter((c) => 'quadrature' in c)) {
      const mean = tf.tensor2d([example.mean]);
      const covariance = tf.tensor3d([example.covariance]);
      const distance = (probs: ArrayLike<number>): number =>
        (example.quadrature as number[]).reduce((sum, p, k) => sum + Math.abs(p - (probs[k] as number)), 0);
      pairwise += distance(await linked(mean, {covariance}, 'pairwise-probit'));
      marginal += distance(await linked(mean, {covariance}, 'probit'));
      tf.dispose([mean, covariance]);
    }
    expect(pairwise).to.be.below(marginal);
  });

  it('give softmax(mean) where there is no variance, by every link', async () => {
    const mean = tf.tensor2d([[2, -1, 0.5]]);
    const variance = tf.zerosLike(mean);
    const covariance = tf.zeros([1, 3, 3]);
    const softmax = tf.softmax(mean);
    const expected = await softmax.data();
    for (const link of ['pairwise-probit', 'probit', 'mc', 'bridge', 'bridge-norm'] as const) {
      closeTo(await linked(mean, {variance}, link), expected, {rtol: 2e-6});
      closeTo(await linked(mean, {covariance}, link), expected, {rtol: 2e-6});
      const point = categorical().predictive({mean}, {link});
      closeTo(await point.probs.data(), expected, {rtol: 2e-6});
      point.dispose();
    }
    tf.dispose([mean, variance, covariance, softmax]);
  });

  it('keep the bridge finite where the logits share all their variance, and with logits hundreds apart', async () => {
    const mean = tf.tensor2d([[2, -1, 0.5]]);
    const covariance = tf.ones([1, 3, 3]);
    const softmax = tf.softmax(mean);
    closeTo(await linked(mean, {covariance}, 'bridge'), await softmax.data(), {rtol: 2e-6});
    const far = tf.tensor2d([[500, -500, 0]]);
    const variance = tf.onesLike(far);
    closeTo(await linked(far, {variance}, 'bridge'), [1, 0, 0], {rtol: 1e-6});
    tf.dispose([mean, covariance, softmax, far, variance]);
  });

  it('take the sigmoid likewise', async () => {
    const mean = tf.tensor2d(sigmoid.map(({mean}) => [mean]));
    const variance = tf.tensor2d(sigmoid.map(({variance}) => [variance]));
    const probit = bernoulli().predictive({mean, variance});
    closeTo(
      await probit.probs.data(),
      sigmoid.map(({probit}) => probit),
      {rtol: 1e-5},
    );
    const mc = bernoulli().predictive({mean, variance}, {link: 'mc', samples: 40000, rng: createRng(2)});
    closeTo(
      await mc.probs.data(),
      sigmoid.map(({mc}) => mc),
      {atol: (5 * 0.35) / Math.sqrt(40000)},
    );
    const covariance = tf.reshape(variance, [3, 1, 1]);
    const full = bernoulli().predictive({mean, covariance});
    closeTo(
      await full.probs.data(),
      sigmoid.map(({probit}) => probit),
      {rtol: 1e-5},
    );
    for (const predictive of [probit, mc, full]) predictive.dispose();
    tf.dispose([mean, variance, covariance]);
  });

  it('do not depend on how examples are batched, on [N, T, K] outputs', async () => {
    const rng = createRng(5);
    const mean = tf.tensor3d(new Float32Array(rng.normals(5 * 2 * 3)), [5, 2, 3]);
    const variance = tf.tensor3d(new Float32Array(rng.uniforms(5 * 2 * 3)), [5, 2, 3]);
    const predict = (start: number, count: number) => {
      const [m, v] = [mean, variance].map((t) => tf.slice(t, [start, 0, 0], [count, 2, 3])) as [tf.Tensor, tf.Tensor];
      const predictive = categorical().predictive(
        {mean: m, variance: v},
        {link: 'mc', samples: 7, offset: start, keepMembers: true},
      );
      tf.dispose([m, v]);
      return predictive;
    };
    const whole = predict(0, 5);
    const parts = [predict(0, 2), predict(2, 3)];
    const joined = concatPredictives(parts);
    expect(joined.probs.shape).to.deep.equal([5, 2, 3]);
    expect(joined.memberProbs?.shape).to.deep.equal([7, 5, 2, 3]);
    const [a, b] = [await whole.toArrays(), await joined.toArrays()];
    closeTo(b.probs.data, a.probs.data, {rtol: 1e-6});
    closeTo(b.entropy.epistemic, a.entropy.epistemic, {rtol: 1e-4, atol: 1e-6});
    closeTo(await (joined.memberProbs as tf.Tensor).data(), await (whole.memberProbs as tf.Tensor).data(), {
      rtol: 1e-6,
    });
    for (const predictive of [whole, joined, ...parts]) predictive.dispose();
    tf.dispose([mean, variance]);
  });

  it('refuse what they cannot use, naming it', () => {
    const mean = tf.tensor2d([[1, 2]]);
    const variance = tf.tensor2d([[1, 2, 3]]);
    const call = (options: object) => () => categorical().predictive({mean}, options);
    expect(call({link: 'softmax'})).to.throw(
      ConfigError,
      "expected link to be one of 'probit', 'pairwise-probit', 'mc'",
    );
    expect(call({samples: 0})).to.throw(ConfigError, 'expected samples to be a whole number above 0, got 0');
    expect(call({offset: -1})).to.throw(ConfigError, 'offset');
    expect(() => categorical().predictive({mean, variance})).to.throw(ShapeError, 'expected variance of shape [1, 2]');
    expect(() => categorical().predictive({draws: mean})).to.throw(
      ShapeError,
      'expected draws of shape [S, N, ..., C]',
    );
    expect(() => bernoulli().predictive({mean}, {link: 'bridge'})).to.throw(
      ConfigError,
      "one of 'probit', 'mc', got 'bridge'",
    );
    tf.dispose([mean, variance]);
  });

  it('leave no tensor behind', async () => {
    for (const link of ['pairwise-probit', 'probit', 'mc', 'bridge', 'bridge-norm'] as const) {
      await expectNoLeak(async () => {
        const mean = tf.tensor2d([[1, 2, 3]]);
        const covariance = tf.tensor3d([
          [
            [2, 1, 0],
            [1, 2, 0],
            [0, 0, 1],
          ],
        ]);
        const predictive = categorical().predictive({mean, covariance}, {link, keepMembers: true});
        await predictive.toArrays();
        predictive.dispose();
        tf.dispose([mean, covariance]);
      });
    }
  });
});
