import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../../src/backend/index.ts';
import {ConfigError} from '../../src/errors.ts';
import type {Rng} from '../../src/random/index.ts';
import {type ActivationName, activations} from './activations.ts';

/** What a {@link DenseNetwork} is made of. */
export interface DenseNetworkOptions {
  /** Who asks, for messages. */
  readonly caller: string;
  /** Columns of the input; 0 for a network of the context alone. */
  readonly inputs: number;
  /** Columns of the context; 0 for none. */
  readonly contextDimension: number;
  /** Units of the hidden layers. */
  readonly hidden: readonly number[];
  /** Columns of the output. */
  readonly outputs: number;
  readonly activation: ActivationName;
  /** Multiplies the standard deviation of the first weights, 1 / sqrt(inputs of the layer). */
  readonly weightScale: number;
  /** Multiplies that of the last layer. */
  readonly outputScale: number;
  /** First biases of the output; default 0. */
  readonly outputBias?: readonly number[];
  /** Which weights there are: 0 or 1, one mask for the input layer and each after it. */
  readonly masks?: readonly tf.Tensor2D[];
  readonly rng: Rng;
}

/** A multilayer perceptron of an input and a context. */
export interface DenseNetwork {
  readonly variables: readonly tf.Variable[];
  /**
   * The outputs [N, outputs] of inputs [N, I] and a context [N, C] or [1, C]; [1, outputs] where nothing has more rows. An input
   * without columns is left out.
   */
  apply(input: tf.Tensor2D | undefined, context: tf.Tensor2D | undefined): tf.Tensor2D;
}

/** A multilayer perceptron, whose context is multiplied apart from its input, so that one row of it costs one row. */
export function denseNetwork(options: DenseNetworkOptions): DenseNetwork {
  const {caller, inputs, contextDimension, hidden, outputs, activation, weightScale, outputScale, masks, rng} = options;
  if (!(weightScale > 0)) {
    throw new ConfigError(
      `${caller}: expected weightScale above 0, got ${weightScale}. Where every weight is zero, the gradient of every ` +
        'weight is exactly zero too, and only the last biases would ever be trained. Leave it out for 1.',
    );
  }
  const bend = activations[activation];
  if (bend === undefined) {
    throw new ConfigError(
      `${caller}: expected activation to be one of ${Object.keys(activations).join(', ')}, got ${activation}.`,
    );
  }
  const widths = [inputs, ...hidden, outputs];
  const last = widths.length - 2;
  const kernel = (name: string, rows: number, columns: number, scale: number) =>
    tf.tidy(() => {
      const deviation = scale / Math.sqrt(rows);
      return tf.variable(tf.mul(normalTensor(rng.fork(name), [rows, columns]), deviation)) as tf.Variable<tf.Rank.R2>;
    });
  const layers = widths.slice(1).map((columns, i) => {
    const scale = weightScale * (i === last ? outputScale : 1);
    const rows = widths[i] as number;
    return {
      kernel: rows > 0 ? kernel(`kernel ${i}`, rows, columns, scale) : undefined,
      context: i === 0 && contextDimension > 0 ? kernel('context', contextDimension, columns, scale) : undefined,
      bias: tf.tidy(() => {
        const start = i === last ? options.outputBias : undefined;
        return tf.variable(start === undefined ? tf.zeros([columns]) : tf.tensor1d([...start]));
      }),
      mask: masks?.[i],
    };
  });
  return {
    variables: layers.flatMap((layer) => [layer.kernel, layer.context, layer.bias].filter((v) => v !== undefined)),
    apply: (input, context) => {
      let out = input;
      layers.forEach((layer, i) => {
        const {bias, mask} = layer;
        const weights: tf.Tensor2D | undefined = layer.kernel && mask ? tf.mul(layer.kernel, mask) : layer.kernel;
        if (layer.context !== undefined) {
          const shift = tf.add(tf.matMul(context as tf.Tensor2D, layer.context), bias) as tf.Tensor2D;
          out = out && weights ? tf.add(tf.matMul(out, weights), shift) : shift;
        } else {
          out =
            out && weights
              ? (tf.fused.matMul({a: out, b: weights, bias}) as tf.Tensor2D)
              : (tf.expandDims(bias, 0) as tf.Tensor2D);
        }
        if (i < last) out = bend(out as tf.Tensor2D) as tf.Tensor2D;
      });
      return out as tf.Tensor2D;
    },
  };
}
