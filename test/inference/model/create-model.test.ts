import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers gradients
import {expect} from 'chai';
import {createModel} from '../../../inference/model/create-model.ts';
import {
  halfNormal,
  intervalSupport,
  normal,
  orderedSupport,
  positiveSupport,
  realSupport,
  truncatedNormal,
} from '../../../src/distributions/index.ts';
import {ConfigError, ShapeError} from '../../../src/errors.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';

const LOG_ROOT = 0.5 * Math.log(2 * Math.PI);
const logNormalAt = (x: number, mean: number, sd: number) => -0.5 * ((x - mean) / sd) ** 2 - Math.log(sd) - LOG_ROOT;

/** mu ~ N(1, 2), sigma ~ |N(0, 3)|, theta_j ~ N(mu, sigma), y_j ~ N(theta_j, 0.5) for a given part of the data. */
function hierarchy() {
  return createModel<{y: tf.Tensor1D; total?: number}>({
    parameters: {
      mu: normal(1, 2),
      sigma: halfNormal(3),
      theta: {
        prior: ({mu, sigma}) => normal(tf.expandDims(mu as tf.Tensor, 1), tf.expandDims(sigma as tf.Tensor, 1)),
        shape: [3],
      },
    },
    data: {y: tf.tensor1d([0.5, -1, 2])},
    observe: ({theta}, {y, total}) => ({
      y: {distribution: normal(theta as tf.Tensor, 0.5), value: y, ...(total === undefined ? {} : {total})},
    }),
    derive: ({theta}) => ({largest: tf.max(theta as tf.Tensor, 1)}),
  });
}

describe('createModel', () => {
  it('adds priors, observations and the determinants of the maps', async () => {
    const model = hierarchy();
    expect(model.parameters.map(({name, offset, size}) => [name, offset, size])).to.deep.equal([
      ['mu', 0, 1],
      ['sigma', 1, 1],
      ['theta', 2, 3],
    ]);
    const rows = [
      [0.3, -0.5, 0.1, 0.2, -0.7],
      [-1, 0.4, 1.5, -2, 0.6],
    ];
    const expected = rows.map((row) => {
      const [mu, u, ...theta] = row as [number, number, number, number, number];
      const sigma = Math.exp(u);
      const prior = logNormalAt(mu, 1, 2) + logNormalAt(sigma, 0, 3) + Math.LN2 + u;
      return theta.reduce(
        (sum, at, j) => sum + logNormalAt(at, mu, sigma) + logNormalAt([0.5, -1, 2][j] as number, at, 0.5),
        prior,
      );
    });
    await expectNoLeak(async () => {
      const densities = tf.tidy(() => {
        const theta = tf.tensor2d(rows);
        return [model.logDensity(theta), tf.sum(model.logDensityTerms(theta), 1)];
      });
      for (const density of densities) closeTo(await density.data(), expected, {rtol: 2e-6});
      tf.dispose(densities);
    });
  });

  it('scales a part of the data by N / |B| and takes it in place of its own', async () => {
    const model = hierarchy();
    const [whole, part, prior] = tf.tidy(() => {
      const theta = tf.tensor2d([[0.3, -0.5, 0.1, 0.2, -0.7]]);
      return [
        model.logDensity(theta),
        model.logDensity(theta, {y: tf.tensor1d([0.5, -1, 2]), total: 30}),
        model.logPrior(theta),
      ];
    });
    const [a, b, c] = [...(await whole.data()), ...(await part.data()), ...(await prior.data())] as number[];
    closeTo((b as number) - (c as number), 10 * ((a as number) - (c as number)), {rtol: 1e-5});
    tf.dispose([whole, part, prior]);
  });

  it('draws parameters from the prior and data from the parameters', async () => {
    const model = hierarchy();
    const {sigma, largest, theta, y, spread} = tf.tidy(() => {
      const points = model.samplePrior(createRng(1), 4000);
      const values = model.constrain(points);
      const made = model.predictive(points, createRng(2));
      const residual = tf.sub(made.y as tf.Tensor, values.theta as tf.Tensor);
      return {
        sigma: tf.mean(values.sigma as tf.Tensor),
        largest: tf.sub(values.largest as tf.Tensor, tf.max(values.theta as tf.Tensor, 1)),
        theta: tf.moments(values.theta as tf.Tensor).variance,
        y: tf.clone(made.y as tf.Tensor),
        spread: tf.moments(residual).variance,
      };
    });
    closeTo(await sigma.data(), [3 * Math.sqrt(2 / Math.PI)], {rtol: 0.05});
    closeTo(await theta.data(), [4 + 9], {rtol: 0.12}); // var(mu) + E sigma^2
    closeTo(await spread.data(), [0.25], {rtol: 0.06});
    expect(Math.max(...(await largest.data()).map(Math.abs))).to.equal(0);
    expect(y.shape).to.deep.equal([4000, 3]);
    tf.dispose([sigma, largest, theta, y, spread]);
  });

  it('gives the log likelihood of each observation, and theta back from values', async () => {
    const model = hierarchy();
    const points = tf.tensor2d([[0.3, -0.5, 0.1, 0.2, -0.7]]);
    const {y} = model.logLikelihoods(points);
    closeTo(
      await (y as tf.Tensor).data(),
      [logNormalAt(0.5, 0.1, 0.5), logNormalAt(-1, 0.2, 0.5), logNormalAt(2, -0.7, 0.5)],
      {rtol: 1e-5},
    );
    const back = tf.tidy(() => model.unconstrain(model.constrain(points)));
    closeTo(await back.data(), await points.data(), {rtol: 1e-5});
    tf.dispose([points, y as tf.Tensor, back]);
  });

  it('takes flat priors, other supports and a factor', async () => {
    const model = createModel({
      parameters: {
        share: {support: intervalSupport(0, 1)},
        cuts: {prior: normal(0, 1), support: orderedSupport(), shape: [2]},
      },
      factor: ({share}) => tf.mul(tf.log(share as tf.Tensor), 3),
    });
    const density = tf.tidy(() => model.logDensity(tf.tensor2d([[0, -1, 0.5]])));
    const second = -1 + Math.exp(0.5);
    const expected = 3 * Math.log(0.5) + Math.log(0.25) + 0.5 + logNormalAt(-1, 0, 1) + logNormalAt(second, 0, 1);
    closeTo(await density.data(), [expected], {rtol: 1e-5});
    density.dispose();
    expect(() => model.samplePrior(createRng(1), 2)).to.throw(/flat one has no draws/);
  });

  it('refuses derived quantities without the axis of points', () => {
    const model = createModel({
      parameters: {mu: {prior: normal(0, 1), shape: [3]}},
      derive: ({mu}) => ({total: tf.sum(mu as tf.Tensor)}),
    });
    expect(() => tf.tidy(() => model.constrain(tf.zeros([4, 3])))).to.throw(
      ShapeError,
      /derived total of shape \[4, \.\.\.\].*got \[\]/,
    );
  });

  it('refuses to draw from a prior that its support cuts', async () => {
    const cut = createModel({parameters: {rate: {prior: normal(0, 1), support: positiveSupport()}}});
    expect(() => cut.samplePrior(createRng(1), 2)).to.throw(ConfigError, /rate.*interval/);
    const half = createModel({parameters: {rate: {prior: halfNormal(1), support: intervalSupport(-1, 1)}}});
    expect(() => half.samplePrior(createRng(1), 2)).to.throw(ConfigError, /rate/);
    const sound = createModel({
      parameters: {
        share: {prior: truncatedNormal({low: 0.2, high: 0.7}), support: intervalSupport(0, 1)},
        rate: {prior: halfNormal(1), support: realSupport()},
      },
    });
    const draws = sound.samplePrior(createRng(1), 50);
    expect((await draws.data()).every(Number.isFinite)).to.equal(true);
    draws.dispose();
  });

  it('refuses what cannot be a model', () => {
    expect(() => createModel({parameters: {}})).to.throw(/expected parameters/);
    const model = createModel({
      parameters: {mu: normal(0, 1)},
      observe: () => ({y: {distribution: normal(0, 1), value: tf.tensor1d([1, 2])}}),
    });
    expect(() => tf.tidy(() => model.logDensity(tf.zeros([4, 1])))).to.throw(/observation y .* shape \[4/);
    expect(() => tf.tidy(() => model.logDensity(tf.zeros([4, 2])))).to.throw(/\[S, 1\]/);
  });
});
