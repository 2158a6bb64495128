import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {initBackend} from '../../../src/backend/index.ts';
import {closeTo} from '../../support/close.ts';
import {wild} from './kernels/against-cpu.ts';

interface Net {
  readonly input: number[];
  readonly layers: () => tfl.layers.Layer[];
  /** Inputs are whole numbers below this. */
  readonly vocabulary?: number;
  readonly batch?: number;
}

const l = tfl.layers;

/** A net for every kind of layer; conv3dTranspose and thresholdedReLU have no gradient in tfjs, whatever the backend. */
const NETS: Readonly<Record<string, Net>> = {
  'dense with relu': {input: [7], layers: () => [l.dense({units: 6, activation: 'relu'}), l.dense({units: 3})]},
  'dense with softmax': {input: [7], layers: () => [l.dense({units: 3, activation: 'softmax'})]},
  'dense with elu, selu, tanh, sigmoid, softplus': {
    input: [7],
    layers: () =>
      (['elu', 'selu', 'tanh', 'sigmoid', 'softplus', 'swish', 'mish'] as const).map((activation) =>
        l.dense({units: 5, activation}),
      ),
  },
  'dense on sequences': {input: [4, 7], layers: () => [l.dense({units: 3, activation: 'relu'})]},
  conv1d: {
    input: [9, 3],
    layers: () => [l.conv1d({filters: 4, kernelSize: 3, activation: 'relu'}), l.conv1d({filters: 2, kernelSize: 2})],
  },
  'conv2d valid': {
    input: [8, 9, 2],
    layers: () => [l.conv2d({filters: 5, kernelSize: 3, activation: 'relu'}), l.conv2d({filters: 3, kernelSize: 2})],
  },
  'conv2d same, strided': {
    input: [8, 9, 2],
    layers: () => [
      l.conv2d({filters: 5, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu'}),
      l.conv2d({filters: 3, kernelSize: 3, strides: 2, padding: 'same'}),
    ],
  },
  conv2dTranspose: {
    input: [4, 5, 2],
    layers: () => [
      l.conv2dTranspose({filters: 4, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu'}),
      l.conv2dTranspose({filters: 2, kernelSize: 3}),
    ],
  },
  separableConv2d: {
    input: [7, 6, 3],
    layers: () => [
      l.separableConv2d({filters: 4, kernelSize: 3, depthMultiplier: 2, activation: 'relu'}),
      l.separableConv2d({filters: 2, kernelSize: 2, padding: 'same'}),
    ],
  },
  depthwiseConv2d: {
    input: [7, 6, 3],
    layers: () => [
      l.depthwiseConv2d({kernelSize: 3, depthMultiplier: 2, activation: 'relu'}),
      l.depthwiseConv2d({kernelSize: 2, strides: 2, padding: 'same'}),
    ],
  },
  conv3d: {
    input: [4, 5, 4, 2],
    layers: () => [
      l.conv3d({filters: 3, kernelSize: 2, activation: 'relu'}),
      l.conv3d({filters: 2, kernelSize: 2, strides: 2, padding: 'same'}),
    ],
  },
  embedding: {
    input: [5],
    vocabulary: 6,
    layers: () => [l.embedding({inputDim: 6, outputDim: 4}), l.flatten(), l.dense({units: 2})],
  },
  simpleRNN: {input: [4, 3], layers: () => [l.simpleRNN({units: 4})]},
  lstm: {input: [4, 3], layers: () => [l.lstm({units: 4, returnSequences: true}), l.lstm({units: 2})]},
  gru: {input: [4, 3], layers: () => [l.gru({units: 4})]},
  bidirectional: {
    input: [4, 3],
    layers: () => [l.bidirectional({layer: l.lstm({units: 3}) as unknown as tfl.RNN, mergeMode: 'concat'})],
  },
  convLstm2d: {input: [3, 5, 5, 2], layers: () => [l.convLstm2d({filters: 2, kernelSize: 3, padding: 'same'})]},
  timeDistributed: {input: [4, 3], layers: () => [l.timeDistributed({layer: l.dense({units: 4})})]},
  batchNormalization: {
    input: [5, 5, 2],
    layers: () => [
      l.conv2d({filters: 3, kernelSize: 2}),
      l.batchNormalization(),
      l.activation({activation: 'relu'}),
      l.conv2d({filters: 2, kernelSize: 2}),
    ],
  },
  layerNormalization: {input: [6], layers: () => [l.dense({units: 5}), l.layerNormalization(), l.dense({units: 2})]},
  maxPooling2d: {
    input: [9, 8, 2],
    layers: () => [
      l.conv2d({filters: 3, kernelSize: 2, activation: 'relu'}),
      l.maxPooling2d({poolSize: 2}),
      l.flatten(),
      l.dense({units: 2}),
    ],
  },
  'maxPooling2d, overlapping': {
    input: [9, 8, 2],
    layers: () => [
      l.conv2d({filters: 3, kernelSize: 2}),
      l.maxPooling2d({poolSize: 3, strides: 2, padding: 'same'}),
      l.flatten(),
      l.dense({units: 2}),
    ],
  },
  averagePooling2d: {
    input: [9, 8, 2],
    layers: () => [
      l.conv2d({filters: 3, kernelSize: 2}),
      l.averagePooling2d({poolSize: 2}),
      l.flatten(),
      l.dense({units: 2}),
    ],
  },
  pooling1d: {
    input: [9, 2],
    layers: () => [
      l.conv1d({filters: 3, kernelSize: 2}),
      l.maxPooling1d({poolSize: 2}),
      l.averagePooling1d({poolSize: 2}),
    ],
  },
  pooling3d: {
    input: [6, 6, 6, 1],
    layers: () => [
      l.conv3d({filters: 2, kernelSize: 2}),
      l.maxPooling3d({poolSize: 2}),
      l.averagePooling3d({poolSize: 2}),
    ],
  },
  'global pooling': {
    input: [6, 6, 2],
    layers: () => [l.conv2d({filters: 3, kernelSize: 2}), l.globalAveragePooling2d({}), l.dense({units: 2})],
  },
  globalMaxPooling2d: {
    input: [6, 6, 2],
    layers: () => [l.conv2d({filters: 3, kernelSize: 2}), l.globalMaxPooling2d({}), l.dense({units: 2})],
  },
  // One example: with more, the gradient of the cpu backend is wrong.
  'upSampling2d, zeroPadding2d and cropping2d': {
    batch: 1,
    input: [4, 4, 2],
    layers: () => [
      l.conv2d({filters: 3, kernelSize: 2}),
      l.upSampling2d({size: [2, 2]}),
      l.zeroPadding2d({padding: 1}),
      l.cropping2D({
        cropping: [
          [1, 0],
          [0, 1],
        ],
      }),
      l.conv2d({filters: 2, kernelSize: 3}),
    ],
  },
  'prelu, leakyReLU and elu': {
    input: [6],
    layers: () => [l.dense({units: 5}), l.prelu(), l.leakyReLU(), l.elu(), l.dense({units: 4})],
  },
  'permute, repeatVector and reshape': {
    input: [6],
    layers: () => [
      l.dense({units: 4}),
      l.repeatVector({n: 3}),
      l.permute({dims: [2, 1]}),
      l.reshape({targetShape: [12]}),
      l.dense({units: 2}),
    ],
  },
};

async function flat(tensors: readonly tf.Tensor[]): Promise<number[]> {
  const all = await Promise.all(tensors.map((tensor) => tensor.data()));
  return all.flatMap((values) => Array.from(values));
}

/** The weights before and after one step of gradient descent, from the same weights and data on every backend. */
async function step(
  backend: 'cpu' | 'wasm',
  {input, layers, vocabulary, batch = 4}: Net,
): Promise<[number[], number[]]> {
  await initBackend({prefer: backend});
  const start = tf.memory().numTensors;
  const model = tfl.sequential({layers: [l.inputLayer({inputShape: input}), ...layers()]});
  const weights = model.getWeights().map((w, i) => tf.tensor(wild(w.size, i + 1), w.shape));
  model.setWeights(weights);
  const values = wild(batch * tf.util.sizeFromShape(input), 5);
  const x = tf.tensor(vocabulary ? values.map((v) => Math.floor(((v + 1) / 2) * vocabulary)) : values, [
    batch,
    ...input,
  ]);
  const shape = (model.outputs[0]?.shape ?? []).slice(1) as number[];
  const y = tf.tensor(wild(batch * tf.util.sizeFromShape(shape), 9), [batch, ...shape]);
  const optimizer = tf.train.sgd(0.1);
  model.compile({optimizer, loss: 'meanSquaredError'});
  await model.trainOnBatch(x, y);
  const before = await flat(weights);
  const after = await flat(model.getWeights());
  const between = tf.memory().numTensors;
  await model.trainOnBatch(x, y);
  expect(tf.memory().numTensors - between, 'tensors left behind by a step').to.equal(0);
  model.dispose();
  optimizer.dispose();
  tf.dispose([x, y, ...weights]);
  expect(tf.memory().numTensors - start, 'tensors left behind by the model').to.be.at.most(1);
  return [before, after];
}

describe('training on wasm', () => {
  after(async () => {
    await initBackend({prefer: 'wasm'});
  });

  for (const [name, net] of Object.entries(NETS)) {
    it(`${name}: one step as on cpu`, async () => {
      const [before, expected] = await step('cpu', net);
      const [, actual] = await step('wasm', net);
      expect(
        expected.some((value, i) => Math.abs(value - (before[i] as number)) > 1e-4),
        'the step moved',
      ).to.equal(true);
      closeTo(actual, expected, {rtol: 1e-4, atol: 1e-5});
    });
  }
});
