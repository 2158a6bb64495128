import * as tf from '@tensorflow/tfjs-core';

/** What counts as one block of weights: a layer, a weight tensor, or what leads into one unit within a weight tensor. */
export type WeightBlocks = 'layer' | 'tensor' | 'neuron';

/** A variable's share of the blocks: `first` alone, or `units` of them from `first` on along the last axis. */
export interface BlockShare {
  readonly variable: tf.Variable;
  readonly first: number;
  readonly units: number;
}

/** Assigns the variables to blocks, numbered from 0; also gives their number. */
export function blocksOf(
  variables: readonly tf.Variable[],
  blocks: WeightBlocks,
): {shares: BlockShare[]; count: number} {
  const layers = new Map<string, number>();
  let count = 0;
  const shares = variables.map((variable): BlockShare => {
    const units = blocks === 'neuron' ? (variable.shape.at(-1) ?? 1) : 1;
    // tfjs-layers names a weight after its layer: 'dense_Dense1/kernel'.
    const layer = variable.name.replace(/\/[^/]*$/, '');
    const first = blocks === 'layer' ? (layers.get(layer) ?? count) : count;
    if (blocks === 'layer') layers.set(layer, first);
    count = Math.max(count, first + units);
    return {variable, first, units};
  });
  return {shares, count};
}

/** Whether any block of a variable is among the `live`. */
export function isLive({first, units}: BlockShare, live: readonly boolean[]): boolean {
  return live.slice(first, first + units).includes(true);
}

/** 1 where the variable's block is live and 0 elsewhere, broadcasting against it. */
export function liveMask({first, units}: BlockShare, live: readonly boolean[]): tf.Tensor {
  return maskOf(live.slice(first, first + units));
}

/** The variable with each block that is not live replaced by that of `past[picked[block]]`. Call it in a tidy. */
export function mixedValue(
  {variable, first, units}: BlockShare,
  live: readonly boolean[],
  past: readonly tf.Tensor[],
  picked: ArrayLike<number>,
): tf.Tensor {
  const source = Array.from({length: units}, (_, u) => (live[first + u] ? -1 : (picked[first + u] as number)));
  const used = [...new Set(source)];
  const valueAt = (index: number): tf.Tensor => (index < 0 ? variable : (past[index] as tf.Tensor));
  if (used.length === 1) return tf.clone(valueAt(used[0] as number));
  return tf.addN(used.map((index) => tf.mul(valueAt(index), maskOf(source.map((one) => one === index)))));
}

function maskOf(where: readonly boolean[]): tf.Tensor {
  const ones = Float32Array.from(where, (one) => (one ? 1 : 0));
  return ones.length === 1 ? tf.scalar(ones[0] as number) : tf.tensor1d(ones);
}
