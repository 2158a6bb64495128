import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../../src/errors.ts';
import type {WeightFamily} from './family.ts';

/** How widely a posterior starts around trained weights (MOPED). */
export interface MopedOptions {
  /** Standard deviation of a weight as a share of its magnitude. Default 0.1. */
  readonly delta?: number;
  /** Least standard deviation: a weight of 0 would have none. Default 1e-3. */
  readonly floor?: number;
}

/**
 * Standard deviations to start at from trained weights (Krishnan, Subedar and Tickoo 2020): max(delta |w|, floor), in the shape of
 * `w`; the caller disposes them.
 *
 * @throws ConfigError unless both options are above 0.
 */
export function mopedScale(w: tf.Tensor, {delta = 0.1, floor = 1e-3}: MopedOptions = {}): tf.Tensor {
  if (!(delta > 0 && floor > 0 && Number.isFinite(delta) && Number.isFinite(floor))) {
    throw new ConfigError(
      `moped: expected delta and floor above 0, got ${delta} and ${floor}. Leave out what you need not set.`,
    );
  }
  return tf.tidy(() => tf.maximum(tf.mul(tf.abs(w), delta), floor));
}

/**
 * |E[w]| / sd(w) of every weight: the small ones can be pruned (Blundell et al. 2015). 0 for a mean of 0, infinite for any other
 * point; the caller disposes it.
 */
export function signalToNoise(family: WeightFamily): tf.Tensor {
  return tf.tidy(() => {
    const magnitude = tf.abs(family.mean());
    const ratio = tf.div(magnitude, tf.sqrt(family.variance()));
    return tf.where(tf.greater(magnitude, 0), ratio, tf.zerosLike(ratio));
  });
}
