import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {unwrapTimeDistributed} from './graph.ts';

type Layer = tfl.layers.Layer;

/** A layer around another that is linear in its input, but for the bias and the activation of the layer inside. */
export interface LinearWrapper extends Layer {
  /** Says so. */
  readonly wraps: 'linear';
  /** The layer inside, which has the kernel, the bias and the activation. */
  readonly layer: Layer;
}

/** The layer inside of TimeDistributed and linear wrappers; another layer itself. */
export function unwrapLinear(layer: Layer): Layer {
  const inside = unwrapTimeDistributed(layer);
  return isLinearWrapper(inside) ? inside.layer : inside;
}

/** What a copy of a layer takes so that the layer inside of those wrappers gets the settings. */
export function linearSettings(layer: Layer, settings: tf.serialization.ConfigDict): tf.serialization.ConfigDict {
  if (unwrapLinear(layer) === layer) return settings;
  const inside = (layer as Layer & {readonly layer: Layer}).layer;
  const {batchInputShape: _, ...config} = inside.getConfig();
  return {layer: {className: inside.getClassName(), config: {...config, ...linearSettings(inside, settings)}}};
}

function isLinearWrapper(layer: Layer): layer is LinearWrapper {
  return (layer as Partial<LinearWrapper>).wraps === 'linear';
}
