import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers gradients
import {expect} from 'chai';
import type {AmortizedPosterior} from '../../../inference/amortized/amortized-posterior.ts';
import {checkAmortized} from '../../../inference/amortized/closed-world.ts';
import {amortizedPosterior} from '../../../inference/amortized/create-amortized-posterior.ts';
import {deepSet} from '../../../inference/amortized/summary-deep-set.ts';
import {affineCouplingFlow} from '../../../inference/flows/index.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {ModelMismatchError, NotFittedError} from '../../../src/errors.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {expectRejection} from '../../support/rejection.ts';
import {exactMean, model, sd, small} from './normal-mean.ts';

describe('amortizedPosterior', () => {
  let posterior: AmortizedPosterior;

  before(async () => {
    await initBackend();
    posterior = amortizedPosterior({
      simulator: model,
      summaryNetwork: deepSet({outputDimension: 2, inner: [8], outer: []}),
      flow: affineCouplingFlow({dimension: 1, contextDimension: 2, layers: 1, hidden: [16]}),
    });
    await posterior.train({
      simulations: 8000,
      validation: 500,
      epochs: 30,
      batchSize: 256,
      learningRate: 0.02,
      rng: createRng(1),
    });
  });

  after(() => posterior.dispose());

  it('learns a conjugate posterior: means within 0.1 sd, sds within 10 %', async () => {
    const {theta, data} = await posterior.simulator.simulate(createRng(5), 40);
    const y = (await (data as tf.Tensor2D).array()) as number[][];
    const draws = posterior.sample(data, {draws: 2000, rng: createRng(3)});
    const values = await draws.theta.data();
    y.forEach((row, i) => {
      const own = Array.from(values.subarray(i * 2000, (i + 1) * 2000));
      const mean = own.reduce((sum, value) => sum + value, 0) / 2000;
      const deviation = Math.sqrt(own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 2000);
      expect(mean, `mean ${i}`).to.be.closeTo(exactMean(row), 0.1 * sd);
      expect(deviation / sd, `sd ${i}`).to.be.within(0.9, 1.1);
    });
    tf.dispose([theta, data, draws.theta, draws.logDensity] as tf.Tensor[]);
  });

  it('gives the density of its draws and of other points, close to the exact one', async () => {
    await expectNoLeak(async () => {
      const data = tf.tensor2d([0, 2].map((mu) => Array.from({length: 10}, (_, i) => mu + (i - 4.5) / 3)));
      const draws = posterior.sample(data, {draws: 50, rng: createRng(7)});
      const asked = posterior.logDensity(draws.theta, data);
      const [values, own, again] = await Promise.all([draws.theta.data(), draws.logDensity.data(), asked.data()]);
      closeTo(again, Array.from(own), {rtol: 1e-3, atol: 1e-3});
      [0, 2].forEach((mu, i) => {
        const mean = exactMean(new Array(10).fill(mu));
        for (let s = 0; s < 50; s++) {
          const z = ((values[i * 50 + s] as number) - mean) / sd;
          const exact = -(z ** 2) / 2 - Math.log(sd) - Math.log(2 * Math.PI) / 2;
          expect(own[i * 50 + s]).to.be.closeTo(exact, 0.1 + 0.1 * z ** 2);
        }
      });
      tf.dispose([data, draws.theta, draws.logDensity, asked]);
    });
  });

  it('draws for each data set by its own stream, whatever its neighbours', async () => {
    const data = tf.tensor2d([0, 1, 2].map((mu) => Array.from({length: 10}, (_, i) => mu + i / 10)));
    const streams = [0, 1, 2].map((i) => createRng(8).fork(i));
    const all = posterior.sample(data, {draws: 5, rng: streams});
    const one = tf.tidy(
      () => posterior.sample(tf.slice(data, [1, 0], [1, 10]), {draws: 5, rng: createRng(8).fork(1)}).theta,
    );
    closeTo((await all.theta.data()).subarray(5, 10), Array.from(await one.data()), {rtol: 1e-5, atol: 1e-5});
    expect(posterior.names).to.deep.equal(['mu']);
    const summaries = posterior.summaries(data);
    expect(summaries.shape).to.deep.equal([3, 2]);
    tf.dispose([data, all.theta, all.logDensity, one, summaries]);
  });

  it('passes its own closed world', async () => {
    const check = await expectNoLeak(() => checkAmortized(posterior, {draws: 399, rng: createRng(4)}));
    expect(check.passed).to.equal(true);
    const [mu] = check.parameters;
    expect(mu?.name).to.equal('mu');
    expect(mu?.verdict).to.match(/^calibrated; well identified/);
    expect(mu?.contraction).to.be.closeTo(1 - sd ** 2 / 4, 0.01);
    expect(mu?.recovery).to.be.above(0.98);
    expect(mu?.zSd).to.be.closeTo(1, 0.15);
    expect(mu?.coverage.every(({passed}) => passed)).to.equal(true);
  });

  it('saves and loads', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'amortized-'));
    try {
      const path = join(folder, 'posterior');
      await posterior.save(path);
      const again = amortizedPosterior({
        simulator: model,
        summaryNetwork: deepSet({outputDimension: 2, inner: [8], outer: [], rng: createRng('other')}),
        flow: affineCouplingFlow({dimension: 1, contextDimension: 2, layers: 1, hidden: [16], rng: createRng('other')}),
      });
      await again.load(path);
      const data = tf.zeros([2, 10]);
      const [a, b] = [posterior, again].map((made) => made.sample(data, {draws: 20, rng: createRng(9)}).theta);
      closeTo(await (b as tf.Tensor).data(), Array.from(await (a as tf.Tensor).data()));
      const other = small();
      await expectRejection(other.load(path), ModelMismatchError, /expected the networks .*"statistics"/);
      expect(() => other.sample(data)).to.throw(NotFittedError, /Call train or load first/);
      tf.dispose([data, a, b] as tf.Tensor[]);
      again.dispose();
      other.dispose();
    } finally {
      rmSync(folder, {recursive: true});
    }
  });
});
