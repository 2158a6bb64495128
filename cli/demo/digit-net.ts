import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type {Rng} from '../../src/random/index.ts';
import {type LabelledImages, SIDE, toTensor} from './images.ts';

const EPOCHS = 5;
const BATCH = 128;

/** A small convolutional net with a softmax head, as anybody would write it: nothing Bayesian in it. */
function digitNet(seed: number): tfl.LayersModel {
  const initializer = (layer: number) => tfl.initializers.heNormal({seed: 10 * seed + layer});
  return tfl.sequential({
    layers: [
      tfl.layers.conv2d({
        filters: 16,
        kernelSize: 3,
        activation: 'relu',
        inputShape: [SIDE, SIDE, 1],
        kernelInitializer: initializer(1),
      }),
      tfl.layers.maxPooling2d({poolSize: 2}),
      tfl.layers.conv2d({filters: 32, kernelSize: 3, activation: 'relu', kernelInitializer: initializer(2)}),
      tfl.layers.maxPooling2d({poolSize: 2}),
      tfl.layers.flatten(),
      tfl.layers.dense({units: 64, activation: 'relu', kernelInitializer: initializer(3)}),
      tfl.layers.dense({units: 10, activation: 'softmax', kernelInitializer: initializer(4)}),
    ],
  });
}

/** Trains the net with plain `compile` and `fit`, the order of the images drawn from `rng` so that a seed repeats. */
export async function trainDigitNet(
  {pixels, labels}: LabelledImages,
  {seed, rng, onProgress}: {seed: number; rng: Rng; onProgress: (done: number, total: number, loss: number) => void},
): Promise<tfl.LayersModel> {
  const model = digitNet(seed);
  model.compile({optimizer: tf.train.adam(0.001), loss: 'categoricalCrossentropy'});
  const total = EPOCHS * Math.ceil(labels.length / BATCH);
  let done = 0;
  const images = toTensor(pixels);
  const targets = tf.tidy(() => tf.oneHot(tf.tensor1d(labels, 'int32'), 10));
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    const order = tf.tensor1d(Int32Array.from(rng.permutation(labels.length)), 'int32');
    const [x, y] = [tf.gather(images, order), tf.gather(targets, order)];
    await model.fit(x, y, {
      batchSize: BATCH,
      epochs: 1,
      shuffle: false,
      verbose: 0,
      callbacks: {onBatchEnd: async (_, logs) => onProgress(++done, total, logs?.loss ?? Number.NaN)},
    });
    tf.dispose([order, x, y]);
  }
  tf.dispose([images, targets]);
  return model;
}
