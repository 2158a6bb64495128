import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

const normal = (seed: number) => tfl.initializers.randomNormal({stddev: 0.7, seed});

/** A net of two layers on two inputs, seeded; `seed` from 0 tells members apart. */
export function smallNet(
  units: number,
  activation: 'softmax' | 'sigmoid' | 'linear',
  seed = 0,
  normalized = false,
): tfl.LayersModel {
  return tfl.sequential({
    layers: [
      tfl.layers.dense({units: 5, activation: 'tanh', inputShape: [2], kernelInitializer: normal(3 * seed + 1)}),
      ...(normalized ? [tfl.layers.batchNormalization()] : []),
      tfl.layers.dense({units, activation, kernelInitializer: normal(3 * seed + 2)}),
    ],
  });
}

/** Twelve inputs of two numbers. */
export const inputs = (): tf.Tensor => tf.randomNormal([12, 2], 0, 1, 'float32', 8);

/** Targets for those inputs. */
export const targets = {
  categorical: (): tf.Tensor =>
    tf.tensor1d(
      Array.from({length: 12}, (_, i) => (i * 5) % 3),
      'int32',
    ),
  bernoulli: (): tf.Tensor =>
    tf.tensor2d(
      Array.from({length: 12}, (_, i) => (i * 5) % 2),
      [12, 1],
    ),
  numbers: (): tf.Tensor => tf.randomNormal([12, 2], 0, 1, 'float32', 9),
} as const;
