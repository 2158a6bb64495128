import type * as tf from '@tensorflow/tfjs-core';
import {ConfigError, FormatError, ModelMismatchError} from '../../src/errors.ts';
import {fromArtifacts, type Json, saveHandler, toArtifacts} from '../../src/io/index.ts';
import {readWeights} from '../../src/models/index.ts';
import {readOrNothing} from '../../src/training/checkpoint.ts';
import type {FlatAdam} from './training-adam.ts';
import type {TrainingState} from './training-state.ts';

const KIND = 'inference/amortized-training';
const VERSION = 1;

/** What a checkpoint holds. */
export interface TrainingCheckpoint {
  readonly state: TrainingState;
  readonly weights: Float32Array;
  readonly best: Float32Array;
  readonly optimizer: {readonly first: Float32Array; readonly second: Float32Array; readonly steps: number};
}

/** Saves where training stands; `run` says which training it is. */
export async function writeCheckpoint(
  target: string | tf.io.IOHandler,
  run: string,
  now: {state: TrainingState; optimizer: FlatAdam; best: tf.Tensor1D; variables: readonly tf.Variable[]},
): Promise<void> {
  const handler = saveHandler(target);
  if (!handler.save) {
    throw new ConfigError(
      'amortizedPosterior.train: expected a checkpoint handler with a save method, got one that only loads. Pass a path.',
    );
  }
  const {first, second, steps} = await now.optimizer.getState();
  const [weights, best] = await Promise.all([readWeights([...now.variables]), now.best.data()]);
  await handler.save(
    toArtifacts({
      kind: KIND,
      version: VERSION,
      config: {run, steps, state: now.state as unknown as Json},
      arrays: {weights: Float32Array.from(weights), best: Float32Array.from(best), first, second},
    }),
  );
}

/** What was saved; undefined where nothing has been. */
export async function readCheckpoint(
  source: string | tf.io.IOHandler,
  run: string,
): Promise<TrainingCheckpoint | undefined> {
  const caller = 'amortizedPosterior.train';
  const artifacts = await readOrNothing(source, caller);
  if (artifacts === undefined) return undefined;
  const {kind, version, config, arrays} = fromArtifacts(artifacts, caller);
  if (kind !== KIND || version !== VERSION) {
    throw new FormatError(
      `${caller}: expected a checkpoint of version ${VERSION} of this training, got '${kind} ${version}'. Choose another place.`,
    );
  }
  if (config.run !== run) {
    throw new ModelMismatchError(
      `${caller}: expected a checkpoint of the same networks, simulator, options and stream, got one of others. Train as before, with ` +
        'a simulator that draws from the stream given to it alone, or choose another place.',
    );
  }
  const {weights, best, first, second} = arrays as Readonly<Record<string, Float32Array>>;
  return {
    state: config.state as unknown as TrainingState,
    weights: weights as Float32Array,
    best: best as Float32Array,
    optimizer: {first: first as Float32Array, second: second as Float32Array, steps: config.steps as number},
  };
}
