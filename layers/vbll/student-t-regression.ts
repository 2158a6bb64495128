import * as tf from '@tensorflow/tfjs-core';
import type {PredictiveOptions, StudentTLikelihood} from '../../src/likelihoods/index.ts';
import {withStudentTNoise} from '../../src/likelihoods/student-t.ts';
import {StudentTPredictive} from '../../src/predictive/index.ts';
import {tidyObject} from '../../src/predictive/tidy.ts';
import {GammaNoise} from './gamma-noise.ts';
import type {GaussianWeights} from './gaussian-weights.ts';
import type {Moments} from './head.ts';
import {resolveOptions, type VbllOptions} from './options.ts';
import {ScaledHead} from './scaled-head.ts';

const LOG_TWO_PI = Math.log(2 * Math.PI);

/** The layer that {@link vbllStudentTRegression} makes. */
export class VbllStudentTRegression extends ScaledHead<GammaNoise> {
  /** Name under which the layer is saved. */
  static readonly className = 'BayesVbllStudentTRegression';
  override readonly likelihood: StudentTLikelihood;

  constructor(options: VbllOptions) {
    const supported = ['dense', 'diagonal', 'low-rank', 'dense-precision'] as const;
    const defaults = {covariance: 'dense', supported, wishartScale: 0.01, fixesNoise: false} as const;
    super(options, resolveOptions(options, defaults, 'vbllStudentTRegression'));
    this.likelihood = withStudentTNoise('vbll-student-t', () => this.#noiseOfOutputs(), {});
  }

  override negativeBound(features: tf.Tensor2D, outputs: tf.Tensor2D, y: tf.Tensor2D): tf.Tensor1D {
    return tf.tidy(() => {
      const precision = this.noise.precision();
      const errors = tf.mul(tf.square(tf.sub(y, outputs)), precision);
      const log = tf.add(this.noise.logVariance(), this.options.objective === 'corrected' ? LOG_TWO_PI : 0);
      const each = tf.sum<tf.Tensor1D>(tf.add(tf.add(errors, this.q.variances(features)), log), 1);
      return tf.add(tf.mul(each, 0.5), this.scaledPenalty(precision));
    });
  }

  override moments(features: tf.Tensor2D): Moments {
    return {mean: this.q.means(features), variance: this.q.variances(features)};
  }

  override predictive(moments: Moments, _options: PredictiveOptions): StudentTPredictive {
    return tidyObject(() => {
      const {df, squaredScale} = this.#noiseOfOutputs();
      const [mean, variance] = [moments.mean as tf.Tensor, moments.variance as tf.Tensor];
      const like = (tensor: tf.Tensor): tf.Tensor =>
        tf.reshape(tensor, [...new Array<number>(mean.rank).fill(1), this.units]);
      return new StudentTPredictive({
        means: tf.expandDims(mean, 0),
        aleatoricSquaredScales: like(squaredScale),
        epistemicSquaredScales: tf.expandDims(tf.mul(variance, squaredScale), 0),
        dfs: like(df),
      });
    });
  }

  override outputsOf(draw: tf.Tensor2D, features: tf.Tensor2D): tf.Tensor2D {
    return tf.tidy(() => this.drawn(draw, features).f);
  }

  /** @internal */
  protected override createWeights(inputs: number): GaussianWeights {
    return this.weightsOf(inputs, {priorPrecision: inputs, spread: Math.sqrt(1 / inputs)});
  }

  /** @internal */
  protected override createNoise(): GammaNoise {
    const {units: size, dof: shape, wishartScale: rate, trainSize} = this.options;
    const startShape = shape + trainSize / 2; // where training ends: so many examples add so much
    return new GammaNoise(this.weightMaker, {size, shape, rate, startShape, least: 0});
  }

  /** The Student-t noise that is left when s is integrated out. */
  #noiseOfOutputs(): {df: tf.Tensor; squaredScale: tf.Tensor} {
    return {df: tf.mul(this.noise.shape(), 2), squaredScale: tf.reciprocal(this.noise.precision())};
  }
}
tf.serialization.registerClass(VbllStudentTRegression);

/**
 * A last layer for numbers whose noise is uncertain too, which makes its predictions Student-t distributions in closed form
 * (Harrison, Willes and Snoek 2024).
 *
 *     y_k = w_k^T phi + s_k noise_k,  q(1 / s_k^2) = Gamma(a_k, b_k),  q(w_k | s_k) = N(mean_k, s_k^2 S_k)
 *     prior: 1 / s_k^2 ~ Gamma(dof, wishartScale) and w_k | s_k ~ N(0, s_k^2 I / priorPrecision)
 *     p(y_k | x) = t(2 a_k degrees of freedom, location mean_k^T phi, squared scale (phi^T S_k phi + 1) b_k / a_k)
 *
 * a_k starts, and ends, at `dof + trainSize / 2`: with many examples the prediction becomes Gaussian. This is doubt about the
 * noise, not robustness against outliers. Output: the means [N, ..., units], targets of the same shape. `sampleOutputs` draws weights and
 * noise together. `noiseScale` cannot be fixed.
 *
 * Throws `ConfigError` for options that it cannot use.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {vbllPosterior, vbllStudentTRegression} from 'tfjs-bayes/layers';
 *
 * await initBackend({prefer: 'cpu'});
 * const x = tf.reshape(tf.linspace(-1, 1, 32), [32, 1]);
 * const y = tf.sin(tf.mul(x, 3));
 * const head = vbllStudentTRegression({units: 1, trainSize: 32});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 16, activation: 'elu', inputShape: [1]}), head]});
 * model.compile({optimizer: 'adam', loss: head.loss});
 * await model.fit(x, y, {epochs: 3, verbose: 0});
 *
 * const predictive = await vbllPosterior(model).predict(x);
 * console.log(predictive.kind); // 'student-t'
 * predictive.dispose();
 * ```
 */
export function vbllStudentTRegression(options: VbllOptions): VbllStudentTRegression {
  return new VbllStudentTRegression(options);
}
