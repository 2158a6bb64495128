import * as tfl from '@tensorflow/tfjs-layers';
import type {Rng} from '../src/random/index.ts';
import {type FitDataset, shuffledBatches} from '../src/training/index.ts';
import type {LabelledExamples} from './data-side/inputs.ts';
import {type DataVariation, memberData} from './data-side/variation.ts';

/** How each member is trained. */
export interface MemberTraining {
  readonly epochs: number;
  readonly batchSize: number;
  readonly verbose: 0 | 1;
  readonly validation: LabelledExamples | undefined;
  readonly variation: DataVariation | undefined;
  readonly callbacks: readonly MemberCallback[];
  readonly onEpochEnd: (epoch: number, logs: tfl.Logs) => Promise<void>;
}

/** A callback of `model.fit`: an object of functions or a `Callback`. */
export type MemberCallback = tfl.CustomCallbackArgs | tfl.Callback | tfl.EarlyStopping;

/** Trains a compiled model in place, its batches in an order that `rng` decides. */
export async function trainMember(
  model: tfl.LayersModel,
  examples: LabelledExamples,
  rng: Rng,
  {epochs, batchSize, verbose, validation, variation, callbacks, onEpochEnd}: MemberTraining,
): Promise<void> {
  const progress: tfl.CustomCallbackArgs = {onEpochEnd: (epoch, logs) => onEpochEnd(epoch, logs ?? {})};
  const data = memberData(model, examples, {batchSize, rng, variation});
  try {
    await fitDataset(model, data.dataset, {
      epochs,
      verbose,
      // tfjs takes objects of functions or instances, but not both in one list.
      callbacks: [...callbacks, progress].map((one) => ('setModel' in one ? one : new tfl.CustomCallback(one, 'auto'))),
      ...(validation && {validationData: shuffledBatches(validation.x, validation.y, {batchSize: 256})}),
    });
  } finally {
    data.release();
  }
}

/** `fitDataset` asks for tf.data's classes but uses only this part of them. */
async function fitDataset(model: tfl.LayersModel, dataset: FitDataset, args: object): Promise<void> {
  type Fit = (dataset: FitDataset, args: object) => Promise<unknown>;
  await (model.fitDataset as unknown as Fit).call(model, dataset, args);
}
