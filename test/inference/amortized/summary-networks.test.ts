import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers gradients
import {expect} from 'chai';
import {deepSet} from '../../../inference/amortized/summary-deep-set.ts';
import type {SummaryNetwork} from '../../../inference/amortized/summary-network.ts';
import {poolMeanMax} from '../../../inference/amortized/summary-pooling.ts';
import {setTransformer} from '../../../inference/amortized/summary-set-transformer.ts';
import {statisticsSummary} from '../../../inference/amortized/summary-statistics.ts';
import {initBackend, normalTensor} from '../../../src/backend/index.ts';
import {ConfigError, ShapeError} from '../../../src/errors.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';

const rows: {name: string; make: (features: number) => SummaryNetwork}[] = [
  {name: 'deepSet', make: (features) => deepSet({features, outputDimension: 3, inner: [8, 8], outer: [8]})},
  {
    name: 'setTransformer by inducing points',
    make: (features) =>
      setTransformer({
        features,
        outputDimension: 3,
        width: 8,
        heads: 2,
        blocks: 2,
        inducingPoints: 3,
        seeds: 2,
        outer: [8],
      }),
  },
  {
    name: 'setTransformer',
    make: (features) =>
      setTransformer({features, outputDimension: 3, width: 8, heads: 2, blocks: 1, inducingPoints: 0, outer: [8]}),
  },
];

describe('summary networks for sets', () => {
  before(async () => {
    await initBackend();
  });

  for (const {name, make} of rows) {
    it(`${name}: does not see the order of the elements, and nothing but it`, async () => {
      await expectNoLeak(async () => {
        const network = make(2);
        const sets = normalTensor<tf.Rank.R3>(createRng(1), [4, 6, 2]);
        const mixed = tf.tidy(() => tf.gather(sets, tf.tensor1d([3, 0, 5, 1, 4, 2], 'int32'), 1));
        const changed = tf.tidy(() =>
          tf.concat([tf.add(tf.slice(sets, [0, 0, 0], [4, 1, 2]), 1), tf.slice(sets, [0, 1, 0], [4, 5, 2])], 1),
        );
        const [a, b, c] = [sets, mixed, changed].map((data) => network.summarize(data)) as [
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
        ];
        expect(a.shape).to.deep.equal([4, 3]);
        const summaries = Array.from(await a.data());
        closeTo(await b.data(), summaries, {rtol: 1e-4, atol: 1e-5});
        const other = Array.from(await c.data());
        expect(summaries.every((value, i) => Math.abs(value - (other[i] as number)) > 1e-4)).to.equal(true);
        tf.dispose([sets, mixed, changed, a, b, c]);
        network.dispose();
      });
    });

    it(`${name}: a mask hides what fills up, whatever it is, and the size counts`, async () => {
      const network = make(1);
      const sets = normalTensor<tf.Rank.R2>(createRng(2), [5, 7]);
      const short = tf.slice(sets, [0, 0], [5, 4]);
      const mask = tf.tidy(() => tf.concat([tf.ones([5, 4]), tf.zeros([5, 3])], 1));
      const twice = tf.tidy(() => tf.concat([short, short], 1));
      const [whole, masked, doubled] = [short, {y: sets, mask}, twice].map((data) => network.summarize(data)) as [
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
      ];
      const expected = Array.from(await whole.data());
      closeTo(await masked.data(), expected, {rtol: 1e-4, atol: 1e-5});
      const other = await doubled.data();
      expect(expected.some((value, i) => Math.abs(value - (other[i] as number)) > 1e-3)).to.equal(true);
      tf.dispose([sets, short, mask, twice, whole, masked, doubled]);
      network.dispose();
    });

    it(`${name}: a set of none is what fills it up neither in value nor in gradient`, async () => {
      const network = make(1);
      const mask = tf.tensor2d([
        [0, 0, 0],
        [1, 1, 0],
      ]);
      const fillers = [0, 5].map((filler) => tf.fill([2, 3], filler));
      const made = fillers.map((y) =>
        tf.valueAndGrad((x) => tf.sum(tf.square(tf.slice(network.summarize({y: x, mask}), [0, 0], [1, 3]))))(y),
      );
      const [[first], [second]] = (await Promise.all(made.map(({value}) => value.data()))) as [
        Float32Array,
        Float32Array,
      ];
      expect(first).to.be.within(1e-6, 1e3);
      expect(second).to.be.closeTo(first as number, 1e-5 * (first as number));
      for (const {grad} of made) expect(Array.from(await grad.data(), Math.abs)).to.deep.equal([0, 0, 0, 0, 0, 0]);
      tf.dispose([mask, fillers, made] as unknown as tf.TensorContainer);
      network.dispose();
    });

    it(`${name}: takes several tensors side by side, standardizes them and gives every weight a gradient`, async () => {
      const network = make(2);
      const data = tf.tidy(() => ({
        x: tf.add(tf.mul(normalTensor(createRng(3), [20, 5]), 1000), 5000),
        y: normalTensor(createRng(4), [20, 5]),
      }));
      network.adapt(data);
      const [shift, scale] = await Promise.all(network.constants.map((constant) => constant.data()));
      expect(shift?.[0]).to.be.closeTo(5000, 300);
      expect(scale?.[0]).to.be.closeTo(1e-3, 2e-4);
      const {value, grads} = tf.variableGrads(
        () => tf.sum(tf.square(network.summarize(data))) as tf.Scalar,
        [...network.variables],
      );
      expect((await value.data())[0]).to.be.within(1e-3, 1e4);
      for (const variable of network.variables) {
        const gradient = await (grads[variable.name] as tf.Tensor).data();
        expect(
          gradient.some((g) => g !== 0),
          `${variable.shape}`,
        ).to.equal(true);
      }
      tf.dispose([value, grads, data] as unknown as tf.TensorContainer);
      network.dispose();
    });
  }

  it('do not see in what order tensors are named, nor what type the first has', async () => {
    const network = deepSet({features: 2, outputDimension: 3, inner: [8], outer: []});
    const counts = tf.tensor2d([[1, 2, 3]], [1, 3], 'int32');
    const fractions = tf.tensor2d([[0.4, 0.6, 0.2]]);
    const same = tf.cast(counts, 'float32');
    const summaries = [
      {a: same, b: fractions},
      {b: fractions, a: same},
      {a: counts, b: fractions},
    ].map((data) => network.summarize(data));
    const [expected, ...others] = await Promise.all(summaries.map((tensor) => tensor.data()));
    for (const other of others) closeTo(other, Array.from(expected as Float32Array), {rtol: 1e-6, atol: 1e-7});
    tf.dispose([counts, fractions, same, ...summaries]);
    network.dispose();
  });

  it('refuse data that are no sets of such elements', () => {
    const network = deepSet({features: 2, outputDimension: 3});
    const flat = tf.zeros([4, 6]);
    expect(() => network.summarize(flat)).to.throw(ShapeError, /sets of m elements with 2 numbers each.*got \[4,6\]/);
    expect(() => network.summarize({x: flat, y: tf.zeros([4, 5])})).to.throw(ShapeError, /x \[4,6\],y \[4,5\]/);
    flat.dispose();
    network.dispose();
    expect(() => setTransformer({outputDimension: 3, width: 10, heads: 4})).to.throw(ConfigError, /multiple of heads/);
    expect(() => deepSet({outputDimension: 0})).to.throw(ConfigError, /outputDimension/);
  });
});

describe('poolMeanMax', () => {
  it('is mean and largest, and its gradient that of tfjs, with a mask and without', async () => {
    const elements = normalTensor<tf.Rank.R3>(createRng(5), [3, 4, 2]);
    const weights = normalTensor<tf.Rank.R2>(createRng(6), [3, 4]);
    const mask = tf.tensor2d([
      [1, 1, 1, 1],
      [1, 0, 1, 0],
      [0, 1, 0, 0],
    ]);
    for (const given of [undefined, mask]) {
      const plain = (x: tf.Tensor): tf.Tensor => {
        const there = tf.expandDims(given ?? tf.ones([3, 4]), 2);
        const mean = tf.div(tf.sum(tf.mul(x, there), 1), tf.sum(there, 1));
        const largest = tf.max(tf.sub(x, tf.mul(tf.sub(1, there), 1e6)), 1);
        return tf.concat([mean, largest], 1);
      };
      const pooled = (x: tf.Tensor): tf.Tensor => poolMeanMax(x as tf.Tensor3D, given);
      const [a, b] = tf.tidy(() => [pooled(elements), plain(elements)]) as [tf.Tensor, tf.Tensor];
      closeTo(await a.data(), Array.from(await b.data()), {rtol: 1e-5, atol: 1e-6});
      const slope = (f: (x: tf.Tensor) => tf.Tensor) =>
        tf.tidy(() => tf.grad((x: tf.Tensor) => tf.sum(tf.mul(f(x), weights)))(elements));
      const [c, d] = [slope(pooled), slope(plain)];
      closeTo(await c.data(), Array.from(await d.data()), {rtol: 1e-5, atol: 1e-6});
      tf.dispose([a, b, c, d]);
    }
    tf.dispose([elements, weights, mask]);
  });
});

describe('statisticsSummary', () => {
  it('standardizes what the formula gives and leaves a constant alone', async () => {
    const summary = statisticsSummary({
      outputDimension: 2,
      compute: (data) => tf.concat2d([tf.mean(data as tf.Tensor, 1, true), tf.ones([4, 1])], 1),
    });
    const data = tf.tensor2d([
      [1, 1],
      [2, 4],
      [4, 6],
      [6, 8],
    ]);
    summary.adapt(data);
    const summaries = summary.summarize(data);
    // Means 1, 3, 5, 7: mean 4, sd sqrt(5).
    const expected = [-3, -1, 1, 3].flatMap((value) => [value / Math.sqrt(5), 0]);
    closeTo(await summaries.data(), expected, {rtol: 1e-5, atol: 1e-6});
    tf.dispose([data, summaries]);
    summary.dispose();
    const wrong = statisticsSummary({outputDimension: 2, compute: () => tf.zeros([3, 1])});
    expect(() => wrong.summarize(tf.zeros([3, 1]))).to.throw(ShapeError, /\[n, 2\], got \[3,1\]/);
    wrong.dispose();
  });
});
