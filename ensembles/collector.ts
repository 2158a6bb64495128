import type * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../src/errors.ts';
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

/** A callback for `model.fit` that looks at the weights from time to time. */
export abstract class Collector extends tfl.Callback {
  readonly #times: Required<CollectionTimes>;
  #units = 0;

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
  }

  /** Called by `fit`. */
  override async onBatchEnd(): Promise<void> {
    await this.#count('batch');
  }

  /** Called by `fit`. */
  override async onEpochEnd(): Promise<void> {
    await this.#count('epoch');
  }

  /** Looks at the weights as they are now. */
  abstract collect(): void | Promise<void>;

  /** Disposes what was collected. */
  abstract dispose(): void;

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
