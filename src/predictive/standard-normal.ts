import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../errors.ts';

/** Standard normal cdf, float32: within 3e-7. */
export function standardNormalCdf(z: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.mul(tf.add(tf.erf(tf.mul(z, Math.SQRT1_2)), 1), 0.5));
}

/**
 * A(m, s) = E|m + s eps| for eps standard normal = 2 s phi(m / s) + m (2 Phi(m / s) - 1): what the CRPS of Gaussians is made
 * of. `scale` must be positive.
 */
export function expectedAbsolute(mean: tf.Tensor, scale: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const z = tf.div(mean, scale);
    const density = tf.mul(tf.exp(tf.mul(tf.square(z), -0.5)), Math.sqrt(2 / Math.PI));
    return tf.add(tf.mul(scale, density), tf.mul(mean, tf.erf(tf.mul(z, Math.SQRT1_2))));
  });
}

/** Throws unless `q` lies strictly between 0 and 1. */
export function checkLevel(caller: string, q: number): void {
  if (!(q > 0 && q < 1)) {
    throw new ConfigError(`${caller}: expected q between 0 and 1, both excluded, got ${q}. Pass 0.975, for example.`);
  }
}
