import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../backend/noise.ts';
import {ShapeError} from '../errors.ts';
import {GaussianPredictive} from '../predictive/gaussian.ts';
import {latentVariance} from '../predictive/latent-draws.ts';
import {MixturePredictive} from '../predictive/mixture.ts';
import type {LatentDraws, LatentGaussian} from '../predictive/predictive.ts';
import {alignedTargets, describeShape} from '../predictive/targets.ts';
import {tidyObject} from '../predictive/tidy.ts';
import type {Likelihood, PredictiveOptions} from './likelihood.ts';
import {meansAndVariances, splitOutputs, varianceOfRaw} from './mean-variance.ts';
import {checkLatent} from './predictive-options.ts';
import {checkedTargets, checkFinite} from './targets.ts';

const LOG_TWO_PI = Math.log(2 * Math.PI);
const QUADRATURE_POINTS = 33;
const QUADRATURE_REACH = 6;

/** A {@link Likelihood} of numbers whose noise the net predicts too. */
export interface HeteroscedasticGaussianLikelihood extends Likelihood {
  /** A Gaussian prediction of a latent Gaussian. */
  predictive(latent: LatentGaussian, options?: PredictiveOptions): GaussianPredictive;
  /** A mixture of Gaussians of draws. */
  predictive(latent: LatentDraws, options?: PredictiveOptions): MixturePredictive;
  /** A Gaussian prediction of a latent Gaussian, a mixture of Gaussians of draws. */
  predictive(latent: LatentGaussian | LatentDraws, options?: PredictiveOptions): GaussianPredictive | MixturePredictive;
  /** The Fisher is diagonal, and so is this root, shape [N, ..., 2C, 2C]. */
  fisherRoot(f: tf.Tensor): tf.Tensor;
  /** Second derivatives with respect to f, shape [N, ..., 2C, 2C]; may be indefinite. */
  hessian(f: tf.Tensor, y: tf.Tensor): tf.Tensor;
}

/**
 * Numbers with Gaussian noise that depends on the input, for nets with two outputs per target (Nix and Weigend, 1994):
 *
 *     p(y | f) = prod_c N(y_c; mean_c, variance_c),   f = [mean_1 .. mean_C, raw_1 .. raw_C],
 *     variance_c = softplus(raw_c) + 1e-6
 *
 * `f` has shape [N, ..., 2C], `y` [N, ..., C]. `loss` takes targets of either shape and then ignores the last C columns,
 * because `model.fit` wants targets in the shape of the outputs: pad them with `tf.concat([y, tf.zerosLike(y)], -1)`. Draws
 * predict the exact mixture of their densities. A latent Gaussian predicts a Gaussian with the exact mean and variance
 * (noise `E[variance_c]` over raw_c by quadrature); the true density has slightly heavier tails.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {heteroscedasticGaussian, initBackend} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const draws = tf.tensor3d([[[1, -1.2587]], [[2, -0.4328]], [[4, 0.5413]]]);    // 3 members: means and raw variances
 * const predictive = heteroscedasticGaussian().predictive({draws});
 * const {mean, aleatoricVariance, epistemicVariance} = await predictive.toArrays();
 * console.log(mean.data[0], aleatoricVariance.data[0], epistemicVariance.data[0]); // about 2.333, 0.583 and 1.556
 * predictive.dispose();
 * draws.dispose();
 * ```
 */
export function heteroscedasticGaussian(): HeteroscedasticGaussianLikelihood {
  function predictive(latent: LatentGaussian): GaussianPredictive;
  function predictive(latent: LatentDraws): MixturePredictive;
  function predictive(latent: LatentGaussian | LatentDraws): GaussianPredictive | MixturePredictive;
  function predictive(latent: LatentGaussian | LatentDraws): GaussianPredictive | MixturePredictive {
    checkLatent('heteroscedasticGaussian.predictive', latent);
    return tidyObject(() => ('draws' in latent ? fromDraws(latent.draws) : fromGaussian(latent)));
  }
  return {
    name: 'heteroscedastic-gaussian',
    prepareTargets,
    negLogProb,
    loss: (yTrue, yPred) => tf.tidy(() => tf.mean<tf.Scalar>(negLogProb(yPred, lossTargets(yTrue, yPred)))),
    fisher: (f) => tf.tidy(() => diagonal(fisherDiagonal(f))),
    fisherProduct: (f, v) => tf.tidy(() => tf.mul(fisherDiagonal(f), v)),
    fisherRoot: (f) => tf.tidy(() => diagonal(tf.sqrt(fisherDiagonal(f)))),
    hessian,
    sample: (f, rng) =>
      tf.tidy(() => {
        const {means, variances} = meansAndVariances(f);
        return tf.add(means, tf.mul(normalTensor(rng, means.shape), tf.sqrt(variances)));
      }),
    predictive,
    getConfig: () => ({name: 'heteroscedastic-gaussian'}),
  };
}

/** Targets of a loss: [N, ..., C], or [N, ..., 2C] of which the first C columns count. */
export function lossTargets(yTrue: tf.Tensor, yPred: tf.Tensor): tf.Tensor {
  const halved = [...yPred.shape.slice(0, -1), (yPred.shape.at(-1) ?? 0) / 2];
  if (tf.util.arraysEqual(yTrue.shape, yPred.shape)) return splitOutputs(yTrue)[0];
  return alignedTargets('heteroscedasticGaussian.loss', yTrue, halved);
}

async function prepareTargets(y: tf.Tensor, outputShape: number[], caller: string): Promise<tf.Tensor> {
  const outputs = outputShape.at(-1) ?? 0;
  if (outputShape.length < 2 || outputs < 2 || outputs % 2 === 1) {
    throw new ShapeError(
      `${caller}: expected outputs of shape [N, ..., 2C], got ${describeShape(outputShape)}. ` +
        'End the model in a linear layer with two units for each target: first the means, then the raw variances.',
    );
  }
  return checkedTargets(alignedTargets(caller, y, [...outputShape.slice(0, -1), outputs / 2]), (values) =>
    checkFinite(caller, values),
  );
}

function negLogProb(f: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const {means, variances} = meansAndVariances(f);
    const squares = tf.div(tf.square(tf.sub(y, means)), variances);
    return tf.mul(tf.sum(tf.add(squares, tf.add(tf.log(variances), LOG_TWO_PI)), -1), 0.5);
  });
}

/** 1 / variance for the means, (d variance / d raw)^2 / (2 variance^2) for the raw variances. */
function fisherDiagonal(f: tf.Tensor): tf.Tensor {
  const {variances, slopes} = meansAndVariances(f);
  return tf.concat([tf.reciprocal(variances), tf.mul(tf.square(tf.div(slopes, variances)), 0.5)], -1);
}

function hessian(f: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const {means, variances, slopes} = meansAndVariances(f);
    const residuals = tf.sub(y, means);
    const standardized = tf.div(tf.square(residuals), variances);
    const relative = tf.div(slopes, variances);
    const bend = tf.mul(tf.mul(relative, tf.sub(1, slopes)), tf.sub(1, standardized));
    const curve = tf.mul(tf.square(relative), tf.sub(tf.mul(standardized, 2), 1));
    const cross = diagonal(tf.mul(residuals, tf.div(relative, variances)));
    const top = tf.concat([diagonal(tf.reciprocal(variances)), cross], -1);
    const bottom = tf.concat([cross, diagonal(tf.mul(tf.add(bend, curve), 0.5))], -1);
    return tf.concat([top, bottom], -2);
  });
}

function diagonal(values: tf.Tensor): tf.Tensor {
  return tf.mul(tf.expandDims(values, -1), tf.eye(values.shape.at(-1) ?? 0));
}

function fromDraws(draws: tf.Tensor): MixturePredictive {
  const {means, variances} = meansAndVariances(draws);
  return new MixturePredictive({means, variances});
}

function fromGaussian(latent: LatentGaussian): GaussianPredictive {
  const [mean, raw] = splitOutputs(latent.mean);
  const variance = latentVariance(latent);
  const [epistemicVariance, rawVariance] = variance ? splitOutputs(variance) : [tf.zerosLike(mean), tf.zerosLike(raw)];
  return new GaussianPredictive({
    mean,
    epistemicVariance,
    aleatoricVariance: expectedVariance(raw, tf.sqrt(tf.relu(rawVariance))),
    epistemicCovariance: latent.covariance && meanBlock(latent.covariance),
  });
}

/** E[variance(raw + deviation z)] for z standard normal, by the trapezoidal rule: exact to float32 up to deviations of 3. */
function expectedVariance(raw: tf.Tensor, deviation: tf.Tensor): tf.Tensor {
  const points = Array.from(
    {length: QUADRATURE_POINTS},
    (_, i) => QUADRATURE_REACH * ((2 * i) / (QUADRATURE_POINTS - 1) - 1),
  );
  const masses = points.map((z) => Math.exp(-0.5 * z * z));
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  return points.reduce<tf.Tensor>(
    (sum, z, i) => tf.add(sum, tf.mul(varianceOfRaw(tf.add(raw, tf.mul(deviation, z))), (masses[i] as number) / total)),
    tf.zerosLike(raw),
  );
}

/** The covariance of the means: the first half of the rows and columns. */
function meanBlock(covariance: tf.Tensor): tf.Tensor {
  const size = (covariance.shape.at(-1) ?? 0) / 2;
  const outer = covariance.shape.slice(0, -2);
  return tf.slice(covariance, new Array<number>(covariance.rank).fill(0), [...outer, size, size]);
}
