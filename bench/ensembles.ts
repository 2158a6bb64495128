import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {deepEnsemble, type MemberContext} from '../ensembles/index.ts';
import {initBackend} from '../src/backend/index.ts';
import type {BenchRow} from './support/row.ts';

const ROWS = 12800;
const CLASSES = 10;
const ROUNDS = 3;

function create({member}: MemberContext): tfl.LayersModel {
  const kernelInitializer = (layer: number) => tfl.initializers.glorotUniform({seed: 10 * member + layer});
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({units: 256, activation: 'relu', inputShape: [784], kernelInitializer: kernelInitializer(1)}),
      tfl.layers.dense({units: 256, activation: 'relu', kernelInitializer: kernelInitializer(2)}),
      tfl.layers.dense({units: CLASSES, activation: 'softmax', kernelInitializer: kernelInitializer(3)}),
    ],
  });
  model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy'});
  return model;
}

/** Trains five members two at once and one after another, in turns, the start of the worker thread included. */
export async function run(): Promise<BenchRow[]> {
  await initBackend({prefer: 'wasm'});
  const x = tf.randomNormal([ROWS, 784], 0, 1, 'float32', 1);
  const y = tf.tensor1d(
    Array.from({length: ROWS}, (_, i) => i % CLASSES),
    'int32',
  );
  const times: {[workers: number]: number[]} = {1: [], 2: []};
  for (let round = 0; round < ROUNDS; round++) {
    for (const workers of [1, 2]) {
      const start = performance.now();
      const posterior = await deepEnsemble({create, members: 5, workers}).fit(x, y, {epochs: 3, batchSize: 128});
      times[workers]?.push(performance.now() - start);
      posterior.dispose();
    }
  }
  const least = (workers: number): number => Math.min(...(times[workers] ?? []));
  return [
    {
      name: 'deep ensemble of five MLPs 784-256-256-10, two workers',
      ours: least(2),
      reference: least(1),
      unit: 'ms',
      note: 'one after another in one thread; the start of the worker thread included; target 0.72 on two free cores',
    },
  ];
}
