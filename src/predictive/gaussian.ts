import * as tf from '@tensorflow/tfjs-core';
import {normalQuantile} from '../special/normal.ts';
import {type MatrixArray, readMatrix} from './arrays.ts';
import {jointLogDensity} from './joint-density.ts';
import type {PredictiveBase} from './predictive.ts';
import {checkLevel, expectedAbsolute, standardNormalCdf} from './standard-normal.ts';
import {alignedTargets} from './targets.ts';

const LOG_TWO_PI = Math.log(2 * Math.PI);

/** What a {@link GaussianPredictive} is made of; it takes the tensors over. */
export interface GaussianFields {
  /** Mean of y, shape [N, ..., C]. */
  readonly mean: tf.Tensor;
  /** Variance of f, shape [N, ..., C]. */
  readonly epistemicVariance: tf.Tensor;
  /** Variance of the noise, shape [N, ..., C]. */
  readonly aleatoricVariance: tf.Tensor;
  /** Covariance of f over the outputs, shape [N, ..., C, C], where it is known. */
  readonly epistemicCovariance?: tf.Tensor | undefined;
}

/** A {@link GaussianPredictive} or a {@link MixturePredictive} read back. */
export interface RegressionArrays {
  /** Mean of y. */
  readonly mean: MatrixArray;
  /** Variance of y: epistemic and aleatoric together. */
  readonly variance: MatrixArray;
  /** Variance of f: what more data would remove. */
  readonly epistemicVariance: MatrixArray;
  /** Variance of the noise: what more data would not remove. */
  readonly aleatoricVariance: MatrixArray;
}

/**
 * A Gaussian prediction of numbers.
 *
 * `variance() = epistemicVariance + aleatoricVariance`: what more data would remove, and noise.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {gaussian, initBackend} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const mean = tf.tensor2d([[1.5], [2]]);
 * const variance = tf.tensor2d([[0.09], [1]]);
 * const predictive = gaussian({noiseScale: 0.4}).predictive({mean, variance});
 * const arrays = await predictive.toArrays();
 * console.log(arrays.variance.data);          // about 0.25 and 1.16
 * const upper = predictive.quantile(0.975);
 * console.log((await upper.data())[0]);       // about 1.5 + 1.96 * 0.5
 * predictive.dispose();
 * tf.dispose([mean, variance, upper]);
 * ```
 */
export class GaussianPredictive implements PredictiveBase {
  /** Tells predictions apart. */
  readonly kind = 'gaussian';
  /** Mean of y, shape [N, ..., C]. */
  readonly mean: tf.Tensor;
  /** Variance of f, shape [N, ..., C]: what more data would remove. */
  readonly epistemicVariance: tf.Tensor;
  /** Variance of the noise, shape [N, ..., C]: what more data would not remove. */
  readonly aleatoricVariance: tf.Tensor;
  /** Covariance of f over the outputs, shape [N, ..., C, C], where it is known. */
  readonly epistemicCovariance: tf.Tensor | undefined;

  constructor({mean, epistemicVariance, aleatoricVariance, epistemicCovariance}: GaussianFields) {
    this.mean = mean;
    this.epistemicVariance = epistemicVariance;
    this.aleatoricVariance = aleatoricVariance;
    this.epistemicCovariance = epistemicCovariance;
  }

  /** Variance of y, shape [N, ..., C]; the caller owns it. */
  variance(): tf.Tensor {
    return tf.add(this.epistemicVariance, this.aleatoricVariance);
  }

  /**
   * Log-density of each example's targets together, shape [N, ...], in nats: joint over the outputs where their covariance
   * is known, else the sum over outputs.
   *
   * @param y targets [N, ..., C], or [N, ...] where C is 1.
   * @throws ShapeError if `y` has another shape.
   */
  logProb(y: tf.Tensor): tf.Tensor {
    const {mean, epistemicCovariance, aleatoricVariance} = this;
    const positions = mean.shape.slice(0, -1);
    const size = mean.shape.at(-1) ?? 1;
    return tf.tidy(() => {
      const residual = tf.sub(alignedTargets('GaussianPredictive.logProb', y, mean.shape), mean);
      if (epistemicCovariance !== undefined && size > 1) {
        const joint = jointLogDensity(
          tf.reshape(residual, [-1, size]),
          tf.reshape(epistemicCovariance, [-1, size, size]),
          tf.reshape(aleatoricVariance, [-1, size]),
        );
        return tf.reshape(joint, positions);
      }
      const variance = this.variance();
      const each = tf.add(tf.div(tf.square(residual), variance), tf.add(tf.log(variance), LOG_TWO_PI));
      return tf.mul(tf.sum(each, -1), -0.5);
    });
  }

  /** p(y <= value) of each output, shape [N, ..., C]; `value` as for `logProb`. Within 3e-7. */
  cdf(value: tf.Tensor): tf.Tensor {
    return tf.tidy(() => {
      const residual = tf.sub(alignedTargets('GaussianPredictive.cdf', value, this.mean.shape), this.mean);
      return standardNormalCdf(tf.div(residual, tf.sqrt(this.variance())));
    });
  }

  /**
   * The value that y stays below with probability `q`, `mean + z_q sqrt(variance())`, shape [N, ..., C].
   *
   * @param q between 0 and 1, both excluded.
   * @throws ConfigError if `q` is outside.
   */
  quantile(q: number): tf.Tensor {
    checkLevel('GaussianPredictive.quantile', q);
    return tf.tidy(() => tf.add(this.mean, tf.mul(tf.sqrt(this.variance()), normalQuantile(q))));
  }

  /**
   * Continuous ranked probability score of each output, shape [N, ..., C], in the units of y; lower is better.
   *
   * `sd (z (2 Phi(z) - 1) + 2 phi(z) - 1 / sqrt(pi))` with `z = (y - mean) / sd` (Gneiting et al., 2005).
   *
   * @param y targets, as for `logProb`.
   */
  crps(y: tf.Tensor): tf.Tensor {
    return tf.tidy(() => {
      const residual = tf.sub(alignedTargets('GaussianPredictive.crps', y, this.mean.shape), this.mean);
      const deviation = tf.sqrt(this.variance());
      return tf.sub(expectedAbsolute(residual, deviation), tf.div(deviation, Math.sqrt(Math.PI)));
    });
  }

  /** Reads mean and variances back; disposes nothing of the prediction. */
  async toArrays(): Promise<RegressionArrays> {
    return readRegression(this);
  }

  /** Disposes every tensor of the prediction. */
  dispose(): void {
    const {mean, epistemicVariance, aleatoricVariance, epistemicCovariance} = this;
    tf.dispose({mean, epistemicVariance, aleatoricVariance, epistemicCovariance});
  }
}

/** Reads mean and variances of a prediction of numbers back. */
export async function readRegression(predictive: {
  mean: tf.Tensor;
  epistemicVariance: tf.Tensor;
  aleatoricVariance: tf.Tensor;
  variance(): tf.Tensor;
}): Promise<RegressionArrays> {
  const total = predictive.variance();
  try {
    const [mean, variance, epistemicVariance, aleatoricVariance] = await Promise.all([
      readMatrix(predictive.mean),
      readMatrix(total),
      readMatrix(predictive.epistemicVariance),
      readMatrix(predictive.aleatoricVariance),
    ]);
    return {mean, variance, epistemicVariance, aleatoricVariance};
  } finally {
    total.dispose();
  }
}
