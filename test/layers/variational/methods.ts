import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {bayesDense, toBayesian, type VariationalOptions, variational} from '../../../layers/index.ts';
import {gaussian} from '../../../src/likelihoods/index.ts';
import type {PosteriorRow} from '../../contracts/rows.ts';

const normal = (seed: number) => tfl.initializers.randomNormal({stddev: 0.7, seed});
const inputs = (): tf.Tensor => tf.randomNormal([12, 2], 0, 1, 'float32', 8);
const labels = (classes: number): number[] => Array.from({length: 12}, (_, i) => (i * 5) % classes);
const oneHot = (): tf.Tensor => tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(labels(3), 'int32'), 3), 'float32'));

function net(units: number, activation: 'softmax' | 'linear', options: Partial<VariationalOptions>): tfl.LayersModel {
  const q = {trainSize: 12, ...options};
  return tfl.sequential({
    layers: [
      bayesDense({name: 'hidden', units: 5, activation: 'tanh', inputShape: [2], kernelInitializer: normal(1), ...q}),
      tfl.layers.batchNormalization(),
      bayesDense({name: 'head', units, activation, kernelInitializer: normal(2), ...q}),
    ],
  });
}

async function train(model: tfl.LayersModel, x: tf.Tensor, y: tf.Tensor, loss: tfl.ModelCompileArgs['loss']) {
  const optimizer = tf.train.adam(0.01);
  model.compile({optimizer, loss});
  await model.fit(x, y, {epochs: 2, batchSize: 6, shuffle: false, verbose: 0});
  optimizer.dispose();
}

const common = {inputs, samplesWeights: true, seesNoData: true} as const;

/** Every setting of `variational` that the shared tests run on. */
export const variationalMethods: readonly PosteriorRow[] = [
  {
    ...common,
    name: 'variational categorical Flipout',
    kind: 'categorical',
    createModel: () => net(3, 'softmax', {bias: 'mean-field'}),
    targets: oneHot,
    fit: async (model, x, y) => {
      await train(model, x, y, 'categoricalCrossentropy');
      return variational(model, {samples: 10});
    },
  },
  {
    ...common,
    name: 'variational gaussian, full covariance',
    kind: 'mixture',
    createModel: () => net(1, 'linear', {family: 'full'}),
    targets: () => tf.tidy(() => tf.sum(inputs(), 1, true)),
    fit: async (model, x, y) => {
      const likelihood = gaussian({noiseScale: 0.5});
      await train(model, x, y, likelihood.loss);
      return variational(model, {likelihood, samples: 10});
    },
  },
  {
    ...common,
    name: 'variational rank-1, last layer of a converted model',
    kind: 'categorical',
    createModel: () => {
      const stock = tfl.sequential({
        layers: [
          tfl.layers.dense({units: 5, activation: 'tanh', inputShape: [2], kernelInitializer: normal(1)}),
          tfl.layers.dense({units: 3, activation: 'softmax', kernelInitializer: normal(2), name: 'head'}),
        ],
      });
      const converted = toBayesian(stock, {trainSize: 12, filter: ['head'], family: 'rank-1'});
      stock.dispose();
      return converted;
    },
    targets: oneHot,
    fit: async (model, x, y) => {
      await train(model, x, y, 'categoricalCrossentropy');
      return variational(model, {samples: 10});
    },
  },
];
