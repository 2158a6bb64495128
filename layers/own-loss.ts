import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type {Passes} from './variational/passes.ts';

/**
 * The share of a layer's own loss that is due each time that the model asks for it: it asks once for each of its calls of the layer,
 * so that a layer that is called twice pays once in all. A frozen layer pays nothing.
 */
export function lossDue(layer: tfl.layers.Layer, passes: Passes, loss: () => tf.Tensor): tf.Scalar {
  return tf.tidy(() => {
    if (!layer.trainable) return tf.scalar(0);
    const calls = passes.callsPerPass ?? Math.max(1, layer.inboundNodes.length);
    return tf.div<tf.Scalar>(loss(), calls);
  });
}
