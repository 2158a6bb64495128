import * as tf from '@tensorflow/tfjs-core';

/** The entries of the last axis, one tensor each: `tf.unstack` has no gradient for an axis of one. */
export function columnsOf(tensor: tf.Tensor): tf.Tensor[] {
  const lead = tensor.shape.slice(0, -1);
  const start = lead.map(() => 0);
  return Array.from({length: tensor.shape.at(-1) ?? 0}, (_, i) =>
    tf.reshape(tf.slice(tensor, [...start, i], [...lead, 1]), lead),
  );
}
