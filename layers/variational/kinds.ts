import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../src/errors.ts';
import type {LinearMap} from './estimators.ts';
import {feedForwardClass, type LayerKind} from './feed-forward.ts';
import type {StockLayer} from './stock.ts';

/** The parts of a SeparableConv2D that its maps need. */
interface Separable extends StockLayer {
  readonly strides: [number, number];
  readonly padding: 'valid' | 'same';
  readonly dilationRate: [number, number];
}

/** A convolution of every channel by itself, then one of single positions across channels. */
function separableStages(layer: StockLayer): Readonly<Record<string, LinearMap>> {
  const {strides, padding, dilationRate, dataFormat} = layer as Separable;
  if (dataFormat === 'channelsFirst') {
    throw new ConfigError(
      `BayesSeparableConv2D: expected dataFormat 'channelsLast', got 'channelsFirst' in '${layer.name}'. ` +
        "Use channelsLast, or estimator: 'reparameterization'.",
    );
  }
  return {
    depthwise_kernel: (x, kernel) =>
      tf.depthwiseConv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, strides, padding, 'NHWC', dilationRate),
    pointwise_kernel: (x, kernel) => tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, 1, 'valid'),
  };
}

/** tfjs multiplies by a fused operation whose gradient always computes that of the input, needed or not. */
function denseStages(): Readonly<Record<string, LinearMap>> {
  return {
    kernel: (x, kernel) => {
      const rows = tf.reshape(x, [-1, x.shape.at(-1) as number]);
      const z = tf.matMul(x.rank === 2 ? (x as tf.Tensor2D) : rows, kernel as tf.Tensor2D);
      return x.rank === 2 ? z : tf.reshape(z, [...x.shape.slice(0, -1), kernel.shape[1] as number]);
    },
  };
}

const KINDS: readonly LayerKind[] = [
  {stock: 'Dense', stages: denseStages},
  {stock: 'Conv1D'},
  {stock: 'Conv2D'},
  {stock: 'Conv3D'},
  {stock: 'Conv2DTranspose'},
  {stock: 'DepthwiseConv2D'},
  {stock: 'SeparableConv2D', stages: separableStages},
  {stock: 'Embedding', indices: true},
];

/** The variational classes of feed-forward layers, by the names of their stock classes. */
export const FEED_FORWARD = new Map(KINDS.map((kind) => [kind.stock, feedForwardClass(kind)]));
