import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers gradients
import {expect} from 'chai';
import {detached} from '../../../inference/games/gradient.ts';
import {createModel} from '../../../inference/model/index.ts';
import {
  type FitVariationalOptions,
  fitVariational,
  fullRank,
  importanceSample,
  lowRank,
  meanField,
  minibatches,
  type VariationalState,
} from '../../../inference/variational/index.ts';
import {hasStopped} from '../../../inference/variational/stopping.ts';
import {takeStep} from '../../../inference/variational/variational-step.ts';
import {normal} from '../../../src/distributions/index.ts';
import {ConfigError, ShapeError} from '../../../src/errors.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {expectRejection} from '../../support/rejection.ts';
import {correlated, regression} from './support.ts';

const target = correlated();
const STUCK = {estimator: 'sticking-the-landing', samples: 8, importance: false} as const;

/** What is warned of while `work` runs. */
async function warnings<T>(work: () => Promise<T>): Promise<{result: T; said: string}> {
  const original = console.warn;
  let said = '';
  console.warn = (message: string) => {
    said += message;
  };
  try {
    return {result: await work(), said};
  } finally {
    console.warn = original;
  }
}

describe('fitVariational', () => {
  it('full rank: mean and covariance of a Gaussian target', async () => {
    const family = fullRank({dimension: 3});
    await fitVariational(target, {family, steps: 300, ...STUCK});
    const {mean, covariance} = await family.moments();
    closeTo(mean, target.mean, {atol: 0.01});
    closeTo(covariance.data, target.covariance.data, {atol: 0.02});
    family.dispose();
  });

  it('low rank: the same, with directions enough', async () => {
    const family = lowRank({dimension: 3, rank: 2});
    await fitVariational(target, {family, steps: 300, ...STUCK});
    const {mean, covariance} = await family.moments();
    closeTo(mean, target.mean, {atol: 0.05});
    closeTo(covariance.data, target.covariance.data, {atol: 0.15});
    family.dispose();
  });

  it('mean field: the mean, and as variances 1 / Lambda_ii; k-hat tells it from the right family', async () => {
    const family = meanField({dimension: 3});
    const fit = await fitVariational(target, {family, steps: 400, ...STUCK, samples: 32, importance: {}});
    const {mean, covariance} = await family.moments();
    closeTo(mean, target.mean, {atol: 0.05});
    for (let i = 0; i < 3; i++) {
      closeTo(covariance.data[4 * i] as number, 1 / (target.precision.data[4 * i] as number), {rtol: 0.05});
    }
    const right = fullRank({dimension: 3, mean: target.mean, covariance: target.covariance});
    const exact = await importanceSample(target, right);
    expect(exact.shape).to.be.below(0.3);
    expect(fit.importance?.shape).to.be.above(exact.shape + 0.2);
    closeTo(exact.logEvidence.value, 0, {atol: 1e-4});
    closeTo(exact.elbo.value, 0, {atol: 1e-4});
    expect(fit.importance?.elbo.value).to.be.below(-0.3);
    family.dispose();
    right.dispose();
  });

  it('weights correct what q gets wrong; k-hat warns where they cannot', async () => {
    const wide = meanField({dimension: 3, mean: [0.7, -1.5, 0.7], scale: 1.5});
    const {shape, threshold, logEvidence, elbo, corrected} = await importanceSample(target, wide, {draws: 4000});
    expect(shape).to.be.below(threshold);
    expect(Math.abs(logEvidence.value)).to.be.below(4 * logEvidence.error);
    expect(elbo.value).to.be.below(-0.5);
    const moments = corrected();
    target.mean.forEach((mean, i) => {
      const sd = Math.sqrt(target.covariance.data[4 * i] as number);
      expect(Math.abs((moments[`theta[${i}]`]?.mean ?? Number.NaN) - mean)).to.be.below(0.15 * sd);
      closeTo(moments[`theta[${i}]`]?.sd ?? Number.NaN, sd, {rtol: 0.1});
    });
    wide.dispose();
    const narrow = meanField({dimension: 3, mean: [0.5, -2.5, 1], scale: 0.1});
    const {said} = await warnings(() => fitVariational(target, {family: narrow, steps: 1, learningRate: 1e-6}));
    expect(said).to.match(/k-hat is .* above 0.70: mean-field does not cover/);
    narrow.dispose();
  });

  it('resumed from JSON it equals a fit that was never stopped, bit for bit', async () => {
    const settings: Omit<FitVariationalOptions, 'family'> = {steps: 60, every: 20, samples: 4, importance: false};
    const [whole, part] = [fullRank({dimension: 3}), fullRank({dimension: 3})];
    let saved = '';
    const first = await fitVariational(target, {
      family: whole,
      ...settings,
      onProgress: ({step, state}) => {
        if (step !== 20) return;
        void state().then((read) => {
          saved = JSON.stringify(read); // a callback that does not wait
        });
      },
    });
    const resume = JSON.parse(saved) as VariationalState;
    const second = await fitVariational(target, {family: part, ...settings, resume});
    expect(second.bounds).to.deep.equal(first.bounds);
    expect((await part.moments()).covariance.data).to.deep.equal((await whole.moments()).covariance.data);
    expect(JSON.stringify(second.state)).to.equal(JSON.stringify(first.state));
    const other = meanField({dimension: 3});
    const wrong = fitVariational(target, {family: other, ...settings, resume});
    await expectRejection(wrong, ConfigError, /expected a state of mean-field .* got one of full-rank/);
    for (const family of [whole, part, other]) family.dispose();
  });

  it('goes on for more steps at a rate of its own as if they had been one fit', async () => {
    const settings = {samples: 4, every: 10, importance: false, learningRate: 0.02} as const;
    const [whole, part] = [fullRank({dimension: 3}), fullRank({dimension: 3})];
    const once = await fitVariational(target, {family: whole, ...settings, steps: 40});
    const {state} = await fitVariational(target, {family: part, ...settings, steps: 20});
    const twice = await fitVariational(target, {family: part, ...settings, steps: 40, resume: state});
    expect(twice.bounds).to.deep.equal(once.bounds);
    for (const family of [whole, part]) family.dispose();
  });

  it('stops when the bound does not change any more, by a rule on its readings', async () => {
    expect(hasStopped([-10, -9, -8.99, -8.98], {tolerance: 0.002, window: 2})).to.equal(true);
    expect(hasStopped([-10, -9, -8, -7], {tolerance: 0.002, window: 2})).to.equal(false);
    expect(hasStopped([-10, -10], {window: 2})).to.equal(false);
    const family = fullRank({dimension: 3});
    const fit = await fitVariational(
      {dimension: 3, logDensity: (theta) => tf.sub(target.logDensity(theta), 100) as tf.Tensor1D},
      {family, ...STUCK, steps: 3000, every: 10, learningRate: 0.05, stop: {tolerance: 0.001, window: 3}},
    );
    expect(fit.stopped).to.equal(true);
    expect(fit.bounds.length).to.be.below(500);
    expect(Math.abs((fit.bounds.at(-1) as number) + 100)).to.be.below(1);
    family.dispose();
  });

  it('draws parameters by name, says how much the data taught, and leaves no tensors', async () => {
    const y = tf.tensor1d([1.2, 0.7, 1.9, 1.4]);
    const model = createModel({
      parameters: {mu: normal(0, 10), idle: {prior: normal(0, 2), shape: [2]}},
      observe: ({mu}) => ({y: {distribution: normal(tf.expandDims(mu as tf.Tensor, 1), 1), value: y}}),
    });
    await expectNoLeak(async () => {
      const family = meanField(model);
      const fit = await fitVariational(model, {family, steps: 250, clipNorm: 10});
      expect(fit.contraction?.map(({name}) => name)).to.deep.equal(['mu', 'idle[0]', 'idle[1]']);
      const ratios = fit.contraction?.map(({ratio}) => ratio) ?? [];
      closeTo(ratios, [Math.sqrt(1 / 4.01) / 10, 1, 1], {rtol: 0.1});
      expect(fit.importance?.draws.parameters.idle?.shape).to.deep.equal([2]);
      closeTo(fit.importance?.corrected().mu?.mean ?? Number.NaN, 5.2 / 4.01, {atol: 0.05});
      const {draws, parameters} = await fit.draws(7);
      expect(draws).to.equal(7);
      expect(parameters.idle?.values.length).to.equal(14);
      const others = await fit.draws(7);
      expect(others.parameters.idle?.values).to.not.deep.equal(parameters.idle?.values);
      const [one, again] = [await fit.draws(7, createRng(1)), await fit.draws(7, createRng(1))];
      expect(one).to.deep.equal(again);
      await expectRejection(fit.draws(0), ConfigError, /expected count to be a whole number from 1 on, got 0/);
      family.dispose();
    });
    const idle = createModel({parameters: {a: normal(0, 0.1)}});
    const family = meanField(idle);
    const {said} = await warnings(() => fitVariational(idle, {family, steps: 5, learningRate: 1e-6}));
    expect(said).to.match(/as wide as the prior in every column/);
    family.dispose();
    y.dispose();
  });

  it('minibatches of a regression give the posterior of all rows, in constant memory', async () => {
    const {model, data, posterior, dispose} = regression(5000);
    const family = fullRank(model);
    const before = tf.memory().numTensors;
    const counts = new Set<number>();
    await fitVariational(model, {
      family,
      steps: 500,
      samples: 8,
      data: minibatches(data, {batchSize: 1000}),
      onProgress: () => void counts.add(tf.memory().numTensors),
      every: 100,
    });
    expect(counts.size, 'counts of tensors').to.equal(1);
    expect(tf.memory().numTensors).to.equal(before);
    const {mean, covariance} = await family.moments();
    posterior.sds.forEach((sd, i) => {
      const error = ((mean[i] as number) - (posterior.means[i] as number)) / sd;
      expect(Math.abs(error), `mean ${i} in sds`).to.be.below(0.4);
      closeTo(Math.sqrt(covariance.data[4 * i] as number), sd, {rtol: 0.1});
    });
    family.dispose();
    dispose();
  });

  it('minibatches hold every row once in a pass, in an order of the seed', async () => {
    const data = {row: tf.range(0, 10)};
    const batch = minibatches(data, {batchSize: 5, rng: createRng(1)});
    const rowsOf = async (step: number) => {
      const {row} = batch(step);
      const values = [...(await row.data())];
      row.dispose();
      return values;
    };
    const pass = [...(await rowsOf(0)), ...(await rowsOf(1))];
    expect([...pass].sort((a, b) => a - b)).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...(await rowsOf(2)), ...(await rowsOf(3))]).to.not.deep.equal(pass);
    expect(await rowsOf(0)).to.deep.equal(pass.slice(0, 5));
    // A fit on the same stream draws from its forks 0, 1, 2 ...: the orders are none of theirs.
    expect(pass).to.not.deep.equal([...createRng(1).fork(0).permutation(10)]);
    expect(() => minibatches(data, {batchSize: 11})).to.throw(ConfigError, /between 1 and the 10 rows, got 11/);
    expect(() => minibatches({...data, y: tf.zeros([3])}, {batchSize: 1})).to.throw(ShapeError, /10 rows of y/);
    data.row.dispose();
  });

  it('leaves out draws without a density, and says where nothing is left', async () => {
    const half = {
      dimension: 1,
      logDensity: (theta: tf.Tensor2D) => tf.squeeze(tf.sub(tf.mul(2, tf.log(theta)), theta), [1]) as tf.Tensor1D, // Gamma(3, 1)
    };
    const family = meanField({dimension: 1, mean: [2], scale: 0.8});
    const fit = await fitVariational(half, {family, samples: 4, steps: 100, importance: false});
    expect(fit.bounds.some(Number.isNaN)).to.equal(true);
    expect([...(await family.moments()).mean].every(Number.isFinite)).to.equal(true);
    family.dispose();
    const outside = meanField({dimension: 1, mean: [-50]});
    // Read at the last step, or after each: the 20 last are judged.
    for (const options of [{steps: 20}, {steps: 40, every: 1}]) {
      await expectNoLeak(() =>
        expectRejection(
          fitVariational(half, {family: outside, ...options}),
          ConfigError,
          /expected a finite bound and gradient, got none in 20 steps/,
        ),
      );
    }
    outside.dispose();
  });

  it('goes on after a step without a density where every step is read', async () => {
    let calls = 0;
    const flaky = {
      dimension: 3,
      logDensity: (theta: tf.Tensor2D) => {
        const density = target.logDensity(theta);
        return ++calls === 2 ? tf.mul<tf.Tensor1D>(density, Number.NaN) : density;
      },
    };
    const family = fullRank({dimension: 3});
    const read: number[] = [];
    const {bounds} = await fitVariational(flaky, {
      family,
      steps: 25,
      every: 1,
      importance: false,
      onProgress: ({bound}) => void read.push(bound),
    });
    expect([...bounds].map(Number.isFinite)).to.deep.equal(Array.from({length: 25}, (_, step) => step !== 1));
    expect(read).to.deep.equal([...bounds]);
    family.dispose();
  });

  it('takes no step on the entropy alone where the target is -Infinity, whose gradient is 0', async () => {
    const walled = {
      dimension: 1,
      logDensity: (theta: tf.Tensor2D) =>
        tf.squeeze(
          tf.where(
            detached(() => tf.greater(theta, 0)),
            tf.neg(theta),
            -Infinity,
          ),
          [1],
        ) as tf.Tensor1D,
    };
    const family = meanField({dimension: 1, mean: [-50]});
    const {bounds} = await fitVariational(walled, {family, steps: 5, importance: false});
    expect([...bounds].every(Number.isNaN)).to.equal(true);
    const {mean, covariance} = await family.moments();
    closeTo(mean, [-50], {atol: 0});
    closeTo(covariance.data, [0.01], {rtol: 1e-6});
    family.dispose();
  });

  it('disposes the bound and the minibatch where a gradient throws', async () => {
    const broken = tf.customGrad((x) => ({
      value: tf.sum(x as tf.Tensor, 1),
      gradFunc: () => {
        throw new Error('no gradient');
      },
    }));
    const family = meanField({dimension: 1});
    const variable = tf.variable(tf.zeros([1, 1]));
    const optimizer = tf.train.adam();
    await expectNoLeak(() => {
      const loss = () => ({loss: broken(variable) as unknown as tf.Scalar, bound: tf.scalar(1)});
      expect(() => takeStep(loss, {optimizer, variables: [variable], clipNorm: 1})).to.throw('no gradient');
    });
    const batch = tf.zeros([2]);
    const failed = fitVariational<tf.Tensor>(
      {dimension: 1, logDensity: (theta) => broken(theta) as tf.Tensor1D},
      {family, steps: 1, data: () => batch},
    );
    await expectRejection(failed, Error, /no gradient/);
    expect(batch.isDisposed).to.equal(true);
    tf.dispose([variable]);
    optimizer.dispose();
    family.dispose();
  });

  it('weighs a draw without a density as nothing', async () => {
    const logDensity = (theta: tf.Tensor2D) => tf.squeeze(tf.sub(tf.log(theta), theta), [1]) as tf.Tensor1D; // Gamma(2, 1)
    const family = meanField({dimension: 1, mean: [2], scale: 1.5});
    const {logRatios, logEvidence, elbo, corrected} = await importanceSample({dimension: 1, logDensity}, family);
    expect(logRatios.some(Number.isNaN)).to.equal(false);
    expect(logRatios.includes(-Infinity)).to.equal(true);
    expect(elbo.value).to.equal(-Infinity);
    closeTo(logEvidence.value, 0, {atol: 0.1});
    closeTo(corrected()['theta[0]']?.mean ?? Number.NaN, 2, {rtol: 0.1});
    family.dispose();
  });

  it('says what is wrong with its options', async () => {
    const family = meanField({dimension: 2});
    const refused = (options: Partial<FitVariationalOptions>, message: RegExp) =>
      expectRejection(fitVariational(target, {family: meanField({dimension: 3}), ...options}), ConfigError, message);
    await refused({family}, /a family of the target's 3 dimensions, got 2/);
    await refused({steps: 0}, /expected steps to be a whole number from 1 on, got 0/);
    await refused({samples: 1, estimator: 'score-function'}, /expected samples to be a whole number from 2 on/);
    await refused({learningRate: -1}, /expected learningRate to be a positive number/);
    const untouched = () => expect.fail('trained before its options were checked');
    await refused({importance: {draws: 0}, onProgress: untouched, every: 1}, /importance.draws to be .*, got 0/);
    await refused({importance: {pointsPerPass: 0.5}}, /importance.pointsPerPass to be .*, got 0.5/);
    await expectRejection(
      importanceSample(target, family),
      ConfigError,
      /importanceSample: expected a family of the target's 3 dimensions, got 2/,
    );
    family.dispose();
  });
});
