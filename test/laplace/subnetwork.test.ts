import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {inverse, Matrix as Oracle} from 'ml-matrix';
import {laplace, type Subnetwork} from '../../laplace/index.ts';
import {initBackend} from '../../src/backend/index.ts';
import {
  createCurvature,
  FullCurvature,
  GeneralizedGaussNewton,
  subnet,
  weightLayouts,
} from '../../src/curvature/index.ts';
import {ConfigError} from '../../src/errors.ts';
import {categorical} from '../../src/likelihoods/index.ts';
import {createNet, type Net, weightSizes} from '../../src/models/index.ts';
import {createRng} from '../../src/random/index.ts';
import {closeTo} from '../support/close.ts';
import {expectNoLeak} from '../support/leaks.ts';
import {testNets} from '../support/nets.ts';
import {expectRejection} from '../support/rejection.ts';
import {smallData, smallNet} from './small-net.ts';

const EXAMPLES = 4;

async function fullCurvature(net: Net, x: tf.Tensor): Promise<FullCurvature> {
  const sum = createCurvature('full', weightLayouts(net, 'all', x));
  const labels = tf.tensor1d([0, 1, 2, 1], 'int32');
  const y = await categorical().prepareTargets(labels, [EXAMPLES, 3], 'test');
  await new GeneralizedGaussNewton(net, categorical(), 'all', sum).add(x, y);
  tf.dispose([labels, y]);
  if (!(sum instanceof FullCurvature)) throw new TypeError(sum.structure);
  return sum;
}

describe('laplace over a subnetwork', () => {
  let data: ReturnType<typeof smallData>;
  before(async () => {
    await initBackend();
    data = smallData();
  });
  after(() => {
    tf.dispose(data as unknown as tf.TensorContainer);
  });

  it('has the evidence and the output covariance of laplace-torch', () =>
    expectNoLeak(async () => {
      const model = smallNet(3);
      // Indices 0, 4, 7, 10, 15 of kernels laid out [out, in].
      const indices = [0, 2, 7, 12, 11];
      const posterior = await laplace(model, {likelihood: 'categorical', weights: {indices}, priorPrecision: 0.5}).fit(
        data.x,
        data.yClass,
        {batchSize: 4},
      );
      expect(posterior.structure).to.equal('full');
      closeTo(posterior.logMarginalLikelihood(), -9.7947364551, {rtol: 1e-6});
      const {mean, covariance} = posterior.linearized(data.xTest);
      const first = (await covariance.data()).slice(0, 9);
      const [a, b, c, d, e, f] = [0.304236061, -0.2334555703, -0.0621068336, 0.2032343526, 0.0076837816, 0.634757001];
      closeTo(first, [a, b, c, b, d, e, c, e, f], {rtol: 1e-5});
      tf.dispose([mean, covariance]);
      for (const used of [posterior, model]) used.dispose();
    }));

  for (const [name, make] of Object.entries(testNets)) {
    it(`${name}: its curvature is the part of the whole`, async () => {
      const {model, x} = make(EXAMPLES);
      await expectNoLeak(async () => {
        const net = createNet(model);
        const whole = await fullCurvature(net, x);
        const elements = weightSizes(net.weights).map((size) =>
          Int32Array.from({length: Math.ceil(size / 2)}, (_, i) => size - 1 - 2 * i).reverse(),
        );
        const part = await fullCurvature(subnet(net, elements), x);
        let start = 0;
        const flat = weightSizes(net.weights).flatMap((size, i) => {
          const offset = start;
          start += size;
          return Array.from(elements[i] as Int32Array, (element) => offset + element);
        });
        const expected = flat.flatMap((row) => flat.map((column) => whole.matrix[row * whole.size + column] as number));
        closeTo(part.matrix, expected, {rtol: 1e-4, atol: 2e-6 * Math.max(...expected)});
      });
      model.dispose();
      x.dispose();
    });
  }

  it('draws weights of its own covariance, and leaves the others as trained', async () => {
    const model = smallNet(3);
    const indices = [0, 7, 11];
    const posterior = await laplace(model, {likelihood: 'categorical', weights: {indices}}).fit(data.x, data.yClass);
    const draws = 4000;
    const rng = createRng(3);
    const mean = await flat(posterior.mean);
    const sums = new Float64Array(9);
    for (let s = 0; s < draws; s++) {
      const sample = posterior.sampleWeights(rng);
      const change = (await flat(sample)).map((value, i) => value - (mean[i] as number));
      tf.dispose(sample);
      // `mean` holds the touched variables alone: kernel [2, 3], bias [3] and kernel [3, 3].
      expect(change.every((value, i) => value === 0 || indices.includes(i))).to.equal(true);
      indices.forEach((i, a) => {
        indices.forEach((j, b) => {
          sums[3 * a + b] = (sums[3 * a + b] as number) + ((change[i] as number) * (change[j] as number)) / draws;
        });
      });
    }
    const part = await subnetworkCovariance(model, indices, data);
    const diagonal = [0, 4, 8].map((k) => part[k] as number);
    closeTo(posterior.weightVariances(), diagonal, {rtol: 1e-4});
    sums.forEach((value, k) => {
      const expected = part[k] as number;
      const [a, b] = [diagonal[Math.floor(k / 3)] as number, diagonal[k % 3] as number];
      expect(Math.abs(value - expected)).to.be.below(5 * Math.sqrt((a * b + expected ** 2) / draws));
    });
    for (const used of [posterior, model]) used.dispose();
  });

  it('chooses by magnitude, variance, chance, name and predicate', async () => {
    const model = smallNet(3);
    const size = 21;
    const theta = await flat(model.getWeights());
    const variances = Float64Array.from({length: size}, (_, i) => Math.sin(3 * i));
    const top = (scores: readonly number[]) =>
      scores
        .map((score, i) => [score, i] as const)
        .sort(([a], [b]) => b - a)
        .slice(0, 4)
        .map(([, i]) => i)
        .sort((a, b) => a - b);
    const same: [Subnetwork, Subnetwork][] = [
      [{largestMagnitude: 4}, {indices: top(theta.map(Math.abs))}],
      [{largestVariance: {n: 4, variances}}, {indices: top(Array.from(variances))}],
      [{random: {n: 5, rng: createRng(1)}}, {random: {n: 5, rng: createRng(1)}}],
      [{layers: [model.layers[1]?.name as string]}, {layers: (name) => name === model.layers[1]?.name}],
      [{layers: [model.layers[0]?.name as string]}, {indices: Array.from({length: 9}, (_, i) => i)}],
    ];
    for (const [weights, others] of same) {
      const evidences = [];
      for (const one of [weights, others]) {
        const posterior = await laplace(model, {likelihood: 'categorical', weights: one, structure: 'full'}).fit(
          data.x,
          data.yClass,
        );
        evidences.push(posterior.logMarginalLikelihood());
        posterior.dispose();
      }
      closeTo(evidences[0] as number, evidences[1] as number, {rtol: 1e-6});
    }
    model.dispose();
  });

  it('of all layers but the last equals kron over all weights without the last', async () => {
    const model = smallNet(3);
    const [first, last] = model.layers.map(({name}) => name) as [string, string];
    const evidence = async (weights: Subnetwork | 'all') => {
      const posterior = await laplace(model, {likelihood: 'categorical', weights}).fit(data.x, data.yClass);
      const penalty = posterior.logLikelihood() - posterior.logMarginalLikelihood();
      posterior.dispose();
      return penalty;
    };
    closeTo((await evidence({layers: [first]})) + (await evidence({layers: [last]})), await evidence('all'), {
      rtol: 1e-6,
    });
    model.dispose();
  });

  it('refuses choices that it cannot use', async () => {
    const model = smallNet(3, 'softmax');
    const refused: [Subnetwork, RegExp][] = [
      [{indices: []}, /got none/],
      [{indices: [1, 1]}, /got some twice/],
      [{indices: [21]}, /from 0 to 20, got 21/],
      [{largestMagnitude: 22}, /from 1 to 21.*got 22/],
      [{random: {n: 0}}, /random.n/],
      [{largestVariance: {n: 2, variances: [1, 2]}}, /expected 21/],
    ];
    for (const [weights, message] of refused) expect(() => laplace(model, {weights})).to.throw(ConfigError, message);
    expect(() => laplace(model, {weights: {indices: [1]}, structure: 'kron'})).to.throw(ConfigError, /no Kronecker/);
    const posterior = laplace(model, {weights: {layers: ['absent']}});
    await expectRejection(posterior.fit(data.x, data.yClass), ConfigError, /got absent/);
    await expectRejection(
      laplace(model, {weights: {layers: () => false}}).fit(data.x, data.yClass),
      ConfigError,
      /got none/,
    );
    model.dispose();
  });
});

/** (H + I)^-1 over the chosen weights, from the curvature of all of them. */
async function subnetworkCovariance(
  model: ReturnType<typeof smallNet>,
  indices: readonly number[],
  {x, yClass}: ReturnType<typeof smallData>,
): Promise<number[]> {
  const net = createNet(model);
  const whole = new FullCurvature(weightLayouts(net, 'all', x));
  const y = await categorical().prepareTargets(yClass, [6, 3], 'test');
  await new GeneralizedGaussNewton(net, categorical(), 'all', whole).add(x, y);
  y.dispose();
  const precision = indices.map((i) =>
    indices.map((j) => (whole.matrix[i * whole.size + j] as number) + Number(i === j)),
  );
  return inverse(new Oracle(precision)).to1DArray();
}

async function flat(tensors: readonly tf.Tensor[]): Promise<number[]> {
  return (await Promise.all(tensors.map((tensor) => tensor.data()))).flatMap((part) => Array.from(part));
}
