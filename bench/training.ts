import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {initBackend} from '../src/backend/index.ts';
import {registerTrainingKernels, unregisterTrainingKernels} from '../src/backend/kernels/index.ts';
import type {BenchRow} from './support/row.ts';

const BATCH = 128;
const ROUNDS = 30;

function mlp(): tfl.Sequential {
  return tfl.sequential({
    layers: [
      tfl.layers.dense({units: 256, activation: 'relu', inputShape: [784]}),
      tfl.layers.dense({units: 256, activation: 'relu'}),
      tfl.layers.dense({units: 10, activation: 'softmax'}),
    ],
  });
}

function cnn(): tfl.Sequential {
  return tfl.sequential({
    layers: [
      tfl.layers.conv2d({filters: 16, kernelSize: 3, padding: 'same', activation: 'relu', inputShape: [28, 28, 1]}),
      tfl.layers.maxPooling2d({poolSize: 2}),
      tfl.layers.conv2d({filters: 32, kernelSize: 3, padding: 'same', activation: 'relu'}),
      tfl.layers.maxPooling2d({poolSize: 2}),
      tfl.layers.flatten(),
      tfl.layers.dense({units: 10, activation: 'softmax'}),
    ],
  });
}

/** A function that takes one step and gives the milliseconds it took. */
function trainer(model: tfl.Sequential, optimizer: tf.Optimizer, inputShape: number[]): () => Promise<number> {
  const x = tf.randomNormal([BATCH, ...inputShape], 0, 1, 'float32', 1);
  const y = tf.tidy(() =>
    tf.oneHot(
      tf.tensor1d(
        Array.from({length: BATCH}, (_, i) => i % 10),
        'int32',
      ),
      10,
    ),
  );
  model.compile({optimizer, loss: 'categoricalCrossentropy'});
  return async () => {
    const start = performance.now();
    await model.trainOnBatch(x, y);
    return performance.now() - start;
  };
}

/** The smallest of several values: the time without what other programs took. */
const least = (values: readonly number[]): number => Math.min(...values);

/**
 * Times the training steps. Stock and ours take turns in one process, so that both see the same machine; each figure is the
 * least of all rounds.
 */
export async function run(): Promise<BenchRow[]> {
  await initBackend({prefer: 'wasm'});
  const stockAdam = trainer(mlp(), tf.train.adam(0.001), [784]);
  const stockSgd = trainer(mlp(), tf.train.sgd(0.01), [784]);
  const adam = trainer(mlp(), tf.train.adam(0.001), [784]);
  const sgd = trainer(mlp(), tf.train.sgd(0.01), [784]);
  const convolutional = trainer(cnn(), tf.train.adam(0.001), [28, 28, 1]);
  const times = {
    stockAdam: [] as number[],
    stockSgd: [] as number[],
    adam: [] as number[],
    sgd: [] as number[],
    cnn: [] as number[],
  };
  for (let round = -3; round < ROUNDS; round++) {
    unregisterTrainingKernels();
    const stock = [await stockAdam(), await stockSgd()] as const;
    registerTrainingKernels();
    const ours = [await adam(), await sgd(), await convolutional()] as const;
    if (round < 0) continue;
    times.stockAdam.push(stock[0]);
    times.stockSgd.push(stock[1]);
    times.adam.push(ours[0]);
    times.sgd.push(ours[1]);
    times.cnn.push(ours[2]);
  }
  return [
    {
      name: 'MLP 784-256-256-10, Adam step',
      ours: least(times.adam),
      reference: least(times.stockAdam),
      unit: 'ms',
      note: 'tfjs-backend-wasm as shipped; target 0.3',
    },
    {
      name: 'MLP 784-256-256-10, SGD step',
      ours: least(times.sgd),
      reference: least(times.stockSgd),
      unit: 'ms',
      note: 'tfjs-backend-wasm as shipped; target 0.3',
    },
    {
      name: 'CNN 16-32, Adam step',
      ours: least(times.cnn),
      reference: least(times.stockAdam),
      unit: 'ms',
      note: 'the MLP Adam step on tfjs-backend-wasm as shipped, which cannot train a CNN; target 1.5',
    },
  ];
}
