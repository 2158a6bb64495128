import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type {Passes} from './variational/passes.ts';

/**
 * The share of a layer's own loss that is due each time that the model asks for it: it asks once for each of its calls of the layer,
 * so that a layer that is called twice pays once in all. For a layer inside of `timeDistributed` it asks once, whatever the number of
 * steps. A frozen layer pays nothing, nor one in a model that is frozen as a whole, which marks the weights alone.
 */
export function lossDue(layer: tfl.layers.Layer, passes: Passes, loss: () => tf.Tensor): tf.Scalar {
  return tf.tidy(() => {
    if (!layer.trainable || !ownTrained(layer).some(({trainable}) => trainable)) return tf.scalar(0);
    const calls = layer.inboundNodes.length === 0 ? 1 : (passes.callsPerPass ?? layer.inboundNodes.length);
    return tf.div<tf.Scalar>(loss(), calls);
  });
}

/** The weights that a layer made to be trained; not those of a layer inside of it, which a frozen model does not mark. */
function ownTrained(layer: tfl.layers.Layer): readonly tfl.LayerVariable[] {
  return (layer as unknown as {_trainableWeights: readonly tfl.LayerVariable[]})._trainableWeights;
}
