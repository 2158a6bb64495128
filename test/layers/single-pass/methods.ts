import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {
  evidentialClassification,
  evidentialPosterior,
  evidentialRegression,
  gaussianProcess,
  sngp,
} from '../../../layers/index.ts';
import type {PosteriorRow} from '../../contracts/rows.ts';

const N = 12;
const normal = (seed: number) => tfl.initializers.randomNormal({stddev: 0.7, seed});
const inputs = (): tf.Tensor => tf.randomNormal([N, 2], 0, 1, 'float32', 8);
const labels = (): tf.Tensor =>
  tf.tensor1d(
    Array.from({length: N}, (_, i) => (i * 5) % 3),
    'int32',
  );
const numbers = (): tf.Tensor => tf.randomNormal([N, 2], 0, 1, 'float32', 9);

function under(...last: tfl.layers.Layer[]): tfl.LayersModel {
  const hidden = tfl.layers.dense({units: 5, activation: 'tanh', inputShape: [2], kernelInitializer: normal(1)});
  return tfl.sequential({layers: [hidden, ...last]});
}

function process(units: number, activation: 'softmax' | 'sigmoid' | 'linear'): tfl.LayersModel {
  const head = gaussianProcess({units, trainSize: N, features: 16, seed: 1});
  const model = under(head, tfl.layers.activation({activation}));
  tf.tidy(() => head.setWeights([tf.randomNormal([16, units], 0, 1, 'float32', 3), ...head.getWeights().slice(1)]));
  return model;
}

const shared = {inputs, samplesWeights: false} as const;

/** Every posterior in one pass that the shared tests run on. */
export const singlePassMethods: readonly PosteriorRow[] = [
  {
    ...shared,
    name: 'sngp classification',
    kind: 'categorical',
    createModel: () => process(3, 'softmax'),
    targets: labels,
    fit: (model, x, y) => sngp(model).fit(x, y, {batchSize: 5}),
  },
  {
    ...shared,
    name: 'sngp binary',
    kind: 'bernoulli',
    createModel: () => process(1, 'sigmoid'),
    targets: () => tf.tidy(() => tf.cast(tf.equal(labels(), 0), 'int32')),
    fit: (model, x, y) => sngp(model).fit(x, y),
  },
  {
    ...shared,
    name: 'sngp regression',
    kind: 'gaussian',
    createModel: () => process(2, 'linear'),
    targets: numbers,
    fit: (model, x, y) => sngp(model, {likelihood: 'gaussian'}).fit(x, y),
  },
  {
    ...shared,
    name: 'evidential classification',
    kind: 'categorical',
    createModel: () => under(tfl.layers.dense({units: 3, kernelInitializer: normal(2)})),
    targets: labels,
    fit: async (model) => evidentialClassification().posterior(model),
    seesNoData: true,
  },
  {
    ...shared,
    name: 'evidential regression',
    kind: 'student-t',
    createModel: () => under(evidentialRegression({units: 2, seed: 3})),
    targets: numbers,
    fit: async (model) => evidentialPosterior(model),
    seesNoData: true,
  },
];
