import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {Matrix} from 'ml-matrix';
import {checkpointEnsemble, cyclical, type LangevinOptimizer, sghmc, sgld} from '../../ensembles/index.ts';
import {ConfigError} from '../../src/errors.ts';
import {gaussian} from '../../src/likelihoods/index.ts';
import {createRng} from '../../src/random/index.ts';
import {closeTo} from '../support/close.ts';

const TRAIN_SIZE = 50;
const PRIOR_PRECISION = 10;
/** Hessian of the mean loss, and its minimum. */
const CURVATURE = [
  [1.5, 0.6],
  [0.6, 0.5],
];
const CENTER = [1, -2];
const CHAINS = 1000;

/** Hessian of the mean loss with the prior's part: the posterior's precision is trainSize times it. */
const hessian = new Matrix(CURVATURE).add(Matrix.eye(2).mul(PRIOR_PRECISION / TRAIN_SIZE));

/** Inverse of trainSize H (I - step H). */
function covarianceAt(step: number): Matrix {
  const corrected = hessian.clone().mmul(Matrix.eye(2).sub(hessian.clone().mul(step)));
  return inverse(corrected.mul(TRAIN_SIZE));
}

function inverse(m: Matrix): Matrix {
  const [a, b, c, d] = [m.get(0, 0), m.get(0, 1), m.get(1, 0), m.get(1, 1)];
  return new Matrix([
    [d, -b],
    [-c, a],
  ]).div(a * d - b * c);
}

/** Runs chains side by side, one in each row of a variable, and returns mean and covariance of their draws. */
async function run(
  optimizer: LangevinOptimizer,
  {burnIn, every, draws}: {burnIn: number; every: number; draws: number},
) {
  const chains = tf.variable(tf.zeros([CHAINS, 2]));
  const [curvature, center] = [tf.tensor2d(CURVATURE), tf.tensor1d(CENTER)];
  const loss = (): tf.Scalar => {
    const away = tf.sub(chains, center) as tf.Tensor2D;
    return tf.mul(tf.sum(tf.mul(tf.matMul(away, curvature), away)), 0.5) as tf.Scalar;
  };
  const values: number[] = [];
  for (let step = 1; step <= burnIn + every * draws; step++) {
    optimizer.minimize(loss, false, [chains]);
    if (step > burnIn && (step - burnIn) % every === 0) values.push(...(await chains.data()));
  }
  tf.dispose([chains, curvature, center]);
  optimizer.dispose();
  const table = Array.from(
    {length: values.length / 2},
    (_, i) => [values[2 * i] as number, values[2 * i + 1] as number] as const,
  );
  const mean = ([0, 1] as const).map((i) => table.reduce((sum, row) => sum + row[i], 0) / table.length);
  const pair = (i: 0 | 1, j: 0 | 1): number =>
    table.reduce((sum, row) => sum + (row[i] - (mean[i] as number)) * (row[j] - (mean[j] as number)), 0) / table.length;
  return {mean, covariance: [pair(0, 0), pair(0, 1), pair(1, 1)]};
}

/** Mean and covariance within four standard errors of `effective` independent draws, and of a relative bias. */
function expectMoments(found: Awaited<ReturnType<typeof run>>, covariance: Matrix, effective: number, bias = 0): void {
  const mean = inverse(hessian)
    .mmul(new Matrix(CURVATURE).mmul(Matrix.columnVector(CENTER)))
    .to1DArray();
  const [a, b, d] = [covariance.get(0, 0), covariance.get(0, 1), covariance.get(1, 1)];
  for (const [i, variance] of [a, d].entries()) {
    closeTo(found.mean[i] as number, mean[i] as number, {atol: 4 * Math.sqrt(variance / effective)});
  }
  const errors = [2 * a * a, a * d + b * b, 2 * d * d].map((square) => 4 * Math.sqrt(square / effective));
  for (const [i, expected] of [a, b, d].entries()) {
    closeTo(found.covariance[i] as number, expected, {atol: errors[i] as number, rtol: bias});
  }
}

const options = {trainSize: TRAIN_SIZE, priorPrecision: PRIOR_PRECISION} as const;

describe('stochastic-gradient samplers on a correlated Gaussian', () => {
  it("sgld has the covariance of its own chain, within 10 % of the posterior's", async () => {
    const rate = 0.1;
    const found = await run(sgld(rate, {...options, rng: createRng(1)}), {burnIn: 150, every: 25, draws: 20});
    // The slowest direction keeps (1 - 0.1 * 0.42)^25 = 0.34 of itself from draw to draw.
    expectMoments(found, covarianceAt(rate / 2), (CHAINS * 20) / 2);
    expectMoments(found, covarianceAt(0), (CHAINS * 20) / 2, 0.1);
  });

  it('sghmc has it too, with a bias of second order', async () => {
    const [rate, friction] = [0.1, 0.3];
    const found = await run(sghmc(rate, {...options, friction, rng: createRng(2)}), {
      burnIn: 100,
      every: 20,
      draws: 20,
    });
    expectMoments(found, covarianceAt(rate / (4 - 2 * friction)), (CHAINS * 20) / 2);
  });

  it('samples at another temperature, and at 0 finds the mode without noise', async () => {
    const warm = await run(sgld(0.1, {...options, temperature: 0.25, rng: createRng(3)}), {
      burnIn: 150,
      every: 25,
      draws: 10,
    });
    expectMoments(warm, covarianceAt(0.05).mul(0.25), (CHAINS * 10) / 2);
    const cold = await run(sghmc(0.1, {...options, temperature: 0}), {burnIn: 600, every: 1, draws: 1});
    closeTo(cold.covariance, [0, 0, 0], {atol: 1e-10});
    const mode = inverse(hessian)
      .mmul(new Matrix(CURVATURE).mmul(Matrix.columnVector(CENTER)))
      .to1DArray();
    closeTo(cold.mean, mode, {rtol: 1e-3});
  });

  for (const [name, make] of [
    ['sgld', (rate: number, given: Parameters<typeof sgld>[1]) => sgld(2 * rate, given)],
    ['sghmc', sghmc],
  ] as const) {
    it(`${name} keeps the covariance under a preconditioner learned first`, async () => {
      const optimizer = make(0.003, {...options, adaptSteps: 200, rng: createRng(4)});
      const found = await run(optimizer, {burnIn: 900, every: 50, draws: 10});
      expectMoments(found, covarianceAt(0), (CHAINS * 10) / 4, 0.05);
    });
  }

  it('recovers Bayesian linear regression through model.fit', async () => {
    // Every unit of the layer is a chain of its own: the likelihood sums over outputs.
    const rows = 20;
    const noiseScale = 0.5;
    const at = Array.from({length: rows}, (_, i) => (2 * i) / (rows - 1) - 0.4);
    const seen = at.map((value, i) => 0.7 * value - 0.3 + 0.4 * Math.sin(9 * i));
    const chains = 500;
    const x = tf.tensor2d(at, [rows, 1]);
    const y = tf.tidy(() => tf.tile(tf.tensor2d(seen, [rows, 1]), [1, chains]));
    const model = tfl.sequential({
      layers: [tfl.layers.dense({units: chains, inputShape: [1], kernelInitializer: 'zeros'})],
    });
    const likelihood = gaussian({noiseScale});
    const rate = 0.02;
    const optimizer = sgld(rate, {trainSize: rows, priorPrecision: 2, rng: createRng(6)});
    model.compile({optimizer, loss: likelihood.loss});
    const collector = checkpointEnsemble(model, {likelihood, start: 100, every: 20});
    await model.fit(x, y, {epochs: 300, batchSize: rows, shuffle: false, callbacks: [collector]});
    const posterior = collector.posterior();
    const draws: [number, number][] = [];
    for (const [kernel, bias] of posterior.members) {
      const [slopes, intercepts] = [await (kernel as tf.Tensor).data(), await (bias as tf.Tensor).data()];
      for (const [c, slope] of slopes.entries()) draws.push([slope, intercepts[c] as number]);
    }
    const design = new Matrix(at.map((value) => [value, 1]));
    const precision = design
      .transpose()
      .mmul(design)
      .div(noiseScale ** 2)
      .add(Matrix.eye(2).mul(2));
    const mean = inverse(precision)
      .mmul(
        design
          .transpose()
          .mmul(Matrix.columnVector(seen))
          .div(noiseScale ** 2),
      )
      .to1DArray();
    const step = precision.clone().div(rows);
    const covariance = inverse(precision.clone().mmul(Matrix.eye(2).sub(step.mul(rate / 2))));
    const effective = draws.length / 2;
    for (const i of [0, 1] as const) {
      const found = draws.reduce((sum, draw) => sum + draw[i], 0) / draws.length;
      const variance = draws.reduce((sum, draw) => sum + (draw[i] - found) ** 2, 0) / draws.length;
      closeTo(found, mean[i] as number, {atol: 4 * Math.sqrt(covariance.get(i, i) / effective)});
      closeTo(variance, covariance.get(i, i), {rtol: 4 * Math.sqrt(2 / effective)});
    }
    posterior.dispose();
    collector.dispose();
    optimizer.dispose();
    tf.dispose([x, y]);
    model.dispose();
  });
});

describe('cyclical', () => {
  it('explores without noise, then samples, with a cosine in each cycle', () => {
    const {learningRate, temperature} = cyclical({learningRate: 0.2, cycleSteps: 50, temperature: 0.5});
    closeTo([0, 25, 50, 75].map(learningRate), [0.2, 0.1, 0.2, 0.1], {rtol: 1e-12});
    expect(learningRate(49)).to.be.below(0.001);
    expect([0, 44, 45, 49, 50, 94, 95].map(temperature)).to.deep.equal([0, 0, 0.5, 0.5, 0, 0, 0.5]);
  });

  it('drives a sampler: no two chains differ before the first sampling stage, all do after', async () => {
    const cycle = cyclical({learningRate: 0.1, cycleSteps: 20, samplingPart: 0.25});
    const make = (): LangevinOptimizer => sgld(cycle.learningRate, {...options, temperature: cycle.temperature});
    const before = await run(make(), {burnIn: 14, every: 1, draws: 1});
    const after = await run(make(), {burnIn: 15, every: 1, draws: 1});
    closeTo(before.covariance, [0, 0, 0], {atol: 1e-10});
    expect(after.covariance[0]).to.be.above(1e-5);
  });

  it('refuses options out of range', () => {
    expect(() => cyclical({learningRate: 0.1, cycleSteps: 10, samplingPart: 0})).to.throw(ConfigError, 'samplingPart');
    expect(() => cyclical({learningRate: -1, cycleSteps: 10})).to.throw(ConfigError, 'learningRate');
    expect(() => sgld(0, {trainSize: 5})).to.throw(ConfigError, 'sgld: expected learningRate');
    expect(() => sgld(0.1, {trainSize: 0})).to.throw(ConfigError, 'trainSize');
    expect(() => sgld(0.1, {trainSize: 5, temperature: -1})).to.throw(ConfigError, 'temperature');
    expect(() => sgld(0.1, {trainSize: 5, priorPrecision: -1})).to.throw(ConfigError, 'priorPrecision');
    expect(() => sghmc(0.1, {trainSize: 5, friction: 0})).to.throw(ConfigError, 'sghmc: expected friction');
  });
});
