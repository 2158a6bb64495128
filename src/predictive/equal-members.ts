import * as tf from '@tensorflow/tfjs-core';

/** Rounding of float32 stays below, a weighted mean does not. */
const TOLERANCE = 1e-4;

/** Whether the members' probabilities [S, ...] average to the prediction: only then do all of them count the same. */
export async function haveEqualWeights(memberProbs: tf.Tensor, probs: tf.Tensor): Promise<boolean> {
  const largest = tf.tidy(() => tf.max(tf.abs(tf.sub(tf.mean(memberProbs, 0), probs))));
  const [gap = Number.POSITIVE_INFINITY] = await largest.data();
  largest.dispose();
  return gap < TOLERANCE;
}
