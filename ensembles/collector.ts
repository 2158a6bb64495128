import type * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../src/errors.ts';
import type {Resumable, TrainingState} from '../src/training/index.ts';
import {checkCount} from './checks.ts';

/** When a collector looks at the weights: after unit number `start + every`, `start + 2 every`, ... of training. */
export interface CollectionTimes {
  /** What is counted, over successive calls of `fit`. Default `'epoch'`. */
  readonly unit?: 'epoch' | 'batch';
  /** Units to wait first. Default 0. */
  readonly start?: number;
  /** Units from one time to the next. Default 1. */
  readonly every?: number;
}

/**
 * A callback for `model.fit` that looks at the weights from time to time. What it has survives the end of the process where
 * `checkpointTraining` and `resumeTraining` are given it among their `collectors`.
 */
export abstract class Collector extends tfl.Callback implements Resumable {
  readonly #times: Required<CollectionTimes>;
  readonly #caller: string;
  #units = 0;
  #midEpoch = false;

  constructor({unit = 'epoch', start = 0, every = 1}: CollectionTimes, caller: string) {
    super();
    if (unit !== 'epoch' && unit !== 'batch') {
      throw new ConfigError(`${caller}: expected unit to be 'epoch' or 'batch', got '${String(unit)}'.`);
    }
    this.#times = {
      unit,
      start: checkCount(start, 'start', 0, caller),
      every: checkCount(every, 'every', 1, caller),
    };
    this.#caller = caller;
  }

  /** Epochs or batches seen. */
  protected get units(): number {
    return this.#units;
  }

  /** Called by `fit`. */
  override async onEpochBegin(): Promise<void> {
    this.#midEpoch = true;
  }

  /** Called by `fit`. */
  override async onBatchEnd(): Promise<void> {
    await this.#count('batch');
  }

  /** Called by `fit`. */
  override async onEpochEnd(): Promise<void> {
    this.#midEpoch = false;
    await this.#count('epoch');
  }

  /** Looks at the weights as they are now. */
  abstract collect(): void | Promise<void>;

  /** Disposes what was collected. */
  abstract dispose(): void;

  /**
   * Where it stands, for `checkpointTraining`.
   *
   * @throws ConfigError where the end of the epoch has not come to it yet.
   */
  async getState(): Promise<TrainingState> {
    if (this.#midEpoch) {
      throw new ConfigError(
        `checkpointTraining: expected ${this.#caller} before the checkpoint in the list of callbacks, got it after. ` +
          'Write callbacks: [collector, checkpointTraining(place, {collectors: [collector]})].',
      );
    }
    const {config, arrays} = await this.collected();
    return {config: {...this.#identity, units: this.#units, ...config}, arrays};
  }

  /**
   * Goes on from there, for `resumeTraining`: what was collected before is replaced.
   *
   * @throws ConfigError for the state of another kind of collector, or of one with other options.
   */
  setState(state: TrainingState): void {
    const own = this.#identity;
    const [expected, found] = [own, state.config].map((one) =>
      Object.keys(own)
        .map((key) => `${key}: ${one[key]}`)
        .join(', '),
    );
    if (expected !== found) {
      throw new ConfigError(
        `resumeTraining: expected the state of a collector with ${expected}, got ${found}. ` +
          'Make it with the options that it had.',
      );
    }
    this.#units = Number(state.config.units);
    this.restore(state);
  }

  /** The options that decide what is collected, beside the times. */
  protected get settings(): Readonly<Record<string, number | string>> {
    return {};
  }

  /** What was collected. */
  protected abstract collected(): Promise<TrainingState>;

  /** Takes up what {@link collected} gave. */
  protected abstract restore(state: TrainingState): void;

  get #identity(): Readonly<Record<string, number | string>> {
    return {collector: this.#caller, ...this.#times, ...this.settings};
  }

  async #count(unit: 'epoch' | 'batch'): Promise<void> {
    const {unit: counted, start, every} = this.#times;
    if (unit !== counted) return;
    this.#units++;
    if (this.#units > start && (this.#units - start) % every === 0) await this.collect();
  }
}

/** Sets the learning rate of a tfjs optimizer for the steps to come. Throws `ConfigError` where it has none. */
export function setLearningRate(optimizer: tf.Optimizer, learningRate: number): void {
  const settable = optimizer as unknown as {setLearningRate?: (value: number) => void; learningRate?: unknown};
  if (settable.setLearningRate) settable.setLearningRate(learningRate);
  else if (typeof settable.learningRate === 'number') settable.learningRate = learningRate;
  else {
    throw new ConfigError(
      `setLearningRate: expected an optimizer with a learning rate, got ${optimizer.getClassName()}. Use tf.train.sgd or tf.train.adam.`,
    );
  }
}
