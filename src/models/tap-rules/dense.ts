import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import {activate} from './activation.ts';
import {biasTap, positions} from './bias.ts';
import type {TapCall} from './tap-rule.ts';

interface Dense extends tfl.layers.Layer {
  readonly kernel: LayerVariable;
  readonly bias: LayerVariable | null;
}

/** Dense: z = x K + b over the last axis; the gradient of K is x (x) g, summed over the positions of an example. */
export function tapDense(layer: tfl.layers.Layer, input: tf.Tensor): TapCall {
  const {kernel, bias} = layer as Dense;
  const rows = tf.reshape(input, [-1, input.shape.at(-1) as number]);
  const product = tf.matMul(rows, kernel.read());
  const flat = bias === null ? product : tf.add(product, bias.read());
  const z = tf.reshape(flat, [...input.shape.slice(0, -1), flat.shape[1] as number]);
  return {
    output: activate(layer, z),
    weights: [
      {
        variable: kernel,
        target: z,
        factor: () => ({kind: 'outer', inputs: positions(input)}),
        gradient: positions,
      },
      ...(bias === null ? [] : [biasTap(bias, z)]),
    ],
  };
}
