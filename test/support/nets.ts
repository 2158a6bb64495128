import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

/** A net for tests with an input to run it on; the caller disposes both. */
export interface TestNet {
  readonly model: tfl.LayersModel;
  readonly x: tf.Tensor;
}

const normal = (seed: number, stddev = 0.6) => tfl.initializers.randomNormal({stddev, seed});
const noise = (shape: number[], seed: number): tf.Tensor => tf.randomNormal(shape, 0, 1, 'float32', seed);

/** Small seeded nets, one for each kind of layer that has curvature: name to maker, each with 3 logits. */
export const testNets: Readonly<Record<string, (examples: number) => TestNet>> = {
  dense: (examples) => ({
    model: tfl.sequential({
      layers: [
        tfl.layers.dense({
          units: 4,
          activation: 'tanh',
          inputShape: [3],
          kernelInitializer: normal(1),
          biasInitializer: normal(2),
        }),
        tfl.layers.dense({units: 3, kernelInitializer: normal(3), biasInitializer: normal(4)}),
      ],
    }),
    x: noise([examples, 3], 5),
  }),
  conv2d: (examples) => ({
    model: tfl.sequential({
      layers: [
        tfl.layers.conv2d({
          filters: 2,
          kernelSize: 2,
          strides: 2,
          padding: 'same',
          activation: 'softplus',
          inputShape: [5, 4, 2],
          kernelInitializer: normal(1),
          biasInitializer: normal(2),
        }),
        tfl.layers.flatten(),
        tfl.layers.dense({units: 3, useBias: false, kernelInitializer: normal(3)}),
      ],
    }),
    x: noise([examples, 5, 4, 2], 5),
  }),
  depthwise: (examples) => ({
    model: tfl.sequential({
      layers: [
        tfl.layers.depthwiseConv2d({
          kernelSize: 2,
          depthMultiplier: 2,
          activation: 'tanh',
          inputShape: [3, 3, 2],
          depthwiseInitializer: normal(1),
          biasInitializer: normal(2),
        }),
        tfl.layers.flatten(),
        tfl.layers.dense({units: 3, kernelInitializer: normal(3, 0.3)}),
      ],
    }),
    x: noise([examples, 3, 3, 2], 5),
  }),
  conv1d: (examples) => ({
    model: tfl.sequential({
      layers: [
        tfl.layers.conv1d({
          filters: 3,
          kernelSize: 2,
          padding: 'same',
          activation: 'tanh',
          inputShape: [5, 2],
          kernelInitializer: normal(1),
        }),
        tfl.layers.globalAveragePooling1d({}),
        tfl.layers.dense({units: 3, kernelInitializer: normal(3)}),
      ],
    }),
    x: noise([examples, 5, 2], 5),
  }),
  embedding: (examples) => ({
    model: tfl.sequential({
      layers: [
        tfl.layers.embedding({inputDim: 5, outputDim: 2, inputLength: 4, embeddingsInitializer: normal(1)}),
        tfl.layers.flatten(),
        tfl.layers.dense({units: 3, kernelInitializer: normal(3)}),
      ],
    }),
    // Repeats within an example on purpose: the gradient of a row is a sum.
    x: tf.tensor2d(
      Array.from({length: examples * 4}, (_, i) => [0, 3, 3, 1, 2, 2, 2, 4][i % 8] as number),
      [examples, 4],
    ),
  }),
  normalized: (examples) => ({
    model: tfl.sequential({
      layers: [
        tfl.layers.dense({units: 4, inputShape: [3], kernelInitializer: normal(1)}),
        tfl.layers.batchNormalization({gammaInitializer: normal(2), movingMeanInitializer: normal(6)}),
        tfl.layers.activation({activation: 'tanh'}),
        tfl.layers.layerNormalization({gammaInitializer: normal(4)}),
        tfl.layers.dense({units: 3, kernelInitializer: normal(3)}),
      ],
    }),
    x: noise([examples, 3], 5),
  }),
  shared: (examples) => {
    const input = tfl.input({shape: [3]});
    const layer = tfl.layers.dense({
      units: 3,
      activation: 'tanh',
      kernelInitializer: normal(1),
      biasInitializer: normal(2),
    });
    const first = layer.apply(input) as tfl.SymbolicTensor;
    const second = layer.apply(first) as tfl.SymbolicTensor;
    const merged = tfl.layers.concatenate().apply([first, second]) as tfl.SymbolicTensor;
    const output = tfl.layers.dense({units: 3, kernelInitializer: normal(3)}).apply(merged) as tfl.SymbolicTensor;
    return {model: tfl.model({inputs: input, outputs: output}), x: noise([examples, 3], 5)};
  },
};
