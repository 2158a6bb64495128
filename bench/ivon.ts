import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {ivon} from '../layers/index.ts';
import {initBackend} from '../src/backend/index.ts';
import type {BenchRow} from './support/row.ts';

const BATCH = 128;
const ROUNDS = 80;

/** A function that takes one step of the MLP 784-256-256-10 and gives the milliseconds it took. */
function trainer(optimizer: tf.Optimizer): () => Promise<number> {
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({units: 256, activation: 'relu', inputShape: [784]}),
      tfl.layers.dense({units: 256, activation: 'relu'}),
      tfl.layers.dense({units: 10, activation: 'softmax'}),
    ],
  });
  const x = tf.randomNormal([BATCH, 784], 0, 1, 'float32', 1);
  const labels = tf.tensor1d(
    Array.from({length: BATCH}, (_, i) => i % 10),
    'int32',
  );
  const y = tf.tidy(() => tf.cast(tf.oneHot(labels, 10), 'float32'));
  model.compile({optimizer, loss: 'categoricalCrossentropy'});
  return async () => {
    const start = performance.now();
    await model.trainOnBatch(x, y);
    return performance.now() - start;
  };
}

/** The smallest of several values: the time without what other programs took. */
const least = (values: readonly number[]): number => Math.min(...values);

/** Times IVON's and Adam's steps in turns, in one process. */
export async function run(): Promise<BenchRow[]> {
  await initBackend({prefer: 'wasm'});
  const adam = trainer(tf.train.adam(0.001));
  const bayesian = trainer(ivon(0.1, {ess: 60000}));
  const times: {adam: number[]; ivon: number[]} = {adam: [], ivon: []};
  for (let round = -3; round < ROUNDS; round++) {
    const [theirs, ours] = [await adam(), await bayesian()];
    if (round < 0) continue;
    times.adam.push(theirs);
    times.ivon.push(ours);
  }
  return [
    {
      name: 'MLP 784-256-256-10, IVON step',
      ours: least(times.ivon),
      reference: least(times.adam),
      unit: 'ms',
      note: "tfjs's Adam with the training kernels of initBackend; target 1.15",
    },
  ];
}
