import * as tf from '@tensorflow/tfjs-core';
import {gaussHermite} from './gauss-hermite.ts';
import {poissonLogMass} from './poisson-mass.ts';

const {points, weights} = gaussHermite(32);
/** Newton steps to the peak; each moves the log rate by about 1 where it is far. */
const STEPS = 24;

/**
 * log of the integral of Poisson(y; e^f) N(f; mean, variance) df, elementwise; y may lack the first axis of the others.
 *
 * With f = mean + deviation z the integrand peaks where deviation (y - e^f) = z. Newton's method reaches the peak from the
 * right, where the gradient is concave, without overshooting; a Gauss-Hermite rule as wide as the peak does the rest (Liu
 * and Pierce, 1994).
 */
export function poissonLogNormalMass(y: tf.Tensor, mean: tf.Tensor, variance: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const deviation = tf.sqrt(tf.relu(variance));
    const safe = tf.maximum(deviation, 1e-20);
    const logRate = (z: tf.Tensor): tf.Tensor => tf.add(mean, tf.mul(deviation, z));
    const sharpness = (z: tf.Tensor): tf.Tensor => tf.add(tf.mul(tf.square(deviation), tf.exp(logRate(z))), 1);
    let peak: tf.Tensor = tf.relu(tf.div(tf.sub(tf.log(tf.add(y, 0.5)), mean), safe));
    peak = tf.where(tf.greater(deviation, 0), tf.minimum(peak, tf.mul(deviation, y)), tf.zerosLike(mean));
    for (let i = 0; i < STEPS; i++) {
      peak = tf.tidy(() => {
        const slope = tf.sub(tf.mul(deviation, tf.sub(y, tf.exp(logRate(peak)))), peak);
        return tf.add(peak, tf.div(slope, sharpness(peak)));
      });
    }
    const width = tf.rsqrt(sharpness(peak));
    const terms = points.map((point, i) => {
      const z = tf.add(peak, tf.mul(width, point));
      const logDensity = tf.mul(tf.square(z), -0.5);
      const logWeight = 0.5 * point * point + Math.log(weights[i] as number);
      return tf.add(tf.add(poissonLogMass(y, logRate(z)), logDensity), logWeight);
    });
    return tf.add(tf.logSumExp(tf.stack(terms), 0), tf.log(width));
  });
}
