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

/** Means, variances and d variance / d raw of outputs [N, ..., 2C]. */
export function meansAndVariances(f: tf.Tensor): {means: tf.Tensor; variances: tf.Tensor; slopes: tf.Tensor} {
  const [means, raw] = splitOutputs(f);
  return {means, variances: varianceOfRaw(raw), slopes: tf.sigmoid(raw)};
}
