import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {createRng} from '../../../src/random/index.ts';
import {digitNet, type OnBatch, trainEpochs} from '../digit-net.ts';
import type {LabelledImages} from '../images.ts';

/** Nets trained with Adam, each once: later their weights come from a file. */
export interface TrainedMembers {
  /** Net number `member`, from 0; a new model each time. */
  get(member: number): Promise<LayersModel>;
  /** CPU seconds of training in this process so far. */
  seconds(): number;
  /** CPU seconds that one net took. */
  secondsOfOne(): number;
}

interface Saved {
  readonly seconds: number;
  readonly weights: readonly (readonly number[])[];
}

/** Nets kept in a folder. */
export function trainedMembers(
  folder: string,
  train: LabelledImages,
  {epochs, onBatch, cpuSeconds}: {epochs: number; onBatch: OnBatch; cpuSeconds: () => number},
): TrainedMembers {
  let total = 0;
  const path = (member: number) => join(folder, `net-${train.labels.length}-${epochs}-${member}.json`);
  const read = (member: number): Saved => JSON.parse(readFileSync(path(member), 'utf8')) as Saved;
  return {
    seconds: () => total,
    secondsOfOne: () => (existsSync(path(0)) ? read(0).seconds : Number.NaN),
    get: async (member) => {
      const model = digitNet(member + 1);
      if (existsSync(path(member))) {
        const {weights} = read(member);
        tf.tidy(() => model.setWeights(model.getWeights().map((old, i) => tf.tensor(weights[i] ?? [], old.shape))));
        return model;
      }
      model.compile({optimizer: tf.train.adam(0.001), loss: 'categoricalCrossentropy'});
      const started = cpuSeconds();
      await trainEpochs(model, train, {epochs, rng: createRng(`order ${member}`), onProgress: onBatch});
      const seconds = cpuSeconds() - started;
      total += seconds;
      const weights = await Promise.all(model.getWeights().map(async (weight) => Array.from(await weight.data())));
      writeFileSync(path(member), JSON.stringify({seconds, weights} satisfies Saved));
      return model;
    },
  };
}
