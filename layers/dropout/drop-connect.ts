import * as tf from '@tensorflow/tfjs-core';
import {withWeights} from '../../src/models/index.ts';
import type {LinearWrapper} from '../../src/models/linear-wrapper.ts';
import type {NoiseSource} from '../../src/posterior/noise-source.ts';
import {createRng} from '../../src/random/index.ts';
import {KERNEL_LAYERS, LayerWrapper, type WrapperOptions} from '../layer-wrapper.ts';
import {type CallInputs, type NoisyLayer, onlyInput} from '../noise/noisy-layer.ts';
import {trainingNoise} from '../noise/training-noise.ts';
import {checkRate} from './rate.ts';
import {dropped} from './stock-dropout.ts';

/** Options of {@link dropConnect}. */
export interface DropConnectOptions extends WrapperOptions {
  /** Probability that a weight is dropped. */
  rate: number;
  /** Seed of the masks in training. Default: others each time. */
  seed?: number;
}

/** The layer that {@link dropConnect} makes. */
export class DropConnect extends LayerWrapper implements NoisyLayer {
  /** Name under which the layer is saved. */
  static readonly className = 'BayesDropConnect';
  /** @internal */
  readonly noise = 'dropout';
  /** What makes it a `LinearWrapper`. @internal */
  readonly wraps = 'linear' satisfies LinearWrapper['wraps'];
  /** Probability that a weight is dropped. */
  readonly rate: number;
  readonly #seed: number | undefined;
  readonly #source: NoiseSource;

  constructor(options: DropConnectOptions) {
    super(options, KERNEL_LAYERS, 'dropConnect');
    const {rate, seed} = options;
    this.rate = checkRate(rate, 'dropConnect');
    this.#seed = seed;
    this.#source = trainingNoise(createRng(seed ?? Math.random()));
  }

  override call(inputs: CallInputs, kwargs: Record<string, unknown> = {}): CallInputs {
    if (kwargs.training !== true) return this.callInside(inputs, kwargs);
    return tf.tidy(() => this.noisyCall(onlyInput(inputs), this.#source));
  }

  /** @internal */
  noisyCall(input: tf.Tensor, source: NoiseSource): tf.Tensor {
    const {kernel} = this;
    const uniforms = source.sharedUniforms(kernel.shape as number[]);
    const weights = dropped(kernel.read(), this.rate, uniforms);
    return onlyInput(withWeights([kernel], [weights], () => this.callInside(input, {})));
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {...super.getConfig(), rate: this.rate, ...(this.#seed !== undefined && {seed: this.#seed})};
  }
}
tf.serialization.registerClass(DropConnect);

/**
 * A layer that drops weights instead of units (Wan et al. 2013).
 *
 *     training: output = layer with the kernel mask kernel / (1 - rate),  each entry of mask 0 with probability rate, else 1
 *
 * One mask for a whole batch: a mask for each example, as in the paper, would need a kernel for each. Takes Dense, Conv1D, Conv2D
 * and Conv3D layers; the bias is never dropped. `model.predict` uses the whole kernel; `mcDropout(model)` draws masks, each of them
 * one function of all inputs. Throws `ConfigError` for other layers, and a rate that is not between 0 and 1.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {dropConnect, mcDropout} from 'tfjs-bayes/layers';
 *
 * await initBackend({prefer: 'cpu'});
 * const layer = tfl.layers.dense({units: 3, activation: 'softmax', inputShape: [4]});
 * const model = tfl.sequential({layers: [dropConnect({layer, rate: 0.2, seed: 1})]});
 * const predictive = await mcDropout(model).predict(tf.ones([2, 4]));
 * console.log(predictive.kind); // 'categorical'
 * predictive.dispose();
 * ```
 */
export function dropConnect(options: DropConnectOptions): DropConnect {
  return new DropConnect(options);
}
