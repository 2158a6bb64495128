import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {ShapeError} from '../../../src/errors.ts';
import {categorical} from '../../../src/likelihoods/index.ts';
import {CategoricalPredictive, concatPredictives} from '../../../src/predictive/index.ts';
import {summarizeDraws} from '../../../src/predictive/latent-draws.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {onEachBackend} from '../../support/each-backend.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {peakBytes} from './peak-bytes.ts';

describe('CategoricalPredictive', () => {
  onEachBackend(() => {
    it('splits entropy into its parts: members [.7,.3], [.6,.4], [.8,.2] and [.9,.1], [.5,.5], [.1,.9]', async () => {
      const members = tf.tensor3d([
        [
          [0.7, 0.3],
          [0.9, 0.1],
        ],
        [
          [0.6, 0.4],
          [0.5, 0.5],
        ],
        [
          [0.8, 0.2],
          [0.1, 0.9],
        ],
      ]);
      const draws = tf.log(members);
      const predictive = categorical().predictive({draws}, {keepMembers: true});
      const {entropy, probs} = await predictive.toArrays();
      closeTo(probs.data, [0.7, 0.3, 0.5, 0.5], {rtol: 1e-6});
      closeTo(entropy.total, [0.6108643, Math.LN2], {rtol: 1e-6});
      closeTo(entropy.aleatoric, [0.5947595, 0.447771], {rtol: 1e-6});
      closeTo(entropy.epistemic, [0.0161048, 0.2453761], {rtol: 1e-5});
      closeTo(await (predictive.memberProbs as tf.Tensor).data(), await members.data(), {rtol: 1e-6});
      predictive.dispose();
      tf.dispose([members, draws]);
    });

    it('scores labels, one-hot rows and soft labels alike, ignoring -100', async () => {
      const mean = tf.tensor3d([
        [
          [0, -200],
          [1, 0],
        ],
        [
          [2, 0],
          [0, 0],
        ],
      ]);
      const predictive = categorical().predictive({mean});
      const labels = tf.tensor2d(
        [
          [1, 0],
          [-100, 1],
        ],
        [2, 2],
        'int32',
      );
      const onehot = tf.tensor3d([
        [
          [0, 1],
          [1, 0],
        ],
        [
          [0, 0],
          [0, 1],
        ],
      ]);
      const expected = [-200, -Math.log(1 + Math.exp(-1)), 0, -Math.LN2];
      const scores = [
        predictive.logProb(labels),
        predictive.logProb(tf.expandDims(labels, 2)),
        predictive.logProb(onehot),
      ];
      for (const score of scores) {
        expect(score.shape).to.deep.equal([2, 2]);
        closeTo(await score.data(), expected, {rtol: 1e-6});
      }
      const wrong = tf.tensor1d([1, 2]);
      expect(() => predictive.logProb(wrong)).to.throw(ShapeError, 'expected y of shape [2, 2, 2] or [2, 2], got [2]');
      predictive.dispose();
      tf.dispose([mean, labels, onehot, wrong, scores]);
    });
  });

  it('splits with the same draws whatever the link, and repeats itself', async () => {
    const mean = tf.tensor2d([
      [1, 0, -1],
      [0, 0, 0],
    ]);
    const covariance = tf.tensor3d([
      [
        [2, 1, 0],
        [1, 2, 0],
        [0, 0, 1],
      ],
      [
        [0, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
      ],
    ]);
    const options = {samples: 50, rng: createRng(3)};
    const [probit, mc] = (['probit', 'mc'] as const).map((link) =>
      categorical().predictive({mean, covariance}, {...options, link}),
    ) as [CategoricalPredictive, CategoricalPredictive];
    const [a, again, b] = [await probit.toArrays(), await probit.toArrays(), await mc.toArrays()];
    closeTo(again.entropy.total, a.entropy.total);
    closeTo(b.entropy.total, a.entropy.total);
    closeTo(b.entropy.epistemic, a.entropy.epistemic);
    const entropyOfMc = [0, 1].map(
      (i) => -b.probs.data.slice(3 * i, 3 * i + 3).reduce((sum, p) => sum + p * Math.log(p), 0),
    );
    closeTo(b.entropy.total, entropyOfMc, {rtol: 2e-6});
    expect(a.entropy.epistemic[0]).to.be.greaterThan(0.05);
    expect(a.entropy.epistemic[1]).to.be.within(0, 1e-6);
    for (const predictive of [probit, mc]) predictive.dispose();
    tf.dispose([mean, covariance]);
  });

  it('has no epistemic part where f is a point estimate or a single draw', async () => {
    const mean = tf.tensor2d([[1, 0, -1]]);
    const draws = tf.expandDims(mean, 0);
    for (const predictive of [categorical().predictive({mean}), categorical().predictive({draws})]) {
      const {entropy, probs} = await predictive.toArrays();
      expect(entropy.epistemic[0]).to.equal(0);
      closeTo(entropy.total, [-probs.data.reduce((sum, p) => sum + p * Math.log(p), 0)], {rtol: 1e-6});
      predictive.dispose();
    }
    tf.dispose([mean, draws]);
  });

  it('can be made from log-probabilities alone, and joined', async () => {
    await expectNoLeak(async () => {
      const part = (p: number) =>
        new CategoricalPredictive({logProbs: tf.tidy(() => tf.log(tf.tensor2d([[p, 1 - p]])))});
      const parts = [part(0.25), part(0.9)];
      const joined = concatPredictives(parts);
      const {probs, labels, entropy} = await joined.toArrays();
      closeTo(probs.data, [0.25, 0.75, 0.9, 0.1], {rtol: 1e-6});
      expect(Array.from(labels)).to.deep.equal([1, 0]);
      expect(Array.from(entropy.epistemic)).to.deep.equal([0, 0]);
      for (const predictive of [joined, ...parts]) predictive.dispose();
    });
  });

  it('survives tf.tidy and leaves nothing when disposed', async () => {
    await expectNoLeak(async () => {
      const predictive = tf.tidy(() => {
        const mean = tf.tensor2d([[1, 2]]);
        const made = categorical().predictive({mean, variance: tf.onesLike(mean)}, {keepMembers: true});
        return made as unknown as tf.TensorContainer;
      }) as unknown as CategoricalPredictive;
      await predictive.toArrays();
      expect(predictive.memberProbs?.shape).to.deep.equal([100, 1, 2]);
      predictive.dispose();
    });
  });
});

describe('summarizeDraws', () => {
  it('draws with the covariance, the same however many values are held at once', async () => {
    const rows = 12;
    const samples = 40000;
    const covariance = tf.tile(
      tf.tensor3d([
        [
          [2, 0.6, 0],
          [0.6, 1, -0.4],
          [0, -0.4, 0.5],
        ],
      ]),
      [rows, 1, 1],
    );
    const mean = tf.tile(tf.tensor2d([[1, 2, 3]]), [rows, 1]);
    const plan = {samples, rng: createRng(11), offset: 0};
    const [mu, second] = summarizeDraws({mean, covariance}, plan, (f) => {
      const centered = tf.transpose(tf.sub<tf.Tensor3D>(f, tf.mean(f, 0, true)), [1, 0, 2]);
      return [tf.mean(f, 0), tf.div(tf.matMul(centered, centered, true, false), samples)];
    }) as [tf.Tensor, tf.Tensor];
    expect(mu.shape).to.deep.equal([rows, 3]);
    const error = 5 / Math.sqrt(samples);
    closeTo(await mu.data(), await mean.data(), {atol: error * Math.SQRT2});
    closeTo(await second.data(), await covariance.data(), {atol: error * 2 * Math.SQRT2});
    const late = summarizeDraws(
      {mean: tf.slice(mean, 9, 1), covariance: tf.slice(covariance, 9, 1)},
      {...plan, offset: 9},
      (f) => [tf.mean(f, 0)],
    ) as [tf.Tensor];
    const values = await mu.data();
    closeTo(await late[0].data(), values.slice(27, 30), {rtol: 1e-5});
    const distinct = new Set(Array.from(values).filter((_, i) => i % 3 === 0));
    expect(distinct.size).to.equal(rows);
    tf.dispose([covariance, mean, mu, second, late]);
  });

  it('factors no more covariances at once than it draws from', async () => {
    const [rows, outputs, samples] = [4000, 32, 4];
    const mean = tf.zeros([rows, outputs]);
    const covariance = tf.tile(tf.expandDims(tf.eye(outputs), 0), [rows, 1, 1]);
    const plan = {samples, rng: createRng(3), offset: 0};
    const peak = await peakBytes(() => summarizeDraws({mean, covariance}, plan, (f) => [tf.mean(f, 0)]));
    expect(peak).to.be.below(3 * covariance.size * 4);
    tf.dispose([mean, covariance]);
  });
});
