import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import {UnsupportedLayerError} from '../../errors.ts';
import {activate} from './activation.ts';
import {biasTap, positions} from './bias.ts';
import {patches, type Window} from './patches.ts';
import type {TapCall, TapContribution} from './tap-rule.ts';

interface Conv extends tfl.layers.Layer {
  readonly kernel: LayerVariable;
  readonly bias: LayerVariable | null;
  readonly strides: readonly number[];
  readonly dilationRate: readonly number[];
  readonly padding: string;
  readonly dataFormat: string;
}

/** Conv2D: z = sum over the window of patch K + b; the gradient of K is patch (x) g, summed over the image's positions. */
export function tapConv2D(layer: tfl.layers.Layer, input: tf.Tensor): TapCall {
  const {kernel, strides, dilationRate, dataFormat} = layer as Conv;
  const channelsFirst = dataFormat === 'channelsFirst';
  const toImage = (): tf.Tensor4D => (channelsFirst ? tf.transpose(input, [0, 2, 3, 1]) : input) as tf.Tensor4D;
  const window: Window = {
    size: [kernel.shape[0] as number, kernel.shape[1] as number],
    strides: [strides[0] as number, strides[1] as number],
    dilations: [dilationRate[0] as number, dilationRate[1] as number],
    padding: paddingOf(layer),
  };
  const {z, weights} = convolved(
    layer as Conv,
    toImage,
    window,
    convolve(toImage(), kernel.read() as tf.Tensor4D, window),
  );
  return {output: activate(layer, channelsFirst ? tf.transpose(z, [0, 3, 1, 2]) : z), weights};
}

/** Conv1D: a Conv2D over an image of height one. As in tfjs-layers, the output is [N, W, C] whatever `dataFormat` is. */
export function tapConv1D(layer: tfl.layers.Layer, input: tf.Tensor): TapCall {
  const {kernel, strides, dilationRate, dataFormat} = layer as Conv;
  const toImage = (): tf.Tensor4D =>
    tf.expandDims(dataFormat === 'channelsFirst' ? tf.transpose(input, [0, 2, 1]) : input, 1) as tf.Tensor4D;
  const window: Window = {
    size: [1, kernel.shape[0] as number],
    strides: [1, strides[0] as number],
    dilations: [1, dilationRate[0] as number],
    padding: paddingOf(layer),
  };
  const product = convolve(toImage(), tf.expandDims(kernel.read(), 0) as tf.Tensor4D, window);
  const {z, weights} = convolved(layer as Conv, toImage, window, tf.squeeze(product, [1]));
  return {output: activate(layer, z), weights};
}

/** The pre-activation z = product + b, and the taps of kernel and bias at it. */
function convolved(
  {kernel, bias}: Conv,
  toImage: () => tf.Tensor4D,
  window: Window,
  product: tf.Tensor,
): {z: tf.Tensor; weights: TapContribution[]} {
  const z = bias === null ? product : tf.add(product, bias.read());
  const kernelTap: TapContribution = {
    variable: kernel,
    target: z,
    factor: () => ({kind: 'outer', inputs: tf.tidy(() => patches(toImage(), window))}),
    gradient: positions,
  };
  return {z, weights: bias === null ? [kernelTap] : [kernelTap, biasTap(bias, z)]};
}

/** tfjs-layers builds layers with causal padding but cannot call them. */
function paddingOf(layer: tfl.layers.Layer): 'same' | 'valid' {
  const {padding} = layer as Conv;
  if (padding === 'same' || padding === 'valid') return padding;
  throw new UnsupportedLayerError(
    `net.taps: expected padding 'same' or 'valid', got '${padding}' in layer '${layer.name}'. Pad the input yourself and ` +
      "use 'valid': tfjs-layers itself cannot run such a layer.",
    layer.name,
    layer.getClassName(),
  );
}

/** tfjs has no gradient for a dilated convolution; unfolded patches times the kernel have one. */
function convolve(image: tf.Tensor4D, kernel: tf.Tensor4D, window: Window): tf.Tensor4D {
  const {strides, dilations, padding} = window;
  if (dilations[0] === 1 && dilations[1] === 1) return tf.conv2d(image, kernel, [strides[0], strides[1]], padding);
  const [height, width, channels, filters] = kernel.shape;
  const unfolded = patches(image, window);
  const size = height * width * channels;
  const product = tf.matMul(tf.reshape(unfolded, [-1, size]), tf.reshape(kernel, [size, filters]));
  const info = tf.backend_util.computeConv2DInfo(image.shape, kernel.shape, 1, [dilations[0], dilations[1]], padding);
  return tf.reshape(product, [image.shape[0], info.outHeight, info.outWidth, filters]);
}
