import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import {ConfigError} from '../errors.ts';
import {chainFromOutput, countCalls} from './graph.ts';
import {isActivationLayer} from './head.ts';
import type {Override} from './override.ts';
import {activationOf} from './tap-rules/activation.ts';

/** The last linear map of a model: f = features kernel + bias. */
export interface LastLayer {
  /** The Dense layer, or a convolution with a kernel of size one. */
  readonly layer: tfl.layers.Layer;
  /** Weight [D, C]; of a convolution [1, ..., D, C], which flattens to the same. */
  readonly kernel: LayerVariable;
  /** Weight [C], where the layer has one. */
  readonly bias: LayerVariable | undefined;
  /** Number of features D. */
  readonly inputSize: number;
  /** Number of outputs C. */
  readonly outputs: number;
}

interface Linear extends tfl.layers.Layer {
  readonly kernel: LayerVariable;
  readonly bias: LayerVariable | null;
}

/**
 * The last Dense layer of a model, under its head.
 *
 * @throws ConfigError if the model ends otherwise, or calls the layer more than once.
 */
export function findLastLayer(model: tfl.LayersModel): LastLayer {
  let allowed: readonly string[] = ['linear', 'softmax', 'sigmoid'];
  for (const {layer} of chainFromOutput(model)) {
    const activation = activationName(layer);
    if (!allowed.includes(activation))
      throw noLastLayer(layer, `${layer.getClassName()} with activation '${activation}'`);
    if (activation !== 'linear') allowed = ['linear']; // one head, under which f is linear
    if (isActivationLayer(layer)) continue;
    if (!isLinearMap(layer)) throw noLastLayer(layer, describe(layer));
    if (countCalls(model, layer) > 1) {
      throw new ConfigError(
        `net.lastLayer: expected the last Dense layer to be called once, got '${layer.name}', which the model calls ` +
          "several times. Use weights: 'all'.",
      );
    }
    const {kernel, bias} = layer as Linear;
    const [inputSize, outputs] = kernel.shape.slice(-2) as [number, number];
    return {layer, kernel, bias: bias ?? undefined, inputSize, outputs};
  }
  throw noLastLayer();
}

function noLastLayer(layer?: tfl.layers.Layer, what?: string): ConfigError {
  const got = layer === undefined ? 'a model without one' : `'${layer.name}' (${what})`;
  return new ConfigError(
    `net.lastLayer: expected a model that ends in a Dense layer with softmax, sigmoid or no activation, got ${got}. ` +
      "End the model in such a layer, or use weights: 'all'.",
  );
}

interface Convolution extends tfl.layers.Layer {
  readonly kernelSize: readonly number[];
  readonly strides: readonly number[];
  readonly dataFormat: string;
}

/** Dense, or a convolution that sees one position at a time. */
function isLinearMap(layer: tfl.layers.Layer): boolean {
  if (!isConvolution(layer)) return layer.getClassName() === 'Dense';
  return [...layer.kernelSize, ...layer.strides].every((size) => size === 1) && layer.dataFormat !== 'channelsFirst';
}

function isConvolution(layer: tfl.layers.Layer): layer is Convolution {
  return layer.getClassName() === 'Conv1D' || layer.getClassName() === 'Conv2D';
}

function activationName(layer: tfl.layers.Layer): string {
  return layer.getClassName() === 'Softmax' ? 'softmax' : (activationOf(layer)?.getClassName() ?? 'linear');
}

/** The layer's class and, of a convolution, what keeps it from being a linear map. */
function describe(layer: tfl.layers.Layer): string {
  const name = layer.getClassName();
  if (!isConvolution(layer)) return name;
  const format = layer.dataFormat === 'channelsFirst' ? ' in channelsFirst' : '';
  return `${name} with kernelSize ${layer.kernelSize} and strides ${layer.strides}${format}`;
}

/** Evaluates `forward` and returns what went into the last layer beside f: features [N, ..., D] for f [N, ..., C]. */
export function captureFeatures(
  last: Pick<LastLayer, 'layer' | 'inputSize'>,
  forward: (overrides: readonly Override[]) => tf.Tensor,
): {features: tf.Tensor; outputs: tf.Tensor} {
  const {layer} = last;
  const call = layer.call;
  const captured: tf.Tensor[] = [];
  const listen: Override = {
    target: layer,
    key: 'call',
    value: (inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>) => {
      captured.push(tf.keep(tf.clone(Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs)));
      return call.call(layer, inputs, kwargs);
    },
  };
  try {
    const outputs = forward([listen]);
    const steps = captured.length === 1 ? (captured[0] as tf.Tensor) : tf.stack(captured, 1);
    return {features: tf.reshape(steps, [...outputs.shape.slice(0, -1), last.inputSize]), outputs};
  } finally {
    tf.dispose(captured);
  }
}
