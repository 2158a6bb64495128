import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {bottleneckPosterior, bottleneckSchedule, mcDropout, variationalBottleneck} from '../../../layers/index.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {ConfigError} from '../../../src/errors.ts';
import {gaussian} from '../../../src/likelihoods/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {roundTrip} from '../support/round-trip.ts';

const likelihood = gaussian({noiseScale: 1});
const softplus = (raw: number): number => Math.log1p(Math.exp(raw)) + 1e-6;

/** One input, two dimensions of code with means 2x and -x and scales softplus(0.3) and softplus(-1). */
function known(options: {beta?: number; seed?: number} = {}) {
  const layer = variationalBottleneck({units: 2, inputShape: [1], ...options});
  const model = tfl.sequential({layers: [layer]});
  tf.tidy(() => layer.setWeights([tf.tensor2d([[2, -1, 0, 0]]), tf.tensor1d([0, 0, 0.3, -1])]));
  return {layer, model};
}

function divergence(x: number): number {
  return [
    [2 * x, softplus(0.3)],
    [-x, softplus(-1)],
  ].reduce((sum, [m, s]) => sum + ((m as number) ** 2 + (s as number) ** 2 - 1) / 2 - Math.log(s as number), 0);
}

describe('variationalBottleneck', () => {
  before(async () => {
    await initBackend();
  });

  it('passes the mean of the code on at prediction, and its noise in training and in draws', async () => {
    const {layer, model} = known();
    const x = tf.tensor2d([[1], [-0.5]]);
    const mean = [2, -1, -1, 0.5];
    closeTo(await (model.predict(x) as tf.Tensor).data(), mean, {rtol: 1e-6});
    const many = tf.tile(tf.tensor2d([[1]]), [4000, 1]);
    const trained = layer.apply(many, {training: true}) as tf.Tensor;
    const drawn = await bottleneckPosterior(model, {likelihood}).sampleOutputs(many, {samples: 1});
    for (const codes of [trained, tf.squeeze(drawn, [0])]) {
      const moments = tf.moments(codes, 0);
      closeTo(await moments.mean.data(), [2, -1], {rtol: 0, atol: 5 * Math.sqrt(0.75 / 4000)});
      closeTo(await moments.variance.data(), [softplus(0.3) ** 2, softplus(-1) ** 2], {rtol: 0.12});
    }
    tf.dispose([x, many, trained, drawn]);
  });

  it('pays the divergence from the prior once for each pass, in nats per example', async () => {
    const {layer, model} = known({beta: 0.1});
    const x = tf.tensor2d([[1], [-0.5], [0]]);
    const expected = (divergence(1) + divergence(-0.5) + divergence(0)) / 3;
    const [first, again, encoded] = tf.tidy(() => {
      model.apply(x, {training: true});
      return [
        layer.calculateLosses()[0] as tf.Scalar,
        layer.calculateLosses()[0] as tf.Scalar,
        layer.encode(x).divergence,
      ];
    });
    closeTo(await (first as tf.Tensor).data(), [0.1 * expected], {rtol: 1e-5});
    expect((await (again as tf.Tensor).data())[0]).to.equal(0);
    closeTo(await (encoded as tf.Tensor).data(), [divergence(1), divergence(-0.5), divergence(0)], {rtol: 1e-5});

    const twice = tfl.input({shape: [1]});
    const outputs = [0, 1].map(() => layer.apply(twice) as tfl.SymbolicTensor);
    const siamese = tfl.model({inputs: twice, outputs: tfl.layers.add().apply(outputs) as tfl.SymbolicTensor});
    const nested = tfl.sequential({layers: [siamese, tfl.layers.dense({units: 1})]});
    const zero = tf.zeros([3, 1]);
    nested.compile({optimizer: tf.train.sgd(0), loss: (_y, f) => tf.mul(tf.sum(f), 0)});
    const {history} = await nested.fit(x, zero, {epochs: 1, verbose: 0});
    closeTo((history.loss as number[])[0] as number, 0.2 * expected, {rtol: 1e-5});
    tf.dispose([x, zero, first, again, encoded] as tf.Tensor[]);
  });

  it('pays the mean over the steps of a time-distributed bottleneck, once for each pass', async () => {
    const layer = variationalBottleneck({units: 2, beta: 0.1});
    const model = tfl.sequential({layers: [tfl.layers.timeDistributed({layer, inputShape: [3, 1]})]});
    tf.tidy(() => layer.setWeights([tf.tensor2d([[2, -1, 0, 0]]), tf.tensor1d([0, 0, 0.3, -1])]));
    const x = tf.tensor3d([0, 1, 3, 0, 2, 3], [2, 3, 1]);
    const y = tf.zeros([2, 3, 2]);
    model.compile({optimizer: tf.train.sgd(0), loss: (_y, f) => tf.mul(tf.sum(f), 0)});
    const each = [0, 1, 3, 0, 2, 3].map(divergence);
    const expected = 0.1 * (each.reduce((sum, nats) => sum + nats) / 6);
    const {history} = await model.fit(x, y, {epochs: 2, verbose: 0});
    closeTo(history.loss as number[], [expected, expected], {rtol: 1e-5});
    tf.dispose([x, y]);
  });

  it('trains without a leak, seeded, and forgets more the larger beta is', async () => {
    const x = tf.randomNormal([60, 3], 0, 1, 'float32', 1);
    const y = tf.tidy(() => {
      const one = tf.cast(tf.greater(tf.slice(x, [0, 0], [60, 1]), 0), 'float32');
      return tf.concat([one, tf.sub(1, one)], 1);
    });
    const train = async (beta: number): Promise<{losses: number[]; rate: number}> => {
      const layer = variationalBottleneck({units: 2, beta, seed: 4, inputShape: [3]});
      const kernelInitializer = tfl.initializers.randomNormal({stddev: 1, seed: 5});
      const model = tfl.sequential({
        layers: [layer, tfl.layers.dense({units: 2, activation: 'softmax', kernelInitializer})],
      });
      model.compile({optimizer: tf.train.adam(0.1), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
      const options = {epochs: 1, batchSize: 60, verbose: 0, shuffle: false} as const;
      await model.fit(x, y, options);
      const losses: number[] = [];
      await expectNoLeak(async () => {
        const {history} = await model.fit(x, y, {...options, epochs: 25});
        losses.push(...(history.loss as number[]));
        expect((history.acc as number[]).at(-1)).to.be.above(beta < 1 ? 0.85 : 0);
      });
      const rate = tf.tidy(() => tf.mean(layer.encode(x).divergence));
      const nats = (await rate.data())[0] as number;
      rate.dispose();
      return {losses, rate: nats};
    };
    const [small, again, large] = [await train(0.001), await train(0.001), await train(3)];
    expect(small.losses.at(-1)).to.be.below(small.losses[0] as number);
    closeTo(again.losses, small.losses, {rtol: 1e-6});
    expect(large.rate).to.be.below(0.2);
    expect(small.rate).to.be.above(10 * large.rate);
    tf.dispose([x, y]);
  });

  it('follows its schedule', async () => {
    const {layer, model} = known();
    const seen: number[] = [];
    const spy = new tfl.CustomCallback({onEpochEnd: async () => void seen.push(layer.beta)});
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const [x, y] = [tf.ones([2, 1]), tf.ones([2, 2])];
    await model.fit(x, y, {epochs: 3, verbose: 0, callbacks: [bottleneckSchedule(layer, (epoch) => epoch / 10), spy]});
    closeTo(seen, [0, 0.1, 0.2], {rtol: 1e-12});
    tf.dispose([x, y]);
  });

  it('survives saving and JSON, with its draws, on sequences too', async () => {
    const layer = variationalBottleneck({units: 2, beta: 0.5, seed: 1, inputShape: [4, 3]});
    const model = tfl.sequential({layers: [layer, tfl.layers.dense({units: 1})]});
    const x = tf.randomNormal([5, 4, 3], 0, 1, 'float32', 1);
    const draw = (one: tfl.LayersModel) => bottleneckPosterior(one, {likelihood}).sampleOutputs(x, {samples: 2});
    const expected = await draw(model);
    expect(expected.shape).to.deep.equal([2, 5, 4, 1]);
    for (const copy of await roundTrip(model)) {
      const drawn = await draw(copy);
      closeTo(await drawn.data(), await expected.data(), {rtol: 0});
      expect((copy.layers[0] as typeof layer).beta).to.equal(0.5);
      drawn.dispose();
    }
    tf.dispose([x, expected]);
  });

  it('leaves nothing behind where training mode is used outside of a step', async () => {
    const {layer} = known();
    const x = tf.ones([2, 1]);
    await expectNoLeak(() => tf.dispose(layer.apply(x, {training: true}) as tf.Tensor));
    const [loss] = layer.calculateLosses();
    expect((await (loss as tf.Scalar).data())[0]).to.equal(0);
    tf.dispose([x, loss as tf.Scalar]);
  });

  it('refuses models without one, and weights below 0', () => {
    const {model, layer} = known();
    const dense = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [1]})]});
    expect(() => bottleneckPosterior(dense, {likelihood})).to.throw(ConfigError, /variationalBottleneck, got none/);
    expect(() => mcDropout(model, {likelihood})).to.throw(ConfigError, /dropout/);
    expect(() => variationalBottleneck({units: 1, beta: -1})).to.throw(ConfigError, /beta/);
    expect(() => variationalBottleneck({units: 0})).to.throw(ConfigError, /units/);
    expect(layer.beta).to.equal(1e-3);
  });
});
