import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type {NoisyCall} from '../../src/posterior/net-noise.ts';
import type {NoiseSource} from '../../src/posterior/noise-source.ts';
import {type CallInputs, onlyInput} from '../noise/noisy-layer.ts';

interface WithRate extends tfl.layers.Layer {
  readonly rate: number;
  readonly noiseShape?: readonly (number | null)[] | null;
}

type Drop = (layer: WithRate, input: tf.Tensor, source: NoiseSource) => tf.Tensor;

/** Activations that SELU units have at minus infinity, which alpha dropout sets (Klambauer et al. 2017). */
const SELU_FLOOR = -1.6732632423543772 * 1.0507009873554805;

const DROPS: Readonly<Record<string, Drop>> = {
  Dropout: (layer, input, source) => dropped(input, layer.rate, uniformsOf(layer, input, source)),
  SpatialDropout1D: (layer, input, source) =>
    dropped(input, layer.rate, source.uniforms([input.shape[0] as number, 1, input.shape[2] as number])),
  GaussianDropout: ({rate}, input, source) => {
    const noise = tf.mul(source.normals(input.shape), Math.sqrt(rate / (1 - rate)));
    return tf.mul(input, tf.add(noise, 1));
  },
  AlphaDropout: (layer, input, source) => {
    const {rate} = layer;
    const kept = tf.cast(tf.greaterEqual(uniformsOf(layer, input, source), rate), 'float32');
    const scale = 1 / Math.sqrt((1 - rate) * (1 + rate * SELU_FLOOR ** 2));
    const set = tf.add(tf.mul(input, kept), tf.mul(tf.sub(1, kept), SELU_FLOOR));
    return tf.add(tf.mul(set, scale), -scale * SELU_FLOOR * rate);
  },
};

/** How a dropout layer of tfjs drops units; undefined for other layers and for rates that drop nothing. */
export function stockDropout(layer: tfl.layers.Layer): NoisyCall | undefined {
  const drop = DROPS[layer.getClassName()];
  if (drop === undefined) return undefined;
  const withRate = layer as WithRate;
  if (!(withRate.rate > 0 && withRate.rate < 1)) return undefined; // tfjs passes the input on
  const call = (inputs: CallInputs, _kwargs: unknown, source: NoiseSource): tf.Tensor =>
    tf.tidy(() => drop(withRate, onlyInput(inputs), source));
  return {layer, call};
}

/** input / (1 - rate) where the uniform numbers are at least the rate, else 0. */
export function dropped(input: tf.Tensor, rate: number, uniforms: tf.Tensor): tf.Tensor {
  const kept = tf.cast(tf.greaterEqual(uniforms, rate), 'float32');
  return tf.mul(input, tf.div(kept, 1 - rate));
}

/** Uniform numbers for each value of the input, or in the layer's noise shape, whose nulls stand for the input's own sizes. */
function uniformsOf({noiseShape}: WithRate, input: tf.Tensor, source: NoiseSource): tf.Tensor {
  if (!noiseShape) return source.uniforms(input.shape);
  const shape = noiseShape.map((size, axis) => size ?? (input.shape[axis] as number));
  return noiseShape[0] === 1 ? source.sharedUniforms(shape) : source.uniforms(shape);
}
