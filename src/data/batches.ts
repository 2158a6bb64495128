import {ConfigError} from '../errors.ts';
import type {Rng} from '../random/index.ts';

/** Options of {@link batches}. */
export interface BatchOptions {
  /** Row numbers per batch; the last may have fewer. Default 32, as in `fit`. */
  readonly batchSize?: number;
  /** Shuffles the rows. Default: no shuffle, rows in their order. */
  readonly rng?: Rng;
}

/**
 * The row numbers 0 to rows - 1 in batches: one epoch, each row once.
 *
 * @throws ConfigError where `batchSize` is no positive integer.
 * @example
 * ```ts
 * import {batches} from 'tfjs-bayes';
 * console.log([...batches(5, {batchSize: 2})].map((batch) => batch.length));   // [2, 2, 1]
 * ```
 */
export function batches(rows: number, {batchSize = 32, rng}: BatchOptions = {}): Iterable<Uint32Array> {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new ConfigError(`batches: expected batchSize to be a positive integer, got ${batchSize}. Give 1 or more.`);
  }
  const order = rng === undefined ? Uint32Array.from({length: rows}, (_, i) => i) : rng.permutation(rows);
  const count = Math.ceil(rows / batchSize);
  return Array.from({length: count}, (_, b) => order.slice(b * batchSize, (b + 1) * batchSize));
}
