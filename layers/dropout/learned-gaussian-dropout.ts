import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type {NoiseSource} from '../../src/posterior/noise-source.ts';
import {createRng} from '../../src/random/index.ts';
import {fixedFeatures} from '../fixed-features.ts';
import {type CallInputs, type NoisyLayer, onlyInput} from '../noise/noisy-layer.ts';
import {trainingNoise} from '../noise/training-noise.ts';
import {lossDue} from '../own-loss.ts';
import {Passes} from '../variational/passes.ts';
import {checkPositive, checkRate} from './rate.ts';

/** Options of {@link learnedGaussianDropout}. */
export interface LearnedGaussianDropoutOptions extends NonNullable<ConstructorParameters<typeof tfl.layers.Layer>[0]> {
  /** Number of training examples: what the penalty is divided by. */
  trainSize: number;
  /** Rate to start from, in the meaning of tf.layers.gaussianDropout: variance rate / (1 - rate). Default 0.1. */
  rate?: number;
  /** Whether each unit of the last axis learns a variance of its own. Default false. */
  perUnit?: boolean;
  /** Seed of the noise in training. Default: another each time. */
  seed?: number;
}

/** The layer that {@link learnedGaussianDropout} makes. */
export class LearnedGaussianDropout extends tfl.layers.Layer implements NoisyLayer {
  /** Name under which the layer is saved. */
  static readonly className = 'BayesLearnedGaussianDropout';
  /** @internal */
  readonly noise = 'dropout';
  readonly #options: LearnedGaussianDropoutOptions;
  readonly #source: NoiseSource;
  readonly #passes = new Passes();
  #logVariance: tfl.LayerVariable | undefined;
  #units = 0;

  constructor(options: LearnedGaussianDropoutOptions) {
    super(options);
    const {trainSize, rate = 0.1, seed = Math.random()} = options;
    this.#options = options;
    this.#source = trainingNoise(createRng(seed));
    this.supportsMasking = true;
    checkRate(rate, 'learnedGaussianDropout');
    checkPositive(trainSize, 'trainSize', 'learnedGaussianDropout');
    this.addLoss(() => lossDue(this, this.#passes, () => tf.div(this.penalty(), trainSize)));
  }

  /** The learned variances of the noise, [D] or [1]; the caller disposes them. */
  variance(): tf.Tensor {
    return tf.exp(this.#readLogVariance());
  }

  /** The penalty summed over units: the layer's own loss before the division by `trainSize`. */
  penalty(): tf.Scalar {
    return tf.tidy(() => {
      const log = this.#readLogVariance();
      const each = tf.add(
        tf.mul(tf.sigmoid(tf.neg(tf.add(tf.mul(log, 1.48695), 1.8732))), 0.63576),
        tf.mul(tf.softplus(tf.neg(log)), 0.5),
      );
      return tf.sum(tf.mul(each, this.#units / log.size));
    });
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    const units = fixedFeatures(inputShape, 'learnedGaussianDropout');
    this.#units = units;
    const {rate = 0.1, perUnit = false} = this.#options;
    const initializer = tfl.initializers.constant({value: Math.log(rate / (1 - rate))});
    this.#logVariance = this.addWeight('log_variance', [perUnit ? units : 1], 'float32', initializer);
    super.build(inputShape);
  }

  override call(inputs: CallInputs, kwargs: Record<string, unknown> = {}): CallInputs {
    if (kwargs.training !== true) return inputs;
    this.#passes.noteCall(kwargs);
    return tf.tidy(() => this.noisyCall(onlyInput(inputs), this.#source));
  }

  /** @internal */
  noisyCall(input: tf.Tensor, source: NoiseSource): tf.Tensor {
    const deviation = tf.exp(tf.mul(this.#readLogVariance(), 0.5));
    return tf.mul(input, tf.add(tf.mul(source.normals(input.shape), deviation), 1));
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape | tfl.Shape[] {
    return inputShape;
  }

  override getConfig(): tf.serialization.ConfigDict {
    const {trainSize, rate = 0.1, perUnit = false, seed} = this.#options;
    return {...super.getConfig(), trainSize, rate, perUnit, ...(seed !== undefined && {seed})};
  }

  #readLogVariance(): tf.Tensor {
    return (this.#logVariance as tfl.LayerVariable).read();
  }
}
tf.serialization.registerClass(LearnedGaussianDropout);

/**
 * Multiplies its input by Gaussian noise whose variance is learned (after Kingma, Salimans and Welling 2015).
 *
 *     training: output = input (1 + sqrt(variance) eps),  eps ~ N(0, 1)
 *     loss += 1 / trainSize sum_units (0.63576 sigmoid(-1.87320 - 1.48695 log variance) + 1/2 log(1 + 1 / variance))
 *
 * The penalty is the approximation of Molchanov, Ashukha and Vetrov (2017) to a divergence from a log-uniform prior, 0 for
 * infinite noise. That prior is improper and the "posterior" under it does not exist (Hron, Matthews and Ghahramani 2018): this is a
 * regularizer that finds the strength of its noise, and the sum of losses is no bound on the evidence. For one, use
 * `concreteDropout`.
 *
 * `model.predict` adds no noise; `mcDropout(model)` does. Throws `ConfigError` for options that it cannot use.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {learnedGaussianDropout} from 'tfjs-bayes/layers';
 *
 * await initBackend({prefer: 'cpu'});
 * const dropout = learnedGaussianDropout({trainSize: 100, perUnit: true, inputShape: [3]});
 * const model = tfl.sequential({layers: [dropout, tfl.layers.dense({units: 1})]});
 * console.log(model.predict(tf.ones([2, 3])) instanceof tf.Tensor, await dropout.variance().data()); // true, 1/9 each
 * ```
 */
export function learnedGaussianDropout(options: LearnedGaussianDropoutOptions): LearnedGaussianDropout {
  return new LearnedGaussianDropout(options);
}
