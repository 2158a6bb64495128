import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../backend/noise.ts';
import {ConfigError, ShapeError} from '../errors.ts';
import {GaussianPredictive} from '../predictive/gaussian.ts';
import {latentVariance} from '../predictive/latent-draws.ts';
import {MixturePredictive} from '../predictive/mixture.ts';
import type {LatentDraws, LatentGaussian} from '../predictive/predictive.ts';
import {alignedTargets} from '../predictive/targets.ts';
import {tidyObject} from '../predictive/tidy.ts';
import type {Likelihood, PredictiveOptions} from './likelihood.ts';
import {checkLatent} from './predictive-options.ts';
import {checkedTargets, checkFinite, checkLossShapes, checkOutputs} from './targets.ts';

/** A {@link Likelihood} of numbers with Gaussian noise; its predictions are Gaussian, or mixtures of Gaussians. */
export interface GaussianLikelihood extends Likelihood {
  /** Standard deviation of the noise, in the units of y; the geometric mean where outputs differ. */
  readonly noiseScale: number;
  /** The standard deviation of each output's noise, where they differ. */
  readonly noiseScales: readonly number[] | undefined;
  /** The same likelihood with another noise: of all outputs together, their ratios staying, or one for each output. */
  withNoiseScale(noiseScale: number | readonly number[]): GaussianLikelihood;
  /** A Gaussian prediction of a latent Gaussian. */
  predictive(latent: LatentGaussian, options?: PredictiveOptions): GaussianPredictive;
  /** A mixture of Gaussians of draws. */
  predictive(latent: LatentDraws, options?: PredictiveOptions): MixturePredictive;
  /** A Gaussian prediction of a latent Gaussian, a mixture of Gaussians of draws. */
  predictive(latent: LatentGaussian | LatentDraws, options?: PredictiveOptions): GaussianPredictive | MixturePredictive;
  /** A diagonal of 1 / noise, shape [N, ..., C, C]. */
  fisherRoot(f: tf.Tensor): tf.Tensor;
  /** |y - f|^2 of each example, each output relative to its noise, shape [N, ...]. */
  squaredResiduals(f: tf.Tensor, y: tf.Tensor): tf.Tensor;
}

/**
 * Numbers with Gaussian noise: `p(y | f) = prod_c N(y_c; f_c, noiseScale_c^2)` for means f of shape [N, ..., C].
 *
 * Its loss is the exact negative log-density, not the mean squared error: the constant and the noise count. Predictions of a
 * latent Gaussian are Gaussian with `epistemicVariance` that of f and `aleatoricVariance = noiseScale_c^2`; predictions of
 * draws are the exact mixture. Links do not matter here.
 *
 * @param options how the noise is given.
 * @param options.noiseScale standard deviation of the noise in the units of y, above 0: one number, or one for each output.
 *   Default 1.
 * @throws ConfigError if `noiseScale` is not a positive number or a list of them.
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
export function gaussian({noiseScale: given = 1}: {noiseScale?: number | readonly number[]} = {}): GaussianLikelihood {
  const noiseScales = typeof given === 'number' ? undefined : Object.freeze(Array.from(given));
  const noiseScale = typeof given === 'number' ? given : geometricMean(given);
  checkNoiseScales(noiseScales ?? [noiseScale]);
  const logNormalizer = Math.log(noiseScale) + 0.5 * Math.log(2 * Math.PI);
  /** `values` over the power of each output's noise. */
  const overNoise = (values: tf.Tensor, power: number): tf.Tensor =>
    tf.tidy(() =>
      tf.mul(values, noiseScales ? tf.tensor1d(noiseScales.map((one) => one ** -power)) : noiseScale ** -power),
    );

  const squaredResiduals = (f: tf.Tensor, y: tf.Tensor): tf.Tensor =>
    tf.tidy(() => {
      const squares = tf.square(tf.sub(y, f));
      return tf.sum(noiseScales ? tf.mul(overNoise(squares, 2), noiseScale ** 2) : squares, -1);
    });
  const negLogProb = (f: tf.Tensor, y: tf.Tensor): tf.Tensor =>
    tf.tidy(() => {
      const halfSquares = tf.mul(squaredResiduals(f, y), 0.5 * noiseScale ** -2);
      return tf.add(halfSquares, (f.shape.at(-1) ?? 0) * logNormalizer);
    });
  const diagonal = (f: tf.Tensor, power: number): tf.Tensor =>
    tf.tidy(() => tf.mul(tf.expandDims(overNoise(tf.onesLike(f), power), -1), tf.eye(f.shape.at(-1) ?? 0)));

  function predictive(latent: LatentGaussian): GaussianPredictive;
  function predictive(latent: LatentDraws): MixturePredictive;
  function predictive(latent: LatentGaussian | LatentDraws): GaussianPredictive | MixturePredictive;
  function predictive(latent: LatentGaussian | LatentDraws): GaussianPredictive | MixturePredictive {
    checkLatent('gaussian.predictive', latent);
    checkOutputCount('gaussian.predictive', ('draws' in latent ? latent.draws : latent.mean).shape, noiseScales);
    const noiseOf = (values: tf.Tensor): tf.Tensor => overNoise(tf.onesLike(values), -2);
    return tidyObject(() => ('draws' in latent ? fromDraws(latent.draws, noiseOf) : fromGaussian(latent, noiseOf)));
  }

  return {
    name: 'gaussian',
    noiseScale,
    noiseScales,
    withNoiseScale: (other) => {
      const sameRatios = typeof other === 'number' && noiseScales?.map((one) => (one * other) / noiseScale);
      return gaussian({noiseScale: sameRatios || other});
    },
    prepareTargets: (y, outputShape, caller) => {
      checkOutputCount(caller, outputShape, noiseScales);
      return prepareTargets(y, outputShape, caller);
    },
    negLogProb,
    squaredResiduals,
    loss: (yTrue, yPred) => {
      checkLossShapes('gaussian.loss', yTrue, yPred, 'Give every output of the model one target.');
      checkOutputCount('gaussian.loss', yPred.shape, noiseScales);
      return tf.tidy(() => tf.mean<tf.Scalar>(negLogProb(yPred, yTrue)));
    },
    fisher: (f) => diagonal(f, 2),
    fisherProduct: (_f, v) => overNoise(v, 2),
    fisherRoot: (f) => diagonal(f, 1),
    sample: (f, rng) => tf.tidy(() => tf.add(f, overNoise(normalTensor(rng, f.shape), -1))),
    predictive,
    getConfig: () => ({name: 'gaussian', noiseScale: noiseScales ?? noiseScale}),
  };
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

function checkNoiseScales(noiseScales: readonly number[]): void {
  const wrong = noiseScales.find((one) => !(one > 0 && Number.isFinite(one)));
  if (noiseScales.length > 0 && wrong === undefined) return;
  throw new ConfigError(
    `gaussian: expected noiseScale to be a positive number, or one for each output, got ${wrong ?? 'none'}. ` +
      'Pass the standard deviation of the noise in the units of y.',
  );
}

function checkOutputCount(caller: string, shape: readonly number[], noiseScales: readonly number[] | undefined): void {
  if (noiseScales === undefined || noiseScales.length === shape.at(-1)) return;
  throw new ShapeError(
    `${caller}: expected ${noiseScales.length} outputs, as many as there are noise scales, got ${shape.at(-1)}. ` +
      'Give one noise scale for each output of the model.',
  );
}

async function prepareTargets(y: tf.Tensor, outputShape: number[], caller: string): Promise<tf.Tensor> {
  checkOutputs(caller, outputShape, 1);
  return checkedTargets(alignedTargets(caller, y, outputShape), (values) => checkFinite(caller, values));
}

function fromDraws(draws: tf.Tensor, noiseOf: (values: tf.Tensor) => tf.Tensor): MixturePredictive {
  const shape = [...new Array<number>(draws.rank - 1).fill(1), draws.shape.at(-1) ?? 1];
  return new MixturePredictive({means: tf.clone(draws), variances: noiseOf(tf.ones(shape))});
}

function fromGaussian(latent: LatentGaussian, noiseOf: (values: tf.Tensor) => tf.Tensor): GaussianPredictive {
  const {mean, covariance} = latent;
  return new GaussianPredictive({
    mean: tf.clone(mean),
    epistemicVariance: latentVariance(latent) ?? tf.zerosLike(mean),
    aleatoricVariance: noiseOf(mean),
    epistemicCovariance: covariance && tf.clone(covariance),
  });
}
