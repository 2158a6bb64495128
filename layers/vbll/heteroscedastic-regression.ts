import * as tf from '@tensorflow/tfjs-core';
import {
  type HeteroscedasticGaussianLikelihood,
  heteroscedasticGaussian,
  type PredictiveOptions,
} from '../../src/likelihoods/index.ts';
import {rawOfVariance} from '../../src/likelihoods/mean-variance.ts';
import {gaussHermite} from '../../src/predictive/gauss-hermite.ts';
import {MixturePredictive} from '../../src/predictive/index.ts';
import {tidyObject} from '../../src/predictive/tidy.ts';
import type {GaussianWeights} from './gaussian-weights.ts';
import type {Moments} from './head.ts';
import {LogNormalNoise} from './log-normal-noise.ts';
import {resolveOptions, type VbllHeteroscedasticOptions} from './options.ts';
import {ScaledHead} from './scaled-head.ts';

const LOG_TWO_PI = Math.log(2 * Math.PI);
/** Members of the mixture over the noise: exact for polynomials of degree 17 in log s. */
const MEMBERS = 9;

/** The layer that {@link vbllHeteroscedasticRegression} makes. */
export class VbllHeteroscedasticRegression extends ScaledHead<LogNormalNoise> {
  /** Name under which the layer is saved. */
  static readonly className = 'BayesVbllHeteroscedasticRegression';
  override readonly likelihood: HeteroscedasticGaussianLikelihood = heteroscedasticGaussian();

  constructor(options: VbllHeteroscedasticOptions) {
    const supported = ['dense', 'diagonal', 'low-rank', 'dense-precision'] as const;
    const defaults = {covariance: 'dense', supported, wishartScale: 1, fixesNoise: false} as const;
    super(options, resolveOptions(options, defaults, 'vbllHeteroscedasticRegression'));
  }

  /** Means and raw variances. */
  override get outputSize(): number {
    return 2 * this.units;
  }

  override negativeBound(features: tf.Tensor2D, outputs: tf.Tensor2D, y: tf.Tensor2D): tf.Tensor1D {
    return tf.tidy(() => {
      const precision = this.noise.precision(features);
      const errors = tf.mul(tf.square(tf.sub(y, outputs)), precision);
      const constant = this.options.objective === 'corrected' ? LOG_TWO_PI : 0;
      const log = tf.add(this.noise.logVariance(features), constant);
      const each = tf.sum<tf.Tensor1D>(tf.add(tf.add(errors, this.q.variances(features)), log), 1);
      return tf.add(tf.mul(each, 0.5), this.scaledPenalty(precision));
    });
  }

  override moments(features: tf.Tensor2D): Moments {
    return {
      mean: this.q.means(features),
      variance: this.q.variances(features),
      logNoise: this.noise.logVariance(features),
      logNoiseVariance: this.noise.logSpread(features),
    };
  }

  override predictive(moments: Moments, _options: PredictiveOptions): MixturePredictive {
    return tidyObject(() => {
      const {points, weights} = gaussHermite(MEMBERS);
      const deviation = tf.sqrt(moments.logNoiseVariance as tf.Tensor);
      const noises = tf.stack(points.map((z) => tf.exp(tf.add(moments.logNoise as tf.Tensor, tf.mul(deviation, z)))));
      const doubts = tf.mul(noises, moments.variance as tf.Tensor);
      return new MixturePredictive({
        means: tf.tile(tf.expandDims(moments.mean as tf.Tensor, 0), [MEMBERS, ...deviation.shape.map(() => 1)]),
        variances: tf.add(noises, doubts),
        weights: tf.tensor1d([...weights]),
        memberEpistemicVariances: doubts,
      });
    });
  }

  /** Means, then raw variances as `heteroscedasticGaussian` reads them, [N, 2K]. */
  override outputsOf(draw: tf.Tensor2D, features: tf.Tensor2D): tf.Tensor2D {
    return tf.tidy(() => {
      const {f, variance} = this.drawn(draw, features);
      return tf.concat([f, rawOfVariance(variance)], 1) as tf.Tensor2D;
    });
  }

  /** @internal */
  protected override createWeights(inputs: number): GaussianWeights {
    return this.weightsOf(inputs, {priorPrecision: inputs, spread: Math.sqrt(1 / inputs)});
  }

  /** @internal */
  protected override createNoise(inputs: number): LogNormalNoise {
    return new LogNormalNoise(this.noiseWeightsOf(inputs));
  }
}
tf.serialization.registerClass(VbllHeteroscedasticRegression);

/**
 * A last layer for numbers whose noise depends on the input, with posteriors of the weights of both (Harrison, Willes and
 * Snoek 2024).
 *
 *     y_k = w_k^T phi + s_k noise_k,  log s_k^2 = v_k^T phi,  q(w_k | s_k) = N(mean_k, s_k^2 S_k),  q(v_k) = N(m_k, V_k)
 *     prior: w_k | s_k ~ N(0, s_k^2 I / priorPrecision),  v_k ~ N(0, I / noisePriorPrecision)
 *     p(y_k | x) = E_q(v) N(mean_k^T phi, (phi^T S_k phi + 1) s_k^2)
 *
 * Predictions are that mixture over the noise, by a Gauss-Hermite rule of nine members. Output: the means [N, ..., units],
 * targets of the same shape; `sampleOutputs` gives means and raw variances, as `heteroscedasticGaussian` reads them. There is
 * no bias: give the features a constant, or the noise is 1 where they are 0.
 *
 * Throws `ConfigError` for options that it cannot use.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {vbllHeteroscedasticRegression, vbllPosterior} from 'tfjs-bayes/layers';
 *
 * await initBackend({prefer: 'cpu'});
 * const x = tf.reshape(tf.linspace(-1, 1, 32), [32, 1]);
 * const y = tf.mul(x, tf.randomNormal([32, 1], 0, 1, 'float32', 1));
 * const head = vbllHeteroscedasticRegression({units: 1, trainSize: 32});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 16, activation: 'elu', inputShape: [1]}), head]});
 * model.compile({optimizer: 'adam', loss: head.loss});
 * await model.fit(x, y, {epochs: 3, verbose: 0});
 *
 * const predictive = await vbllPosterior(model).predict(x);
 * console.log(predictive.kind); // 'mixture'
 * predictive.dispose();
 * ```
 */
export function vbllHeteroscedasticRegression(options: VbllHeteroscedasticOptions): VbllHeteroscedasticRegression {
  return new VbllHeteroscedasticRegression(options);
}
