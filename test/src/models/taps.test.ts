import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import type {Inputs} from '../../../src/models/index.ts';
import {closeTo} from '../../support/close.ts';
import {apply, connect, onBackend, stack, wave} from './models.ts';
import {type Reference, stockGradients, tappedGradients} from './per-example.ts';

const {layers} = tfl;

interface Case {
  readonly name: string;
  readonly build: () => tfl.LayersModel;
  readonly x: () => Inputs;
  /** f in plain operations, where tfjs cannot differentiate its own layer. */
  readonly reference?: Reference;
  /** Backends that have the kernels for the backward pass. Default both. */
  readonly backends?: readonly string[];
}

const image = (): tf.Tensor => wave([3, 7, 6, 2], 0);
const series = (): tf.Tensor => wave([3, 9, 2], 0);
const end = (): tfl.layers.Layer[] => [layers.flatten(), layers.dense({units: 2})];

type T = tf.Tensor;
type Ten = [T, T, T, T, T, T, T, T, T, T];

function normalize(x: tf.Tensor, mean: tf.Tensor, variance: tf.Tensor): tf.Tensor {
  return tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-3)));
}

/** A dilated convolution of [N, W, C] as a sum over the taps of the kernel [k, C, out]. */
function dilated(x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor, dilation: number): tf.Tensor {
  const [size, channels, filters] = kernel.shape as [number, number, number];
  const width = (x.shape[1] as number) - (size - 1) * dilation;
  const taps = Array.from({length: size}, (_, j) => {
    const seen = tf.slice(x, [0, j * dilation, 0], [-1, width, -1]);
    return tf.dot(tf.reshape(seen, [-1, channels]), tf.squeeze(tf.slice(kernel, [j, 0, 0], [1, -1, -1]), [0]));
  });
  return tf.add(tf.reshape(tf.addN(taps), [-1, width, filters]), bias);
}

const cases: Case[] = [
  {
    name: 'dense layers',
    build: () =>
      stack(
        layers.dense({units: 4, activation: 'tanh', inputShape: [3]}),
        layers.dense({units: 4, activation: 'relu', useBias: false}),
        layers.dense({units: 2}),
      ),
    x: () => wave([5, 3], 0),
  },
  {
    name: 'a dense layer over two inner axes, outputs [N, R, S, C]',
    build: () =>
      stack(layers.dense({units: 4, activation: 'softplus', inputShape: [2, 3, 3]}), layers.dense({units: 2})),
    x: () => wave([3, 2, 3, 3], 0),
  },
  ...(['valid', 'same'] as const).flatMap((padding): Case[] =>
    [1, 2, 3].map((strides) => ({
      name: `conv2d, strides ${strides}, padding ${padding}`,
      build: () =>
        stack(
          layers.conv2d({filters: 3, kernelSize: 3, strides, padding, activation: 'elu', inputShape: [7, 6, 2]}),
          layers.conv2d({filters: 2, kernelSize: 2, strides: [2, 1], padding, useBias: false}),
          ...end(),
        ),
      x: image,
    })),
  ),
  {
    name: 'conv2d, channels first',
    build: () =>
      stack(
        layers.conv2d({
          filters: 3,
          kernelSize: 2,
          dataFormat: 'channelsFirst',
          activation: 'tanh',
          inputShape: [2, 5, 4],
        }),
        ...end(),
      ),
    x: () => wave([3, 2, 5, 4], 0),
  },
  ...(['valid', 'same'] as const).map(
    (padding): Case => ({
      name: `conv1d, strides 2, padding ${padding}`,
      build: () =>
        stack(
          layers.conv1d({filters: 3, kernelSize: 3, strides: 2, padding, activation: 'tanh', inputShape: [9, 2]}),
          layers.conv1d({filters: 2, kernelSize: 2}),
          ...end(),
        ),
      x: series,
    }),
  ),
  ...(['valid', 'same'] as const).map(
    (padding): Case => ({
      name: `depthwiseConv2d, depth multiplier 2, strides 2, padding ${padding}`,
      build: () =>
        stack(
          layers.depthwiseConv2d({
            kernelSize: [3, 2],
            depthMultiplier: 2,
            strides: 2,
            padding,
            activation: 'tanh',
            inputShape: [7, 6, 2],
          }),
          ...end(),
        ),
      x: image,
    }),
  ),
  {
    name: 'depthwiseConv2d after another layer',
    build: () =>
      stack(
        layers.conv2d({filters: 2, kernelSize: 2, inputShape: [7, 6, 2]}),
        layers.depthwiseConv2d({kernelSize: 2, useBias: false}),
        ...end(),
      ),
    x: image,
    backends: ['cpu'],
  },
  {
    name: 'embedding, with ids that repeat',
    build: () =>
      stack(
        layers.embedding({inputDim: 5, outputDim: 3, inputLength: 4}),
        layers.dense({units: 2, activation: 'tanh'}),
        ...end(),
      ),
    x: () => tf.tensor2d([0, 1, 1, 1, 4, 3, 2, 0, 2, 2, 4, 4], [3, 4]),
  },
  {
    name: 'batch normalization of images and features',
    build: () =>
      stack(
        layers.conv2d({filters: 3, kernelSize: 2, inputShape: [4, 4, 2]}),
        layers.batchNormalization(),
        layers.activation({activation: 'tanh'}),
        layers.flatten(),
        layers.batchNormalization(),
        layers.dense({units: 2}),
      ),
    x: () => wave([3, 4, 4, 2], 0),
  },
  {
    name: 'batch normalization without scale, and without center',
    build: () =>
      stack(
        layers.dense({units: 3, inputShape: [2]}),
        layers.batchNormalization({scale: false}),
        layers.dense({units: 2, activation: 'tanh'}),
        layers.batchNormalization({center: false}),
      ),
    x: () => wave([3, 2], 0),
    reference: (x, weights) => {
      const [k1, b1, beta, k2, b2, gamma, mean1, variance1, mean2, variance2] = weights as Ten;
      const first = tf.add(normalize(tf.add(tf.dot(x, k1), b1), mean1, variance1), beta);
      return tf.mul(normalize(tf.tanh(tf.add(tf.dot(first, k2), b2)), mean2, variance2), gamma);
    },
  },
  {
    name: 'batch normalization of another axis',
    build: () =>
      stack(
        layers.dense({units: 3, inputShape: [4, 2]}),
        layers.batchNormalization({axis: 1}),
        layers.activation({activation: 'tanh'}),
      ),
    x: () => wave([3, 4, 2], 0),
    reference: (x, weights) => {
      const [kernel, bias, gamma, beta, mean, variance] = weights as Ten;
      const column = (weight: tf.Tensor): tf.Tensor => tf.reshape(weight, [1, 4, 1]);
      const z = tf.add(tf.reshape(tf.dot(tf.reshape(x, [-1, 2]), kernel), [-1, 4, 3]), bias);
      const normalized = normalize(z, column(mean), column(variance));
      return tf.tanh(tf.add(tf.mul(normalized, column(gamma)), column(beta)));
    },
  },
  {
    name: 'layer normalization of one and two axes',
    build: () =>
      stack(
        layers.dense({units: 4, inputShape: [3, 2]}),
        layers.layerNormalization(),
        layers.layerNormalization({axis: [1, 2]}),
        ...end(),
      ),
    x: () => wave([3, 3, 2], 0),
  },
  {
    name: 'layer normalization without center',
    build: () =>
      stack(
        layers.dense({units: 4, activation: 'tanh', inputShape: [2]}),
        layers.layerNormalization({center: false}),
        layers.dense({units: 2}),
      ),
    x: () => wave([3, 2], 0),
    reference: (x, weights) => {
      const [k1, b1, gamma, k2, b2] = weights as Ten;
      const hidden = tf.tanh(tf.add(tf.dot(x, k1), b1));
      const {mean, variance} = tf.moments(hidden, -1, true);
      return tf.add(tf.dot(tf.mul(normalize(hidden, mean, variance), gamma), k2), b2);
    },
  },
  {
    name: 'dilated conv1d',
    build: () =>
      stack(
        layers.conv1d({filters: 3, kernelSize: 2, activation: 'tanh', inputShape: [9, 2]}),
        layers.conv1d({filters: 2, kernelSize: 3, dilationRate: 2}),
      ),
    x: series,
    reference: (x, weights) => {
      const [k1, b1, k2, b2] = weights as Ten;
      return dilated(tf.tanh(dilated(x, k1, b1, 1)), k2, b2, 2);
    },
  },
  {
    name: 'dilated conv2d, padding same',
    build: () =>
      stack(
        layers.conv2d({filters: 2, kernelSize: 1, activation: 'tanh', inputShape: [4, 7, 2]}),
        layers.conv2d({filters: 2, kernelSize: [1, 3], dilationRate: 2, padding: 'same'}),
      ),
    x: () => wave([3, 4, 7, 2], 0),
    reference: (x, weights) => {
      const [k1, b1, k2, b2] = weights as Ten;
      const rows = tf.reshape(x, [-1, 7, 2]);
      const hidden = tf.tanh(dilated(rows, tf.squeeze(k1, [0]), b1, 1));
      const padded = tf.pad(hidden, [
        [0, 0],
        [2, 2],
        [0, 0],
      ]);
      return tf.reshape(dilated(padded, tf.squeeze(k2, [0]), b2, 2), [-1, 4, 7, 2]);
    },
  },
  {
    name: 'a shared layer',
    build: () => {
      const [a, b] = [tfl.input({shape: [3]}), tfl.input({shape: [3]})];
      const shared = layers.dense({units: 4, activation: 'tanh'});
      const norm = layers.layerNormalization();
      const merged = apply(layers.concatenate(), [apply(norm, apply(shared, a)), apply(norm, apply(shared, b))]);
      return connect([a, b], apply(layers.dense({units: 2}), merged));
    },
    x: () => [wave([3, 3], 0), wave([3, 3], 1)],
  },
  {
    name: 'branches that are added, with a skip connection',
    build: () => {
      const x = tfl.input({shape: [3]});
      const one = apply(layers.dense({units: 3, activation: 'tanh'}), x);
      const two = apply(layers.dense({units: 3, activation: 'sigmoid'}), one);
      return connect(x, apply(layers.dense({units: 2}), apply(layers.add(), [x, one, two])));
    },
    x: () => wave([4, 3], 0),
  },
  {
    name: 'nested models, one of them shared',
    build: () => {
      const inner = tfl.sequential({
        layers: [layers.dense({units: 3, activation: 'tanh', inputShape: [3]}), layers.dense({units: 3})],
      });
      const x = tfl.input({shape: [3]});
      return connect(x, apply(layers.dense({units: 2}), apply(inner, apply(inner, x))));
    },
    x: () => wave([4, 3], 0),
  },
  {
    name: 'a sequential model that starts with a model',
    build: () => {
      const inner = tfl.sequential({layers: [layers.dense({units: 3, activation: 'tanh', inputShape: [3]})]});
      return stack(inner, layers.dense({units: 2}));
    },
    x: () => wave([4, 3], 0),
  },
  {
    name: 'a dense layer distributed over time',
    build: () =>
      stack(
        layers.timeDistributed({layer: layers.dense({units: 3, activation: 'tanh'}), inputShape: [4, 2]}),
        layers.timeDistributed({layer: layers.dense({units: 2})}),
      ),
    x: () => wave([3, 4, 2], 0),
  },
  {
    name: 'activation layers, pooling and dropout on the way',
    build: () =>
      stack(
        layers.conv2d({filters: 3, kernelSize: 2, inputShape: [7, 6, 2]}),
        layers.leakyReLU(),
        layers.averagePooling2d({poolSize: 2}),
        layers.activation({activation: 'sigmoid'}),
        layers.maxPooling2d({poolSize: 2}),
        layers.dropout({rate: 0.5}),
        ...end(),
      ),
    x: image,
  },
  {
    name: 'a thresholded relu, whose comparison has no gradient',
    build: () =>
      stack(layers.dense({units: 4, inputShape: [3]}), layers.thresholdedReLU({theta: 0.1}), layers.dense({units: 2})),
    x: () => wave([4, 3], 0),
    reference: (x, weights) => {
      const [k1, b1, k2, b2] = weights as Ten;
      const z = tf.add(tf.dot(x, k1), b1);
      const mask = tf.add(tf.mul(tf.sign(tf.sub(z, 0.1)), 0.5), 0.5);
      return tf.add(tf.dot(tf.mul(z, mask), k2), b2);
    },
  },
  {
    name: 'frozen batch normalization without scale between trained layers',
    build: () => {
      const model = stack(
        layers.dense({units: 3, inputShape: [2]}),
        layers.batchNormalization({scale: false}),
        layers.dense({units: 2}),
      );
      (model.layers[1] as tfl.layers.Layer).trainable = false;
      return model;
    },
    x: () => wave([3, 2], 0),
    reference: (x, weights) => {
      const [k1, b1, k2, b2, beta, mean, variance] = weights as Ten;
      return tf.add(tf.dot(tf.add(normalize(tf.add(tf.dot(x, k1), b1), mean, variance), beta), k2), b2);
    },
  },
  {
    name: 'a frozen layer between trained ones',
    build: () => {
      const model = stack(
        layers.dense({units: 4, activation: 'tanh', inputShape: [3]}),
        layers.dense({units: 4, activation: 'tanh'}),
        layers.dense({units: 2}),
      );
      (model.layers[1] as tfl.layers.Layer).trainable = false;
      return model;
    },
    x: () => wave([4, 3], 0),
  },
];

describe('net.taps: per-example gradients equal those of tf.variableGrads', () => {
  for (const {name, build, x: makeInputs, reference, backends = ['cpu', 'wasm']} of cases) {
    it(`${name} (${backends.join(', ')})`, async () => {
      const {model, x, dy, expected} = await onBackend('cpu', async () => {
        const model = build();
        const x = makeInputs();
        const f = model.apply(x as tf.Tensor) as tf.Tensor;
        const dy = wave(f.shape, 2);
        return {model, x, dy, expected: await stockGradients(model, x, dy, reference)};
      });
      expect(expected.length).to.be.greaterThan(0);
      for (const backend of backends) {
        const actual = await onBackend(backend, () => tappedGradients(model, x, dy));
        expect(actual.length).to.equal(expected.length);
        actual.forEach((gradient, i) => {
          closeTo(gradient, expected[i] as Float32Array, {rtol: 2e-4, atol: 2e-5});
        });
      }
      model.dispose();
      tf.dispose([x as tf.Tensor, dy]);
    });
  }
});
