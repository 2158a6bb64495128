import * as tf from '@tensorflow/tfjs-core';
import {batches} from '../src/data/index.ts';
import {countInputs, type Inputs} from '../src/models/index.ts';
import type {Rng} from '../src/random/index.ts';

/** One batch as `fitDataset` takes it. */
interface FitBatch {
  xs: Inputs;
  ys: tf.Tensor;
}

/** The part of a `tf.data.Dataset` that `fitDataset` uses. */
export interface FitDataset {
  readonly size: number;
  iterator(): Promise<{next(): Promise<{value: FitBatch | null; done: boolean}>}>;
}

/**
 * Labelled examples in batches for `model.fitDataset`: each pass in another order, drawn from `rng`, or in their own order
 * without one. `fit` shuffles with `Math.random`, so that nothing could be repeated.
 */
export function shuffledBatches(x: Inputs, y: tf.Tensor, batchSize: number, rng?: Rng): FitDataset {
  const rows = countInputs(x);
  let pass = 0;
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

function takeBatch(x: Inputs, y: tf.Tensor, rows: Uint32Array): FitBatch {
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
