import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../src/errors.ts';
import {leafLayers} from '../src/models/graph.ts';
import {batchesOf, countInputs, type Inputs, sliceInputs, withWeights} from '../src/models/index.ts';
import {type Override, withOverrides} from '../src/models/override.ts';
import type {Host} from './host.ts';

type BatchNorm = tfl.layers.Layer & {
  readonly axis: number;
  readonly epsilon: number;
  readonly gamma?: tfl.LayerVariable | null;
  readonly beta?: tfl.LayerVariable | null;
  readonly movingMean: tfl.LayerVariable;
  readonly movingVariance: tfl.LayerVariable;
};

interface Sums {
  mean: tf.Tensor;
  variance: tf.Tensor;
  examples: number;
}

const BATCH_SIZE = 256;

/** The model's BatchNormalization layers: their statistics belong to one weight vector and no other. */
export function batchNormLayers({net}: Host): BatchNorm[] {
  return leafLayers(net.model).filter((layer) => layer.getClassName() === 'BatchNormalization') as BatchNorm[];
}

/** Throws `ConfigError` where the model needs inputs for its statistics and there are none. */
export function checkRefresh(host: Host, inputs: Inputs | undefined, caller: string): void {
  const [layer] = batchNormLayers(host);
  if (!layer || inputs !== undefined) return;
  throw new ConfigError(
    `${caller}: expected inputs, because the statistics of the BatchNormalization layer '${layer.name}' must be computed ` +
      'anew for averaged or drawn weights, got none. Pass some hundred training inputs: {inputs: xTrain}.',
  );
}

/**
 * The weights with the statistics of every BatchNormalization layer computed from `inputs` under them, as Izmailov et al.
 * (2018) do after averaging: the mean over batches of each batch's mean and variance. Dropout stays off. Tensors that stand
 * for other weights are passed through; the caller disposes the new ones.
 */
export function refreshStatistics(host: Host, weights: readonly tf.Tensor[], inputs: Inputs | undefined): tf.Tensor[] {
  const layers = batchNormLayers(host);
  if (layers.length === 0 || inputs === undefined) return [...weights];
  return tf.tidy(() => {
    const sums = new Map<BatchNorm, Sums>();
    const overrides = layers.map((layer): Override => ({target: layer, key: 'call', value: recording(layer, sums)}));
    for (const {start, size} of batchesOf(countInputs(inputs), BATCH_SIZE)) {
      const part = sliceInputs(inputs, start, size);
      withWeights(host.variables, weights, () => withOverrides(overrides, () => host.net.outputs(part).dispose()));
    }
    const fresh = new Map<tfl.LayerVariable, tf.Tensor>();
    for (const [layer, {mean, variance, examples}] of sums) {
      fresh.set(layer.movingMean, tf.div(mean, examples));
      fresh.set(layer.movingVariance, tf.div(variance, examples));
      tf.dispose([mean, variance]);
    }
    return host.variables.map((variable, i) => fresh.get(variable) ?? (weights[i] as tf.Tensor));
  });
}

/** What stands in for the layer's `call`: normalizes by the batch's own moments and adds them up. */
function recording(layer: BatchNorm, sums: Map<BatchNorm, Sums>): (inputs: tf.Tensor | tf.Tensor[]) => tf.Tensor {
  return (inputs) => {
    const input = Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs;
    const axis = layer.axis < 0 ? layer.axis + input.rank : layer.axis;
    const others = input.shape.flatMap((_, i) => (i === axis ? [] : [i]));
    const along = input.shape.map((size, i) => (i === axis ? size : 1));
    const {mean, variance} = tf.moments(input, others);
    const examples = input.shape[0] as number;
    const before = sums.get(layer);
    const grown = {
      mean: tf.keep(tf.add(tf.mul(mean, examples), before?.mean ?? 0)),
      variance: tf.keep(tf.add(tf.mul(variance, examples), before?.variance ?? 0)),
      examples: examples + (before?.examples ?? 0),
    };
    if (before) tf.dispose([before.mean, before.variance]);
    sums.set(layer, grown);
    const shaped = (values: tf.Tensor): tf.Tensor => tf.reshape(values, along);
    const scale = tf.div(layer.gamma ? layer.gamma.read() : 1, tf.sqrt(tf.add(variance, layer.epsilon)));
    const normalized = tf.mul(tf.sub(input, shaped(mean)), shaped(scale));
    return layer.beta ? tf.add(normalized, shaped(layer.beta.read())) : normalized;
  };
}
