import * as tf from '@tensorflow/tfjs-core';
import {type DrawPlan, summarizeDraws} from './latent-draws.ts';
import type {EntropyParts, LatentGaussian} from './predictive.ts';
import {tidyObject} from './tidy.ts';

const SMALLEST_NORMAL = 2 ** -126;

/** -sum_k p_k log p_k over the last axis, from log p. */
export function categoricalEntropy(logProbs: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.neg(tf.sum(tf.mul(tf.exp(logProbs), logProbs), -1)));
}

/** -sum_c [p_c log p_c + (1 - p_c) log(1 - p_c)] over the last axis. */
export function bernoulliEntropy(logProbs: tf.Tensor, logComplements: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.add(categoricalEntropy(logProbs), categoricalEntropy(logComplements)));
}

/** -sum_k p_k log p_k over the last axis, from the probabilities themselves; those that underflow count as zero. */
export function entropyOfProbs(probs: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.neg(tf.sum(tf.mul(probs, tf.log(tf.maximum(probs, SMALLEST_NORMAL))), -1)));
}

/** Where the split of an entropy comes from: the members' mean entropy, or else draws of the latent Gaussian. */
export interface EntropySource {
  /** Mean entropy of the members, where the prediction was made from draws of f. */
  readonly memberEntropy: tf.Tensor | undefined;
  /** Gaussian over the logits, where the prediction was made from one. */
  readonly latent: LatentGaussian | undefined;
  /** The draws to take from it. */
  readonly draws: DrawPlan | undefined;
}

/**
 * Total, aleatoric and epistemic entropy of the given shape; rounding never makes the epistemic part negative.
 *
 * @param ofMean entropy of the mean prediction, for a source without a latent Gaussian.
 * @param ofDraws from draws [S, rows, C]: the entropy of their mean prediction and the mean of their entropies.
 */
export function splitEntropy(
  source: EntropySource,
  shape: number[],
  ofMean: () => tf.Tensor,
  ofDraws: (f: tf.Tensor3D) => [tf.Tensor, tf.Tensor],
): EntropyParts {
  const {memberEntropy, latent, draws} = source;
  return tidyObject(() => {
    const [total, aleatoric] =
      memberEntropy === undefined && latent !== undefined && draws !== undefined
        ? (summarizeDraws(latent, draws, ofDraws) as [tf.Tensor, tf.Tensor])
        : [ofMean(), memberEntropy];
    const noise = aleatoric ?? tf.clone(total);
    return {
      total: tf.reshape(total, shape),
      aleatoric: tf.reshape(noise, shape),
      epistemic: tf.reshape(tf.relu(tf.sub(total, noise)), shape),
    };
  });
}

/** log of the mean over `axis` of exp(values). */
export function logMeanExp(values: tf.Tensor, axis: number): tf.Tensor {
  return tf.tidy(() => tf.sub(tf.logSumExp(values, axis), Math.log(values.shape[axis] ?? 1)));
}
