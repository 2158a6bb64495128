import * as tf from '@tensorflow/tfjs-core';
import {checkPositive} from './check.ts';
import type {Prior} from './prior.ts';
import {logScaledE1} from './scaled-exponential-integral.ts';

/** Options of {@link horseshoePrior}. */
export interface HorseshoePriorOptions {
  /** Global scale tau: the smaller, the sparser. Default 1. */
  readonly scale?: number;
}

/** Least |w| / scale that the density is taken at: it has a pole at 0. */
const LEAST = 1e-12;

/**
 * The horseshoe over every weight (Carvalho, Polson and Scott 2010): w ~ N(0, scale^2 lambda^2) with lambda half-Cauchy,
 * lambda integrated out exactly.
 *
 *     log p(w) = log(e^z E1(z)) - log(scale) - 1/2 log(2 pi^3),  z = w^2 / (2 scale^2)
 *
 * with E1 the exponential integral. The density has a logarithmic pole at 0, so that small weights shrink hard, and Cauchy-like
 * tails, so that large ones are left alone. |w| below 1e-12 scale counts as that, and gets no gradient. E[-log p] under a Gaussian
 * has no closed form: the KL divergence is estimated from draws.
 *
 * @param options Scale.
 * @param options.scale Global scale tau: the smaller, the sparser. Default 1.
 * @throws ConfigError unless `scale` is above 0.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {horseshoePrior, initBackend} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const logProb = horseshoePrior().logProb(tf.tensor([Math.SQRT2]));
 * console.log((await logProb.data())[0]?.toFixed(4));   // -2.5806
 * ```
 */
export function horseshoePrior({scale = 1}: HorseshoePriorOptions = {}): Prior {
  checkPositive('horseshoePrior', {scale});
  const constant = Math.log(scale) + Math.log(2 * Math.PI ** 3) / 2;
  return {
    kind: 'horseshoe',
    logProb: (w) =>
      tf.tidy(() => {
        const z = tf.mul(tf.square(tf.maximum(tf.abs(tf.div(w, scale)), LEAST)), 0.5);
        return tf.sub(logScaledE1(z), constant);
      }),
    getConfig: () => ({kind: 'horseshoe', scale}),
  };
}
