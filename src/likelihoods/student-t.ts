import * as tf from '@tensorflow/tfjs-core';
import {gammaTensor} from '../backend/gamma-noise.ts';
import {normalTensor} from '../backend/noise.ts';
import {ConfigError} from '../errors.ts';
import {latentVariance} from '../predictive/latent-draws.ts';
import type {LatentDraws, LatentGaussian} from '../predictive/predictive.ts';
import {StudentTPredictive, studentTLogDensity} from '../predictive/student-t.ts';
import {tidyObject} from '../predictive/tidy.ts';
import {gaussian} from './gaussian.ts';
import type {Likelihood, PredictiveOptions} from './likelihood.ts';
import {checkLatent} from './predictive-options.ts';
import {checkLossShapes} from './targets.ts';

/** A {@link Likelihood} of numbers with Student-t noise. */
export interface StudentTLikelihood extends Likelihood {
  /** A Student-t prediction of a latent Gaussian, a mixture of them of draws. */
  predictive(latent: LatentGaussian | LatentDraws, options?: PredictiveOptions): StudentTPredictive;
  /** Second derivatives with respect to f, shape [N, ..., C, C]; negative where a residual is large. */
  hessian(f: tf.Tensor, y: tf.Tensor): tf.Tensor;
}

/** The noise of each output: degrees of freedom and squared scale, of shapes that broadcast to [N, ..., C]. */
export interface StudentTNoise {
  readonly df: tf.Tensor;
  readonly squaredScale: tf.Tensor;
}

/**
 * Numbers with heavy-tailed noise: `p(y | f) = prod_c t(y_c; df, f_c, scale)` for locations f of shape [N, ..., C].
 *
 *     log p = sum_c log(Gamma((df + 1) / 2) / (Gamma(df / 2) sqrt(df pi) scale)) - (df + 1) / 2 log(1 + ((y_c - f_c) / scale)^2 / df)
 *     fisher = (df + 1) / ((df + 3) scale^2)
 *
 * Outliers pull less than under Gaussian noise (Lange, Little and Taylor, 1989). Predictions of draws are the exact mixture.
 * A latent Gaussian has no closed form with it: the prediction is the Student-t with the exact mean and variance, of the same
 * df (for df up to 2, whose variance is infinite, the squared scale and the variance of f are added).
 *
 * @param options how the noise is given.
 * @param options.df degrees of freedom, above 0: the fewer, the heavier the tails. Default 4.
 * @param options.scale scale of the noise in the units of y, above 0; a standard deviation only for infinite df. Default 1.
 * @throws ConfigError if one is not a positive number.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend, studentT} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const [f, y] = [tf.tensor2d([[1]]), tf.tensor2d([[1.5]])];
 * const nll = studentT({df: 4, scale: 0.5}).negLogProb(f, y);
 * console.log((await nll.data())[0]);        // about 0.846
 * tf.dispose([f, y, nll]);
 * ```
 */
export function studentT({df = 4, scale = 1}: {df?: number; scale?: number} = {}): StudentTLikelihood {
  for (const [name, value] of Object.entries({df, scale})) {
    if (value > 0 && Number.isFinite(value)) continue;
    throw new ConfigError(
      `studentT: expected ${name} to be a positive number, got ${value}. Leave it out for the default.`,
    );
  }
  const noise = (): StudentTNoise => ({df: tf.scalar(df), squaredScale: tf.scalar(scale ** 2)});
  return withStudentTNoise('student-t', noise, {df, scale});
}

/** A Student-t likelihood whose noise is read anew at each use, inside `tf.tidy`. @internal */
export function withStudentTNoise(
  name: string,
  noise: () => StudentTNoise,
  config: Readonly<Record<string, number>>,
): StudentTLikelihood {
  const negLogProb = (f: tf.Tensor, y: tf.Tensor): tf.Tensor =>
    tf.tidy(() => {
      const {df, squaredScale} = noise();
      return tf.neg(tf.sum(studentTLogDensity(tf.sub(y, f), squaredScale, df), -1));
    });
  const fisherDiagonal = (f: tf.Tensor): tf.Tensor =>
    tf.tidy(() => {
      const {df, squaredScale} = noise();
      const precision = tf.div(tf.div(tf.add(df, 1), tf.add(df, 3)), squaredScale);
      return tf.add(tf.zerosLike(f), precision);
    });
  return {
    name,
    prepareTargets: gaussian().prepareTargets,
    negLogProb,
    loss: (yTrue, yPred) => {
      checkLossShapes('studentT.loss', yTrue, yPred, 'Give every output of the model one target.');
      return tf.tidy(() => tf.mean<tf.Scalar>(negLogProb(yPred, yTrue)));
    },
    fisher: (f) => tf.tidy(() => diagonal(fisherDiagonal(f))),
    fisherDiagonal,
    fisherProduct: (f, v) => tf.tidy(() => tf.mul(fisherDiagonal(f), v)),
    fisherRoot: (f) => tf.tidy(() => diagonal(tf.sqrt(fisherDiagonal(f)))),
    hessian: (f, y) =>
      tf.tidy(() => {
        const {df, squaredScale} = noise();
        const [width, square] = [tf.mul(df, squaredScale), tf.square(tf.sub(y, f))];
        const bend = tf.div(tf.sub(width, square), tf.square(tf.add(width, square)));
        return diagonal(tf.mul(tf.add(df, 1), bend));
      }),
    sample: (f, rng) =>
      tf.tidy(() => {
        const {df, squaredScale} = noise();
        const half = tf.add(tf.zerosLike(f), tf.mul(df, 0.5));
        const precision = tf.div(gammaTensor(rng, half), half);
        return tf.add(f, tf.mul(normalTensor(rng, f.shape), tf.sqrt(tf.div(squaredScale, precision))));
      }),
    predictive: (latent) => {
      checkLatent('studentT.predictive', latent);
      return tidyObject(() => {
        const {df, squaredScale} = noise();
        if ('draws' in latent) return ofMembers(tf.clone(latent.draws), squaredScale, df);
        const variance = latentVariance(latent);
        // An epistemic variance as a squared scale: over df / (df - 2), where that is finite.
        const shrink = tf.where(tf.greater(df, 2), tf.div(tf.sub(df, 2), df), tf.onesLike(df));
        const doubt = variance && tf.expandDims(tf.mul(variance, shrink), 0);
        return ofMembers(tf.expandDims(latent.mean, 0), squaredScale, df, doubt);
      });
    },
    getConfig: () => ({name, ...config}),
  };
}

function ofMembers(
  means: tf.Tensor,
  squaredScale: tf.Tensor,
  df: tf.Tensor,
  epistemicSquaredScales?: tf.Tensor,
): StudentTPredictive {
  return new StudentTPredictive({
    means,
    aleatoricSquaredScales: likeMembers(squaredScale, means.rank),
    epistemicSquaredScales,
    dfs: likeMembers(df, means.rank),
  });
}

/** With ones before the axes it has, up to `rank`; a copy. */
function likeMembers(tensor: tf.Tensor, rank: number): tf.Tensor {
  return tf.reshape(tf.clone(tensor), [...new Array<number>(rank - tensor.rank).fill(1), ...tensor.shape]);
}

function diagonal(values: tf.Tensor): tf.Tensor {
  return tf.mul(tf.expandDims(values, -1), tf.eye(values.shape.at(-1) ?? 0));
}
