import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../backend/noise.ts';
import {ConfigError} from '../errors.ts';
import {GaussianPredictive} from '../predictive/gaussian.ts';
import {latentVariance} from '../predictive/latent-draws.ts';
import {MixturePredictive} from '../predictive/mixture.ts';
import type {LatentDraws, LatentGaussian} from '../predictive/predictive.ts';
import {alignedTargets} from '../predictive/targets.ts';
import {tidyObject} from '../predictive/tidy.ts';
import type {Likelihood, PredictiveOptions} from './likelihood.ts';
import {checkLatent} from './predictive-options.ts';
import {checkFinite, checkLossShapes, checkOutputs} from './targets.ts';

/** A {@link Likelihood} of numbers with Gaussian noise; its predictions are Gaussian, or mixtures of Gaussians. */
export interface GaussianLikelihood extends Likelihood {
  /** Standard deviation of the noise, in the units of y. */
  readonly noiseScale: number;
  /** The same likelihood with another noise. */
  withNoiseScale(noiseScale: number): GaussianLikelihood;
  /** A Gaussian prediction of a latent Gaussian. */
  predictive(latent: LatentGaussian, options?: PredictiveOptions): GaussianPredictive;
  /** A mixture of Gaussians of draws. */
  predictive(latent: LatentDraws, options?: PredictiveOptions): MixturePredictive;
  /** A Gaussian prediction of a latent Gaussian, a mixture of Gaussians of draws. */
  predictive(latent: LatentGaussian | LatentDraws, options?: PredictiveOptions): GaussianPredictive | MixturePredictive;
  /** The identity divided by `noiseScale`, shape [N, ..., C, C]. */
  fisherRoot(f: tf.Tensor): tf.Tensor;
  /** |y - f|^2 of each example, shape [N, ...]. */
  squaredResiduals(f: tf.Tensor, y: tf.Tensor): tf.Tensor;
}

/**
 * Numbers with Gaussian noise: `p(y | f) = prod_c N(y_c; f_c, noiseScale^2)` for means f of shape [N, ..., C].
 *
 * Its loss is the exact negative log-density, not the mean squared error: the constant and the noise count. Predictions of a
 * latent Gaussian are Gaussian with `epistemicVariance` that of f and `aleatoricVariance = noiseScale^2`; predictions of
 * draws are the exact mixture. Links do not matter here.
 *
 * @param options how the noise is given.
 * @param options.noiseScale standard deviation of the noise in the units of y, above 0. Default 1.
 * @throws ConfigError if `noiseScale` is not a positive number.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {gaussian, initBackend} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const likelihood = gaussian({noiseScale: 0.5});
 * const [f, y] = [tf.tensor2d([[1]]), tf.tensor2d([[1.5]])];
 * const nll = likelihood.negLogProb(f, y);
 * console.log((await nll.data())[0]);        // 1/2 + log(0.5 sqrt(2 pi)), about 0.726
 * tf.dispose([f, y, nll]);
 * ```
 */
export function gaussian({noiseScale = 1}: {noiseScale?: number} = {}): GaussianLikelihood {
  if (!(noiseScale > 0 && Number.isFinite(noiseScale))) {
    throw new ConfigError(
      `gaussian: expected noiseScale to be a positive number, got ${noiseScale}. ` +
        'Pass the standard deviation of the noise in the units of y.',
    );
  }
  const precision = 1 / noiseScale ** 2;
  const logNormalizer = Math.log(noiseScale) + 0.5 * Math.log(2 * Math.PI);

  const squaredResiduals = (f: tf.Tensor, y: tf.Tensor): tf.Tensor =>
    tf.tidy(() => tf.sum(tf.square(tf.sub(y, f)), -1));
  const negLogProb = (f: tf.Tensor, y: tf.Tensor): tf.Tensor =>
    tf.tidy(() => {
      const halfSquares = tf.mul(squaredResiduals(f, y), 0.5 * precision);
      return tf.add(halfSquares, (f.shape.at(-1) ?? 0) * logNormalizer);
    });
  const scaledIdentity = (f: tf.Tensor, scale: number): tf.Tensor =>
    tf.tidy(() => tf.mul(tf.expandDims(tf.fill(f.shape, scale), -1), tf.eye(f.shape.at(-1) ?? 0)));

  function predictive(latent: LatentGaussian): GaussianPredictive;
  function predictive(latent: LatentDraws): MixturePredictive;
  function predictive(latent: LatentGaussian | LatentDraws): GaussianPredictive | MixturePredictive;
  function predictive(latent: LatentGaussian | LatentDraws): GaussianPredictive | MixturePredictive {
    checkLatent('gaussian.predictive', latent);
    return tidyObject(() =>
      'draws' in latent ? fromDraws(latent.draws, noiseScale ** 2) : fromGaussian(latent, noiseScale ** 2),
    );
  }

  return {
    name: 'gaussian',
    noiseScale,
    withNoiseScale: (other) => gaussian({noiseScale: other}),
    prepareTargets,
    negLogProb,
    squaredResiduals,
    loss: (yTrue, yPred) => {
      checkLossShapes('gaussian.loss', yTrue, yPred, 'Give every output of the model one target.');
      return tf.tidy(() => tf.mean<tf.Scalar>(negLogProb(yPred, yTrue)));
    },
    fisher: (f) => scaledIdentity(f, precision),
    fisherProduct: (_f, v) => tf.mul(v, precision),
    fisherRoot: (f) => scaledIdentity(f, 1 / noiseScale),
    sample: (f, rng) => tf.tidy(() => tf.add(f, tf.mul(normalTensor(rng, f.shape), noiseScale))),
    predictive,
    getConfig: () => ({name: 'gaussian', noiseScale}),
  };
}

async function prepareTargets(y: tf.Tensor, outputShape: number[], caller: string): Promise<tf.Tensor> {
  checkOutputs(caller, outputShape, 1);
  const prepared = alignedTargets(caller, y, outputShape);
  try {
    checkFinite(caller, await prepared.data());
    return prepared;
  } catch (error) {
    prepared.dispose();
    throw error;
  }
}

function fromDraws(draws: tf.Tensor, noiseVariance: number): MixturePredictive {
  const variances = tf.fill(new Array<number>(draws.rank).fill(1), noiseVariance);
  return new MixturePredictive({means: tf.clone(draws), variances});
}

function fromGaussian(latent: LatentGaussian, noiseVariance: number): GaussianPredictive {
  const {mean, covariance} = latent;
  return new GaussianPredictive({
    mean: tf.clone(mean),
    epistemicVariance: latentVariance(latent) ?? tf.zerosLike(mean),
    aleatoricVariance: tf.fill(mean.shape, noiseVariance),
    epistemicCovariance: covariance && tf.clone(covariance),
  });
}
