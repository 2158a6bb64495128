import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../../src/errors.ts';
import type {KernelLayer} from '../layer-wrapper.ts';

/** The linear map of a layer, without bias and activation, between one input and one output. */
export interface LinearMap {
  /** Shape of one input, the first axis 1. */
  readonly inputShape: readonly number[];
  /** A u. */
  forward(kernel: tf.Tensor, u: tf.Tensor): tf.Tensor;
  /** A^T v. */
  transposed(kernel: tf.Tensor, v: tf.Tensor): tf.Tensor;
}

interface Convolution extends KernelLayer {
  readonly strides: [number, number];
  readonly padding: 'same' | 'valid';
  readonly dataFormat: string;
  readonly dilationRate: number | readonly number[] | null;
}

/** The linear map of a Dense or Conv2D layer; of a convolution over a whole image, which its reshaped kernel only bounds. */
export function linearMapOf(layer: KernelLayer, inputShape: tfl.Shape): LinearMap {
  if (layer.getClassName() === 'Dense') {
    return {
      inputShape: [1, inputShape.at(-1) as number],
      forward: (kernel, u) => tf.matMul(u as tf.Tensor2D, kernel as tf.Tensor2D),
      transposed: (kernel, v) => tf.matMul(v as tf.Tensor2D, kernel as tf.Tensor2D, false, true),
    };
  }
  const {strides, padding, dataFormat, dilationRate} = layer as Convolution;
  const dilated = [dilationRate ?? 1].flat().some((rate) => rate !== 1);
  const [, height, width, channels] = inputShape;
  if (typeof height !== 'number' || typeof width !== 'number' || dataFormat === 'channelsFirst' || dilated) {
    throw new ConfigError(
      'spectralNormalization: expected a Conv2D layer without dilation on images of fixed size, channels last, got input ' +
        `[${inputShape.join(', ')}]${dilated ? ' and dilation' : ''}. Give the model an inputShape without null.`,
    );
  }
  const shape: [number, number, number, number] = [1, height, width, channels as number];
  return {
    inputShape: shape,
    forward: (kernel, u) => tf.conv2d(u as tf.Tensor4D, kernel as tf.Tensor4D, strides, padding),
    transposed: (kernel, v) => tf.conv2dTranspose(v as tf.Tensor4D, kernel as tf.Tensor4D, shape, strides, padding),
  };
}

/** Steps of the power iteration for A^T A from u, which is returned with length one. */
export function powerIteration(map: LinearMap, kernel: tf.Tensor, u: tf.Tensor, steps: number): tf.Tensor {
  return tf.tidy(() => {
    let vector = u;
    for (let i = 0; i < steps; i++) {
      vector = unitLength(map.transposed(kernel, unitLength(map.forward(kernel, vector))));
    }
    return vector;
  });
}

function unitLength(vector: tf.Tensor): tf.Tensor {
  return tf.div(vector, tf.maximum(tf.norm(vector), 1e-12));
}
