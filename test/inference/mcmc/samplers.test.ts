import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers gradients
import {expect} from 'chai';
import {
  chees,
  createModel,
  hmc,
  type McmcResult,
  normal,
  nuts,
  type SamplerOptions,
  type SamplerState,
  type SamplerTarget,
} from '../../../inference/index.ts';
import {scalarChains} from '../../../src/diagnostics/draws.ts';
import {bulkEss, rHat} from '../../../src/diagnostics/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {onWarning} from '../../../src/warn.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';

type Sampler = (target: SamplerTarget, options?: SamplerOptions) => Promise<McmcResult>;

const covariance = [
  [1, 2.4],
  [2.4, 9],
] as const;
const mean = [1, -2] as const;

/** N(mean, covariance), whose precision is written out. */
const gaussian: SamplerTarget = {
  dimension: 2,
  logDensity: (theta) => {
    const determinant = covariance[0][0] * covariance[1][1] - covariance[0][1] ** 2;
    const precision = tf.tensor2d([
      [covariance[1][1] / determinant, -covariance[0][1] / determinant],
      [-covariance[0][1] / determinant, covariance[0][0] / determinant],
    ]);
    const centred = tf.sub<tf.Tensor2D>(theta, mean as unknown as tf.TensorLike);
    return tf.mul<tf.Tensor1D>(tf.sum(tf.mul(tf.matMul(centred, precision), centred), 1), -0.5);
  },
};

const runs: [string, Sampler, SamplerOptions][] = [
  ['nuts', nuts, {chains: 16, warmup: 150, draws: 150}],
  ['hmc', hmc, {chains: 16, warmup: 150, draws: 150}],
  ['chees', chees, {chains: 48, warmup: 100, draws: 60}],
];

for (const [name, sampler, options] of runs) {
  describe(name, () => {
    it('recovers mean and covariance of a correlated Gaussian', async () => {
      const {draws, statistics} = await expectNoLeak(() => sampler(gaussian, {...options, rng: createRng(31)}));
      const [first, second] = [...scalarChains(draws).values()] as [Float64Array[], Float64Array[]];
      const [x, y] = [first, second].map((chains) => chains.flatMap((chain) => [...chain])) as [number[], number[]];
      const count = x.length;
      const ess = Math.min(bulkEss(first), bulkEss(second));
      expect(ess).to.be.above(300);
      expect(rHat(first)).to.be.below(1.05);
      const average = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / count;
      const [a, b] = [average(x), average(y)];
      const cross = (u: number[], v: number[], mu: number, nu: number) =>
        u.reduce((sum, value, i) => sum + (value - mu) * ((v[i] as number) - nu), 0) / count;
      closeTo(a, mean[0], {atol: 4 / Math.sqrt(ess)});
      closeTo(b, mean[1], {atol: (4 * 3) / Math.sqrt(ess)});
      const error = 4 * Math.sqrt(2 / (ess / 2)); // squares mix more slowly than values
      closeTo(cross(x, x, a, a), covariance[0][0], {rtol: error});
      closeTo(cross(y, y, b, b), covariance[1][1], {rtol: error});
      closeTo(cross(x, y, a, b), covariance[0][1], {atol: 3 * error});
      closeTo(statistics.inverseMass, [1, 9], {rtol: 0.6});
      expect(statistics.divergences).to.deep.equal([]);
      expect(statistics.acceptance).to.be.within(0.6, 0.995);
    });

    it('gives the same draws again, and from a saved state those of a run that was never stopped', async () => {
      const settings = {...options, chains: 8, warmup: 30, draws: 30, rng: createRng(32)};
      let middle = '';
      const whole = await sampler(gaussian, {
        ...settings,
        onProgress: ({iteration, state}) => {
          if (middle === '' && iteration >= 20) middle = JSON.stringify(state());
        },
      });
      const saved = JSON.parse(middle) as SamplerState;
      expect(saved.iteration).to.be.below(30);
      const resumed = await sampler(gaussian, {draws: 30, resume: saved});
      expect(resumed.draws.parameters.theta?.values).to.deep.equal(whole.draws.parameters.theta?.values);
      const longer = await sampler(gaussian, {draws: 35, resume: whole.state});
      expect(longer.draws.draws).to.equal(35);
      const row = (result: McmcResult, chain: number) => result.state.draws[chain]?.slice(0, 60);
      expect(row(longer, 7)).to.deep.equal(row(whole, 7));
      const wrong = {...saved, dimension: 3};
      expect(await refusal(sampler(gaussian, {resume: wrong}))).to.match(/same sampler and model/);
    });

    it('reports divergences and refuses starting points without density', async () => {
      const warnings: string[] = [];
      const restore = onWarning((message) => warnings.push(message));
      const cliff: SamplerTarget = {
        dimension: 1,
        logDensity: (theta) => {
          const x = tf.squeeze<tf.Tensor1D>(theta, [1]);
          return tf.mul<tf.Tensor1D>(tf.add(tf.square(x), tf.mul(tf.square(tf.relu(tf.sub(x, 1))), 1e7)), -0.5);
        },
      };
      const start = {chains: 4, warmup: 0, draws: 40, rng: createRng(33)};
      const initial = Array.from({length: 4}, () => [0.5]);
      const {statistics} = await sampler(cliff, {...start, initial});
      restore();
      expect(statistics.divergences.length).to.be.above(0);
      expect(statistics.divergences[0]?.draw).to.be.within(0, 39);
      expect(warnings.some((message) => /diverged/.test(message))).to.equal(true);
      const nowhere: SamplerTarget = {
        dimension: 1,
        logDensity: (theta) => tf.squeeze<tf.Tensor1D>(tf.mul(theta, Number.NaN), [1]),
      };
      expect(await refusal(sampler(nowhere, start))).to.match(/finite log density/);
      expect(await refusal(sampler(gaussian, {...start, initial: [[0]]}))).to.match(/initial points/);
      expect(await refusal(sampler(gaussian, {draws: 0}))).to.match(/draws/);
    });
  });
}

describe('samplers', () => {
  it('return parameters by name, derived ones beside them', async () => {
    const y = tf.tensor1d([1, 2, 3]);
    const model = createModel({
      parameters: {mu: normal(0, 10)},
      observe: ({mu}) => ({y: {distribution: normal(tf.expandDims(mu as tf.Tensor, 1), 1), value: y}}),
      derive: ({mu}) => ({twice: tf.mul(mu as tf.Tensor, 2)}),
    });
    const {draws, unconstrained} = await nuts(model, {chains: 8, warmup: 60, draws: 100});
    const {mu, twice} = draws.parameters;
    expect(mu?.values.length).to.equal(800);
    closeTo(twice?.values ?? [], mu?.values.map((value) => 2 * value) ?? [], {rtol: 1e-6});
    closeTo(mu?.values ?? [], unconstrained.parameters.theta?.values ?? [], {rtol: 1e-6});
    const average = (mu?.values.reduce((sum, value) => sum + value, 0) ?? 0) / 800;
    closeTo(average, 6 / 3.01, {atol: 4 * Math.sqrt(1 / 3 / 200)});
    y.dispose();
  });

  it('refuse derived quantities without an axis of points before they run', async () => {
    let evaluations = 0;
    const model = createModel({
      parameters: {mu: {prior: normal(0, 1), shape: [2]}},
      derive: ({mu}) => ({centre: tf.mean(mu as tf.Tensor, 0)}),
    });
    const counted: SamplerTarget = {
      ...model,
      logDensityTerms: (theta) => {
        evaluations++;
        return model.logDensityTerms(theta);
      },
    };
    for (const sampler of [nuts, hmc, chees]) {
      await expectNoLeak(async () => {
        expect(await refusal(sampler(counted, {chains: 4, warmup: 5, draws: 5}))).to.match(/derived centre/);
      });
    }
    expect(evaluations).to.equal(0);
    const bare: SamplerTarget = {...gaussian, constrain: (theta) => ({total: tf.sum(theta)})};
    expect(await refusal(nuts(bare, {chains: 4, warmup: 5, draws: 5}))).to.match(/total of shape \[2/);
  });

  it('keep the digits of energies of many observations', async () => {
    // 20000 unit normals around mu: the sum near -28000 has float32 steps of 0.002 and a larger error; the sd is 0.007
    const y = tf.tensor1d(Float32Array.from(createRng(34).normals(20000)));
    const model = createModel({
      parameters: {mu: normal(0, 10)},
      observe: ({mu}) => ({y: {distribution: normal(tf.expandDims(mu as tf.Tensor, 1), 1), value: y}}),
    });
    const {draws} = await nuts(model, {chains: 4, warmup: 40, draws: 60});
    const values = draws.parameters.mu?.values as Float64Array;
    const average = values.reduce((sum, value) => sum + value, 0) / values.length;
    const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - average) ** 2, 0) / values.length);
    const exact = (await tf.mean(y).data())[0] as number;
    closeTo(average, exact, {atol: 0.0028});
    closeTo(sd, 1 / Math.sqrt(20000), {rtol: 0.35});
    y.dispose();
  });
});

async function refusal(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'accepted',
    (error: Error) => error.message,
  );
}
