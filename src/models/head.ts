import type * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../errors.ts';
import {type ChainLink, chainFrom, chainFromOutput, countCalls} from './graph.ts';
import type {Override} from './override.ts';
import {activationOf} from './tap-rules/activation.ts';

/** What stands at the end of a model and is split off, so that the outputs f are logits; 'linear' says nothing. */
export type HeadKind = 'softmax' | 'sigmoid' | 'linear';

/** A model's head and how to take it off for one evaluation. */
export interface Head {
  /** What the head does. */
  readonly kind: HeadKind;
  /** What to override so that the model ends before its head. */
  readonly overrides: readonly Override[];
}

/**
 * Classes of layers that move values about, drop or repeat some, or pool them: probabilities stay probabilities. A recurrent
 * or custom layer between a softmax and the output may make anything of them.
 */
const PASSES_ON =
  /^(Reshape|Flatten|Permute|RepeatVector|Masking|(Alpha|Gaussian)?Dropout|SpatialDropout1D|GaussianNoise|Cropping2D|ZeroPadding2D|UpSampling2D|(Global)?(Average|Max)Pooling[123]D)$/;

/** Classes of layers that make one set of probabilities of several. */
const POOLS = /^(Average|Concatenate|Maximum|Minimum)$/;

/**
 * Finds a final softmax or sigmoid: an activation of the last layer, or a layer of its own.
 *
 * @throws ConfigError if a Softmax layer does not normalize the last axis, the head's layer is called more than once, or
 * layers without weights follow the softmax or sigmoid or join several, so that probabilities would count as logits.
 */
export function splitHead(model: tfl.LayersModel, caller: string): Head {
  const after: tfl.layers.Layer[] = [];
  for (const link of chainFromOutput(model)) {
    const kind = headKindOf(link.layer);
    if (kind === undefined) {
      refuseSeveralHeads(link, caller);
      if (!isLinearActivation(link.layer) && !PASSES_ON.test(link.layer.getClassName())) break;
      after.unshift(link.layer);
      continue;
    }
    if (!after.every(isLinearActivation)) throw hiddenHead(kind, link.layer, after, caller);
    if (countCalls(model, link.layer) > 1) {
      throw new ConfigError(
        `${caller}: expected the final ${kind} to be called once, got layer '${link.layer.name}', which the model ` +
          'calls several times. Give the model a head of its own.',
      );
    }
    return {kind, overrides: [withoutHead(link, caller)]};
  }
  return {kind: 'linear', overrides: []};
}

/** Throws where all that a layer joins are probabilities, as of a committee of classifiers. */
function refuseSeveralHeads({layer, inputs}: ChainLink, caller: string): void {
  if (inputs.length < 2 || !POOLS.test(layer.getClassName())) return;
  const kinds = inputs.map(finalKind);
  const [kind] = kinds;
  if (kind === undefined || kinds.includes(undefined)) return;
  throw new ConfigError(
    `${caller}: expected one ${kind} at the end of the model, got ${kinds.length} joined by '${layer.name}' ` +
      `(${layer.getClassName()}), which cannot be split off: probabilities would count as logits. Join the logits and put ` +
      `one tf.layers.activation({activation: '${kind}'}) behind them, or take each part for itself.`,
  );
}

/** The softmax or sigmoid that a tensor ends in, if it does. */
function finalKind(tensor: tfl.SymbolicTensor): 'softmax' | 'sigmoid' | undefined {
  for (const {layer} of chainFrom(tensor)) {
    const kind = headKindOf(layer);
    if (kind !== undefined) return kind;
    if (!isLinearActivation(layer) && !PASSES_ON.test(layer.getClassName())) return undefined;
  }
  return undefined;
}

/** Whether the layer only applies an activation function. */
export function isActivationLayer(layer: tfl.layers.Layer): boolean {
  return layer.getClassName() === 'Activation' || layer.getClassName() === 'Softmax';
}

function headKindOf(layer: tfl.layers.Layer): 'softmax' | 'sigmoid' | undefined {
  if (layer.getClassName() === 'Softmax') return 'softmax';
  const kind = activationOf(layer)?.getClassName();
  return (kind === 'softmax' || kind === 'sigmoid') && !isRecurrent(layer) ? kind : undefined;
}

/** What makes a layer that is a head, or ends in one, give its logits. */
function withoutHead({layer, rank}: ChainLink, caller: string): Override {
  if (layer.getClassName() !== 'Softmax') return {target: layer, key: 'activation', value: linearActivation()};
  checkSoftmaxAxis(layer, rank, caller);
  return {target: layer, key: 'call', value: (inputs: tf.Tensor[]) => inputs};
}

function hiddenHead(
  kind: HeadKind,
  layer: tfl.layers.Layer,
  after: readonly tfl.layers.Layer[],
  caller: string,
): ConfigError {
  const followers = after.map((one) => `'${one.name}' (${one.getClassName()})`).join(', ');
  return new ConfigError(
    `${caller}: expected the ${kind} at the end of the model, got it in '${layer.name}' before ${followers}, where it ` +
      `cannot be split off: probabilities would count as logits. Move it behind them, as tf.layers.activation({activation: ` +
      `'${kind}'}), or leave it out and name the likelihood of the logits.`,
  );
}

/** A recurrent layer's activation acts at every step, so that it cannot be split off the last one. */
function isRecurrent(layer: tfl.layers.Layer): boolean {
  return 'cell' in layer || 'stateSize' in layer;
}

function isLinearActivation(layer: tfl.layers.Layer): boolean {
  return layer.getClassName() === 'Activation' && activationOf(layer)?.getClassName() === 'linear';
}

function linearActivation(): unknown {
  return activationOf(tfl.layers.activation({activation: 'linear'}));
}

function checkSoftmaxAxis(layer: tfl.layers.Layer, rank: number, caller: string): void {
  const {axis} = layer as tfl.layers.Layer & {axis: number | number[]};
  const axes = (Array.isArray(axis) ? axis : [axis]).map((one) => (one < 0 ? one + rank : one));
  if (axes.length === 1 && axes[0] === rank - 1) return;
  throw new ConfigError(
    `${caller}: expected the Softmax layer '${layer.name}' to normalize the last axis, got axis ${axis} of ${rank}. ` +
      'Build it with tf.layers.softmax({axis: -1}): tfjs takes axis 1 by default.',
  );
}
