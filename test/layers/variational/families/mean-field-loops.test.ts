import * as tf from '@tensorflow/tfjs-core';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import type {WeightFamily} from '../../../../layers/variational/families/index.ts';
import {meanFieldLoops} from '../../../../layers/variational/families/mean-field-loops.ts';
import {gaussianPrior} from '../../../../src/priors/index.ts';
import {createRng} from '../../../../src/random/index.ts';
import {closeTo} from '../../../support/close.ts';
import {expectNoLeak} from '../../../support/leaks.ts';
import {disposeFamily, familyAt, numbers, perturb} from './support.ts';

const SHAPE = [5, 3];
const prior = gaussianPrior({mean: 0.2, scale: 0.7});
const mean = Array.from(createRng(1).normals(15));
const scale = Array.from(createRng(2).uniforms(15), (u) => 0.01 + 2 * u ** 3);
const weights = (): tf.Tensor => tf.tensor(Float32Array.from(createRng(3).normals(15)), SHAPE);

/** What training takes of a family, as a number to differentiate. */
const USES: Readonly<Record<string, (family: WeightFamily) => tf.Scalar>> = {
  variance: (family) => tf.sum(tf.mul(weights(), family.variance())),
  deviation: (family) => tf.sum(tf.mul(weights(), family.deviation?.(createRng(4)) as tf.Tensor)),
  'a draw': (family) => tf.sum(tf.square(family.sample(createRng(5)))),
  'KL divergence': (family) => tf.mul(family.klDivergence(prior, createRng(6)), 0.3),
  'all at once': (family) =>
    tf.add(tf.sum(tf.square(family.variance())), tf.mul(family.klDivergence(prior, createRng(6)), 2)),
};

/** The value and its gradients in the mean and in rho on a backend. */
async function differentiate(backend: string, use: (family: WeightFamily) => tf.Scalar): Promise<number[][]> {
  await tf.setBackend(backend);
  const family = perturb(familyAt({kind: 'mean-field', floor: 0.003}, SHAPE, mean, scale));
  const variables = family.variables.map((variable: LayerVariable) => variable.read() as tf.Variable);
  const {value, grads} = tf.variableGrads(() => use(family), variables);
  const results = [await numbers(value)];
  for (const gradient of Object.values(grads)) results.push(await numbers(gradient));
  disposeFamily(family);
  return results;
}

describe('mean-field weights in loops', () => {
  afterEach(() => tf.setBackend('wasm'));

  it('stand on wasm alone', async () => {
    expect(meanFieldLoops(), 'wasm').not.to.equal(undefined);
    await tf.setBackend('cpu');
    expect(meanFieldLoops(), 'cpu').to.equal(undefined);
  });

  for (const [name, use] of Object.entries(USES)) {
    it(`${name}: value and gradients are those that tfjs finds step by step`, async () => {
      const byTensors = await differentiate('cpu', use);
      const byLoops = await expectNoLeak(() => differentiate('wasm', use));
      expect(byLoops.length).to.equal(byTensors.length);
      byTensors.forEach((expected, i) => {
        closeTo(byLoops[i] as number[], expected, {rtol: 2e-6, atol: 1e-6});
      });
    });
  }

  it('stand for the formula of gaussianPrior alone: a prior made from it keeps its own', async () => {
    const cold = {
      ...prior,
      crossEntropy: (m: tf.Tensor, v: tf.Tensor) => tf.mul(prior.crossEntropy?.(m, v) as tf.Tensor, 0.1),
    };
    const use = (family: WeightFamily): tf.Scalar => family.klDivergence(cold, createRng(6));
    const [byTensors, byLoops] = [await differentiate('cpu', use), await differentiate('wasm', use)];
    byTensors.forEach((expected, i) => {
      closeTo(byLoops[i] as number[], expected, {rtol: 2e-6, atol: 1e-6});
    });
  });

  it('are finite and right at both ends of rho, without a floor too', async () => {
    const ends = [-100, -88, -80, -30, 30, 90];
    for (const floor of [1e-8, 0]) {
      const family = familyAt({kind: 'mean-field', floor}, [6], [0, 0, 0, 0, 0, 0], 1);
      const rho = family.variables[1] as LayerVariable;
      tf.tidy(() => {
        rho.write(tf.tensor1d(ends));
      });
      const {value, grads} = tf.variableGrads(() => family.klDivergence(gaussianPrior(), createRng(1)));
      const gradient = (await Promise.all(Object.values(grads).map(numbers))).flat();
      expect([...(await numbers(value)), ...gradient].every(Number.isFinite), `floor ${floor}`).to.equal(true);
      tf.dispose([value, grads]);
      disposeFamily(family);
    }
  });

  it('give way to tensors under a gradient of a gradient', async () => {
    const family = familyAt('mean-field', [1], [0], 0.5);
    const rho = family.variables[1]?.read() as tf.Tensor1D;
    // d^2 softplus(rho)^2 / d rho^2 = 2 (slope^2 + scale slope (1 - slope)), with slope = 1 - e^(-scale).
    const second = tf.tidy(() => {
      const first = (at: tf.Tensor): tf.Tensor => tf.grad(() => family.variance())(at);
      return tf.grad(first)(rho);
    });
    const slope = 1 - Math.exp(-0.5);
    closeTo(await numbers(second), [2 * (slope ** 2 + 0.5 * slope * (1 - slope))], {rtol: 1e-5});
    disposeFamily(family);
  });
});
