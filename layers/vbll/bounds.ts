import * as tf from '@tensorflow/tfjs-core';

/** How the expected log-sum-exp of uncertain logits is bounded; see {@link VbllClassificationOptions.bound}. */
export type VbllBound = 'jensen' | 'reduced-knowles-minka' | 'semi-monte-carlo';

/** Uncertain logits of N examples: Gaussian with variances `spread * s^2` for a noise variance s^2 that may be uncertain. */
export interface UncertainLogits {
  /** Means, [N, K]. */
  readonly mean: tf.Tensor2D;
  /** Variances in units of the noise, [N, K]. */
  readonly spread: tf.Tensor2D;
}

/** Jensen's bound on E log p(y) of each example, `y^T m - logsumexp_k(m_k + v_k / 2)` for variances v, [N]. */
export function jensenBound(mean: tf.Tensor2D, variance: tf.Tensor2D, y: tf.Tensor2D): tf.Tensor1D {
  return tf.tidy(() => {
    const half = tf.mul(variance, 0.5);
    return tf.sum(tf.mul(y, tf.sub(tf.logSoftmax(tf.add(mean, half)), half)), 1);
  });
}

/**
 * Knowles and Minka's (2011) tilted bound on E log p(y) of each example, with the tilt 1/2 - tilt / s^2 of the variance
 * `spread s^2`, [N]:
 *
 *     y^T m - logsumexp_k(m_k + tilt spread_k) - 1/2 sum_k spread_k (E[s_k^2] / 4 + tilt^2 E[1 / s_k^2] - tilt)
 *
 * Where s is 1 and the tilt 1/2 it is Jensen's.
 */
export function tiltedBound(
  {mean, spread}: UncertainLogits,
  y: tf.Tensor2D,
  {tilt, variance, precision}: {tilt: tf.Tensor; variance: tf.Tensor; precision: tf.Tensor},
): tf.Tensor1D {
  return tf.tidy(() => {
    const shift = tf.mul(spread, tilt);
    const fit = tf.sum(tf.mul(y, tf.sub(tf.logSoftmax(tf.add(mean, shift)), shift)), 1);
    const quadratic = tf.add(tf.mul(variance, 0.25), tf.mul(tf.square(tilt), precision));
    const each = tf.mul(spread, tf.sub(quadratic, tilt));
    return tf.sub(fit, tf.mul(tf.mul(tf.sum(each, 1), 0.5), tf.sum(y, 1))) as tf.Tensor1D;
  });
}
