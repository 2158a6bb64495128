import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError, UnsupportedLayerError} from '../../src/errors.ts';
import {unwrapLinear} from '../../src/models/linear-wrapper.ts';
import {activationOf} from '../../src/models/tap-rules/activation.ts';
import {calledLayers} from './rebuild-graph.ts';

type Layer = tfl.layers.Layer;

/** Layers whose output is linear in the input, but for bias and activation, with channels in and out on the last axis. */
const LINEAR = ['Dense', 'Conv1D', 'Conv2D', 'Conv3D', 'Conv2DTranspose', 'DepthwiseConv2D'];

/** Layers with weights that members may share without losing what tells them apart. */
const SHARED = /^(BatchNormalization|LayerNormalization|Embedding|PReLU|BayesLearnedGaussianDropout)$/;

/** Parts of a stock layer with a kernel that its class hides from TypeScript. */
export interface LinearLayer extends Layer {
  /** The bias, where it has one. */
  readonly bias?: tfl.LayerVariable | null;
  /** Where the channels are. */
  readonly dataFormat?: string;
}

/** Whether the layer is linear but for bias and activation, or a wrapper around such a layer that leaves it so. */
export function isLinear(layer: Layer): boolean {
  return LINEAR.includes(unwrapLinear(layer).getClassName());
}

/** The layer's bias, where it has one. */
export function biasOf(layer: Layer): tfl.LayerVariable | undefined {
  return (unwrapLinear(layer) as LinearLayer).bias ?? undefined;
}

/** The layer's kernels, behind the weights of its wrapper: all its weights but for the bias. */
export function kernelsOf(layer: Layer): tf.Tensor[] {
  const bias = biasOf(layer);
  return layer.weights.filter((weight) => weight !== bias).map((weight) => weight.read());
}

/** Name of the layer's activation. */
export function activationName(layer: Layer): string {
  return activationOf(unwrapLinear(layer))?.getClassName() ?? 'linear';
}

/**
 * Which layers get members of their own: those named, else all that are linear.
 *
 * @throws ConfigError for a name that no linear layer has, or a bias with a regularizer or constraint.
 * @throws UnsupportedLayerError for another layer with weights, unless layers are named.
 */
export function chooseLayers(
  model: tfl.LayersModel,
  names: readonly string[] | undefined,
  caller: string,
): ReadonlySet<Layer> {
  const called = calledLayers(model);
  const linear = called.filter(isLinear);
  const list = `Its linear layers are ${linear.map(({name}) => `'${name}'`).join(', ') || 'none'}.`;
  const missing = names?.find((name) => !linear.some((layer) => layer.name === name));
  if (missing !== undefined) {
    throw new ConfigError(`${caller}: expected layers to name linear layers of the model, got '${missing}'. ${list}`);
  }
  const odd = called.find(
    (layer) => layer.weights.length > 0 && !isLinear(layer) && !SHARED.test(unwrapLinear(layer).getClassName()),
  );
  if (names === undefined && odd) {
    throw new UnsupportedLayerError(
      `${caller}: expected layers of the classes ${LINEAR.join(', ')}, got '${odd.name}' (${odd.getClassName()}). ` +
        `Name in layers those that members get a part of; the others are shared. ${list}`,
      odd.name,
      odd.getClassName(),
    );
  }
  const chosen = linear.filter(({name}) => names === undefined || names.includes(name));
  if (chosen.length === 0) throw new ConfigError(`${caller}: expected linear layers, got none. ${list}`);
  for (const layer of chosen) checkLinear(unwrapLinear(layer), caller);
  return new Set(chosen);
}

/** Throws `ConfigError` for channels first, or a bias with a regularizer or constraint, which members' biases cannot keep. */
export function checkLinear(layer: LinearLayer, caller: string): void {
  if (layer.dataFormat === 'channelsFirst') {
    throw new ConfigError(
      `${caller}: expected channelsLast, got channelsFirst in '${layer.name}'. Build it with the channels last.`,
    );
  }
  const {biasRegularizer, biasConstraint} = layer.getConfig();
  if (biasRegularizer == null && biasConstraint == null) return;
  throw new ConfigError(
    `${caller}: expected no regularizer or constraint on the bias of '${layer.name}', got one. Leave it out: each member ` +
      'gets a bias of its own.',
  );
}

/** Throws `ConfigError` for a kernel with a regularizer or constraint, for methods that make new kernels. */
export function checkPlainKernel(layer: Layer, caller: string): void {
  const {kernelRegularizer, kernelConstraint} = layer.getConfig();
  if (kernelRegularizer == null && kernelConstraint == null) return;
  throw new ConfigError(
    `${caller}: expected no regularizer or constraint on the kernel of '${layer.name}', got one. Leave it out: each member ` +
      'gets a kernel of its own.',
  );
}
