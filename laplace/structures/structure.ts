import type * as tf from '@tensorflow/tfjs-core';
import type {TappedWeight} from '../../src/models/taps.ts';
import type {Rng} from '../../src/random/rng.ts';

/** Prior precision of each weight tensor, in order: one number, or one for each scalar of the tensor. */
export type PriorPrecisions = readonly (number | Float64Array)[];

/** The terms of a posterior precision `scale H + diag(prior)`. */
export interface PrecisionTerms {
  /** Factor on the curvature: 1 / (noiseScale^2 temperature). */
  readonly scale: number;
  readonly prior: PriorPrecisions;
}

/** Turns the g of every weight for one output c into rows u_c, [N, m] each, whose inner products, once finished, add up. */
export type Whitener = (gradients: readonly tf.Tensor[]) => tf.Tensor2D[];

/** A curvature made ready for posterior precisions `scale H + diag(prior)` under any scale and prior. */
export interface PosteriorStructure {
  /** log det(scale H + diag(prior)). */
  logDeterminant(terms: PrecisionTerms): number;
  /** `logDeterminant` for many terms: does once what they share. */
  logDeterminants(): (terms: PrecisionTerms) => number;
  /**
   * How many weights the data determine in each group of weight tensors (MacKay 1992):
   * the sum over the group of 1 - prior_j Sigma_jj.
   */
  effectiveParameters(terms: PrecisionTerms, groups: readonly (readonly number[])[]): number[];
  /** The weight posterior under these terms, with its tensors on the device. */
  at(terms: PrecisionTerms): WeightGaussian;
}

/** The zero-mean Gaussian N(0, (scale H + diag(prior))^-1) over the flat weight vector. */
export interface WeightGaussian {
  /** Its tensors on the device; whoever asked for it keeps and disposes them. */
  readonly tensors: readonly tf.Tensor[];
  /**
   * For one batch: rows with u_c . u_k = J_c Sigma J_k^T for each example. They hold what depends on the inputs, so rows
   * of different examples do not combine, unless they are to be `joint`: then rows are as long as the weight.
   */
  whitener(weights: readonly TappedWeight[], options?: {readonly joint?: boolean}): Whitener;
  /** What is left to do to the rows of a whitener, [rows, m], where it is quicker for those of several outputs at once. */
  finish?(rows: tf.Tensor2D): tf.Tensor2D;
  /** Covariance of the outputs of a last layer with inputs `features` [M, D]: [M, C, C]. */
  lastLayerCovariance(features: tf.Tensor2D): tf.Tensor3D;
  /** Its diagonal, [M, C], without forming C x C matrices. */
  lastLayerVariance(features: tf.Tensor2D): tf.Tensor2D;
  /** One draw of the flat weight vector. */
  sample(rng: Rng): Float64Array;
  /** Marginal variance of each weight of the flat vector. */
  variances(): Float64Array;
}

/**
 * Relative error that a curvature summed on the device in float32 is taken to have, 8 * 2^-23. Measured with matrices of
 * known rank: up to 5 * 2^-23 where one direction has no curvature; where several have none they show a larger error, by
 * curvatures below zero.
 */
export const FLOAT32_NOISE = 2 ** -20;

/** Eigenvalues of a matrix of this size up to this fraction of the largest are rounding errors of float64. */
export function roundingFloor(size: number): number {
  return size * 2 ** -50;
}

/** The scalar that all prior precisions equal, if they do. */
export function commonPrior(prior: PriorPrecisions): number | undefined {
  const [first] = prior;
  return typeof first === 'number' && prior.every((p) => p === first) ? first : undefined;
}

/** The sum over each group of tensors of the numbers given for single tensors. */
export function sumGroups(values: ArrayLike<number>, groups: readonly (readonly number[])[]): number[] {
  return groups.map((group) => group.reduce((sum, i) => sum + (values[i] as number), 0));
}
