import * as tf from '@tensorflow/tfjs-core';
import type {Arithmetic} from './arithmetic.ts';

/** The formulas in tensor operations, for any backend. */
export const tensorArithmetic: Arithmetic = {
  sample(mean, precision, normals, scale) {
    const noise = tf.div(
      tf.tensor(
        Float32Array.from(normals, (eps) => scale * eps),
        mean.shape,
      ),
      tf.sqrt(precision),
    );
    return {noise, sampled: tf.add(mean, noise)};
  },
  update({mean, gradient, curvature, precision, momentum}, factors) {
    const recent = factors.gradient === 1 ? gradient : tf.mul(gradient, factors.gradient);
    const newMomentum = tf.add(tf.mul(momentum, factors.beta1), recent);
    const price = factors.curvature === 0;
    const scaled = tf.mul(curvature, price ? factors.curvatureOfPrecision : factors.curvature);
    const moved = price
      ? tf.add(tf.mul(precision, tf.add(scaled, factors.beta2)), factors.shift)
      : tf.add(tf.mul(precision, factors.beta2), tf.add(scaled, factors.shift));
    const newPrecision = tf.mul(tf.add(tf.div(tf.square(moved), precision), precision), 0.5);
    const pull = tf.add(tf.mul(newMomentum, factors.momentum), tf.mul(mean, factors.decay));
    const step = tf.div(pull, newPrecision);
    const {radius} = factors;
    const clipped = Number.isFinite(radius) ? tf.clipByValue(step, -radius, radius) : step;
    return {mean: tf.sub(mean, clipped), precision: newPrecision, momentum: newMomentum};
  },
};
