import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

/** `amplitude sin(0.7 (i + 1) + phase)`: numbers without structure that any language reproduces. */
export function ramp(n: number, amplitude: number, phase: number): number[] {
  return Array.from({length: n}, (_, i) => amplitude * Math.sin(0.7 * (i + 1) + phase));
}

/** The 2-3-K tanh net of the golden values, its weights laid out as PyTorch does: [out, in] kernels, row by row. */
export function smallNet(outputs: number, activation: 'linear' | 'softmax' = 'linear'): tfl.LayersModel {
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({units: 3, inputShape: [2], activation: 'tanh'}),
      tfl.layers.dense({units: outputs, activation}),
    ],
  });
  const theta = ramp(9 + 4 * outputs, 0.9, 0.5);
  tf.tidy(() => {
    model.setWeights([
      tf.transpose(tf.tensor2d(theta.slice(0, 6), [3, 2])),
      tf.tensor1d(theta.slice(6, 9)),
      tf.transpose(tf.tensor2d(theta.slice(9, 9 + 3 * outputs), [outputs, 3])),
      tf.tensor1d(theta.slice(9 + 3 * outputs)),
    ]);
  });
  return model;
}

/** Six training inputs, targets for both likelihoods and two test inputs; the caller disposes them. */
export function smallData(): {x: tf.Tensor2D; yReal: tf.Tensor2D; yClass: tf.Tensor1D; xTest: tf.Tensor2D} {
  return {
    x: tf.tensor2d(ramp(12, 1, 0.1), [6, 2]),
    yReal: tf.tensor2d(ramp(12, 0.8, 1.3), [6, 2]),
    yClass: tf.tensor1d([0, 1, 2, 1, 0, 2], 'int32'),
    xTest: tf.tensor2d([
      [0.3, -0.6],
      [1.5, 0.4],
    ]),
  };
}
