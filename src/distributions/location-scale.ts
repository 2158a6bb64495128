import * as tf from '@tensorflow/tfjs-core';
import {gammaTensor} from '../backend/gamma-noise.ts';
import {normalTensor, uniformTensor} from '../backend/noise.ts';
import {log1p} from '../predictive/gamma-functions.ts';
import {studentTLogDensity} from '../predictive/student-t.ts';
import type {Distribution, Parameter} from './distribution.ts';
import {asTensor, elementwise} from './elementwise.ts';
import {normalLogDensity} from './normal-density.ts';
import {positiveSupport, realSupport} from './support.ts';

/**
 * The normal distribution: log p(x) = -((x - loc) / scale)^2 / 2 - log scale - log(2 pi) / 2.
 *
 * Draws are `loc + scale z`, differentiable in both parameters.
 *
 * @param loc the mean.
 * @param scale the standard deviation, above 0.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {createRng, initBackend} from 'tfjs-bayes';
 * import {normal} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const heights = normal(170, 10);
 * const draws = heights.sample(createRng(1), [3]);
 * const density = heights.logProb(draws);
 * console.log(density.shape);   // [3]
 * tf.dispose([draws, density]);
 * ```
 */
export function normal(loc: Parameter, scale: Parameter): Distribution {
  return elementwise({
    name: 'normal',
    support: realSupport(),
    parameters: {loc, scale},
    logProb: (value) => normalLogDensity(value, loc, scale),
    sample: (rng, shape) => tf.add(tf.mul(normalTensor(rng, shape), scale), loc),
  });
}

/**
 * The distribution of |z| scale for standard normal z: log p(x) = log 2 + log N(x; 0, scale) for x > 0.
 *
 * @param scale the standard deviation of the normal distribution that is folded, above 0.
 *
 * @example
 * ```ts
 * import {halfNormal} from 'tfjs-bayes/inference';
 * console.log(halfNormal(2).support);   // {kind: 'interval', low: 0, high: Infinity}
 * ```
 */
export function halfNormal(scale: Parameter): Distribution {
  return elementwise({
    name: 'half-normal',
    support: positiveSupport(),
    parameters: {scale},
    logProb: (value) => tf.add(normalLogDensity(value, 0, scale), Math.LN2),
    sample: (rng, shape) => tf.mul(tf.abs(normalTensor(rng, shape)), scale),
  });
}

/**
 * The distribution of e^x for normal x: log p(y) = log N(log y; loc, scale) - log y for y > 0.
 *
 * @param loc mean of log y.
 * @param scale standard deviation of log y, above 0.
 *
 * @example
 * ```ts
 * import {logNormal} from 'tfjs-bayes/inference';
 * console.log(logNormal(0, 1).name);   // log-normal
 * ```
 */
export function logNormal(loc: Parameter, scale: Parameter): Distribution {
  return elementwise({
    name: 'log-normal',
    support: positiveSupport(),
    parameters: {loc, scale},
    logProb: (value) => {
      const log = tf.log(value);
      return tf.sub(normalLogDensity(log, loc, scale), log);
    },
    sample: (rng, shape) => tf.exp(tf.add(tf.mul(normalTensor(rng, shape), scale), loc)),
  });
}

/**
 * The Laplace distribution: log p(x) = -|x - loc| / scale - log(2 scale).
 *
 * @param loc the median.
 * @param scale mean distance from the median, above 0.
 *
 * @example
 * ```ts
 * import {laplaceDistribution} from 'tfjs-bayes/inference';
 * console.log(laplaceDistribution(0, 1).name);   // laplace
 * ```
 */
export function laplaceDistribution(loc: Parameter, scale: Parameter): Distribution {
  return elementwise({
    name: 'laplace',
    support: realSupport(),
    parameters: {loc, scale},
    logProb: (value) => tf.neg(tf.add(tf.div(tf.abs(tf.sub(value, loc)), scale), tf.log(tf.mul(asTensor(scale), 2)))),
    sample: (rng, shape) => {
      const u = tf.sub(uniformTensor(rng, shape), 0.5 - 2 ** -25); // centred: the draws are multiples of 2^-24
      const size = tf.neg(tf.log(tf.sub(1, tf.mul(tf.abs(u), 2))));
      return tf.add(tf.mul(tf.mul(tf.sign(u), size), scale), loc);
    },
  });
}

/**
 * The Cauchy distribution: log p(x) = -log(1 + ((x - loc) / scale)^2) - log(pi scale).
 *
 * @param loc the median.
 * @param scale half the distance between the quartiles, above 0.
 *
 * @example
 * ```ts
 * import {cauchy} from 'tfjs-bayes/inference';
 * console.log(cauchy(0, 2.5).support.kind);   // real
 * ```
 */
export function cauchy(loc: Parameter, scale: Parameter): Distribution {
  return elementwise({
    name: 'cauchy',
    support: realSupport(),
    parameters: {loc, scale},
    logProb: (value) => cauchyAt(tf.div(tf.sub(value, loc), scale), scale),
    sample: (rng, shape) => {
      const angle = tf.mul(tf.sub(uniformTensor(rng, shape), 0.5 - 2 ** -25), Math.PI);
      return tf.add(tf.mul(tf.tan(angle), scale), loc);
    },
  });
}

/**
 * The distribution of |x| for Cauchy x: log p(x) = log 2 - log(1 + (x / scale)^2) - log(pi scale) for x > 0. A usual wide
 * prior for standard deviations.
 *
 * @param scale the median, above 0.
 *
 * @example
 * ```ts
 * import {halfCauchy} from 'tfjs-bayes/inference';
 * console.log(halfCauchy(5).support.kind);   // interval
 * ```
 */
export function halfCauchy(scale: Parameter): Distribution {
  return elementwise({
    name: 'half-cauchy',
    support: positiveSupport(),
    parameters: {scale},
    logProb: (value) => tf.add(cauchyAt(tf.div(value, scale), scale), Math.LN2),
    sample: (rng, shape) => {
      const angle = tf.mul(tf.add(uniformTensor(rng, shape), 2 ** -25), Math.PI / 2);
      return tf.mul(tf.tan(angle), scale);
    },
  });
}

/**
 * Student's t distribution with location and scale:
 *
 *     log p(x) = log(Gamma((df + 1) / 2) / (Gamma(df / 2) sqrt(df pi) scale)) - (df + 1) / 2 log(1 + ((x - loc) / scale)^2 / df)
 *
 * @param df degrees of freedom, above 0: the fewer, the heavier the tails.
 * @param loc the median; default 0.
 * @param scale the scale, above 0, a standard deviation only for infinite df; default 1.
 *
 * @example
 * ```ts
 * import {studentTDistribution} from 'tfjs-bayes/inference';
 * console.log(studentTDistribution(4).name);   // student-t
 * ```
 */
export function studentTDistribution(df: Parameter, loc: Parameter = 0, scale: Parameter = 1): Distribution {
  return elementwise({
    name: 'student-t',
    support: realSupport(),
    parameters: {df, loc, scale},
    logProb: (value) => studentTLogDensity(tf.sub(value, loc), tf.square(asTensor(scale)), asTensor(df)),
    sample: (rng, shape) => {
      const half = tf.broadcastTo(tf.mul(asTensor(df), 0.5), shape);
      const spread = tf.sqrt(tf.div(half, gammaTensor(rng, half)));
      return tf.add(tf.mul(tf.mul(normalTensor(rng, shape), spread), scale), loc);
    },
  });
}

function cauchyAt(z: tf.Tensor, scale: Parameter): tf.Tensor {
  return tf.neg(tf.add(log1p(tf.square(z)), tf.log(tf.mul(asTensor(scale), Math.PI))));
}
