import * as tf from '@tensorflow/tfjs-core';

/** Keeps the log-density finite where a net is certain of its training data. */
const LEAST_VARIANCE = 1e-6;

/** Outputs [N, ..., 2C] as two halves [N, ..., C]. */
export function splitOutputs(f: tf.Tensor): [tf.Tensor, tf.Tensor] {
  return tf.split(f, 2, f.rank - 1) as [tf.Tensor, tf.Tensor];
}

/** softplus(raw) + 1e-6. */
export function varianceOfRaw(raw: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.add(tf.softplus(raw), LEAST_VARIANCE));
}

/** The raw output of a variance: the inverse of {@link varianceOfRaw}, for variances above 1e-6. */
export function rawOfVariance(variance: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const above = tf.maximum(tf.sub(variance, LEAST_VARIANCE), 1e-12);
    const small = tf.add(tf.log(above), tf.mul(above, 0.5)); // log(e^v - 1) to second order
    const large = tf.add(above, tf.log(tf.sub(1, tf.exp(tf.neg(above)))));
    return tf.where(tf.less(above, 1e-3), small, large);
  });
}

/** Means, variances and d variance / d raw of outputs [N, ..., 2C]. */
export function meansAndVariances(f: tf.Tensor): {means: tf.Tensor; variances: tf.Tensor; slopes: tf.Tensor} {
  const [means, raw] = splitOutputs(f);
  return {means, variances: varianceOfRaw(raw), slopes: tf.sigmoid(raw)};
}
