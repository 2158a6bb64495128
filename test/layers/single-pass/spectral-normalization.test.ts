import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {spectralNormalization} from '../../../layers/index.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {ConfigError} from '../../../src/errors.ts';
import {eigenvalues, fromRows, gram} from '../../../src/linalg/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {roundTrip} from '../support/round-trip.ts';

const seeded = (seed: number, stddev: number) => tfl.initializers.randomNormal({stddev, seed});
const dense = (stddev: number) =>
  tfl.layers.dense({units: 4, kernelInitializer: seeded(1, stddev), biasInitializer: seeded(2, 1), inputShape: [6]});
const conv = (stddev: number, strides = 1, padding: 'same' | 'valid' = 'same') =>
  tfl.layers.conv2d({
    filters: 3,
    kernelSize: 3,
    strides,
    padding,
    kernelInitializer: seeded(3, stddev),
    inputShape: [5, 5, 2],
  });

/** The matrix of a layer without bias, a row for each basis vector of the input. */
async function matrixOf(layer: tfl.layers.Layer, shape: number[]): Promise<number[][]> {
  const size = shape.reduce((product, length) => product * length, 1);
  const rows = tf.tidy(() => {
    const bias = layer.apply(tf.zeros([1, ...shape])) as tf.Tensor;
    return tf.reshape(tf.sub(layer.apply(tf.reshape(tf.eye(size), [size, ...shape])) as tf.Tensor, bias), [size, -1]);
  });
  const values = (await rows.array()) as number[][];
  rows.dispose();
  return values;
}

const normOf = (rows: number[][]): number => Math.sqrt(Math.max(...eigenvalues(gram(fromRows(rows)))));

describe('spectralNormalization', () => {
  before(async () => {
    await initBackend();
  });

  const cases: [string, () => tfl.layers.Layer, number[]][] = [
    ['Dense', () => dense(1), [6]],
    ['Conv2D', () => conv(1), [5, 5, 2]],
    ['Conv2D with strides', () => conv(1, 2), [5, 5, 2]],
    ['Conv2D without padding', () => conv(1, 1, 'valid'), [5, 5, 2]],
  ];
  for (const [name, create, shape] of cases) {
    it(`${name}: has the norm of the whole map, and bounds it`, async () => {
      const plain = create();
      const exact = normOf(await matrixOf(plain, shape));
      const layer = spectralNormalization({layer: create(), normBound: 0.9, iterations: 5});
      const model = tfl.sequential({layers: [layer]});
      const x = tf.randomNormal([2, ...shape], 0, 1, 'float32', 1);
      tf.dispose(Array.from({length: 20}, () => model.apply(x, {training: true}) as tf.Tensor));
      const norm = layer.norm();
      closeTo(await norm.data(), [exact], {rtol: 1e-3});
      closeTo([normOf(await matrixOf(layer, shape))], [0.9], {rtol: 1e-3});
      tf.dispose([x, norm]);
    });
  }

  it('leaves a kernel below the bound as it is', async () => {
    const x = tf.randomNormal([3, 6], 0, 1, 'float32', 1);
    const expected = dense(0.1).apply(x) as tf.Tensor;
    const outputs = spectralNormalization({layer: dense(0.1)}).apply(x) as tf.Tensor;
    closeTo(await outputs.data(), await expected.data(), {rtol: 0});
    tf.dispose([x, expected, outputs]);
  });

  it('has the gradient of the bounded map', async () => {
    const layer = spectralNormalization({layer: dense(1), normBound: 0.9});
    layer.build([null, 6]);
    const x = tf.randomNormal([3, 6], 0, 1, 'float32', 1);
    const kernel = layer.layer.kernel as tfl.LayerVariable;
    const start = kernel.read().clone();
    const value = () => tf.tidy(() => tf.sum<tf.Scalar>(tf.sin(layer.apply(x) as tf.Tensor)));
    const {grads} = tf.variableGrads(value, [kernel.read() as tf.Variable]);
    const gradient = await (Object.values(grads)[0] as tf.Tensor).data();
    const shift = async (index: number, by: number): Promise<number> => {
      tf.tidy(() => {
        const moved = tf.buffer([6, 4], 'float32');
        moved.set(by, Math.floor(index / 4), index % 4);
        kernel.write(tf.add(start, moved.toTensor()));
      });
      return (await value().data())[0] as number;
    };
    for (const index of [0, 9, 23]) {
      closeTo([gradient[index] as number], [((await shift(index, 0.01)) - (await shift(index, -0.01))) / 0.02], {
        rtol: 0,
        atol: 5e-3,
      });
    }
    tf.dispose([x, start, grads]);
  });

  it('keeps distances in residual blocks within 1 - bound and 1 + bound', async () => {
    const input = tfl.input({shape: [6]});
    const block = spectralNormalization({
      layer: tfl.layers.dense({units: 6, activation: 'relu', kernelInitializer: seeded(5, 2)}),
      normBound: 0.6,
      iterations: 10,
    });
    const model = tfl.model({
      inputs: input,
      outputs: tfl.layers.add().apply([input, block.apply(input) as tfl.SymbolicTensor]) as tfl.SymbolicTensor,
    });
    const [a, b] = [tf.randomNormal([200, 6], 0, 2, 'float32', 1), tf.randomNormal([200, 6], 0, 2, 'float32', 2)];
    const ratios = tf.tidy(() => {
      const distance = (p: tf.Tensor, q: tf.Tensor) => tf.norm(tf.sub(p, q), 2, 1);
      return tf.div(distance(model.predict(a) as tf.Tensor, model.predict(b) as tf.Tensor), distance(a, b));
    });
    const values = await ratios.data();
    expect(Math.min(...values)).to.be.at.least(0.4 - 1e-3);
    expect(Math.max(...values)).to.be.at.most(1.6 + 1e-3);
    tf.dispose([a, b, ratios]);
  });

  it('trains without a leak, and survives saving and JSON', async () => {
    const flatten = tfl.layers.flatten();
    const model = tfl.sequential({
      layers: [
        spectralNormalization({layer: conv(1)}),
        flatten,
        spectralNormalization({layer: tfl.layers.dense({units: 1})}),
      ],
    });
    const [x, y] = [tf.randomNormal([8, 5, 5, 2], 0, 1, 'float32', 1), tf.ones([8, 1])];
    model.compile({optimizer: tf.train.adam(0.05), loss: 'meanSquaredError'});
    await model.fit(x, y, {epochs: 1, verbose: 0});
    await expectNoLeak(() => model.fit(x, y, {epochs: 2, verbose: 0}));
    for (const copy of await roundTrip(model)) {
      closeTo(await (copy.predict(x) as tf.Tensor).data(), await (model.predict(x) as tf.Tensor).data(), {rtol: 0});
    }
    tf.dispose([x, y]);
  });

  it('trains from a kernel of zeros, and bounds what comes of it', async () => {
    const inner = tfl.layers.dense({units: 3, kernelInitializer: 'zeros', inputShape: [4]});
    const layer = spectralNormalization({layer: inner, normBound: 0.5});
    const model = tfl.sequential({layers: [layer]});
    const [x, y] = [tf.randomNormal([8, 4], 0, 1, 'float32', 1), tf.fill([8, 3], 5)];
    model.compile({optimizer: tf.train.adam(0.5), loss: 'meanSquaredError'});
    await model.fit(x, y, {epochs: 20, verbose: 0});
    const rows = await matrixOf(layer, [4]);
    expect(rows.flat().every(Number.isFinite)).to.equal(true);
    expect(normOf(rows)).to.be.within(0.45, 0.51);
    tf.dispose([x, y]);
  });

  it('refuses other layers and images of unknown size', () => {
    expect(() => spectralNormalization({layer: tfl.layers.lstm({units: 2})})).to.throw(ConfigError, /got LSTM/);
    const open = tfl.layers.conv2d({filters: 1, kernelSize: 3, inputShape: [null, null, 1]});
    expect(() => tfl.sequential({layers: [spectralNormalization({layer: open})]})).to.throw(ConfigError, /fixed size/);
  });
});
