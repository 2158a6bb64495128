import type * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {Matrix} from 'ml-matrix';
import {
  cyclical,
  entropyMcmc,
  type LangevinOptimizer,
  sghmc,
  sgld,
  sgnht,
  structuredSgmcmc,
} from '../../../ensembles/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {covarianceAt, expectMoments, hessian, mode, runChains, target} from './gaussian-target.ts';

const {trainSize} = target;

describe('stochastic-gradient samplers on a correlated Gaussian', () => {
  it("sgld has the covariance of its own chain, within 10 % of the posterior's", async () => {
    const rate = 0.1;
    const found = await runChains(sgld(rate, {...target, rng: createRng(1)}), {burnIn: 150, every: 20, draws: 10});
    expectMoments(found, mode, covarianceAt(rate / 2));
    expectMoments(found, mode, covarianceAt(0), 0.1);
  });

  it('sghmc has it too, with a bias of second order', async () => {
    const [rate, friction] = [0.1, 0.3];
    const optimizer = sghmc(rate, {...target, friction, rng: createRng(2)});
    const found = await runChains(optimizer, {burnIn: 100, every: 15, draws: 10});
    expectMoments(found, mode, covarianceAt(rate / (4 - 2 * friction)));
  });

  it('samples at another temperature, and at 0 finds the mode without noise', async () => {
    const warm = sgld(0.1, {...target, temperature: 0.25, rng: createRng(3)});
    const found = await runChains(warm, {burnIn: 150, every: 20, draws: 8});
    expectMoments(found, mode, covarianceAt(0.05).mul(0.25));
    for (const make of [sghmc, sgnht]) {
      const cold = await runChains(make(0.1, {...target, temperature: 0}), {burnIn: 400, every: 1, draws: 1});
      for (const [i, chains] of cold.entries())
        for (const chain of chains) closeTo(chain[0] as number, mode[i] as number, {rtol: 1e-3});
    }
  });

  for (const [name, make] of [
    ['sgld', (rate: number, given: Parameters<typeof sgld>[1]) => sgld(2 * rate, given)],
    ['sghmc', sghmc],
  ] as const) {
    it(`${name} keeps the covariance under a preconditioner learned first`, async () => {
      const optimizer = make(0.006, {...target, adaptSteps: 200, rng: createRng(4)});
      const found = await runChains(optimizer, {burnIn: 500, every: 35, draws: 8});
      expectMoments(found, mode, covarianceAt(0), 0.05);
    });
  }

  it('sghmc takes the noise of the gradient off what it adds', async () => {
    const run = {burnIn: 600, every: 50, draws: 8, gradientNoise: 1, start: mode};
    const given = {...target, friction: 0.3, adaptSteps: 300, adaptation: 'springenberg'} as const;
    const rate = 0.006;
    const exact = await runChains(sghmc(rate, {...given, subtractGradientNoise: true, rng: createRng(5)}), run);
    expectMoments(exact, mode, covarianceAt(0), 0.08);
  });

  it('sgnht finds the friction that pays for noise in the gradient', async () => {
    const [rate, friction, gradientNoise] = [0.02, 0.1, 0.5];
    const optimizer = sgnht(rate, {...target, friction, thermostatRate: 0.01, rng: createRng(6)});
    const frictions: tf.Scalar[] = [];
    const dispose = optimizer.dispose.bind(optimizer);
    let name = '';
    optimizer.dispose = () => {
      frictions.push(optimizer.friction({name}));
      dispose();
    };
    const apply = optimizer.applyGradients.bind(optimizer);
    optimizer.applyGradients = (gradients) => {
      name = (gradients as {name: string}[])[0]?.name ?? '';
      apply(gradients);
    };
    const found = await runChains(optimizer, {burnIn: 250, every: 30, draws: 8, gradientNoise, start: mode});
    expectMoments(found, mode, covarianceAt(0), 0.04);
    const settled = frictions[0] as tf.Scalar;
    closeTo((await settled.data())[0] as number, friction + (rate * gradientNoise ** 2 * trainSize) / 2, {rtol: 0.05});
    settled.dispose();
  });

  it('entropyMcmc samples the posterior, and with the anchor the coupled law', async () => {
    const [rate, anchorVariance] = [0.15, 0.02];
    const optimizer = entropyMcmc(rate, {...target, anchorVariance, rng: createRng(7)});
    const also = (variable: tf.Variable): tf.Tensor => optimizer.anchor(variable) as tf.Tensor;
    const found = await runChains(optimizer, {burnIn: 150, every: 25, draws: 10, start: mode, also});
    const coupling = Matrix.eye(2).div(anchorVariance * trainSize);
    const joint = new Matrix(4, 4)
      .setSubMatrix(hessian.clone().add(coupling), 0, 0)
      .setSubMatrix(coupling.clone().mul(-1), 0, 2)
      .setSubMatrix(coupling.clone().mul(-1), 2, 0)
      .setSubMatrix(coupling, 2, 2);
    expectMoments(found, [...mode, ...mode], covarianceAt(rate / 2, joint));
    const blurred = covarianceAt(0).add(Matrix.eye(2).mul(anchorVariance));
    expectMoments(found.slice(0, 2), mode, covarianceAt(0), 0.2);
    expectMoments(found.slice(2), mode, blurred, 0.2);
  });

  it('structuredSgmcmc has the variances 1 / A_ii of independent blocks', async () => {
    const rate = 0.15;
    const optimizer = structuredSgmcmc(rate, {...target, every: 20, memory: 20, rng: createRng(8)});
    const found = await runChains(optimizer, {burnIn: 300, every: 15, draws: 8, split: true, start: mode});
    expectMoments(found, mode, covarianceAt(rate / 2, Matrix.diag(hessian.diag())), 0.08);
  });

  it('structuredSgmcmc with dropout keeps a part of the dependence', async () => {
    const [rate, keep] = [0.03, 0.5];
    const given = {...target, blocks: 'neuron', keep, every: 12, memory: 20, rng: createRng(9)} as const;
    const found = await runChains(structuredSgmcmc(rate, given), {burnIn: 260, every: 25, draws: 8, start: mode});
    const weaker = hessian.clone();
    weaker.set(0, 1, keep * hessian.get(0, 1));
    weaker.set(1, 0, keep * hessian.get(1, 0));
    expectMoments(found, mode, covarianceAt(0, weaker), 0.08);
  });

  it('cyclical drives a sampler: no two chains differ before the first sampling stage, all do after', async () => {
    const cycle = cyclical({learningRate: 0.1, cycleSteps: 20, samplingPart: 0.25});
    const make = (): LangevinOptimizer => sgld(cycle.learningRate, {...target, temperature: cycle.temperature});
    const before = (await runChains(make(), {burnIn: 14, every: 1, draws: 1})).map(spread);
    const after = (await runChains(make(), {burnIn: 15, every: 1, draws: 1})).map(spread);
    closeTo(before, [0, 0], {atol: 1e-5});
    expect(after[0]).to.be.above(3e-3);
  });
});

function spread(chains: readonly Float64Array[]): number {
  const values = chains.map((chain) => chain[0] as number);
  return Math.max(...values) - Math.min(...values);
}
