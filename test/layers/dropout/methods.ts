import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {mcDropout} from '../../../layers/index.ts';
import {gaussian} from '../../../src/likelihoods/index.ts';
import type {PosteriorRow} from '../../contracts/rows.ts';

const N = 12;
const normal = (seed: number) => tfl.initializers.randomNormal({stddev: 0.7, seed});

function net(
  units: number,
  activation: 'softmax' | 'linear' | 'sigmoid',
  middle: () => tfl.layers.Layer,
): tfl.LayersModel {
  return tfl.sequential({
    layers: [
      tfl.layers.dense({units: 6, activation: 'tanh', inputShape: [2], kernelInitializer: normal(1)}),
      middle(),
      tfl.layers.dense({units, activation, kernelInitializer: normal(2)}),
    ],
  });
}

const shared = {
  inputs: (): tf.Tensor => tf.randomNormal([N, 2], 0, 1, 'float32', 8),
  targets: (): tf.Tensor => tf.zeros([N, 1]),
  samplesWeights: false,
  seesNoData: true,
} as const;

/** Every posterior by dropout that the shared tests run on. */
export const dropoutMethods: readonly PosteriorRow[] = [
  {
    ...shared,
    name: 'mcDropout classification',
    kind: 'categorical',
    createModel: () => net(3, 'softmax', () => tfl.layers.dropout({rate: 0.3})),
    fit: async (model) => mcDropout(model),
  },
  {
    ...shared,
    name: 'mcDropout binary, fixed masks',
    kind: 'bernoulli',
    createModel: () => net(1, 'sigmoid', () => tfl.layers.dropout({rate: 0.3})),
    fit: async (model) => mcDropout(model, {fixedMasks: true, samples: 50}),
  },
  {
    ...shared,
    name: 'mcDropout regression, Gaussian noise',
    kind: 'mixture',
    createModel: () => net(2, 'linear', () => tfl.layers.gaussianDropout({rate: 0.3})),
    fit: async (model) => mcDropout(model, {likelihood: gaussian({noiseScale: 0.5})}),
  },
];
