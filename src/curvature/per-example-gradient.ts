import * as tf from '@tensorflow/tfjs-core';
import type {TapFactor} from '../models/taps.ts';

/**
 * The gradient of each example with respect to one weight, flattened: [N, size], from a tap's factor and its g.
 *
 * N x size numbers for one backward pass: callers keep N small where the weight is large.
 */
export function perExampleGradient(factor: TapFactor, g: tf.Tensor): tf.Tensor2D {
  return tf.tidy(() => {
    const examples = g.shape[0] as number;
    return tf.reshape(byFactor(factor, g), [examples, -1]) as tf.Tensor2D;
  });
}

function byFactor(factor: TapFactor, g: tf.Tensor): tf.Tensor {
  switch (factor.kind) {
    case 'outer':
      return tf.matMul(factor.inputs, g as tf.Tensor3D, true, false); // [N, in, out]
    case 'grouped': {
      const inputs = tf.transpose(factor.inputs, [0, 3, 2, 1]); // [N, groups, in, R]
      const gradients = tf.transpose(g, [0, 2, 1, 3]); // [N, groups, R, out]
      return tf.transpose(tf.matMul(inputs, gradients), [0, 2, 1, 3]); // [N, in, groups, out]
    }
    case 'lookup':
      return tf.matMul(rowsLookedUp(factor.ids, factor.vocabulary), g as tf.Tensor3D, true, false);
    case 'direct':
      return g;
  }
}

function rowsLookedUp(ids: tf.Tensor2D, vocabulary: number): tf.Tensor3D {
  return tf.cast(tf.oneHot(ids, vocabulary), 'float32') as tf.Tensor3D; // [N, R, vocabulary]
}

/**
 * For a lookup: the g of an example summed over positions that look up the same row, put at the first such position and
 * zero at the others, [N, R, out]. So each row's gradient stands once, and squares and products of it are exact.
 */
export function mergeRepeatedLookups(ids: tf.Tensor2D, g: tf.Tensor3D): tf.Tensor3D {
  return tf.tidy(() => {
    const positions = ids.shape[1];
    if (positions === 1) return tf.clone(g);
    const same = tf.cast(tf.equal(tf.expandDims(ids, 2), tf.expandDims(ids, 1)), 'float32'); // [N, R, R]
    const earlier = tf.linalg.bandPart(tf.ones([positions, positions]), -1, 0); // row r: positions <= r
    const repeats = tf.sum(tf.mul(same, earlier), 2, true); // 1 at a first occurrence
    return tf.mul(tf.matMul(same, g), tf.cast(tf.equal(repeats, 1), 'float32')) as tf.Tensor3D;
  });
}
