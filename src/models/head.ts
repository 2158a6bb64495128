import type * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../errors.ts';
import {type ChainLink, chainFromOutput, countCalls} from './graph.ts';
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
 * Finds a final softmax or sigmoid: an activation of the last layer, or a layer of its own.
 *
 * @throws ConfigError if a Softmax layer does not normalize the last axis, or the head's layer is called more than once.
 */
export function splitHead(model: tfl.LayersModel, caller: string): Head {
  for (const link of chainFromOutput(model)) {
    const head = headOf(link, caller);
    if (head !== undefined && countCalls(model, link.layer) > 1) {
      throw new ConfigError(
        `${caller}: expected the final ${head.kind} to be called once, got layer '${link.layer.name}', which the model ` +
          'calls several times. Give the model a head of its own.',
      );
    }
    if (head !== undefined) return head;
    if (!isLinearActivation(link.layer)) break;
  }
  return {kind: 'linear', overrides: []};
}

/** Whether the layer only applies an activation function. */
export function isActivationLayer(layer: tfl.layers.Layer): boolean {
  return layer.getClassName() === 'Activation' || layer.getClassName() === 'Softmax';
}

function headOf({layer, rank}: ChainLink, caller: string): Head | undefined {
  if (layer.getClassName() === 'Softmax') {
    checkSoftmaxAxis(layer, rank, caller);
    return {kind: 'softmax', overrides: [{target: layer, key: 'call', value: (inputs: tf.Tensor[]) => inputs}]};
  }
  const kind = activationOf(layer)?.getClassName();
  if ((kind !== 'softmax' && kind !== 'sigmoid') || isRecurrent(layer)) return undefined;
  return {kind, overrides: [{target: layer, key: 'activation', value: linearActivation()}]};
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
