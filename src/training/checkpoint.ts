import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError, FormatError, ModelMismatchError} from '../errors.ts';
import {loadHandler} from '../io/handlers.ts';
import {fromArtifacts, type Json, type SavedPosterior, saveHandler, toArtifacts} from '../io/index.ts';
import {fingerprintArchitecture, storedWeights} from '../models/fingerprint.ts';
import {noisyLayers} from './noise-state.ts';
import {readOptimizer, readTensor, type SavedTensor, writeOptimizer} from './optimizer-state.ts';
import {joinArrays, type Resumable, restoreAll, type TrainingState} from './resumable.ts';

const KIND = 'training-checkpoint';
const VERSION = 2;
/** How the IndexedDB, local storage and HTTP handlers of tfjs say that there is no model. */
const NOTHING_THERE = /Cannot find model with path|there is no model with name|failed with status code 404\b/;

/** What is saved beside the arrays. */
interface SavedConfig {
  readonly epochs: number;
  readonly architecture: string;
  readonly optimizer: string;
  readonly tensors: Readonly<Record<'weights' | 'optimizer' | 'noise', readonly {name: string; shape: number[]}[]>>;
  readonly collectors: readonly TrainingState['config'][];
}

/** Options of {@link checkpointTraining}. */
export interface CheckpointOptions extends ResumeOptions {
  /** Epochs from one checkpoint to the next. Default 1. */
  readonly every?: number;
}

/** Options of {@link resumeTraining}. */
export interface ResumeOptions {
  /**
   * Callbacks that collect something along training, `swag(model)` or `checkpointEnsemble(model)` for example: what they have is
   * saved too. In the list of callbacks they stand before the checkpoint. Default: none.
   */
  readonly collectors?: readonly Resumable[];
}

/**
 * A callback for `fit` or `fitDataset` that saves where training stands at the end of an epoch: weights, the optimizer's state
 * and that of the noise of variational layers. {@link resumeTraining} goes on from there on the same trajectory, provided that
 * the batches come in an order that repeats (`shuffledBatches`) and other layers have no noise of their own.
 *
 * Files in Node are written atomically: after a kill the last whole checkpoint is there. Every optimizer of tfjs but Adamax, which
 * cannot say its state.
 *
 * @param target A path in Node, a URL such as `indexeddb://run`, or a `tf.io` handler.
 * @param options How often, and what else.
 * @param options.every Epochs from one checkpoint to the next. Default 1.
 * @param options.collectors Callbacks whose state is saved too. Default: none.
 * @throws ConfigError unless `every` is a whole number above 0, and in training where the target cannot be written.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {checkpointTraining, createRng, initBackend, resumeTraining, shuffledBatches} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [2]})]});
 * model.compile({optimizer: 'adam', loss: 'meanSquaredError'});
 * let saved: tf.io.ModelArtifacts = {};   // a path such as 'run.checkpoint' in Node
 * const place = tf.io.withSaveHandler(async (artifacts) => {
 *   saved = artifacts;
 *   return {modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts)};
 * });
 * const [x, y, rng] = [tf.zeros([8, 2]), tf.zeros([8, 1]), createRng(1)];
 * await model.fitDataset(shuffledBatches(x, y, {rng}), {epochs: 2, verbose: 0, callbacks: [checkpointTraining(place)]});
 * const initialEpoch = await resumeTraining(model, tf.io.fromMemory(saved));   // 2
 * await model.fitDataset(shuffledBatches(x, y, {rng, initialEpoch}), {epochs: 4, initialEpoch, verbose: 0});
 * ```
 */
export function checkpointTraining(
  target: string | tf.io.IOHandler,
  {every = 1, collectors = []}: CheckpointOptions = {},
): tfl.Callback {
  if (Number.isInteger(every) && every >= 1) return new TrainingCheckpoint(target, every, collectors);
  throw new ConfigError(
    `checkpointTraining: expected every to be a whole number above 0, got ${every}. Leave it out for every epoch.`,
  );
}

class TrainingCheckpoint extends tfl.Callback {
  readonly #target: string | tf.io.IOHandler;
  readonly #every: number;
  readonly #collectors: readonly Resumable[];

  constructor(target: string | tf.io.IOHandler, every: number, collectors: readonly Resumable[]) {
    super();
    this.#target = target;
    this.#every = every;
    this.#collectors = collectors;
  }

  override async onEpochEnd(epoch: number): Promise<void> {
    if ((epoch + 1) % this.#every !== 0) return;
    const handler = saveHandler(this.#target);
    if (!handler.save) {
      throw new ConfigError('checkpointTraining: expected a handler with a save method, got one that only loads.');
    }
    const {model} = this as unknown as {model: tfl.LayersModel};
    await handler.save(toArtifacts(await stateOf(trained(model), epoch + 1, this.#collectors)));
  }
}

/**
 * Puts a model that is compiled as it was back to where {@link checkpointTraining} saved it, and gives the number of epochs done:
 * the `initialEpoch` to go on with; 0 where nothing has been saved yet, so that the same script starts and resumes. Any other error
 * in loading is passed on: to start anew would overwrite a good checkpoint. A handler of your own says that there is nothing with an
 * error of the code `ENOENT`.
 *
 * @param compiled The model, of the architecture that was trained, compiled with an optimizer of the same class.
 * @param source Where the checkpoint is, as for `checkpointTraining`.
 * @param options What else to put back.
 * @param options.collectors The collectors that `checkpointTraining` was given, new ones with the same options. Default: none.
 * @throws ConfigError if the model is not compiled, the handler only saves or the collectors are others; ModelMismatchError if the architecture or the
 * optimizer is another; FormatError if the checkpoint is damaged.
 *
 * @example
 * ```ts
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend, resumeTraining} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [2]})]});
 * model.compile({optimizer: 'adam', loss: 'meanSquaredError'});
 * console.log(await resumeTraining(model, 'not-there-yet.checkpoint'));   // 0
 * ```
 */
export async function resumeTraining(
  compiled: tfl.LayersModel,
  source: string | tf.io.IOHandler,
  {collectors = []}: ResumeOptions = {},
): Promise<number> {
  const model = trained(compiled);
  if (!model.optimizer) {
    throw new ConfigError(
      'resumeTraining: expected a model that is compiled, got one that is not. Call model.compile({optimizer, loss}) first.',
    );
  }
  const artifacts = await readOrNothing(source, 'resumeTraining');
  if (artifacts === undefined) return 0;
  const saved = fromArtifacts(artifacts, 'resumeTraining');
  const config = checkedConfig(saved, model);
  restoreAll(collectors, config.collectors, saved.arrays);
  const tensors = (group: keyof SavedConfig['tensors']): SavedTensor[] =>
    config.tensors[group].map(({name, shape}, i) => {
      return {name, shape, values: saved.arrays[`${group}${i}`] as Float32Array | Int32Array};
    });
  tf.tidy(() => {
    const weights = tensors('weights');
    for (const [i, weight] of storedWeights(model).entries()) {
      const {shape, values} = weights[i] as SavedTensor;
      weight.write(tf.tensor(values, [...shape], weight.read().dtype as 'float32'));
    }
  });
  await writeOptimizer(model.optimizer, tensors('optimizer'));
  const noise = tensors('noise');
  for (const [i, layer] of noisyLayers(model).entries()) layer.noiseState = noise[i]?.values as Int32Array;
  return config.epochs;
}

/** The model that `fit` trains: a Sequential one leaves that to a model inside of it. */
function trained(model: tfl.LayersModel): tfl.LayersModel {
  return (model as tfl.LayersModel & {readonly model?: tfl.LayersModel}).model ?? model;
}

async function stateOf(
  model: tfl.LayersModel,
  epochs: number,
  collectors: readonly Resumable[],
): Promise<SavedPosterior> {
  const states = await Promise.all(collectors.map((collector) => collector.getState()));
  const groups = {
    weights: await Promise.all(storedWeights(model).map((weight) => readTensor(weight.originalName, weight.read()))),
    optimizer: await readOptimizer(model.optimizer),
    noise: noisyLayers(model).map(({noiseState}, i) => ({
      name: String(i),
      shape: [noiseState.length],
      values: noiseState,
    })),
  };
  const describe = (tensors: readonly SavedTensor[]) => tensors.map(({name, shape}) => ({name, shape: [...shape]}));
  const config: SavedConfig = {
    epochs,
    architecture: fingerprintArchitecture(model),
    optimizer: model.optimizer.getClassName(),
    tensors: {
      weights: describe(groups.weights),
      optimizer: describe(groups.optimizer),
      noise: describe(groups.noise),
    },
    collectors: states.map((state) => state.config),
  };
  const arrays = Object.entries(groups).flatMap(([group, tensors]) =>
    tensors.map(({values}, i): [string, Float32Array | Int32Array] => [`${group}${i}`, values]),
  );
  return {
    kind: KIND,
    version: VERSION,
    config: config as unknown as {readonly [key: string]: Json},
    arrays: {...Object.fromEntries(arrays), ...joinArrays(states)},
  };
}

function checkedConfig({kind, version, config}: SavedPosterior, model: tfl.LayersModel): SavedConfig {
  if (kind !== KIND || version !== VERSION) {
    throw new FormatError(
      `resumeTraining: expected a checkpoint of version ${VERSION}, got '${kind} ${version}'. Give what checkpointTraining saved.`,
    );
  }
  const saved = config as unknown as SavedConfig;
  const [architecture, optimizer] = [fingerprintArchitecture(model), model.optimizer.getClassName()];
  if (architecture === saved.architecture && optimizer === saved.optimizer) return saved;
  throw new ModelMismatchError(
    `resumeTraining: expected a model with the architecture fingerprint ${saved.architecture} and the optimizer ` +
      `${saved.optimizer}, got ${architecture} and ${optimizer}. Build and compile it as it was, or choose another place.`,
  );
}

/** What has been saved, or nothing where there is nothing yet. */
export async function readOrNothing(
  source: string | tf.io.IOHandler,
  caller: string,
): Promise<tf.io.ModelArtifacts | undefined> {
  const handler = loadHandler(source, caller);
  if (!handler.load) {
    throw new ConfigError(
      `${caller}: expected a handler with a load method, got one that only saves. Give one that does both, or tf.io.fromMemory.`,
    );
  }
  try {
    return await handler.load();
  } catch (error) {
    if (saysNothingThere(error)) return undefined;
    throw error;
  }
}

/** Whether loading failed because nothing is there; any other error may hide a good checkpoint. */
function saysNothingThere(error: unknown): boolean {
  const {code, cause, message} = (error ?? {}) as {code?: unknown; cause?: {code?: unknown}; message?: unknown};
  return code === 'ENOENT' || cause?.code === 'ENOENT' || NOTHING_THERE.test(String(message));
}
