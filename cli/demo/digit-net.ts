import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type {Rng} from '../../src/random/index.ts';
import {type LabelledImages, SIDE, toTensor} from './images.ts';

const EPOCHS = 5;
const BATCH = 128;

/** Is told after each batch how far training has come. */
export type OnBatch = (done: number, total: number, loss: number) => void;

/** How {@link trainEpochs} trains. */
export interface EpochOptions {
  /** Passes over the images. */
  readonly epochs: number;
  /** Decides the order of the images. */
  readonly rng: Rng;
  readonly onProgress: OnBatch;
  /** More callbacks for `fit`. */
  readonly callbacks?: readonly tfl.Callback[];
}

/** A small convolutional net with a softmax head, or the head given, as anybody would write it: nothing Bayesian in it. */
export function digitNet(seed: number, head?: tfl.layers.Layer): tfl.LayersModel {
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
      head ?? tfl.layers.dense({units: 10, activation: 'softmax', kernelInitializer: initializer(4)}),
    ],
  });
}

/** Trains a compiled model with plain `fit`, the order of the images drawn from `rng` so that a seed repeats. */
export async function trainEpochs(
  model: tfl.LayersModel,
  {pixels, labels}: LabelledImages,
  {epochs, rng, onProgress, callbacks = []}: EpochOptions,
): Promise<void> {
  const perEpoch = Math.ceil(labels.length / BATCH);
  let done = 0;
  const report = new tfl.CustomCallback({
    onBatchEnd: async (_, logs) => onProgress(++done, epochs * perEpoch, logs?.loss ?? Number.NaN),
  });
  const images = toTensor(pixels);
  const targets = tf.tidy(() => tf.oneHot(tf.tensor1d(labels, 'int32'), 10));
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = tf.tensor1d(Int32Array.from(rng.permutation(labels.length)), 'int32');
    const [x, y] = [tf.gather(images, order), tf.gather(targets, order)];
    await model.fit(x, y, {
      batchSize: BATCH,
      epochs: 1,
      shuffle: false,
      verbose: 0,
      callbacks: [report, ...callbacks],
    });
    tf.dispose([order, x, y]);
  }
  tf.dispose([images, targets]);
}

/** Trains the net with Adam. */
export async function trainDigitNet(
  images: LabelledImages,
  {seed, ...options}: {seed: number; rng: Rng; onProgress: OnBatch},
): Promise<tfl.LayersModel> {
  const model = digitNet(seed);
  model.compile({optimizer: tf.train.adam(0.001), loss: 'categoricalCrossentropy'});
  await trainEpochs(model, images, {epochs: EPOCHS, ...options});
  return model;
}
