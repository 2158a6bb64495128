import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {
  memberPosterior,
  mimo,
  packedConv,
  packedDense,
  packedEnsemble,
  packMembers,
  unpackMembers,
} from '../../../ensembles/index.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {ConfigError, UnsupportedLayerError} from '../../../src/errors.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {inputs, smallNet, targets} from '../nets.ts';
import {conv, images, predictions, reloaded, sameAs} from './nets.ts';

async function flat(tensor: tf.Tensor): Promise<number[]> {
  return Array.from(await tensor.data());
}

describe('packed layers', () => {
  before(async () => {
    await initBackend();
  });

  it('pack rows side by side and undo it, whatever their number', async () => {
    for (const [rows, members] of [
      [6, 3],
      [7, 3],
      [2, 5],
    ] as const) {
      const x = tf.randomNormal([rows, 4, 5, 2], 0, 1, 'float32', 1);
      const packed = packMembers({members}).apply(x) as tf.Tensor;
      expect(packed.shape).to.deep.equal([Math.ceil(rows / members), 4, 5, 2 * members]);
      closeTo(await flat(unpackMembers({members}).apply([packed, x]) as tf.Tensor), await flat(x), {rtol: 0});
    }
  });

  it('packedDense is the Dense layer with the block-diagonal kernel', async () => {
    const layer = packedDense({members: 2, units: 2, activation: 'tanh', seed: 3});
    const x = tf.randomNormal([5, 6], 0, 1, 'float32', 2);
    const y = layer.apply(x) as tf.Tensor;
    layer.setWeights([
      layer.getWeights()[0] as tf.Tensor,
      tf.tensor2d([
        [0.1, 0.2],
        [0.3, 0.4],
      ]),
    ]);
    const [a, b] = tf.unstack(layer.getWeights()[0] as tf.Tensor) as [tf.Tensor2D, tf.Tensor2D];
    const zeros = tf.zeros([3, 2]) as tf.Tensor2D;
    const block = tf.concat([tf.concat([a, zeros], 1), tf.concat([zeros, b], 1)], 0);
    const expected = tf.tanh(tf.add(tf.matMul(x as tf.Tensor2D, block), [0.1, 0.2, 0.3, 0.4]));
    closeTo(await flat(layer.apply(x) as tf.Tensor), await flat(expected), {rtol: 1e-4, atol: 1e-6});
    expect(y.shape).to.deep.equal([5, 4]);
  });

  it('packedConv convolves the channels of each member by themselves', async () => {
    const layer = packedConv({members: 2, filters: 3, kernelSize: [2, 2], strides: [2, 1], padding: 'same', seed: 3});
    const x = tf.randomNormal([2, 5, 5, 4], 0, 1, 'float32', 2) as tf.Tensor4D;
    const y = layer.apply(x) as tf.Tensor;
    const kernels = tf.unstack(layer.getWeights()[0] as tf.Tensor) as tf.Tensor4D[];
    const parts = (tf.split(x, 2, 3) as tf.Tensor4D[]).map((part, m) =>
      tf.conv2d(part, kernels[m] as tf.Tensor4D, [2, 1], 'same'),
    );
    closeTo(await flat(y), await flat(tf.concat(parts, 3)), {rtol: 1e-5, atol: 1e-6});
    expect(layer.computeOutputShape([null, 5, 5, 4])).to.deep.equal([null, 3, 5, 6]);
    const steps = packedConv({members: 2, filters: 1, kernelSize: [3]});
    expect((steps.apply(tf.ones([2, 6, 4])) as tf.Tensor).shape).to.deep.equal([2, 4, 2]);
    expect(() => packedConv({members: 2, filters: 1, kernelSize: [3, 3, 3]})).to.throw(ConfigError, /kernelSize/);
    expect(() => packedDense({members: 3, units: 1}).apply(tf.ones([2, 4]))).to.throw(ConfigError, /3 members/);
  });
});

describe('packedEnsemble', () => {
  before(async () => {
    await initBackend();
  });

  it('with full width starts as copies of the net; otherwise members are narrower and differ', async () => {
    for (const [net, x] of [
      [smallNet(3, 'softmax', 0, true), inputs()],
      [conv(), images()],
    ] as const) {
      await sameAs(packedEnsemble(net, {members: 2, alpha: 2}), x, await predictions(net, x));
      const narrow = packedEnsemble(net, {members: 3, alpha: 2, seed: 1});
      const posterior = memberPosterior(narrow);
      const predictive = await posterior.predict(x, {keepMembers: true});
      if (predictive.kind !== 'categorical') throw new TypeError(predictive.kind);
      const [a, b] = (await (predictive.memberProbs as tf.Tensor3D).array()) as [number[][], number[][]];
      expect(a).to.not.deep.equal(b);
      closeTo(await predictions(await reloaded(narrow), x), await predictions(narrow, x), {rtol: 0});
      predictive.dispose();
      posterior.dispose();
      x.dispose();
    }
    const units = packedEnsemble(smallNet(3, 'softmax'), {members: 4, alpha: 2}).layers.flatMap((layer) =>
      layer.getClassName() === 'BayesPackedDense' ? [layer.getConfig().units] : [],
    );
    expect(units).to.deep.equal([3, 3]); // round(2 x 5 / 4), and all three classes
  });

  it('trains each row in its own member only, and leaks nothing', async () => {
    const model = packedEnsemble(smallNet(3, 'softmax'), {members: 2, alpha: 2});
    const posterior = memberPosterior(model);
    const [x, y] = [inputs(), tf.cast(targets.categorical(), 'float32')];
    const predictive = await posterior.predict(x, {keepMembers: true});
    if (predictive.kind !== 'categorical') throw new TypeError(predictive.kind);
    const members = (await (predictive.memberProbs as tf.Tensor3D).array()) as number[][][];
    const trained = (await (model.apply(tf.slice(x, 0, 7), {training: true}) as tf.Tensor2D).array()) as number[][];
    for (const [j, row] of trained.entries()) closeTo(row, members[j % 2]?.[j] as number[], {rtol: 1e-4, atol: 1e-6});
    predictive.dispose();
    posterior.dispose();
    model.compile({optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy'});
    const {history} = await expectNoLeak(() => model.fit(x, y, {epochs: 8, batchSize: 5, shuffle: false, verbose: 0}));
    expect(history.loss?.at(-1) as number).to.be.below(history.loss?.[0] as number);
    tf.dispose([x, y]);
  });

  it('refuses by name what would mix members', () => {
    const net = tfl.sequential({
      layers: [
        tfl.layers.dense({units: 4, inputShape: [2]}),
        tfl.layers.layerNormalization({name: 'mixer'}),
        tfl.layers.dense({units: 1}),
      ],
    });
    expect(() => packedEnsemble(net, {members: 2})).to.throw(UnsupportedLayerError, /'mixer' \(LayerNormalization\)/);
    const timed = tfl.sequential({layers: [tfl.layers.dense({units: 4, inputShape: [3, 2]})]});
    timed.add(tfl.layers.timeDistributed({layer: tfl.layers.dense({units: 2, activation: 'softmax'}), name: 'steps'}));
    expect(() => packedEnsemble(timed, {members: 2})).to.throw(UnsupportedLayerError, /'steps' \(TimeDistributed\)/);
    expect(() => packedEnsemble(smallNet(1, 'linear'), {members: 2, alpha: 0})).to.throw(ConfigError, /alpha/);
  });
});

describe('mimo', () => {
  before(async () => {
    await initBackend();
  });

  it("starts at the old model's predictions where asked to", async () => {
    const flattened = tfl.sequential({
      layers: [tfl.layers.flatten({inputShape: [2, 2, 3]}), tfl.layers.dense({units: 4}), tfl.layers.dense({units: 2})],
    });
    const single = tfl.sequential({layers: [tfl.layers.dense({units: 3, activation: 'softmax', inputShape: [2]})]});
    for (const [net, x] of [
      [smallNet(3, 'softmax', 0, true), inputs()],
      [conv(), images()],
      [flattened, tf.randomNormal([4, 2, 2, 3], 0, 1, 'float32', 1)],
      [single, inputs()],
    ] as const) {
      await sameAs(mimo(net, {members: 3, start: 'same'}), x, await predictions(net, x));
      x.dispose();
    }
  });

  it('in training, head m of the joined rows predicts row m of them', async () => {
    const net = smallNet(3, 'softmax');
    const model = mimo(net, {members: 2, seed: 1});
    const [first, last] = net.layers.map(({name}) => model.getLayer(name)) as [tfl.layers.Layer, tfl.layers.Layer];
    const x = inputs() as tf.Tensor2D;
    const joined = tf.reshape(x, [6, 4]);
    const [k1, b1] = first.getWeights() as [tf.Tensor2D, tf.Tensor];
    const [k2, b2] = last.getWeights() as [tf.Tensor2D, tf.Tensor];
    expect([k1.shape, k2.shape]).to.deep.equal([
      [4, 5],
      [5, 6],
    ]);
    const logits = tf.add(tf.matMul(tf.tanh(tf.add(tf.matMul(joined, k1), b1)) as tf.Tensor2D, k2), b2);
    const expected = tf.softmax(tf.reshape(logits, [12, 3]));
    closeTo(await flat(model.apply(x, {training: true}) as tf.Tensor), await flat(expected), {rtol: 1e-4, atol: 1e-6});
    closeTo(await predictions(await reloaded(model), x), await predictions(model, x), {rtol: 0});
  });

  it('refuses by name layers that mix inputs before the first kernel', () => {
    const net = tfl.sequential({
      layers: [tfl.layers.permute({dims: [2, 1], inputShape: [3, 2], name: 'turn'}), tfl.layers.dense({units: 1})],
    });
    expect(() => mimo(net, {members: 2})).to.throw(UnsupportedLayerError, /'turn' \(Permute\)/);
  });
});
