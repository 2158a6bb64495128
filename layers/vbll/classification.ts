import * as tf from '@tensorflow/tfjs-core';
import {categorical, type PredictiveOptions} from '../../src/likelihoods/index.ts';
import type {Predictive} from '../../src/predictive/index.ts';
import {jensenBound, tiltedBound} from './bounds.ts';
import {GaussianNoise} from './gaussian-noise.ts';
import type {GaussianWeights} from './gaussian-weights.ts';
import {type Moments, VbllHead} from './head.ts';
import {resolveOptions, type VbllClassificationOptions} from './options.ts';
import {shrinkOf} from './scaled-classification.ts';

/** The layer that {@link vbllClassification} makes. */
export class VbllClassification extends VbllHead {
  /** Name under which the layer is saved. */
  static readonly className = 'BayesVbllClassification';
  override readonly likelihood = categorical();
  #noise: GaussianNoise | undefined;

  constructor(options: VbllClassificationOptions) {
    const supported = ['diagonal', 'dense', 'low-rank', 'dense-precision'] as const;
    const bounds = ['jensen', 'reduced-knowles-minka'] as const;
    const defaults = {covariance: 'diagonal', supported, wishartScale: 1, bounds} as const;
    super(options, resolveOptions(options, defaults, 'vbllClassification'));
  }

  /** The noise of the logits, one standard deviation for each class. */
  get noise(): GaussianNoise {
    this.q; // throws where the layer has no weights yet
    return this.#noise as GaussianNoise;
  }

  override negativeBound(features: tf.Tensor2D, outputs: tf.Tensor2D, y: tf.Tensor2D): tf.Tensor1D {
    return tf.tidy(() => {
      const variance = tf.add(this.q.variances(features), this.noise.variance()) as tf.Tensor2D;
      if (this.options.bound === 'jensen') return tf.neg(jensenBound(outputs, variance, y));
      const one = tf.scalar(1);
      const logits = {mean: outputs, spread: variance};
      return tf.neg(tiltedBound(logits, y, {tilt: this.tilt, variance: one, precision: one}));
    });
  }

  override regularizer(): tf.Scalar {
    const constant = this.options.objective === 'corrected';
    return tf.tidy(() => tf.sub(this.q.divergence({constant}), this.noise.logPrior()));
  }

  override moments(features: tf.Tensor2D): Moments {
    return tf.tidy(() => {
      const shrink = this.#shrink();
      return {
        mean: tf.mul(this.q.means(features), shrink),
        variance: tf.mul(this.q.variances(features), tf.square(shrink)),
      };
    });
  }

  override predictive(moments: Moments, options: PredictiveOptions): Predictive {
    return this.likelihood.predictive({mean: moments.mean as tf.Tensor, ...moments}, options);
  }

  override outputsOf(draw: tf.Tensor2D, features: tf.Tensor2D): tf.Tensor2D {
    return tf.tidy(() => tf.mul(tf.matMul(features, draw), this.#shrink()));
  }

  /** @internal */
  protected override create(inputs: number): GaussianWeights {
    const {units: size, dof, wishartScale, noiseScale, bound} = this.options;
    this.#noise = new GaussianNoise(this.weightMaker, {size, dof, wishartScale, noiseScale});
    if (bound === 'reduced-knowles-minka') this.createTilt();
    return this.weightsOf(inputs, {priorPrecision: inputs / 2, spread: Math.sqrt(1 / inputs)});
  }

  /** With it, the probit link of the remaining variance gives that of the whole; what is left to average is epistemic. */
  #shrink(): tf.Tensor {
    return shrinkOf(this.noise.variance());
  }
}
tf.serialization.registerClass(VbllClassification);

/**
 * A last layer for classes with a posterior in closed form (Harrison, Willes and Snoek 2024).
 *
 *     logit_k ~ N(mean_k^T phi, c_k),  c_k = phi^T S_k phi + s_k^2,  q(w_k) = N(mean_k, S_k),  prior w_k ~ N(0, I / priorPrecision)
 *     loss = -(m_y - logsumexp_k(m_k + c_k / 2)) + (KL(q || prior) - log p(s)) / trainSize,  m = mean^T phi
 *
 * a lower bound by Jensen's inequality, without sampling. Output: the logits' means [N, ..., units]; targets are one-hot
 * rows, and rows of zeros are ignored. `metrics: ['accuracy']` works as with a Dense layer. `vbllPosterior(model)`
 * predicts; the noise s_k of the logits counts as aleatoric there.
 *
 * Throws `ConfigError` for options that it cannot use.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {vbllClassification, vbllPosterior} from 'tfjs-bayes/layers';
 *
 * await initBackend({prefer: 'cpu'});
 * const x = tf.randomNormal([30, 2], 0, 1, 'float32', 1);
 * const y = tf.cast(tf.oneHot(tf.cast(tf.greater(tf.sum(x, 1), 0), 'int32'), 2), 'float32');
 * const head = vbllClassification({units: 2, trainSize: 30});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 8, activation: 'relu', inputShape: [2]}), head]});
 * model.compile({optimizer: 'adam', loss: head.loss, metrics: ['accuracy']});
 * await model.fit(x, y, {epochs: 2, verbose: 0});
 *
 * const predictive = await vbllPosterior(model).predict(x);
 * console.log(predictive.kind); // 'categorical'
 * predictive.dispose();
 * ```
 */
export function vbllClassification(options: VbllClassificationOptions): VbllClassification {
  return new VbllClassification(options);
}
