import * as tf from '@tensorflow/tfjs-core';
import type {TapFactor} from '../models/taps.ts';

/**
 * The inner product of each example's gradient with a change of the weight, [N], from a tap's factor and its g: one
 * weight's part of the directional derivative `J delta`. `delta` has the shape of the weight.
 */
export function directionalDerivative(factor: TapFactor, g: tf.Tensor, delta: tf.Tensor): tf.Tensor1D {
  return tf.tidy(() => alongChange(g, preactivationChange(factor, g, delta)));
}

/** The inner product of each example's g with a {@link preactivationChange}, [N]. */
export function alongChange(g: tf.Tensor, change: tf.Tensor): tf.Tensor1D {
  return tf.tidy(() => tf.sum(tf.reshape(tf.mul(g, change), [g.shape[0] as number, -1]), 1) as tf.Tensor1D);
}

/** How the pre-activations change with the weight, of the shape of g: the same for every g of a run. */
export function preactivationChange(factor: TapFactor, g: tf.Tensor, delta: tf.Tensor): tf.Tensor {
  switch (factor.kind) {
    case 'outer': {
      const size = factor.inputs.shape[2];
      const rows = tf.reshape(factor.inputs, [-1, size]) as tf.Tensor2D;
      return tf.reshape(tf.matMul(rows, tf.reshape(delta, [size, -1]) as tf.Tensor2D), g.shape);
    }
    case 'grouped': {
      const [, , size, groups] = factor.inputs.shape;
      const inputs = tf.transpose(factor.inputs, [0, 1, 3, 2]); // [N, R, groups, in]
      const kernel = tf.transpose(tf.reshape(delta, [size, groups, -1]), [1, 0, 2]); // [groups, in, out]
      return tf.sum(tf.mul(tf.expandDims(inputs, 4), kernel), 3); // [N, R, groups, out]
    }
    case 'lookup':
      return tf.gather(tf.reshape(delta, [factor.vocabulary, -1]), factor.ids);
    case 'direct':
      return tf.reshape(delta, [1, -1]);
  }
}
