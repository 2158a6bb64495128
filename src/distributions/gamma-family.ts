import * as tf from '@tensorflow/tfjs-core';
import {gammaTensor, logGammaTensor} from '../backend/gamma-noise.ts';
import {uniformTensor} from '../backend/noise.ts';
import {logGamma} from '../predictive/gamma-functions.ts';
import type {Distribution, Parameter} from './distribution.ts';
import {asTensor, broadcastShape, elementwise} from './elementwise.ts';
import {logGammaOf} from './log-gamma.ts';
import {intervalSupport, positiveSupport, simplexSupport} from './support.ts';

/**
 * The gamma distribution: log p(x) = shape log rate - log Gamma(shape) + (shape - 1) log x - rate x for x > 0; mean
 * shape / rate.
 *
 * Draws are differentiable in both parameters (rejection-sampling reparameterization with shape augmentation; Naesseth et
 * al., 2017): the path of the accepted proposal, without the small correction for acceptance.
 *
 * @param shape above 0.
 * @param rate inverse scale, above 0.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {createRng, initBackend} from 'tfjs-bayes';
 * import {gamma} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const draws = gamma(25, 4).sample(createRng(1), [100]);
 * console.log(draws.shape);   // [100]
 * tf.dispose(draws);
 * ```
 */
export function gamma(shape: Parameter, rate: Parameter): Distribution {
  return elementwise({
    name: 'gamma',
    support: positiveSupport(),
    parameters: {shape, rate},
    logProb: (value) => {
      const height = tf.sub(tf.mul(asTensor(shape), tf.log(asTensor(rate))), logGammaOf(shape));
      return tf.add(height, tf.sub(tf.mul(tf.sub(asTensor(shape), 1), tf.log(value)), tf.mul(value, rate)));
    },
    sample: (rng, size) => tf.div(gammaTensor(rng, tf.broadcastTo(asTensor(shape), size)), rate),
  });
}

/**
 * The distribution of 1 / x for gamma x:
 * log p(y) = shape log scale - log Gamma(shape) - (shape + 1) log y - scale / y for y > 0.
 *
 * @param shape above 0.
 * @param scale above 0; the mean is scale / (shape - 1).
 *
 * @example
 * ```ts
 * import {inverseGamma} from 'tfjs-bayes/inference';
 * console.log(inverseGamma(3, 2).name);   // inverse-gamma
 * ```
 */
export function inverseGamma(shape: Parameter, scale: Parameter): Distribution {
  return elementwise({
    name: 'inverse-gamma',
    support: positiveSupport(),
    parameters: {shape, scale},
    logProb: (value) => {
      const height = tf.sub(tf.mul(asTensor(shape), tf.log(asTensor(scale))), logGammaOf(shape));
      return tf.sub(height, tf.add(tf.mul(tf.add(asTensor(shape), 1), tf.log(value)), tf.div(asTensor(scale), value)));
    },
    sample: (rng, size) => tf.div(asTensor(scale), gammaTensor(rng, tf.broadcastTo(asTensor(shape), size))),
  });
}

/**
 * The exponential distribution: log p(x) = log rate - rate x for x > 0.
 *
 * @param rate inverse mean, above 0.
 *
 * @example
 * ```ts
 * import {exponential} from 'tfjs-bayes/inference';
 * console.log(exponential(2).name);   // exponential
 * ```
 */
export function exponential(rate: Parameter): Distribution {
  return elementwise({
    name: 'exponential',
    support: positiveSupport(),
    parameters: {rate},
    logProb: (value) => tf.sub(tf.log(asTensor(rate)), tf.mul(value, rate)),
    sample: (rng, shape) => tf.div(tf.neg(tf.log(tf.add(uniformTensor(rng, shape), 2 ** -25))), rate),
  });
}

/**
 * The beta distribution: log p(x) = (a - 1) log x + (b - 1) log(1 - x) - log B(a, b) for 0 < x < 1.
 *
 * Draws are g_a / (g_a + g_b) of two gamma draws, differentiable as those are; where a or b is far below 1 many are 0 or 1 in
 * float32.
 *
 * @param a above 0.
 * @param b above 0; the mean is a / (a + b).
 *
 * @example
 * ```ts
 * import {beta} from 'tfjs-bayes/inference';
 * console.log(beta(5, 5).support);   // {kind: 'interval', low: 0, high: 1}
 * ```
 */
export function beta(a: Parameter, b: Parameter): Distribution {
  return elementwise({
    name: 'beta',
    support: intervalSupport(0, 1),
    parameters: {a, b},
    logProb: (value) => {
      const [first, second] = [asTensor(a), asTensor(b)];
      const both = typeof a === 'number' && typeof b === 'number' ? a + b : tf.add(first, second);
      const volume = tf.sub(tf.add(logGammaOf(a), logGammaOf(b)), logGammaOf(both));
      const kernel = tf.add(
        tf.mul(tf.sub(first, 1), tf.log(value)),
        tf.mul(tf.sub(second, 1), tf.log(tf.sub(1, value))),
      );
      return tf.sub(kernel, volume);
    },
    sample: (rng, shape) => {
      const first = logGammaTensor(rng, tf.broadcastTo(asTensor(a), shape));
      return tf.sigmoid(tf.sub(first, logGammaTensor(rng, tf.broadcastTo(asTensor(b), shape))));
    },
  });
}

/**
 * The Dirichlet distribution on probability vectors:
 * log p(x) = sum_k (concentration_k - 1) log x_k + log Gamma(sum_k concentration_k) - sum_k log Gamma(concentration_k).
 *
 * @param concentration [..., K], above 0.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {createRng, initBackend} from 'tfjs-bayes';
 * import {dirichlet} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const concentration = tf.ones([3]);
 * const draws = dirichlet(concentration).sample(createRng(1), [5]);
 * console.log(draws.shape);   // [5, 3]
 * tf.dispose([concentration, draws]);
 * ```
 */
export function dirichlet(concentration: tf.Tensor): Distribution {
  const entries = concentration.shape.at(-1) ?? 0;
  const batchShape = broadcastShape([concentration], 1);
  const logProb = (value: tf.Tensor) =>
    tf.tidy(() => {
      const kernel = tf.sum(tf.mul(tf.sub(concentration, 1), tf.log(value)), -1);
      const volume = tf.sub(tf.sum(logGamma(concentration), -1), logGamma(tf.sum(concentration, -1)));
      return tf.sub(kernel, volume);
    });
  return {
    name: 'dirichlet',
    support: simplexSupport(),
    eventShape: [entries],
    batchShape,
    parameters: {concentration},
    logProb,
    logProbInside: logProb,
    sample: (rng, shape = batchShape) =>
      tf.tidy(() => {
        const logs = logGammaTensor(rng, tf.broadcastTo(concentration, [...shape, entries]));
        return tf.softmax(logs);
      }),
  };
}
