import * as tf from '@tensorflow/tfjs-core';
import {withGradient} from '../written-gradient.ts';

const LOG_TWO_PI = Math.log(2 * Math.PI);

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
  return withGradient([mean, variance], () => {
    const half = tf.mul(variance, 0.5);
    const logs = tf.logSoftmax(tf.add(mean, half));
    return {
      value: tf.sum<tf.Tensor1D>(tf.mul(y, tf.sub(logs, half)), 1),
      saved: [logs, y],
      gradients(upstream, ...saved) {
        const [logs, y] = saved as [tf.Tensor, tf.Tensor];
        const targets = tf.mul(y, tf.expandDims(upstream, 1));
        const expected = tf.mul(tf.exp(logs), tf.sum(targets, 1, true));
        return [tf.sub(targets, expected), tf.mul(expected, -0.5)];
      },
    };
  });
}

/**
 * Minus E log N(y; f, s^2) of each example, summed over its K numbers, for f of these means and variances:
 * 1/2 sum_k (((y_k - mean_k)^2 + variance_k) / s_k^2 + 2 log s_k + log 2 pi), [N].
 */
export function gaussianCost(
  mean: tf.Tensor2D,
  variance: tf.Tensor2D,
  y: tf.Tensor2D,
  logScale: tf.Tensor1D,
): tf.Tensor1D {
  return withGradient([mean, variance, logScale], () => {
    const precision = tf.exp(tf.mul(logScale, -2));
    const errors = tf.sub(mean, y);
    const squares = tf.mul(tf.add(tf.square(errors), variance), precision);
    const log = tf.add(tf.mul(logScale, 2), LOG_TWO_PI);
    return {
      value: tf.mul(tf.sum<tf.Tensor1D>(tf.add(squares, log), 1), 0.5),
      saved: [errors, squares, precision],
      gradients(upstream, ...saved) {
        const [errors, squares, precision] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
        const rows = tf.expandDims(upstream, 1);
        const weights = tf.mul(rows, precision);
        return [tf.mul(errors, weights), tf.mul(weights, 0.5), tf.sum(tf.mul(rows, tf.sub(1, squares)), 0)];
      },
    };
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
