import * as tf from '@tensorflow/tfjs-core';
import {ShapeError} from '../../src/errors.ts';

/**
 * What travels between games: a tensor, several of them side by side, or nothing.
 *
 * Inside a game every tensor has a leading axis of draws: S of them, or 1 where all draws share the value.
 */
export type Wire = tf.Tensor | null | readonly Wire[];

/** The same wire with `change` applied to each of its tensors. */
export function mapWire<X extends Wire>(wire: X, change: (tensor: tf.Tensor) => tf.Tensor): X {
  if (wire === null) return wire;
  if (wire instanceof tf.Tensor) return change(wire) as tf.Tensor & X;
  return (wire as readonly Wire[]).map((part) => mapWire(part, change)) as unknown as X;
}

/** The tensors of a wire, in order. */
export function tensorsOf(wire: Wire): tf.Tensor[] {
  if (wire === null) return [];
  return wire instanceof tf.Tensor ? [wire] : wire.flatMap(tensorsOf);
}

/** How many draws a wire carries. */
export function drawsOf(wire: Wire): number {
  return Math.max(1, ...tensorsOf(wire).map(({shape}) => shape[0] ?? 1));
}

/** A tensor of fewer draws, repeated as a whole until it has `draws`; one shared by all draws stays. */
export function repeatDraws(tensor: tf.Tensor, draws: number): tf.Tensor {
  const own = tensor.shape[0] ?? 1;
  if (own === 1 || own === draws) return tensor;
  if (draws % own !== 0) {
    throw new ShapeError(
      `freeEnergy: expected tensors with a leading axis of 1 or ${draws} draws, got [${tensor.shape}]. ` +
        'Models and inversions must keep the leading axis.',
    );
  }
  return tf.tile(tensor, [draws / own, ...tensor.shape.slice(1).map(() => 1)]);
}

/** The sum of tensors that broadcast: scalars, and tensors of 1 or S draws. */
export function sumTensors(tensors: readonly tf.Tensor[]): tf.Tensor {
  return tensors.reduce((sum, tensor) => tf.add(sum, tensor), tf.scalar(0));
}
