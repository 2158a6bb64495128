import * as tf from '@tensorflow/tfjs-core';

/** Stands for the logarithm of 0: times a probability of 0 it is 0, where -Infinity gives NaN. */
const FLOOR = -1e30;

/** log softmax over the last axis, with -1e30 for a class whose logit is -Infinity; differentiable. */
export function flooredLogSoftmax(logits: tf.Tensor): tf.Tensor {
  return tf.maximum(tf.logSoftmax(logits), FLOOR);
}

/** Where a log probability stands for that of 0; has no gradient. */
export function isImpossible(logProbability: tf.Tensor): tf.Tensor {
  return tf.lessEqual(logProbability, FLOOR / 10);
}
