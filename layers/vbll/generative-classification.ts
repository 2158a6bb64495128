import * as tf from '@tensorflow/tfjs-core';
import {categorical, type PredictiveOptions} from '../../src/likelihoods/index.ts';
import {CategoricalPredictive, type Predictive} from '../../src/predictive/index.ts';
import {tidyObject} from '../../src/predictive/tidy.ts';
import {createRng} from '../../src/random/index.ts';
import {GaussianNoise} from './gaussian-noise.ts';
import type {GaussianWeights} from './gaussian-weights.ts';
import {type Moments, VbllHead} from './head.ts';
import {resolveOptions, type VbllOptions} from './options.ts';

const LOG_TWO_PI = Math.log(2 * Math.PI);

/** The layer that {@link vbllGenerativeClassification} makes. */
export class VbllGenerativeClassification extends VbllHead {
  /** Name under which the layer is saved. */
  static readonly className = 'BayesVbllGenerativeClassification';
  override readonly likelihood = categorical();
  #noise: GaussianNoise | undefined;

  constructor(options: VbllOptions) {
    const defaults = {covariance: 'diagonal', supported: ['diagonal'], wishartScale: 1} as const;
    super(options, resolveOptions(options, defaults, 'vbllGenerativeClassification'));
  }

  /** The noise of the features around their class mean, one standard deviation for each feature. */
  get noise(): GaussianNoise {
    this.q; // throws where the layer has no weights yet
    return this.#noise as GaussianNoise;
  }

  /** log N(phi; mean_k, S_k + s^2): the class's density of the features, [N, K]. */
  override outputs(features: tf.Tensor2D): tf.Tensor2D {
    return tf.tidy(() => {
      const precision = tf.div<tf.Tensor2D>(1, tf.add(this.q.diagonal(), this.#noiseColumn()));
      return logDensities(features, this.q.mean, precision);
    });
  }

  override negativeBound(features: tf.Tensor2D, outputs: tf.Tensor2D, y: tf.Tensor2D): tf.Tensor1D {
    return tf.tidy(() => {
      const gap = tf.sub(outputs, this.#expectedLogDensity(features));
      return tf.sum(tf.mul(y, tf.sub(gap, tf.logSoftmax(outputs))), 1);
    });
  }

  override regularizer(): tf.Scalar {
    const constant = this.options.objective === 'corrected';
    return tf.tidy(() => tf.sub(this.q.divergence({constant}), this.noise.logPrior()));
  }

  override moments(features: tf.Tensor2D): Moments {
    return tf.tidy(() => ({
      logits: this.outputs(features),
      mean: this.#expectedLogDensity(features),
      variance: this.#logDensityVariance(features),
    }));
  }

  override predictive(moments: Moments, options: PredictiveOptions): Predictive {
    const {samples = 100, rng = createRng(0), offset = 0} = options;
    return tidyObject(
      () =>
        new CategoricalPredictive({
          logProbs: tf.logSoftmax(moments.logits as tf.Tensor),
          latent: {mean: tf.clone(moments.mean as tf.Tensor), variance: tf.clone(moments.variance as tf.Tensor)},
          draws: {samples, rng, offset},
        }),
    );
  }

  /** log N(phi; draw_k, s^2), [N, K]. */
  override outputsOf(draw: tf.Tensor2D, features: tf.Tensor2D): tf.Tensor2D {
    return tf.tidy(() => logDensities(features, draw, this.#noisePrecision()));
  }

  /** log p(features) under the mixture of the classes, all equally probable, [N]: low where the training data were not. */
  logFeatureDensity(features: tf.Tensor2D): tf.Tensor1D {
    return tf.tidy(() => tf.sub(tf.logSumExp(this.outputs(features), 1), Math.log(this.units)) as tf.Tensor1D);
  }

  /** @internal */
  protected override create(inputs: number): GaussianWeights {
    const {dof, wishartScale, noiseScale} = this.options;
    this.#noise = new GaussianNoise(this.weightMaker, {size: inputs, dof, wishartScale, noiseScale});
    return this.weightsOf(inputs, {priorPrecision: 1, spread: 0.1});
  }

  #noiseColumn(): tf.Tensor2D {
    return tf.reshape(this.noise.variance(), [-1, 1]);
  }

  /** 1 / s^2 for each class, [D, K]. */
  #noisePrecision(): tf.Tensor2D {
    return tf.div(tf.onesLike(this.q.mean), this.#noiseColumn());
  }

  /** E_q log N(phi; w_k, s^2), [N, K]. */
  #expectedLogDensity(features: tf.Tensor2D): tf.Tensor2D {
    const precision = this.#noisePrecision();
    const spread = tf.sum(tf.mul(this.q.diagonal(), precision), 0);
    return tf.sub(logDensities(features, this.q.mean, precision), tf.mul(spread, 0.5));
  }

  /** Var_q log N(phi; w_k, s^2) = sum_d (S_kd (phi_d - mean_kd)^2 + S_kd^2 / 2) / s_d^4, [N, K]. */
  #logDensityVariance(features: tf.Tensor2D): tf.Tensor2D {
    const ratios = tf.mul<tf.Tensor2D>(this.q.diagonal(), tf.square(this.#noisePrecision()));
    const constant = tf.mul(tf.sum(tf.square(tf.mul(this.q.diagonal(), this.#noisePrecision())), 0), 0.5);
    return tf.add(squaredDistances(features, this.q.mean, ratios), constant);
  }
}
tf.serialization.registerClass(VbllGenerativeClassification);

/** log N(phi; mean_k, diag(1 / precision_k)), [N, K]. */
function logDensities(features: tf.Tensor2D, mean: tf.Tensor2D, precision: tf.Tensor2D): tf.Tensor2D {
  const constant = tf.sub(tf.sum(tf.log(precision), 0), mean.shape[0] * LOG_TWO_PI);
  return tf.mul(tf.sub(constant, squaredDistances(features, mean, precision)), 0.5);
}

/** sum_d weights_dk (phi_d - mean_dk)^2, [N, K], by products of matrices around the middle of the means. */
function squaredDistances(features: tf.Tensor2D, mean: tf.Tensor2D, weights: tf.Tensor2D): tf.Tensor2D {
  const middle = tf.mean(mean, 1, true);
  const x = tf.sub<tf.Tensor2D>(features, tf.reshape(middle, [1, -1]));
  const m = tf.sub<tf.Tensor2D>(mean, middle);
  const weighted = tf.mul<tf.Tensor2D>(m, weights);
  const squares = tf.add(tf.matMul(tf.square(x), weights), tf.sum(tf.mul(m, weighted), 0));
  return tf.sub(squares, tf.mul(tf.matMul(x, weighted), 2));
}

/**
 * A last layer that models the features of each class as a Gaussian around an uncertain class mean
 * (Harrison, Willes and Snoek 2024): classes by Bayes' rule, and a density of the features that tells unknown inputs.
 *
 *     phi | y = k ~ N(w_k, diag(s^2)),  q(w_k) = N(mean_k, S_k),  logit_k = log N(phi; mean_k, S_k + diag(s^2))
 *     loss = -(log N(phi; mean_y, s^2) - 1/2 sum_d S_yd / s_d^2 - logsumexp_k logit_k) + (KL(q || prior) - log p(s)) / trainSize
 *
 * with equally probable classes and diagonal S_k. Output: `logit_k` [N, ..., units]; targets are one-hot rows, rows of zeros
 * are ignored. `priorPrecision` is that of the class means, default 1.
 *
 * Throws `ConfigError` for options that it cannot use, among them every covariance but `'diagonal'`.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {vbllGenerativeClassification, vbllPosterior} from 'tfjs-bayes/layers';
 *
 * await initBackend({prefer: 'cpu'});
 * const x = tf.randomNormal([30, 2], 0, 1, 'float32', 1);
 * const y = tf.cast(tf.oneHot(tf.cast(tf.greater(tf.sum(x, 1), 0), 'int32'), 2), 'float32');
 * const head = vbllGenerativeClassification({units: 2, trainSize: 30});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 8, activation: 'tanh', inputShape: [2]}), head]});
 * model.compile({optimizer: 'adam', loss: head.loss});
 * await model.fit(x, y, {epochs: 2, verbose: 0});
 *
 * const posterior = vbllPosterior(model);
 * const scores = await posterior.oodScore(x, {score: 'feature-density'});
 * console.log(scores.length); // 30
 * ```
 */
export function vbllGenerativeClassification(options: VbllOptions): VbllGenerativeClassification {
  return new VbllGenerativeClassification(options);
}
