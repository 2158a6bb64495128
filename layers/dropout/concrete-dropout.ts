import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type {LinearWrapper} from '../../src/models/linear-wrapper.ts';
import type {NoiseSource} from '../../src/posterior/noise-source.ts';
import {createRng} from '../../src/random/index.ts';
import {KERNEL_LAYERS, LayerWrapper, type WrapperOptions} from '../layer-wrapper.ts';
import {type CallInputs, type NoisyLayer, onlyInput} from '../noise/noisy-layer.ts';
import {trainingNoise} from '../noise/training-noise.ts';
import {lossDue} from '../own-loss.ts';
import {Passes} from '../variational/passes.ts';
import {checkPositive, checkRate} from './rate.ts';

/** Options of {@link concreteDropout}. */
export interface ConcreteDropoutOptions extends WrapperOptions {
  /** Number of training examples: what the divergence from the prior is divided by. */
  trainSize: number;
  /** Rate to start from. Default 0.1. */
  rate?: number;
  /** Precision of the Gaussian prior of each weight of the kernel, the square of the paper's length scale. Default 1. */
  priorPrecision?: number;
  /** How far masks are from 0 and 1 in training: smaller is nearer, with noisier gradients. Default 0.1; convolutions 2/3. */
  temperature?: number;
  /** Seed of the masks in training. Default: others each time. */
  seed?: number;
}

/** The layer that {@link concreteDropout} makes. */
export class ConcreteDropout extends LayerWrapper implements NoisyLayer {
  /** Name under which the layer is saved. */
  static readonly className = 'BayesConcreteDropout';
  /** @internal */
  readonly noise = 'dropout';
  /** What makes it a `LinearWrapper`. @internal */
  readonly wraps = 'linear' satisfies LinearWrapper['wraps'];
  readonly #options: ConcreteDropoutOptions;
  readonly #temperature: number;
  readonly #source: NoiseSource;
  readonly #passes = new Passes();
  #logit: tfl.LayerVariable | undefined;

  constructor(options: ConcreteDropoutOptions) {
    super(options, KERNEL_LAYERS, 'concreteDropout');
    const {layer, trainSize, rate = 0.1, priorPrecision = 1, seed = Math.random()} = options;
    this.#options = options;
    this.#temperature = options.temperature ?? (layer.getClassName() === 'Dense' ? 0.1 : 2 / 3);
    this.#source = trainingNoise(createRng(seed));
    checkRate(rate, 'concreteDropout');
    checkPositive(trainSize, 'trainSize', 'concreteDropout');
    checkPositive(priorPrecision, 'priorPrecision', 'concreteDropout');
    checkPositive(this.#temperature, 'temperature', 'concreteDropout');
    this.addLoss(() => lossDue(this, this.#passes, () => tf.div(this.divergence(), trainSize)));
  }

  /** The learned rate, between 0 and 1; the caller disposes it. */
  rate(): tf.Scalar {
    return tf.tidy(() => tf.squeeze(tf.sigmoid(this.#rateLogit)));
  }

  /** The divergence from the prior, in nats and up to a constant: the layer's own loss before the division by `trainSize`. */
  divergence(): tf.Scalar {
    return tf.tidy(() => {
      const logit = this.#rateLogit;
      const [rate, kept] = [tf.sigmoid(logit), tf.sigmoid(tf.neg(logit))];
      const {priorPrecision = 1} = this.#options;
      const weights = tf.div(tf.mul(tf.sum(tf.square(this.kernel.read())), priorPrecision / 2), kept);
      const negentropy = tf.neg(tf.add(tf.mul(rate, tf.softplus(tf.neg(logit))), tf.mul(kept, tf.softplus(logit))));
      const units = this.kernel.shape.at(-2) as number;
      return tf.squeeze(tf.add(weights, tf.mul(negentropy, units)));
    });
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    super.build(inputShape);
    const {rate = 0.1} = this.#options;
    const initializer = tfl.initializers.constant({value: Math.log(rate / (1 - rate))});
    this.#logit = this.addWeight('rate_logit', [1], 'float32', initializer);
  }

  override call(inputs: CallInputs, kwargs: Record<string, unknown> = {}): CallInputs {
    if (kwargs.training !== true) return this.callInside(inputs, kwargs);
    this.#passes.noteCall(kwargs);
    return tf.tidy(() => {
      const input = onlyInput(inputs);
      const logit = this.#rateLogit;
      const u = tf.clipByValue(this.#source.uniforms(this.#maskShape(input)), 2 ** -24, 1 - 2 ** -24);
      const noise = tf.log(tf.div(u, tf.sub(1, u)));
      // Kept where the uniform number is above the rate; a sigmoid in place of the step.
      const kept = tf.sigmoid(tf.div(tf.sub(noise, logit), this.#temperature));
      return this.callInside(tf.mul(input, tf.div(kept, tf.sigmoid(tf.neg(logit)))), kwargs);
    });
  }

  /** @internal */
  noisyCall(input: tf.Tensor, source: NoiseSource): tf.Tensor {
    const rate = this.rate();
    const kept = tf.cast(tf.greaterEqual(source.uniforms(this.#maskShape(input)), rate), 'float32');
    return onlyInput(this.callInside(tf.mul(input, tf.div(kept, tf.sub(1, rate))), {}));
  }

  override getConfig(): tf.serialization.ConfigDict {
    const {trainSize, rate = 0.1, priorPrecision = 1, seed} = this.#options;
    const given = {trainSize, rate, priorPrecision, temperature: this.#temperature};
    return {...super.getConfig(), ...given, ...(seed !== undefined && {seed})};
  }

  /** Dense: a mask for each value. Convolutions: one for each channel, since neighbours say the same. */
  #maskShape({shape}: tf.Tensor): number[] {
    if (this.layer.getClassName() === 'Dense') return shape;
    return shape.map((size, axis) => (axis === 0 || axis === shape.length - 1 ? size : 1));
  }

  get #rateLogit(): tf.Tensor {
    return (this.#logit as tfl.LayerVariable).read();
  }
}
tf.serialization.registerClass(ConcreteDropout);

/**
 * A layer with dropout on its input whose rate is learned by gradient descent (Gal, Hron and Kendall 2017).
 *
 *     training: kept = sigmoid((log u / (1 - u) - log rate / (1 - rate)) / temperature),  u ~ Uniform(0, 1)
 *     output = layer(input kept / (1 - rate))
 *     loss  += (priorPrecision |kernel|^2 / (2 (1 - rate)) + D (rate log rate + (1 - rate) log(1 - rate))) / trainSize
 *
 * with D inputs: the divergence from a Gaussian prior in nats, up to a constant, so that with a loss in nats per example (the
 * categorical cross-entropy, or `gaussian({noiseScale}).loss`) `model.fit` trains a lower bound on the evidence. The bias has no
 * prior. Takes Dense and Conv1D, Conv2D, Conv3D layers with channels last; convolutions drop whole channels. A layer that a
 * model calls twice pays once, one that is frozen nothing.
 *
 * `model.predict` leaves dropout off; `mcDropout(model)` predicts with masks of zeros and ones, the limit of temperature 0. Throws
 * `ConfigError` for other layers and for options that it cannot use.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {concreteDropout, mcDropout} from 'tfjs-bayes/layers';
 *
 * await initBackend({prefer: 'cpu'});
 * const layer = tfl.layers.dense({units: 2, activation: 'softmax'});
 * const last = concreteDropout({layer, trainSize: 30});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 8, activation: 'relu', inputShape: [2]}), last]});
 * model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy'});
 * await model.fit(tf.ones([30, 2]), tf.tile(tf.tensor2d([[1, 0]]), [30, 1]), {epochs: 2, verbose: 0});
 * console.log((await last.rate().data())[0]); // near 0.1 after so few steps
 * const predictive = await mcDropout(model).predict(tf.ones([4, 2]));
 * predictive.dispose();
 * ```
 */
export function concreteDropout(options: ConcreteDropoutOptions): ConcreteDropout {
  return new ConcreteDropout(options);
}
