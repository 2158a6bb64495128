import * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../../src/errors.ts';
import {findVariational} from './find.ts';

/** Where training stands at the beginning of a batch. */
interface Progress {
  /** Index of the epoch. */
  readonly epoch: number;
  /** Index of the batch in it. */
  readonly batch: number;
  /** Batches of an epoch. */
  readonly batches: number;
}

/** A callback for `model.fit` that multiplies the `klWeight` of all variational layers by a factor that changes. */
class KlSchedule extends tfl.Callback {
  readonly #factor: (progress: Progress) => number;
  readonly #caller: string;
  #epoch = 0;

  constructor(factor: (progress: Progress) => number, caller: string) {
    super();
    this.#factor = factor;
    this.#caller = caller;
  }

  override async onEpochBegin(epoch: number): Promise<void> {
    this.#epoch = epoch;
  }

  override async onBatchBegin(batch: number): Promise<void> {
    this.#set(this.#factor({epoch: this.#epoch, batch, batches: this.#batches()}));
  }

  override async onTrainEnd(): Promise<void> {
    this.#set(1);
  }

  #set(factor: number): void {
    const {model} = this as unknown as {model: tfl.LayersModel};
    for (const {q} of findVariational(model.layers)) q.klWeight = factor * q.options.klWeight;
  }

  #batches(): number {
    const {steps, samples, batchSize} = this.params as {steps?: number; samples?: number; batchSize?: number};
    if (steps) return steps;
    if (samples && batchSize) return Math.ceil(samples / batchSize);
    throw new ConfigError(
      `${this.#caller}: expected to know the number of batches of an epoch, got none. Pass batchesPerEpoch to fitDataset.`,
    );
  }
}

/** Options of {@link klWarmup}. */
export interface KlWarmupOptions {
  /** Epochs until the full weight is reached. */
  readonly epochs: number;
}

/** Options of {@link klCyclical}. */
export interface KlCyclicalOptions {
  /** Epochs of one cycle. */
  readonly epochs: number;
  /** Share of a cycle in which the weight grows. Default 0.5. */
  readonly rise?: number;
}

/**
 * A callback for `fit` that lets the KL divergence grow in the loss from nothing to its full weight, linearly, batch by batch
 * (Sonderby et al. 2016): the means find their place before the prior counts.
 *
 * If `fit` throws, run it again with the callback: the factor stays where it was.
 *
 * @param options For how long.
 * @param options.epochs Epochs until the full weight is reached.
 * @throws ConfigError unless `epochs` is above 0.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {bayesDense, klWarmup} from 'tfjs-bayes/layers';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [bayesDense({units: 1, inputShape: [2], trainSize: 8})]});
 * model.compile({optimizer: 'adam', loss: 'meanSquaredError'});
 * await model.fit(tf.zeros([8, 2]), tf.zeros([8, 1]), {epochs: 4, verbose: 0, callbacks: [klWarmup({epochs: 2})]});
 * ```
 */
export function klWarmup({epochs}: KlWarmupOptions): tfl.Callback {
  checkPositive('klWarmup', 'epochs', epochs);
  return new KlSchedule(
    ({epoch, batch, batches}) => Math.min(1, (epoch * batches + batch + 1) / (epochs * batches)),
    'klWarmup',
  );
}

/**
 * A callback for `fit` that repeats the warm-up of the KL divergence in cycles (Fu et al. 2019): in each it grows linearly from
 * nothing to its full weight, and stays there for the rest.
 *
 * If `fit` throws, run it again with the callback: the factor stays where it was.
 *
 * @param options Length and form of the cycles.
 * @param options.epochs Epochs of one cycle.
 * @param options.rise Share of a cycle in which the weight grows. Default 0.5.
 * @throws ConfigError unless `epochs` is above 0 and `rise` above 0 and at most 1.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {bayesDense, klCyclical} from 'tfjs-bayes/layers';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [bayesDense({units: 1, inputShape: [2], trainSize: 8})]});
 * model.compile({optimizer: 'adam', loss: 'meanSquaredError'});
 * await model.fit(tf.zeros([8, 2]), tf.zeros([8, 1]), {epochs: 4, verbose: 0, callbacks: [klCyclical({epochs: 2})]});
 * ```
 */
export function klCyclical({epochs, rise = 0.5}: KlCyclicalOptions): tfl.Callback {
  checkPositive('klCyclical', 'epochs', epochs);
  checkPositive('klCyclical', 'rise', rise, 1);
  return new KlSchedule(({epoch, batch, batches}) => {
    const period = epochs * batches;
    return Math.min(1, (((epoch * batches + batch) % period) + 1) / (rise * period));
  }, 'klCyclical');
}

/**
 * A callback for `fit` that spreads the KL divergence of an epoch unevenly over its M batches (Blundell et al. 2015): batch i of
 * them, from 1, counts
 *
 *     M 2^(M - i) / (2^M - 1)
 *
 * times its even share, so that the first batches see the prior and the last the data. The factors of an epoch have mean 1.
 *
 * If `fit` throws, run it again with the callback: the factor stays where it was.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {bayesDense, blundellWeights} from 'tfjs-bayes/layers';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [bayesDense({units: 1, inputShape: [2], trainSize: 8})]});
 * model.compile({optimizer: 'adam', loss: 'meanSquaredError'});
 * const callbacks = [blundellWeights()];
 * await model.fit(tf.zeros([8, 2]), tf.zeros([8, 1]), {batchSize: 2, verbose: 0, callbacks});
 * ```
 */
export function blundellWeights(): tfl.Callback {
  return new KlSchedule(({batch, batches}) => (batches * 2 ** -(batch + 1)) / (1 - 2 ** -batches), 'blundellWeights');
}

function checkPositive(caller: string, name: string, value: number, most = Infinity): void {
  if (value > 0 && value <= most && Number.isFinite(value)) return;
  const range = most === Infinity ? 'above 0' : `above 0 and at most ${most}`;
  throw new ConfigError(`${caller}: expected ${name} to be ${range}, got ${value}. Pass another.`);
}
