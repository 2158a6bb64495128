import type * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../src/errors.ts';
import type {Inputs} from '../src/models/index.ts';
import type {Rng} from '../src/random/index.ts';
import {type FitDataset, shuffledBatches} from './shuffled-batches.ts';

/** How each member is trained. */
export interface MemberTraining {
  readonly epochs: number;
  readonly batchSize: number;
  readonly verbose: 0 | 1;
  readonly validation: LabelledExamples | undefined;
  readonly callbacks: readonly MemberCallback[];
  readonly onEpochEnd: (epoch: number, logs: tfl.Logs) => Promise<void>;
}

/** A callback of `model.fit`: an object of functions or a `Callback`. */
export type MemberCallback = tfl.CustomCallbackArgs | tfl.Callback | tfl.EarlyStopping;

/** Examples with the targets that the loss takes. */
export interface LabelledExamples {
  readonly x: Inputs;
  readonly y: tf.Tensor;
}

/** Trains a compiled model in place, its batches in an order that `rng` decides. */
export async function trainMember(
  model: tfl.LayersModel,
  {x, y}: LabelledExamples,
  rng: Rng,
  {epochs, batchSize, verbose, validation, callbacks, onEpochEnd}: MemberTraining,
): Promise<void> {
  if (!model.optimizer) {
    throw new ConfigError(
      "deepEnsemble.fit: expected create to return a compiled model, got one that is not. Call model.compile({optimizer: 'adam', loss}) in it.",
    );
  }
  const progress: tfl.CustomCallbackArgs = {onEpochEnd: (epoch, logs) => onEpochEnd(epoch, logs ?? {})};
  await fitDataset(model, shuffledBatches(x, y, batchSize, rng), {
    epochs,
    verbose,
    // tfjs takes objects of functions or instances, but not both in one list.
    callbacks: [...callbacks, progress].map((one) => ('setModel' in one ? one : new tfl.CustomCallback(one, 'auto'))),
    ...(validation && {validationData: shuffledBatches(validation.x, validation.y, 256)}),
  });
}

/** `fitDataset` asks for tf.data's classes but uses only this part of them. */
async function fitDataset(model: tfl.LayersModel, dataset: FitDataset, args: object): Promise<void> {
  type Fit = (dataset: FitDataset, args: object) => Promise<unknown>;
  await (model.fitDataset as unknown as Fit).call(model, dataset, args);
}
