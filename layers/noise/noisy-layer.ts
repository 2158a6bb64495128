import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {leafLayers} from '../../src/models/graph.ts';
import type {NoisyCall} from '../../src/posterior/net-noise.ts';
import type {NoiseSource} from '../../src/posterior/noise-source.ts';

/** Inputs of a layer's `call`. */
export type CallInputs = tf.Tensor | tf.Tensor[];

/** A layer of ours that adds noise: in training from its own stream, in a draw from another source. */
export interface NoisyLayer extends tfl.layers.Layer {
  /** Whether the noise drops something, or is that of a code. */
  readonly noise: 'dropout' | 'code';
  /** What the layer does to its input with noise from `source`. */
  noisyCall(input: tf.Tensor, source: NoiseSource): tf.Tensor;
}

/** Every layer of a model that has no layers inside, those of Bidirectional wrappers included. */
export function innermostLayers(model: tfl.LayersModel): tfl.layers.Layer[] {
  return leafLayers(model).flatMap((layer) => {
    const {forwardLayer, backwardLayer} = layer as Partial<Record<'forwardLayer' | 'backwardLayer', tfl.layers.Layer>>;
    return forwardLayer && backwardLayer ? [forwardLayer, backwardLayer] : [layer];
  });
}

/** The one tensor that a layer with one input is called with. */
export function onlyInput(inputs: CallInputs): tf.Tensor {
  return Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs;
}

/** How a layer of ours with that kind of noise is called; undefined for other layers. */
export function ownNoise(layer: tfl.layers.Layer, noise: NoisyLayer['noise']): NoisyCall | undefined {
  const noisy = layer as Partial<NoisyLayer> & tfl.layers.Layer;
  if (noisy.noise !== noise || noisy.noisyCall === undefined) return undefined;
  return {
    layer,
    call: (inputs, _kwargs, source) => tf.tidy(() => (layer as NoisyLayer).noisyCall(onlyInput(inputs), source)),
  };
}
