import type * as tf from '@tensorflow/tfjs-core';
import type {Predictive} from '../predictive/index.ts';
import type {LatentDraws, LatentGaussian} from '../predictive/predictive.ts';
import type {Rng} from '../random/rng.ts';

/** How a Gaussian over logits becomes probabilities. */
export type Link = 'pairwise-probit' | 'probit' | 'bridge' | 'bridge-norm' | 'mc';

/** Options of {@link Likelihood.predictive}. */
export interface PredictiveOptions {
  /**
   * How a Gaussian over f becomes a prediction; likelihoods with a closed form ignore it. Default: for classes with a
   * covariance `'pairwise-probit'`, else `'probit'`.
   */
  readonly link?: Link;
  /** Draws of f for the `'mc'` link and for the split of the entropy. Default 100. */
  readonly samples?: number;
  /** Where those draws come from. Default: a fixed seed, so that predictions repeat. */
  readonly rng?: Rng;
  /** Index of the first example in the whole set, so that batches get the draws that the whole would. Default 0. */
  readonly offset?: number;
  /** Keep the prediction of each draw (`memberProbs`). Default false. */
  readonly keepMembers?: boolean;
  /** Name of the calling function, for error messages. Default that of the likelihood. */
  readonly caller?: string;
}

/**
 * p(y | f): what the outputs f of a net mean. Every f is the likelihood's natural output (logits, means), of shape
 * [N, ..., C]; all functions are synchronous, differentiable in f and own nothing. Users can write their own.
 */
export interface Likelihood {
  /** Name under which the likelihood is saved. */
  readonly name: string;
  /** Observation noise as a standard deviation, for likelihoods that have one; the geometric mean where outputs differ. */
  readonly noiseScale?: number;
  /** The noise of each output, C numbers, where they differ. */
  readonly noiseScales?: readonly number[] | undefined;
  /**
   * The same likelihood with another noise; present exactly where `noiseScale` is. One number becomes the `noiseScale` and
   * leaves the ratios between outputs as they are; a list, which not every such likelihood takes, has one for each output.
   */
  withNoiseScale?(noiseScale: number | readonly number[]): Likelihood;
  /**
   * Brings targets to the form the other members take and checks them: integer or one-hot labels to one-hot [N, ..., C],
   * numbers to the shape of f.
   * Throws `ShapeError` or `DataError`, naming `caller`. Asynchronous because it reads values.
   */
  prepareTargets(y: tf.Tensor, outputShape: number[], caller: string): Promise<tf.Tensor>;
  /**
   * 1 where an example counts and 0 where its label is to be ignored, shape [N, ...], from `y` as `prepareTargets` gives it:
   * what multiplies curvature, which knows no targets. `negLogProb` is 0 there already. Absent: every example counts.
   */
  observed?(y: tf.Tensor): tf.Tensor;
  /** -log p(y | f) of each example, shape [N, ...], every constant included. `y` as `prepareTargets` gives it. */
  negLogProb(f: tf.Tensor, y: tf.Tensor): tf.Tensor;
  /**
   * Squared residuals of each example, shape [N, ...]: present exactly where p is Gaussian with the same noise for every
   * example. Those of output c are divided by (noiseScales_c / noiseScale)^2 where outputs differ, so that
   *
   *     negLogProb = squaredResiduals / (2 noiseScale^2) + C log(noiseScale sqrt(2 pi))
   *
   * so that their sum says what the likelihood is under any noise. Set it to undefined where you change the `negLogProb` of
   * a Gaussian likelihood.
   */
  squaredResiduals?(f: tf.Tensor, y: tf.Tensor): tf.Tensor;
  /** The mean of `negLogProb`, in the argument order of tfjs losses, for `model.compile({loss: likelihood.loss})`. */
  readonly loss: (yTrue: tf.Tensor, yPred: tf.Tensor) => tf.Scalar;
  /** Expected Hessian of -log p with respect to f, shape [N, ..., C, C], positive semi-definite. */
  fisher(f: tf.Tensor): tf.Tensor;
  /**
   * Sum over the rows of f [M, C] of `counted` [M] times their Fisher, [C, C], without forming C x C numbers for each row.
   * Default: from `fisher(f)`, a few rows at a time.
   */
  fisherSum?(f: tf.Tensor2D, counted: tf.Tensor1D): tf.Tensor2D;
  /** Diagonal of `fisher(f)`, of the shape of f, without forming it. Default: from `fisher(f)`, a few rows at a time. */
  fisherDiagonal?(f: tf.Tensor): tf.Tensor;
  /** `fisher(f) v` for v of shape [N, ..., C] without forming the matrix. */
  fisherProduct(f: tf.Tensor, v: tf.Tensor): tf.Tensor;
  /** A root R of the Fisher, `R R^T = fisher(f)`, shape [N, ..., C, R]. Default: a Cholesky factor of `fisher(f)`. */
  fisherRoot?(f: tf.Tensor): tf.Tensor;
  /** The Hessian itself where it differs from the Fisher: may be indefinite. */
  hessian?(f: tf.Tensor, y: tf.Tensor): tf.Tensor;
  /** One draw of y for each f, of the shape `prepareTargets` gives. */
  sample(f: tf.Tensor, rng: Rng): tf.Tensor;
  /** The predictive distribution of y when f is Gaussian or given by draws. */
  predictive(latent: LatentGaussian | LatentDraws, options?: PredictiveOptions): Predictive;
  /** Plain JSON from which `likelihoodFromConfig` rebuilds it. */
  getConfig(): {
    /** Name of the likelihood. */
    name: string;
    [key: string]: unknown;
  };
}
