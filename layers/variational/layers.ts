import type * as tfl from '@tensorflow/tfjs-layers';
import {FEED_FORWARD} from './kinds.ts';
import type {VariationalLayer} from './layer.ts';
import type {VariationalOptions} from './options.ts';

/** The options of a stock layer, by its factory. */
type StockArgs<Factory extends keyof typeof tfl.layers> = (typeof tfl.layers)[Factory] extends (
  args: infer Args,
) => unknown
  ? NonNullable<Args>
  : never;

function create(stock: string, config: object): VariationalLayer {
  const Layer = FEED_FORWARD.get(stock) as new (config: object) => VariationalLayer;
  return new Layer(config);
}

/**
 * A Dense layer whose kernel has a posterior.
 *
 *     y = activation(x kernel + bias),   kernel ~ q(kernel) in training, E_q[kernel] otherwise
 *
 * A drop-in for `tf.layers.dense`: takes its options and keeps its shapes, masks and activation. Training draws the weights by
 * `estimator` and adds KL(q || prior) / trainSize to the loss; `model.predict` uses the means, and `variational(model)` is the
 * posterior. Frozen (`trainable = false`) it is still drawn in training, since the layers that train have to live with its
 * uncertainty, but pays no KL divergence. Layers with the same `seed` and name draw the same noise, pass by pass.
 *
 * @throws ConfigError for an option that is wrong, a regularizer or constraint on a weight with a posterior (the prior has its
 * place), or an estimator that the family does not allow.
 *
 * @example
 * ```ts
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {bayesDense} from 'tfjs-bayes/layers';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [bayesDense({units: 4, inputShape: [3], trainSize: 1000})]});
 * console.log(model.outputs[0]?.shape);
 * ```
 */
export function bayesDense(config: StockArgs<'dense'> & VariationalOptions): VariationalLayer {
  return create('Dense', config);
}

/**
 * A 1D convolution whose kernel has a posterior.
 *
 * A drop-in for `tf.layers.conv1d`, otherwise as {@link bayesDense}. Local reparameterization draws each position by itself.
 *
 * @throws ConfigError as `bayesDense` does.
 *
 * @example
 * ```ts
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {bayesConv1d} from 'tfjs-bayes/layers';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [bayesConv1d({filters: 4, kernelSize: 3, inputShape: [8, 2], trainSize: 1000})]});
 * console.log(model.outputs[0]?.shape);
 * ```
 */
export function bayesConv1d(config: StockArgs<'conv1d'> & VariationalOptions): VariationalLayer {
  return create('Conv1D', config);
}

/**
 * A 2D convolution whose kernel has a posterior.
 *
 * A drop-in for `tf.layers.conv2d`, otherwise as {@link bayesDense}. Local reparameterization draws each position by itself.
 *
 * @throws ConfigError as `bayesDense` does.
 *
 * @example
 * ```ts
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {bayesConv2d} from 'tfjs-bayes/layers';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [bayesConv2d({filters: 4, kernelSize: 3, inputShape: [8, 8, 1], trainSize: 1000})]});
 * console.log(model.outputs[0]?.shape);
 * ```
 */
export function bayesConv2d(config: StockArgs<'conv2d'> & VariationalOptions): VariationalLayer {
  return create('Conv2D', config);
}

/**
 * A 3D convolution whose kernel has a posterior.
 *
 * A drop-in for `tf.layers.conv3d`, otherwise as {@link bayesDense}. Local reparameterization draws each position by itself.
 *
 * @throws ConfigError as `bayesDense` does.
 *
 * @example
 * ```ts
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {bayesConv3d} from 'tfjs-bayes/layers';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [bayesConv3d({filters: 2, kernelSize: 2, inputShape: [4, 4, 4, 1], trainSize: 1000})]});
 * console.log(model.outputs[0]?.shape);
 * ```
 */
export function bayesConv3d(config: StockArgs<'conv3d'> & VariationalOptions): VariationalLayer {
  return create('Conv3D', config);
}

/**
 * A transposed 2D convolution whose kernel has a posterior.
 *
 * A drop-in for `tf.layers.conv2dTranspose`, otherwise as {@link bayesDense}. Local reparameterization draws each position by itself.
 *
 * @throws ConfigError as `bayesDense` does.
 *
 * @example
 * ```ts
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {bayesConv2dTranspose} from 'tfjs-bayes/layers';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [bayesConv2dTranspose({filters: 2, kernelSize: 3, inputShape: [4, 4, 2], trainSize: 1000})]});
 * console.log(model.outputs[0]?.shape);
 * ```
 */
export function bayesConv2dTranspose(config: StockArgs<'conv2dTranspose'> & VariationalOptions): VariationalLayer {
  return create('Conv2DTranspose', config);
}

/**
 * A 2D convolution of every channel by itself whose kernel has a posterior.
 *
 * A drop-in for `tf.layers.depthwiseConv2d`, otherwise as {@link bayesDense}. Local reparameterization draws each position by itself.
 *
 * @throws ConfigError as `bayesDense` does.
 *
 * @example
 * ```ts
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {bayesDepthwiseConv2d} from 'tfjs-bayes/layers';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [bayesDepthwiseConv2d({kernelSize: 3, inputShape: [8, 8, 2], trainSize: 1000})]});
 * console.log(model.outputs[0]?.shape);
 * ```
 */
export function bayesDepthwiseConv2d(config: StockArgs<'depthwiseConv2d'> & VariationalOptions): VariationalLayer {
  return create('DepthwiseConv2D', config);
}

/**
 * A separable 2D convolution whose two kernels have posteriors. `channelsFirst` takes `'reparameterization'` only.
 *
 * A drop-in for `tf.layers.separableConv2d`, otherwise as {@link bayesDense}. Local reparameterization draws each position by itself.
 *
 * @throws ConfigError as `bayesDense` does.
 *
 * @example
 * ```ts
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {bayesSeparableConv2d} from 'tfjs-bayes/layers';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [bayesSeparableConv2d({filters: 4, kernelSize: 3, inputShape: [8, 8, 2], trainSize: 1000})]});
 * console.log(model.outputs[0]?.shape);
 * ```
 */
export function bayesSeparableConv2d(config: StockArgs<'separableConv2d'> & VariationalOptions): VariationalLayer {
  return create('SeparableConv2D', config);
}

/**
 * An Embedding whose table has a posterior.
 *
 * A drop-in for `tf.layers.embedding`, otherwise as {@link bayesDense}. Local reparameterization draws per row that is looked up, Flipout turns signs per example and column.
 *
 * @throws ConfigError as `bayesDense` does.
 *
 * @example
 * ```ts
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {bayesEmbedding} from 'tfjs-bayes/layers';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [bayesEmbedding({inputDim: 20, outputDim: 4, inputShape: [5], trainSize: 1000})]});
 * console.log(model.outputs[0]?.shape);
 * ```
 */
export function bayesEmbedding(config: StockArgs<'embedding'> & VariationalOptions): VariationalLayer {
  return create('Embedding', config);
}
