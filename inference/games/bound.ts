import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../src/errors.ts';
import {stopGradient} from './gradient.ts';

/**
 * What the draws are reduced to: `'elbo'`, their mean; `'importance-weighted'`, which is tighter with every draw;
 * `{renyi: alpha}`, which goes from the importance-weighted bound at 0 to the ELBO at 1.
 */
export type Bound =
  | 'elbo'
  | 'importance-weighted'
  | {
      /** The order alpha of the Renyi divergence. */
      readonly renyi: number;
    };

/** What a bound is computed from, each [S, ...examples]. */
export interface BoundParts {
  /** Energy less regularizer of each draw. */
  readonly cost: tf.Tensor;
  /** Weights of the draws, which sum to 1; null for 1 / S. */
  readonly probability: tf.Tensor | null;
  /** Sum of log q over the draws without a gradient of their own. */
  readonly score: tf.Tensor | null;
}

/** The loss of each example, [...examples]; its gradient holds the score function's correction, its value does not. */
export function boundOf(bound: Bound, {cost, probability, score}: BoundParts): tf.Tensor {
  const average = (values: tf.Tensor) =>
    probability === null ? tf.mean(values, 0) : tf.sum(tf.mul(values, probability), 0);
  if (bound === 'elbo') {
    if (score === null) return average(cost);
    const credit = stopGradient(lessMeanOfOthers(cost, probability));
    return average(tf.add(cost, withoutValue(tf.mul(credit, score))));
  }
  const power = bound === 'importance-weighted' ? 1 : 1 - bound.renyi;
  if (power === 0) return boundOf('elbo', {cost, probability, score});
  const exponent = tf.mul(cost, -power);
  const shift = stopGradient(tf.max(exponent, 0, true));
  const total = tf.log(average(tf.exp(tf.sub(exponent, shift))));
  const loss = tf.div(tf.add(total, tf.squeeze(shift, [0])), -power);
  if (score === null) return loss;
  if (probability !== null) {
    throw new ConfigError(
      "freeEnergy: expected couplings 'exact' and 'score' to be used apart under this bound. Use bound 'elbo'.",
    );
  }
  return tf.add(loss, withoutValue(tf.mul(stopGradient(loss), tf.sum(score, 0))));
}

/** Each draw's cost less the mean of the other draws', which keeps the score function unbiased and makes it less noisy. */
function lessMeanOfOthers(cost: tf.Tensor, probability: tf.Tensor | null): tf.Tensor {
  const draws = cost.shape[0] ?? 1;
  if (draws === 1 || probability !== null) return cost;
  return tf.mul(tf.sub(cost, tf.mean(cost, 0, true)), draws / (draws - 1));
}

/** Zero, with the gradient of the tensor. */
function withoutValue(tensor: tf.Tensor): tf.Tensor {
  return tf.sub(tensor, stopGradient(tensor));
}
