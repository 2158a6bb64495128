import * as tf from '@tensorflow/tfjs-core';
import {countInputs, type Inputs} from '../models/index.ts';

/** So many of a set's hashes are kept. */
const KEPT = 1024;

/** What is remembered of a set of inputs, so that it is known again: plain JSON. */
export interface RowSketch {
  /** Number of examples. */
  readonly count: number;
  /** The smallest hashes of examples, at most 1024, ascending and distinct. */
  readonly hashes: readonly number[];
}

/** The sketch of a set of inputs; equal examples have equal hashes, whatever the other examples are. */
export async function sketchRows(x: Inputs, caller: string): Promise<RowSketch> {
  const count = countInputs(x, caller);
  const tensors = x instanceof tf.Tensor ? [x] : Object.values(x);
  const columns = await Promise.all(
    tensors.map(async (tensor) => {
      const values = Float32Array.from(await tensor.data());
      return {bits: new Uint32Array(values.buffer), width: count === 0 ? 0 : values.length / count};
    }),
  );
  const hashes = new Set<number>();
  for (let i = 0; i < count; i++) {
    let [high, low] = [0x811c9dc5, 0x1b873593];
    for (const {bits, width} of columns) {
      for (let at = i * width; at < (i + 1) * width; at++) {
        const word = bits[at] as number;
        high = Math.imul((high ^ word) >>> 0, 0x01000193);
        high ^= high >>> 15;
        low = Math.imul((low ^ word) >>> 0, 0xcc9e2d51 | 0);
        low ^= low >>> 13;
      }
    }
    hashes.add((high >>> 0) * 2 ** 21 + (low >>> 11));
  }
  return {count, hashes: [...hashes].sort((a, b) => a - b).slice(0, KEPT)};
}

/** How many examples two sets are seen to share; of large sets an estimate from their smallest hashes. */
export function sharedRows(first: RowSketch, second: RowSketch): number {
  const limit = ({hashes}: RowSketch): number => (hashes.length < KEPT ? Infinity : (hashes.at(-1) as number));
  const end = Math.min(limit(first), limit(second));
  const known = new Set(second.hashes);
  const common = first.hashes.filter((hash) => hash <= end && known.has(hash)).length;
  const looked = first.hashes.filter((hash) => hash <= end).length;
  return looked === 0 ? 0 : Math.round((common / looked) * first.count);
}
