import * as tf from '@tensorflow/tfjs-core';
import type {PredictiveOptions} from '../../src/likelihoods/index.ts';
import type {Predictive} from '../../src/predictive/index.ts';
import {gaussianCost} from './bounds.ts';
import {GaussianNoise} from './gaussian-noise.ts';
import type {GaussianWeights} from './gaussian-weights.ts';
import {type Moments, VbllHead} from './head.ts';
import {type NoisyGaussian, noisyGaussian} from './noisy-gaussian.ts';
import {resolveOptions, type VbllOptions} from './options.ts';

const LOG_TWO_PI = Math.log(2 * Math.PI);

/** The layer that {@link vbllRegression} makes. */
export class VbllRegression extends VbllHead {
  /** Name under which the layer is saved. */
  static readonly className = 'BayesVbllRegression';
  override readonly likelihood: NoisyGaussian;
  #noise: GaussianNoise | undefined;

  constructor(options: VbllOptions) {
    const supported = ['dense', 'diagonal', 'low-rank', 'dense-precision'] as const;
    const defaults = {covariance: 'dense', supported, wishartScale: 0.01} as const;
    super(options, resolveOptions(options, defaults, 'vbllRegression'));
    this.likelihood = noisyGaussian(() => this.noise.logScale);
  }

  /** The noise, one standard deviation for each output. */
  get noise(): GaussianNoise {
    this.q; // throws where the layer has no weights yet
    return this.#noise as GaussianNoise;
  }

  override negativeBound(features: tf.Tensor2D, outputs: tf.Tensor2D, y: tf.Tensor2D): tf.Tensor1D {
    return tf.tidy(() => {
      const {logScale} = this.noise;
      const variances = this.q.variances(features);
      if (this.options.objective === 'corrected') return gaussianCost(outputs, variances, y, logScale);
      const precision = tf.exp(tf.mul(logScale, -2));
      const errors = tf.square(tf.sub(y, outputs));
      const log = tf.add(tf.mul(logScale, 2), LOG_TWO_PI);
      const summed = tf.mul(variances, tf.sum(precision));
      return tf.mul(tf.mean<tf.Tensor1D>(tf.add(tf.add(tf.mul(errors, precision), log), summed), 1), 0.5);
    });
  }

  override regularizer(): tf.Scalar {
    const constant = this.options.objective === 'corrected';
    return tf.tidy(() => tf.sub(this.q.divergence({constant}), this.noise.logPrior()));
  }

  override moments(features: tf.Tensor2D): Moments {
    return {mean: this.q.means(features), variance: this.q.variances(features)};
  }

  override predictive(moments: Moments, options: PredictiveOptions): Predictive {
    return this.likelihood.predictive({mean: moments.mean as tf.Tensor, ...moments}, options);
  }

  /** @internal */
  protected override create(inputs: number): GaussianWeights {
    const {units: size, dof, wishartScale, noiseScale} = this.options;
    this.#noise = new GaussianNoise(this.weightMaker, {size, dof, wishartScale, noiseScale});
    return this.weightsOf(inputs, {priorPrecision: inputs, spread: Math.sqrt(1 / inputs)});
  }
}
tf.serialization.registerClass(VbllRegression);

/**
 * A last layer for numbers with a closed-form posterior: Bayesian linear regression on the features, trained with the net
 * (Harrison, Willes and Snoek 2024).
 *
 *     y_k = w_k^T phi + noise_k,  q(w_k) = N(mean_k, S_k),  prior w_k ~ N(0, I / priorPrecision),  noise_k ~ N(0, s_k^2)
 *     loss = -sum_k (log N(y_k; mean_k^T phi, s_k^2) - phi^T S_k phi / (2 s_k^2)) + (KL(q || prior) - log p(s)) / trainSize
 *
 * Output: the means [N, ..., units], targets of the same shape. Standardize targets, or set `priorPrecision` and
 * `wishartScale` in their units. With `noiseScale` fixed and `covariance: 'dense'`, training to convergence gives the exact
 * posterior of the last layer. `vbllPosterior(model)` predicts, in closed form.
 *
 * Throws `ConfigError` for options that it cannot use.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {vbllPosterior, vbllRegression} from 'tfjs-bayes/layers';
 *
 * await initBackend({prefer: 'cpu'});
 * const x = tf.reshape(tf.linspace(-1, 1, 32), [32, 1]);
 * const y = tf.sin(tf.mul(x, 3));
 * const head = vbllRegression({units: 1, trainSize: 32});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 16, activation: 'elu', inputShape: [1]}), head]});
 * model.compile({optimizer: 'adam', loss: head.loss});
 * await model.fit(x, y, {epochs: 3, verbose: 0});
 *
 * const predictive = await vbllPosterior(model).predict(x);
 * console.log(predictive.kind); // 'gaussian'
 * predictive.dispose();
 * ```
 */
export function vbllRegression(options: VbllOptions): VbllRegression {
  return new VbllRegression(options);
}
