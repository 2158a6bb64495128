import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers gradients
import {expect} from 'chai';
import {type Estimator, estimate} from '../../../inference/variational/estimators.ts';
import type {GaussianFamily, VariationalFamily} from '../../../inference/variational/family.ts';
import {fullRank, meanField} from '../../../inference/variational/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {correlated, type GaussianTarget, gaussianTarget, gradientsOf, meanAndError} from './support.ts';

const target = correlated();

/** Gradients of an objective over several batches of draws. */
async function repeated(
  estimator: Estimator,
  family: VariationalFamily,
  {repetitions = 60, samples = 64, of = target}: {repetitions?: number; samples?: number; of?: GaussianTarget} = {},
) {
  const rows: number[][] = [];
  for (let i = 0; i < repetitions; i++) {
    const draws = () => family.draw(createRng(i), samples);
    rows.push(
      await gradientsOf(() => estimate(estimator, of.logDensity, {family, draws: draws()}).loss, family.variables),
    );
  }
  return meanAndError(rows);
}

function expectWithin(mean: readonly number[], expected: readonly number[], error: readonly number[]): void {
  expected.forEach((value, i) => {
    expect(Math.abs((mean[i] as number) - value), `entry ${i}: ${mean[i]} for ${value}`).to.be.below(
      4 * (error[i] as number) + 1e-4,
    );
  });
}

/** The exact gradient of -ELBO of a mean-field family for a Gaussian target, in its own coordinates. */
async function exactGradient(family: GaussianFamily): Promise<number[]> {
  const {mean, covariance} = await family.moments();
  const scales = Array.from(mean, (_, i) => Math.sqrt(covariance.data[4 * i] as number));
  const at = (i: number, j: number) => target.precision.data[3 * i + j] as number;
  const pull = scales.map((scale, i) => {
    const force = target.mean.reduce((sum, value, j) => sum + at(i, j) * ((mean[j] as number) - value), 0);
    return 5 * scale * force; // the mean moves by 5 scales
  });
  return [...pull, ...scales.map((scale, i) => at(i, i) * scale ** 2 - 1)];
}

describe('estimators of a variational fit', () => {
  for (const estimator of ['reparameterized', 'sticking-the-landing', 'score-function'] as const) {
    it(`${estimator}: the gradient of the evidence lower bound, without bias`, async () => {
      const family = meanField({dimension: 3, mean: [0.8, -1.5, 0.7], scale: 0.6});
      const {mean, error} = await repeated(estimator, family);
      expectWithin(mean, await exactGradient(family), error);
      expect(Math.max(...error)).to.be.below(0.5);
      family.dispose();
    });
  }

  it('sticking the landing has no noise where q is the target', async () => {
    const family = fullRank({dimension: 3, mean: target.mean, covariance: target.covariance});
    const stuck = await repeated('sticking-the-landing', family, {repetitions: 3, samples: 4});
    const plain = await repeated('reparameterized', family, {repetitions: 3, samples: 4});
    expect(Math.max(...stuck.mean.map(Math.abs), ...stuck.error)).to.be.below(1e-4);
    expect(Math.max(...plain.error)).to.be.above(0.05);
    family.dispose();
  });

  it('doubly reparameterized: the gradient of the importance-weighted bound, with less noise', async () => {
    const family = meanField({dimension: 3, mean: [0.8, -1.5, 0.7], scale: 0.6});
    const settings = {repetitions: 200, samples: 8};
    const {mean, error} = await repeated('doubly-reparameterized', family, settings);
    const rows: number[][] = [];
    for (let i = 0; i < settings.repetitions; i++) {
      const loss = () => {
        const {theta, logDensity} = family.draw(createRng(`other ${i}`), settings.samples);
        return tf.neg(tf.logSumExp(tf.sub(target.logDensity(theta), logDensity))) as tf.Scalar;
      };
      rows.push(await gradientsOf(loss, family.variables));
    }
    const plain = meanAndError(rows);
    expectWithin(
      mean,
      plain.mean,
      error.map((each, i) => Math.hypot(each, plain.error[i] as number)),
    );
    expect(error.reduce((sum, each) => sum + each)).to.be.below(plain.error.reduce((sum, each) => sum + each));
    family.dispose();
  });

  it('chi-square: value and gradient of the upper bound', async () => {
    const unit = gaussianTarget([0], [[1]]);
    // log of the integral of p^2 / q for p = N(0, 1) and q = N(m, s^2), halved
    const bound = (m: number, s: number): number => {
      const a = 1 - 1 / (2 * s ** 2);
      return 0.5 * (Math.log(s / Math.sqrt(2 * a)) + m ** 2 / (4 * s ** 4 * a) + m ** 2 / (2 * s ** 2));
    };
    const [m, s, h] = [0.3, 1.3, 1e-5];
    const exact = [
      (5 * s * (bound(m + h, s) - bound(m - h, s))) / (2 * h),
      (s * (bound(m, s + h) - bound(m, s - h))) / (2 * h),
    ];
    const family = meanField({dimension: 1, mean: [m], scale: s});
    const {mean, error} = await repeated('chi-square', family, {repetitions: 20, samples: 4000, of: unit});
    expectWithin(mean, exact, error);
    const value = tf.tidy(() => {
      const draws = family.draw(createRng(1), 100_000);
      return estimate('chi-square', unit.logDensity, {family, draws}).bound;
    });
    closeTo(await value.data(), [bound(m, s)], {atol: 0.005});
    family.dispose();
  });

  it('bounds hold the evidence between them, and the weighted one lies nearer', async () => {
    const family = meanField({dimension: 3, mean: [0.9, -1.8, 0.6], scale: 0.8});
    const boundOf = async (estimator: Estimator) => {
      const bound = tf.tidy(
        () => estimate(estimator, target.logDensity, {family, draws: family.draw(createRng(1), 4000)}).bound,
      );
      return (await bound.data())[0] as number;
    };
    const [elbo, weighted, cubo] = [
      await boundOf('reparameterized'),
      await boundOf('doubly-reparameterized'),
      await boundOf('chi-square'),
    ];
    expect(elbo).to.be.below(-0.2);
    expect(cubo).to.be.above(0.2);
    expect(Math.abs(weighted)).to.be.below(0.1); // log evidence 0
    family.dispose();
  });

  it('the score function needs no gradient of the target', async () => {
    const family = meanField({dimension: 1, scale: 1});
    const stepped = (theta: tf.Tensor2D) => tf.squeeze(tf.step(theta), [1]) as tf.Tensor1D; // E[step] = Phi(m / s)
    const rows: number[][] = [];
    for (let i = 0; i < 60; i++) {
      const loss = () => estimate('score-function', stepped, {family, draws: family.draw(createRng(i), 64)}).loss;
      rows.push(await gradientsOf(loss, family.variables));
    }
    const {mean, error} = meanAndError(rows);
    expectWithin(mean, [-5 / Math.sqrt(2 * Math.PI), -1], error);
    family.dispose();
  });

  it('says which estimators a family or a name does not allow, and leaves no tensors', async () => {
    const family = meanField({dimension: 3});
    const hidden: VariationalFamily = {
      name: 'hidden',
      dimension: 3,
      variables: family.variables,
      learningRate: 0.1,
      draw: (rng, count) => family.draw(rng, count),
      getConfig: () => ({}),
      dispose: () => {},
    };
    await expectNoLeak(() => {
      tf.tidy(() => {
        const drawn = {family: hidden, draws: hidden.draw(createRng(1), 4)};
        expect(() => estimate('sticking-the-landing', target.logDensity, drawn)).to.throw(/got hidden. Use estimator/);
        expect(() => estimate('guess' as Estimator, target.logDensity, drawn)).to.throw(/got guess/);
      });
    });
    family.dispose();
  });
});
