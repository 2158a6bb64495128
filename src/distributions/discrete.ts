import * as tf from '@tensorflow/tfjs-core';
import {gammaTensor} from '../backend/gamma-noise.ts';
import {uniformTensor} from '../backend/noise.ts';
import {poissonSample} from '../likelihoods/poisson-sample.ts';
import {log1p, logGamma} from '../predictive/gamma-functions.ts';
import {poissonLogMass} from '../predictive/poisson-mass.ts';
import type {Distribution, Parameter} from './distribution.ts';
import {asTensor, broadcastShape, elementwise} from './elementwise.ts';
import {flooredLogSoftmax, isImpossible} from './floored-log-softmax.ts';
import {logGammaOf} from './log-gamma.ts';
import {constantMask} from './mask.ts';
import {integerSupport} from './support.ts';

/** From this concentration on Stirling's series is exact to float32. */
const LARGE = 8;

/**
 * 1 with probability sigmoid(logit), else 0: log p(y) = y logit - log(1 + e^logit).
 *
 * @param logit log(p / (1 - p)).
 *
 * @example
 * ```ts
 * import {bernoulliDistribution} from 'tfjs-bayes/inference';
 * console.log(bernoulliDistribution(0).name);   // bernoulli
 * ```
 */
export function bernoulliDistribution(logit: Parameter): Distribution {
  return elementwise({
    name: 'bernoulli',
    support: integerSupport(0, 1),
    parameters: {logit},
    logProb: (value) => tf.sub(tf.mul(value, logit), tf.softplus(asTensor(logit))),
    sample: (rng, shape) => tf.cast(tf.less(uniformTensor(rng, shape), tf.sigmoid(asTensor(logit))), 'float32'),
  });
}

/**
 * How many of `count` tries succeed, each with probability sigmoid(logit):
 * log p(k) = log C(count, k) + k logit - count log(1 + e^logit).
 *
 * In float32 the terms of a large count cancel: log p is off by up to 0.01 at a count of 10^4, 0.1 at 10^5, 1 at 10^6.
 *
 * @param count the number of tries, a whole number.
 * @param logit log(p / (1 - p)).
 *
 * @example
 * ```ts
 * import {binomial} from 'tfjs-bayes/inference';
 * console.log(binomial(10, 0).support);   // {kind: 'integers', low: 0, high: 10}
 * ```
 */
export function binomial(count: number, logit: Parameter): Distribution {
  return elementwise({
    name: 'binomial',
    support: integerSupport(0, count),
    parameters: {count, logit},
    logProb: (value) => {
      const ways = tf.sub(
        logGammaOf(count + 1),
        tf.add(logGamma(tf.add(value, 1)), logGamma(tf.sub(count + 1, value))),
      );
      return tf.add(ways, tf.sub(tf.mul(value, logit), tf.mul(tf.softplus(asTensor(logit)), count)));
    },
    sample: (rng, shape) => {
      const probability = tf.sigmoid(asTensor(logit));
      const tries = uniformTensor(rng, [count, ...shape]);
      return tf.sum(tf.cast(tf.less(tries, probability), 'float32'), 0);
    },
  });
}

/**
 * One of K classes, 0 to K - 1, with probabilities softmax(logits).
 *
 * @param logits [..., K]; -Infinity for a class of probability 0.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {createRng, initBackend} from 'tfjs-bayes';
 * import {categoricalDistribution} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const logits = tf.tensor1d([0, 1, 2]);
 * const classes = categoricalDistribution(logits).sample(createRng(1), [4]);
 * console.log(classes.shape);   // [4]
 * tf.dispose([logits, classes]);
 * ```
 */
export function categoricalDistribution(logits: tf.Tensor): Distribution {
  const classes = logits.shape.at(-1) ?? 0;
  const batchShape = broadcastShape([logits], 1);
  const logProb = (value: tf.Tensor) =>
    tf.tidy(() => {
      const chosen = tf.cast(tf.equal(tf.expandDims(value, -1), tf.range(0, classes)), 'float32');
      const density = tf.sum(tf.mul(flooredLogSoftmax(logits), chosen), -1);
      const known = constantMask([density, chosen], () =>
        tf.logicalAnd(tf.greater(tf.sum(chosen, -1), 0), tf.logicalNot(isImpossible(density))),
      );
      return tf.where(known, density, tf.fill(density.shape, -Infinity));
    });
  return {
    name: 'categorical',
    support: integerSupport(0, classes - 1),
    eventShape: [],
    batchShape,
    parameters: {logits},
    logProb,
    logProbInside: logProb,
    sample: (rng, shape = batchShape) =>
      tf.tidy(() => {
        const u = tf.add(uniformTensor(rng, [...shape, classes]), 2 ** -25);
        const perturbed = tf.sub(logits, tf.log(tf.neg(tf.log(u))));
        return tf.cast(tf.argMax(perturbed, -1), 'float32');
      }),
  };
}

/**
 * The Poisson distribution of counts: log p(y) = y log rate - rate - log y!.
 *
 * @param rate the mean, above 0.
 *
 * @example
 * ```ts
 * import {poissonDistribution} from 'tfjs-bayes/inference';
 * console.log(poissonDistribution(3).name);   // poisson
 * ```
 */
export function poissonDistribution(rate: Parameter): Distribution {
  return elementwise({
    name: 'poisson',
    support: integerSupport(0, Infinity),
    parameters: {rate},
    logProb: (value) => poissonLogMass(value, tf.log(asTensor(rate))),
    sample: (rng, shape) => poissonSample(tf.broadcastTo(tf.log(asTensor(rate)), shape), rng),
  });
}

/**
 * Counts that spread more than Poisson: a Poisson distribution whose rate is gamma with that mean; variance
 * mean + mean^2 / concentration.
 *
 *     log p(y) = log(Gamma(y + c) / (Gamma(c) y!)) + c log(c / (c + mean)) + y log(mean / (c + mean)),  c = concentration
 *
 * @param mean the mean, above 0.
 * @param concentration above 0: the smaller, the wider.
 *
 * @example
 * ```ts
 * import {negativeBinomial} from 'tfjs-bayes/inference';
 * console.log(negativeBinomial(3, 2).name);   // negative-binomial
 * ```
 */
export function negativeBinomial(mean: Parameter, concentration: Parameter): Distribution {
  return elementwise({
    name: 'negative-binomial',
    support: integerSupport(0, Infinity),
    parameters: {mean, concentration},
    logProb: (value) => {
      const m = asTensor(mean);
      if (typeof concentration === 'number') {
        const mass = concentration < LARGE ? widelySpreadMass : nearlyPoissonMass;
        return mass(value, m, concentration);
      }
      const few = widelySpreadMass(value, m, tf.minimum(concentration, LARGE));
      const many = nearlyPoissonMass(value, m, tf.maximum(concentration, LARGE));
      const large = constantMask([concentration], () => tf.greaterEqual(concentration, LARGE));
      return tf.where(large, many, few);
    },
    sample: (rng, shape) => {
      const c = tf.broadcastTo(asTensor(concentration), shape);
      const rate = tf.mul(tf.div(gammaTensor(rng, c), c), mean);
      return poissonSample(tf.log(tf.maximum(rate, 1e-30)), rng);
    },
  });
}

/** The negative binomial mass by its gamma functions, which lose digits where the concentration c is large. */
function widelySpreadMass(value: tf.Tensor, mean: tf.Tensor, concentration: Parameter): tf.Tensor {
  const c = asTensor(concentration);
  const total = tf.log(tf.add(mean, c));
  const ways = tf.sub(logGamma(tf.add(value, c)), tf.add(logGammaOf(concentration), logGamma(tf.add(value, 1))));
  const kernel = tf.add(tf.mul(c, tf.sub(tf.log(c), total)), tf.mul(value, tf.sub(tf.log(mean), total)));
  return tf.add(ways, kernel);
}

/**
 * The negative binomial mass for c from {@link LARGE} on: that of Poisson and what the spread of the rate changes, with
 * Stirling's series for the gamma functions of c, so that nothing large cancels.
 *
 *     log Poisson(y; m) + (m - c log(1 + m / c)) + ((c - 1/2) log(1 + y / c) - y) + y log((c + y) / (c + m)) + rest(y + c) - rest(c)
 */
function nearlyPoissonMass(value: tf.Tensor, mean: tf.Tensor, concentration: Parameter): tf.Tensor {
  const c = asTensor(concentration);
  const spread = tf.sub(mean, tf.mul(c, log1p(tf.div(mean, c))));
  const ratio = tf.mul(value, log1p(tf.div(tf.sub(value, mean), tf.add(c, mean))));
  const own = tf.sub(tf.mul(tf.sub(c, 0.5), log1p(tf.div(value, c))), value);
  const rest = tf.sub(gammaRest(tf.add(value, c)), gammaRest(c));
  return tf.add(poissonLogMass(value, tf.log(mean)), tf.add(tf.add(spread, own), tf.add(ratio, rest)));
}

/** log Gamma(x) - ((x - 1/2) log x - x + log(2 pi) / 2), for x from {@link LARGE} on. */
function gammaRest(x: tf.Tensor): tf.Tensor {
  return tf.div(tf.sub(1 / 12, tf.div(1 / 360, tf.square(x))), x);
}
