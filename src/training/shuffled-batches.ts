import * as tf from '@tensorflow/tfjs-core';
import {batches} from '../data/index.ts';
import {ConfigError} from '../errors.ts';
import {countInputs, type Inputs} from '../models/index.ts';
import type {Rng} from '../random/index.ts';

/** Some labelled examples, as `fitDataset` takes them. */
export interface LabelledBatch {
  /** Inputs. */
  xs: Inputs;
  /** Targets. */
  ys: tf.Tensor;
}

/** The part of a `tf.data.Dataset` that `model.fitDataset` uses. */
export interface FitDataset {
  /** Number of batches. */
  size: number;
  /** Begins the next pass over the examples. */
  iterator(): Promise<{
    /** The next batch, whose tensors the caller disposes. */
    next(): Promise<IteratorResult<LabelledBatch>>;
  }>;
}

/** Options of {@link shuffledBatches}. */
export interface ShuffledBatchesOptions {
  /** Examples in a batch; the last of a pass may be smaller. Default 32. */
  readonly batchSize?: number;
  /** Orders the examples, anew for each pass; only forked. Default: their own order. */
  readonly rng?: Rng;
  /** Index of the first epoch, where training goes on: its order is the one it would have had. Default 0. */
  readonly initialEpoch?: number;
}

/**
 * Labelled examples in batches for `model.fitDataset`, each epoch in another order that `rng` decides. `fit` shuffles with
 * `Math.random`, so that nothing could be repeated.
 *
 * @param x Inputs, N examples.
 * @param y Targets of the same N.
 * @param options Size and order.
 * @param options.batchSize Examples in a batch. Default 32.
 * @param options.rng Orders the examples. Default: their own order.
 * @param options.initialEpoch Index of the first epoch, the same as in `fitDataset`. Default 0.
 * @throws ConfigError for a batch size that is no whole number above 0; ShapeError if inputs and targets differ in
 * their number of examples.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {createRng, initBackend, shuffledBatches} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [2]})]});
 * model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
 * const data = shuffledBatches(tf.zeros([8, 2]), tf.zeros([8, 1]), {batchSize: 4, rng: createRng(1)});
 * await model.fitDataset(data, {epochs: 2, verbose: 0});
 * ```
 */
export function shuffledBatches(
  x: Inputs,
  y: tf.Tensor,
  {batchSize = 32, rng, initialEpoch = 0}: ShuffledBatchesOptions = {},
): FitDataset {
  const rows = countInputs(x, 'shuffledBatches');
  countInputs([...(x instanceof tf.Tensor ? [x] : Object.values(x)), y], 'shuffledBatches');
  if (!(Number.isInteger(batchSize) && batchSize >= 1)) {
    throw new ConfigError(
      `shuffledBatches: expected batchSize to be a whole number above 0, got ${batchSize}. Leave it out for 32.`,
    );
  }
  let pass = initialEpoch;
  return {
    size: Math.ceil(rows / batchSize),
    iterator: async () => {
      const order = batches(rows, {batchSize, ...(rng && {rng: rng.fork(pass++)})})[Symbol.iterator]();
      return {
        next: async () => {
          const {value, done} = order.next();
          return done ? {value: null, done: true} : {value: takeBatch(x, y, value), done: false};
        },
      };
    },
  };
}

function takeBatch(x: Inputs, y: tf.Tensor, rows: Uint32Array): LabelledBatch {
  const indices = tf.tensor1d(Int32Array.from(rows), 'int32');
  const take = (tensor: tf.Tensor): tf.Tensor => tf.gather(tensor, indices);
  try {
    return {xs: mapInputs(x, take), ys: take(y)};
  } finally {
    indices.dispose();
  }
}

function mapInputs(x: Inputs, map: (tensor: tf.Tensor) => tf.Tensor): Inputs {
  if (x instanceof tf.Tensor) return map(x);
  if (Array.isArray(x)) return x.map(map);
  return Object.fromEntries(Object.entries(x).map(([name, tensor]) => [name, map(tensor)]));
}
