import * as tf from '@tensorflow/tfjs-core';
import {lgamma} from '../special/index.ts';
import {checkFinite, checkPositive} from './check.ts';
import type {Prior} from './prior.ts';

/** Options of {@link studentTPrior}. */
export interface StudentTPriorOptions {
  /** Degrees of freedom: 1 is a Cauchy density, infinitely many a Gaussian one. Default 3. */
  readonly degreesOfFreedom?: number;
  /** Median of every weight. Default 0. */
  readonly mean?: number;
  /** Scale of every weight; the variance is scale^2 df / (df - 2) where df is above 2. Default 1. */
  readonly scale?: number;
}

/**
 * A Student-t density over every weight: tails as heavy as one likes.
 *
 *     log p(w) = lgamma((df + 1) / 2) - lgamma(df / 2) - 1/2 log(df pi) - log scale - (df + 1) / 2 log(1 + ((w - mean) / scale)^2 / df)
 *
 * E[-log p] under a Gaussian has no closed form: the KL divergence is estimated from draws.
 *
 * @param options Degrees of freedom, mean and scale.
 * @param options.degreesOfFreedom df: 1 is a Cauchy density, infinitely many a Gaussian one. Default 3.
 * @param options.mean Median of every weight. Default 0.
 * @param options.scale Scale of every weight; the variance is scale^2 df / (df - 2) where df is above 2. Default 1.
 * @throws ConfigError unless `degreesOfFreedom` and `scale` are above 0 and `mean` is finite.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend, studentTPrior} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const logProb = studentTPrior({degreesOfFreedom: 1}).logProb(tf.tensor([0]));
 * console.log((await logProb.data())[0]?.toFixed(4));   // -1.1447
 * ```
 */
export function studentTPrior({degreesOfFreedom = 3, mean = 0, scale = 1}: StudentTPriorOptions = {}): Prior {
  checkFinite('studentTPrior', 'mean', mean);
  checkPositive('studentTPrior', {degreesOfFreedom, scale});
  const power = (degreesOfFreedom + 1) / 2;
  const constant =
    lgamma(power) - lgamma(degreesOfFreedom / 2) - Math.log(degreesOfFreedom * Math.PI) / 2 - Math.log(scale);
  const unit = scale * Math.sqrt(degreesOfFreedom);
  return {
    kind: 'student-t',
    logProb: (w) => tf.tidy(() => tf.sub(constant, tf.mul(tf.log1p(tf.square(tf.div(tf.sub(w, mean), unit))), power))),
    getConfig: () => ({kind: 'student-t', degreesOfFreedom, mean, scale}),
  };
}
