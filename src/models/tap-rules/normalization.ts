import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import {UnsupportedLayerError} from '../../errors.ts';
import type {TapCall, TapContribution} from './tap-rule.ts';

interface Normalization extends tfl.layers.Layer {
  readonly axis: number | readonly number[];
  readonly epsilon: number;
  readonly gamma?: LayerVariable | null;
  readonly beta?: LayerVariable | null;
}

interface BatchNormalization extends Normalization {
  readonly movingMean: LayerVariable;
  readonly movingVariance: LayerVariable;
}

type Keep = <T extends tf.Tensor>(tensor: T) => T;

/** BatchNormalization in inference mode: (x - movingMean) / sqrt(movingVariance + epsilon), then scaled and shifted. */
export function tapBatchNormalization(layer: tfl.layers.Layer, input: tf.Tensor, keep: Keep): TapCall {
  const {axis, epsilon, movingMean, movingVariance} = layer as BatchNormalization;
  const axes = [resolveAxis(axis as number, input.rank)];
  const shape = weightShape(input, axes);
  const mean = tf.reshape(movingMean.read(), shape);
  const inverse = tf.rsqrt(tf.add(tf.reshape(movingVariance.read(), shape), epsilon));
  return scaleAndShift(layer as Normalization, tf.mul(tf.sub(input, mean), inverse), axes, keep);
}

/** LayerNormalization: each example is normalized over the layer's axes, then scaled and shifted. */
export function tapLayerNormalization(layer: tfl.layers.Layer, input: tf.Tensor, keep: Keep): TapCall {
  const {axis, epsilon} = layer as Normalization;
  const axes = (typeof axis === 'number' ? [axis] : [...axis]).map((one) => resolveAxis(one, input.rank));
  if (axes.includes(0)) {
    throw new UnsupportedLayerError(
      `net.taps: expected layer '${layer.name}' (LayerNormalization) to normalize within examples, got axis 0, which ` +
        'mixes them. Normalize over other axes, or freeze the layer (layer.trainable = false).',
      layer.name,
      layer.getClassName(),
    );
  }
  const {mean, variance} = tf.moments(input, axes, true);
  const normalized = tf.mul(tf.sub(input, mean), tf.rsqrt(tf.add(variance, epsilon)));
  return scaleAndShift(layer as Normalization, normalized, axes, keep);
}

/** gamma * normalized + beta; per example, the gradient of gamma is the sum of normalized * g, that of beta the sum of g. */
function scaleAndShift(layer: Normalization, normalized: tf.Tensor, axes: readonly number[], keep: Keep): TapCall {
  const {gamma, beta} = layer;
  const shape = weightShape(normalized, axes);
  const scaled = gamma == null ? normalized : tf.mul(normalized, tf.reshape(gamma.read(), shape));
  const output = beta == null ? scaled : tf.add(scaled, tf.reshape(beta.read(), shape));
  const perExample = (values: tf.Tensor): tf.Tensor => {
    const others = values.shape.map((_, axis) => axis).filter((axis) => axis !== 0 && !axes.includes(axis));
    return tf.reshape(others.length === 0 ? values : tf.sum(values, others), [values.shape[0] as number, -1]);
  };
  const weights: TapContribution[] = [];
  if (gamma != null) {
    const kept = keep(normalized);
    weights.push({
      variable: gamma,
      target: output,
      factor: () => ({kind: 'direct'}),
      gradient: (g) => perExample(tf.mul(g, kept)),
    });
  }
  if (beta != null) {
    weights.push({variable: beta, target: output, factor: () => ({kind: 'direct'}), gradient: perExample});
  }
  return {output, weights};
}

function resolveAxis(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** The shape in which a weight over `axes` broadcasts against `values`. */
function weightShape(values: tf.Tensor, axes: readonly number[]): number[] {
  return values.shape.map((size, axis) => (axes.includes(axis) ? size : 1));
}
