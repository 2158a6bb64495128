import * as tf from '@tensorflow/tfjs-core';
import {StudentTPredictive} from '../../src/predictive/index.ts';
import {studentTLogDensity} from '../../src/predictive/student-t.ts';
import {tidyObject} from '../../src/predictive/tidy.ts';

/** sigma^2 ~ InverseGamma(alpha, beta), mu ~ N(gamma, sigma^2 / nu), for each target; all of one shape. */
export interface NormalInverseGamma {
  /** Mean of mu. */
  readonly gamma: tf.Tensor;
  /** How many observations of the mean the belief is worth. */
  readonly nu: tf.Tensor;
  /** Shape, above 1. */
  readonly alpha: tf.Tensor;
  /** Scale. */
  readonly beta: tf.Tensor;
}

/** Keeps the parameters away from where their densities have poles. */
const LEAST = 1e-6;

/** Outputs [N, ..., 4C]: means, then three positive parameters by softplus. */
export function readParameters(outputs: tf.Tensor): NormalInverseGamma {
  const [gamma, nu, alpha, beta] = tf.split(outputs, 4, -1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
  const positive = (raw: tf.Tensor): tf.Tensor => tf.add(tf.softplus(raw), LEAST);
  return {gamma, nu: positive(nu), alpha: tf.add(positive(alpha), 1), beta: positive(beta)};
}

/** Minus the log-density of each target with mu and sigma^2 integrated out, in nats. */
export function negativeLogMarginal({gamma, nu, alpha, beta}: NormalInverseGamma, y: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const squaredScale = tf.div(tf.mul(beta, tf.add(nu, 1)), tf.mul(nu, alpha));
    return tf.neg(studentTLogDensity(tf.sub(y, gamma), squaredScale, tf.mul(alpha, 2)));
  });
}

/** |y - gamma| (2 nu + alpha): evidence where the prediction is wrong. */
export function misplacedEvidence({gamma, nu, alpha}: NormalInverseGamma, y: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.mul(tf.abs(tf.sub(y, gamma)), tf.add(tf.mul(nu, 2), alpha)));
}

/** p(y): Student-t with 2 alpha degrees of freedom, noise beta / alpha and doubt beta / (nu alpha) in its squared scale. */
export function studentTOf({gamma, nu, alpha, beta}: NormalInverseGamma): StudentTPredictive {
  return tidyObject(() => {
    const noise = tf.div(beta, alpha);
    return new StudentTPredictive({
      means: tf.expandDims(gamma, 0),
      aleatoricSquaredScales: tf.expandDims(noise, 0),
      epistemicSquaredScales: tf.expandDims(tf.div(noise, nu), 0),
      dfs: tf.expandDims(tf.mul(alpha, 2), 0),
    });
  });
}
