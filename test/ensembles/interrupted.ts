import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {checkpointEnsemble, type MemberCollector, sghmc, snapshotEnsemble} from '../../ensembles/index.ts';
import {initBackend} from '../../src/backend/index.ts';
import {createRng} from '../../src/random/index.ts';
import {checkpointTraining, type Resumable, resumeTraining, shuffledBatches} from '../../src/training/index.ts';
import {inputs, smallNet, targets} from './nets.ts';

/** A compiled model and what collects from it. */
export interface Collecting<C> {
  readonly model: tfl.LayersModel;
  readonly collector: C;
}

/** Runs whose members a kill must not change. */
export const runs = {
  'snapshots of adam': () => {
    const model = compiled('adam');
    return {model, collector: snapshotEnsemble(model, {cycleEpochs: 2, learningRate: 0.05})};
  },
  'draws of sghmc': () => {
    const model = compiled(sghmc(0.01, {trainSize: 12, adaptSteps: 5, rng: createRng(1)}));
    return {model, collector: checkpointEnsemble(model, {unit: 'batch', start: 4, every: 3})};
  },
} satisfies Record<string, () => Collecting<MemberCollector>>;

/** A small classifier, compiled. */
export function compiled(optimizer: string | tf.Optimizer): tfl.LayersModel {
  const model = smallNet(3, 'softmax', 0, true);
  model.compile({optimizer, loss: 'sparseCategoricalCrossentropy'});
  return model;
}

/** Trains up to `epochs`; with a place, goes on from the checkpoint there and leaves others. */
export async function trainUpTo<C extends tfl.Callback & Resumable>(
  epochs: number,
  {model, collector}: Collecting<C>,
  {place, onEpochBegin}: {place?: string | tf.io.IOHandler; onEpochBegin?: (epoch: number) => void} = {},
): Promise<C> {
  const collectors = [collector];
  const initialEpoch = place === undefined ? 0 : await resumeTraining(model, place, {collectors});
  const [x, labels] = [inputs(), targets.categorical()];
  const y = tf.cast(labels, 'float32');
  const data = shuffledBatches(x, y, {batchSize: 5, rng: createRng('order'), initialEpoch});
  await model.fitDataset(data as Parameters<tfl.LayersModel['fitDataset']>[0], {
    epochs,
    initialEpoch,
    verbose: 0,
    callbacks: [
      collector,
      ...(place === undefined ? [] : [checkpointTraining(place, {collectors})]),
      new tfl.CustomCallback({onEpochBegin: async (epoch) => onEpochBegin?.(epoch)}, 'never'),
    ],
  });
  tf.dispose([x, labels, y]);
  return collector;
}

/** Run as a program with the name of a run and a path: leaves checkpoints there and dies when four epochs are done. */
if (process.argv[1] === import.meta.filename) {
  await initBackend({prefer: 'wasm'});
  const [name, place] = process.argv.slice(2) as [keyof typeof runs, string];
  await trainUpTo(6, runs[name](), {
    place,
    onEpochBegin: (epoch) => {
      if (epoch === 4) process.kill(process.pid, 'SIGKILL');
    },
  });
}
