import * as tf from '@tensorflow/tfjs-core';
import {ConfigError, ShapeError} from '../../src/errors.ts';
import {createRng, type Rng} from '../../src/random/index.ts';

/** Options of {@link minibatches}. */
export interface MinibatchOptions {
  /** Rows in a batch. */
  readonly batchSize: number;
  /** Orders the rows, anew for each pass over the data; only forked. Default `createRng(0)`. */
  readonly rng?: Rng;
}

/**
 * Minibatches of named data, one for each step of {@link fitVariational}: all rows once in an order of their own, then all again.
 *
 * Batches are of equal size: of N rows, the N modulo `batchSize` that come last in the order of a pass are left out of it. The
 * batch of a step depends on the seed and the number of the step alone, so that a resumed fit sees what it would have seen. The caller
 * disposes the batches; `fitVariational` does.
 *
 * @param data Tensors of N rows by name.
 * @param options how large, and in what order.
 *
 * @throws ShapeError if the tensors differ in their number of rows.
 * @throws ConfigError if `batchSize` is no whole number between 1 and N.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {minibatches} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const batch = minibatches({x: tf.zeros([100, 3]), y: tf.zeros([100])}, {batchSize: 20});
 * const {x, y} = batch(0);
 * console.log(x.shape, y.shape);   // [20, 3] [20]
 * ```
 */
export function minibatches<Data extends Readonly<Record<string, tf.Tensor>>>(
  data: Data,
  {batchSize, rng = createRng(0)}: MinibatchOptions,
): (step: number) => Data {
  const rows = Object.values(data)[0]?.shape[0] ?? 0;
  const other = Object.entries(data).find(([, {shape}]) => shape[0] !== rows);
  if (other !== undefined) {
    throw new ShapeError(
      `minibatches: expected ${rows} rows of ${other[0]} as of the first tensor, got shape [${other[1].shape}].`,
    );
  }
  if (!(Number.isInteger(batchSize) && batchSize >= 1 && batchSize <= rows)) {
    throw new ConfigError(`minibatches: expected batchSize between 1 and the ${rows} rows, got ${batchSize}.`);
  }
  const passLength = Math.floor(rows / batchSize);
  let current: {pass: number; order: Uint32Array} = {pass: -1, order: new Uint32Array(0)};
  return (step) => {
    const pass = Math.floor(step / passLength);
    if (pass !== current.pass) current = {pass, order: rng.fork(`pass ${pass}`).permutation(rows)};
    const from = (step % passLength) * batchSize;
    return tf.tidy(() => {
      const indices = tf.tensor1d(Int32Array.from(current.order.subarray(from, from + batchSize)), 'int32');
      const taken = Object.entries(data).map(([name, tensor]) => [name, tf.gather(tensor, indices)]);
      return Object.fromEntries(taken) as Data;
    });
  };
}
