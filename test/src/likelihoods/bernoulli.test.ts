import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {DataError, ShapeError} from '../../../src/errors.ts';
import {bernoulli, categorical} from '../../../src/likelihoods/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {onEachBackend} from '../../support/each-backend.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {
  fisherIsHessian,
  lossGradientMatches,
  productMatchesFisher,
  rootMatchesFisher,
} from '../../support/likelihood-checks.ts';

const likelihood = bernoulli();

function normals(seed: number, shape: number[]): tf.Tensor {
  return tf.tensor(new Float32Array(createRng(seed).normals(tf.util.sizeFromShape(shape))), shape);
}

describe('bernoulli', () => {
  onEachBackend(() => {
    for (const shape of [
      [5, 1],
      [2, 3, 2],
    ]) {
      it(`has a Fisher that is the Hessian, with root and product, for outputs [${shape}]`, async () => {
        const f = normals(1, shape);
        const v = normals(2, shape);
        const y = likelihood.sample(f, createRng(3));
        await fisherIsHessian(likelihood, f, y, {rtol: 1e-3, atol: 2e-4});
        await rootMatchesFisher(likelihood, f, {rtol: 1e-5});
        await productMatchesFisher(likelihood, f, v, {rtol: 1e-5});
        await lossGradientMatches(likelihood, f, y, {rtol: 2e-3, atol: 2e-4});
        tf.dispose([f, v, y]);
      });
    }

    it('sums over outputs, in log space, and ignores -100', async () => {
      const f = tf.tensor2d([
        [0, 200],
        [1, 1],
        [-3, 4],
      ]);
      const labels = tf.tensor2d([
        [1, 0],
        [0.5, 1],
        [-100, -100],
      ]);
      const y = await likelihood.prepareTargets(labels, [3, 2], 'test');
      const [nll, observed] = [likelihood.negLogProb(f, y), likelihood.observed(y)];
      const softplus = Math.log(1 + Math.E);
      closeTo(await nll.data(), [Math.LN2 + 200, 2 * softplus - 1.5, 0], {rtol: 1e-6});
      closeTo(await observed.data(), [1, 1, 0]);
      tf.dispose([f, labels, y, nll, observed]);
    });
  });

  it('is the categorical of logits f and 0, in its loss, its Fisher and its Monte Carlo prediction', async () => {
    const f = tf.tensor2d([[1.3], [-2]]);
    const pair = tf.concat([f, tf.zerosLike(f)], 1);
    const y = tf.tensor2d([[1], [0]]);
    const onehot = tf.tensor2d([
      [1, 0],
      [0, 1],
    ]);
    const [one, two] = [likelihood.negLogProb(f, y), categorical().negLogProb(pair, onehot)];
    closeTo(await one.data(), await two.data(), {rtol: 1e-6});
    const [slope, full] = [likelihood.fisher(f), categorical().fisher(pair)];
    const dense = await full.data();
    closeTo(await slope.data(), [dense[0] as number, dense[4] as number], {rtol: 1e-6});
    tf.dispose([f, pair, y, onehot, one, two, slope, full]);
  });

  it('takes [N] targets for a single output, and samples with its probabilities', async () => {
    const labels = tf.tensor1d([1, 0, 1], 'int32');
    const y = await likelihood.prepareTargets(labels, [3, 1], 'test');
    expect(y.shape).to.deep.equal([3, 1]);
    const draws = 20000;
    const f = tf.fill([draws, 1], 1);
    const sample = likelihood.sample(f, createRng(1));
    const rate = tf.mean(sample);
    const p = 1 / (1 + Math.exp(-1));
    closeTo(await rate.data(), [p], {atol: 5 * Math.sqrt((p * (1 - p)) / draws)});
    tf.dispose([labels, y, f, sample, rate]);
  });

  it('splits entropies that are non-negative and add up, from draws and from variances, and leaves no tensor', async () => {
    await expectNoLeak(async () => {
      const mean = normals(4, [6, 2]);
      const variance = tf.tidy(() => tf.square(normals(5, [6, 2])));
      const draws = normals(6, [8, 6, 2]);
      const predictives = [
        likelihood.predictive({draws}, {keepMembers: true}),
        likelihood.predictive({mean, variance}, {link: 'mc', keepMembers: true}),
        likelihood.predictive({mean, variance}),
      ];
      for (const predictive of predictives) {
        const {entropy, probs} = await predictive.toArrays();
        expect(probs.shape).to.deep.equal([6, 2]);
        for (const [i, total] of entropy.total.entries()) {
          expect(entropy.epistemic[i]).to.be.greaterThan(0);
          closeTo((entropy.aleatoric[i] as number) + (entropy.epistemic[i] as number), total, {rtol: 1e-5});
        }
        if (predictive.memberProbs) {
          const average = tf.mean(predictive.memberProbs, 0);
          closeTo(await average.data(), probs.data, {rtol: 1e-5});
          average.dispose();
        }
        predictive.dispose();
      }
      tf.dispose([mean, variance, draws]);
    });
  });

  it('scores targets under the prediction', async () => {
    const mean = tf.tensor2d([
      [2, -300],
      [0, 0],
      [1, 1],
    ]);
    const predictive = likelihood.predictive({mean});
    const y = tf.tensor2d([
      [1, 1],
      [0.5, 0],
      [-100, -100],
    ]);
    const logProb = predictive.logProb(y);
    closeTo(await logProb.data(), [-Math.log(1 + Math.exp(-2)) - 300, 2 * Math.log(0.5), 0], {rtol: 1e-6});
    predictive.dispose();
    tf.dispose([mean, y, logProb]);
  });

  it('refuses labels of another code, partly ignored rows and other shapes', async () => {
    const cases: [tf.Tensor, number[], new (message: string) => Error, string][] = [
      [tf.tensor1d([1, -1]), [2, 1], DataError, 'got -1 at row 1, output 0'],
      [tf.tensor2d([[-100, 1]]), [1, 2], DataError, 'in all 2 outputs of a row'],
      [tf.tensor2d([[0, Number.NaN]]), [1, 2], DataError, 'got NaN at row 0, output 1'],
      [tf.tensor1d([1, 0]), [2, 2], ShapeError, 'expected y of shape [2, 2], got [2]'],
    ];
    for (const [y, shape, type, message] of cases) {
      const error: unknown = await likelihood.prepareTargets(y, shape, 'fit').catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(type);
      expect((error as Error).message).to.contain(message);
      y.dispose();
    }
  });
});
