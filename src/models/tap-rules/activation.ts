import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';

/** An activation function of tfjs-layers. */
export interface Activation {
  /** The function, element by element or along the last axis. */
  apply(z: tf.Tensor): tf.Tensor;
  /** Its name, as in a layer's configuration. */
  getClassName(): string;
}

/** The layer's activation function, where it has one. */
export function activationOf(layer: tfl.layers.Layer): Activation | undefined {
  const {activation} = layer as tfl.layers.Layer & {readonly activation?: Activation | null};
  return typeof activation?.getClassName === 'function' ? activation : undefined;
}

/** The layer's activation of z; z itself where it has none. */
export function activate(layer: tfl.layers.Layer, z: tf.Tensor): tf.Tensor {
  return activationOf(layer)?.apply(z) ?? z;
}
