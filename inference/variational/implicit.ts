import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../../src/backend/index.ts';
import {choleskyTensor} from '../../src/distributions/index.ts';
import {ConfigError} from '../../src/errors.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import {checkCount, checkPositive, startingMean} from './checks.ts';
import type {VariationalFamily} from './family.ts';
import {generator} from './implicit-generator.ts';
import type {GaussianFamilyOptions} from './low-rank.ts';

const LOG_2PI = Math.log(2 * Math.PI);

/** Options of {@link implicitFamily}. */
export interface ImplicitFamilyOptions extends GaussianFamilyOptions {
  /** L, how many standard normal numbers the generator is given; at most, and by default, D. */
  readonly latent?: number;
  /** Units of the generator's hidden layers; default [64]. */
  readonly hidden?: readonly number[];
  /** Standard deviation of the noise around the generator's values; default a tenth of `scale`. */
  readonly noise?: number;
  /** The stream of the generator's first weights, only forked; default `createRng(0)`. */
  readonly rng?: Rng;
}

/**
 * What any generator net makes of noise, as a family whose density is linearized: implicit variational inference.
 *
 *     theta = g(z) + noise e,   z ~ N(0, I_L),   e ~ N(0, I_D)
 *     log q ~ log N(z; 0, I) - log det(J J^T + noise^2 I) / 2 - (D - L) / 2 log(2 pi exp(1) noise^2),   J = d g / d z, [L, D]
 *
 * The generator need not be invertible, as a flow must. The price is that the density is an approximation: its mean, the entropy, is
 * exact for a linear g. Where g bends within `noise` or folds over itself it is not, and what a fit calls its bound can lie above
 * the log evidence: a learning rate too large ends there. Nor is it a density of theta: k-hat, `logEvidence` and `corrected()` mean
 * nothing for this family, so `fitVariational` does not weigh its draws unless told to. Judge such a fit by its draws. No column can
 * be narrower than `noise`: set it below the smallest standard deviation of the posterior.
 *
 * The Jacobians cost L passes, their determinants some 8 L operations: for up to a few dozen inputs, with fewer inputs than columns
 * where there are many.
 *
 * The generator is a tanh net beside a linear map, and starts as that map: theta is N(mean, (scale^2 + noise^2) I) where L is D.
 *
 * Source: Uppal, Stensbo-Smidt, Boomsma and Frellsen (2023).
 *
 * @param options the number of columns, where to start, and the generator's sizes.
 *
 * @throws ConfigError if a size is no whole number, `latent` is above the dimension, a scale is not positive, or the mean of another
 * length.
 *
 * @example
 * ```ts
 * import {createRng, initBackend} from 'tfjs-bayes';
 * import {implicitFamily} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const family = implicitFamily({dimension: 4, latent: 2, hidden: [16]});
 * const {theta, logDensity} = family.draw(createRng(1), 5);
 * console.log(theta.shape, logDensity.shape);   // [5, 4] [5]
 * for (const owned of [theta, logDensity, family]) owned.dispose();
 * ```
 */
export function implicitFamily(options: ImplicitFamilyOptions): VariationalFamily {
  const {
    dimension,
    mean,
    scale = 0.1,
    latent = dimension,
    hidden = [64],
    noise = scale / 10,
    rng = createRng(0),
  } = options;
  checkCount('implicitFamily', 'dimension', dimension);
  checkCount('implicitFamily', 'latent', latent);
  for (const [i, units] of hidden.entries()) checkCount('implicitFamily', `hidden[${i}]`, units);
  checkPositive('implicitFamily', 'scale', scale);
  checkPositive('implicitFamily', 'noise', noise);
  if (latent > dimension || hidden.length === 0) {
    throw new ConfigError(
      `implicitFamily: expected at least one hidden layer and at most ${dimension} latent numbers, got ${hidden.length} and ` +
        `${latent}. Leave them out for the defaults.`,
    );
  }
  const start = {mean: startingMean('implicitFamily', dimension, mean), scale, rng};
  const {variables, generate} = generator({latent, hidden, dimension}, start);
  const outside = ((dimension - latent) / 2) * (LOG_2PI + 1 + 2 * Math.log(noise));
  return {
    name: 'implicit',
    dimension,
    variables,
    learningRate: 0.01,
    exactDensity: false,
    draw: (stream, count) =>
      tf.tidy(() => {
        const z = normalTensor<tf.Rank.R2>(stream, [count, latent]);
        const {value, jacobian} = generate(z);
        const metric = tf.add(tf.matMul(jacobian, jacobian, false, true), tf.mul(tf.eye(latent), noise ** 2));
        const diagonal = tf.sum(tf.mul(choleskyTensor(metric), tf.eye(latent)), 2);
        const latentDensity = tf.sub(tf.mul(tf.sum(tf.square(z), 1), -0.5), (latent / 2) * LOG_2PI + outside);
        return {
          theta: tf.add<tf.Tensor2D>(value, tf.mul(normalTensor(stream, [count, dimension]), noise)),
          logDensity: tf.sub<tf.Tensor1D>(latentDensity, tf.sum(tf.log(diagonal), 1)),
        };
      }),
    getConfig: () => ({dimension, latent, hidden: [...hidden], noise}),
    dispose: () => tf.dispose([...variables]),
  };
}
