import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import {activate} from './activation.ts';
import {biasTap} from './bias.ts';
import {type Window, windowPatches} from './patches.ts';
import type {TapCall} from './tap-rule.ts';

interface DepthwiseConv2D extends tfl.layers.Layer {
  readonly depthwiseKernel: LayerVariable;
  readonly bias: LayerVariable | null;
  readonly strides: readonly number[];
  readonly padding: string;
  readonly dataFormat: string;
}

/**
 * DepthwiseConv2D: channel c gives `depthMultiplier` outputs that see c alone; the gradient of the kernel
 * [kh, kw, C, multiplier] is patch (x) g within each channel. As in tfjs-layers, `dilationRate` has no effect.
 */
export function tapDepthwiseConv2D(layer: tfl.layers.Layer, input: tf.Tensor): TapCall {
  const {depthwiseKernel, bias, strides, padding, dataFormat} = layer as DepthwiseConv2D;
  const channelsFirst = dataFormat === 'channelsFirst';
  const toImage = (): tf.Tensor4D => (channelsFirst ? tf.transpose(input, [0, 2, 3, 1]) : input) as tf.Tensor4D;
  const kernel = depthwiseKernel.read() as tf.Tensor4D;
  const [height, width, channels, multiplier] = kernel.shape;
  const window: Window = {
    size: [height, width],
    strides: [strides[0] as number, strides[1] as number],
    dilations: [1, 1],
    padding: padding === 'same' ? 'same' : 'valid',
  };
  const product = tf.depthwiseConv2d(toImage(), kernel, [window.strides[0], window.strides[1]], window.padding);
  const z = bias === null ? product : tf.add(product, bias.read());
  return {
    output: activate(layer, channelsFirst ? tf.transpose(z, [0, 3, 1, 2]) : z),
    weights: [
      {
        variable: depthwiseKernel,
        target: z,
        factor: () => ({kind: 'grouped', inputs: tf.tidy(() => windowPatches(toImage(), window))}),
        gradient: (g) => tf.reshape(g, [g.shape[0] as number, -1, channels, multiplier]),
      },
      ...(bias === null ? [] : [biasTap(bias, z)]),
    ],
  };
}
