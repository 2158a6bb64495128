import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {bottleneckPosterior, variationalBottleneck} from '../../../layers/index.ts';
import type {PosteriorRow} from '../../contracts/rows.ts';

const N = 12;

/** Every posterior by noisy codes that the shared tests run on. */
export const bottleneckMethods: readonly PosteriorRow[] = [
  {
    name: 'bottleneckPosterior',
    kind: 'categorical',
    createModel: () =>
      tfl.sequential({
        layers: [
          variationalBottleneck({units: 3, seed: 1, inputShape: [2]}),
          tfl.layers.dense({
            units: 3,
            activation: 'softmax',
            kernelInitializer: tfl.initializers.randomNormal({stddev: 0.7, seed: 2}),
          }),
        ],
      }),
    inputs: () => tf.randomNormal([N, 2], 0, 1, 'float32', 8),
    targets: () => tf.zeros([N, 1]),
    fit: async (model) => bottleneckPosterior(model),
    samplesWeights: false,
    seesNoData: true,
  },
];
