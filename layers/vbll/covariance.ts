import type * as tf from '@tensorflow/tfjs-core';
import type {Rng} from '../../src/random/index.ts';

/** How the covariance of the weights of one output is written down; see {@link VbllOptions.covariance}. */
export type VbllCovariance = 'diagonal' | 'dense' | 'low-rank' | 'dense-precision';

/** A weight that a covariance needs. */
export interface CovarianceWeight {
  readonly name: string;
  readonly shape: number[];
  /** Standard deviation of its initial values around `start`; 0 starts all of them there. */
  readonly spread: number;
  readonly start: number;
}

/**
 * The covariances S_k [D, D] of the weights of K independent outputs, as functions of their parameters: synchronous and
 * differentiable. `parameters` are in the order of `weights`.
 */
export interface CovarianceForm {
  /** What to create; standard deviations start at 1/D. */
  readonly weights: readonly CovarianceWeight[];
  /** phi^T S_k phi of each row phi of `features` [N, D], shape [N, K]. */
  quadratic(parameters: readonly tf.Tensor[], features: tf.Tensor2D): tf.Tensor2D;
  /** The diagonals of S_k, shape [D, K]. */
  diagonal(parameters: readonly tf.Tensor[]): tf.Tensor2D;
  /** sum_k (precision tr S_k - log det S_k): what S_k costs under a prior of that precision. */
  cost(parameters: readonly tf.Tensor[], precision: number): tf.Scalar;
  /** One draw of N(0, S_k) for each output, shape [D, K]. */
  draw(parameters: readonly tf.Tensor[], rng: Rng): tf.Tensor2D;
  /** Disposes constants. */
  dispose(): void;
}

/** Numbers that fix the shapes of a covariance. */
export interface CovarianceSize {
  /** Features D. */
  readonly inputs: number;
  /** Outputs K. */
  readonly outputs: number;
  /** Columns of the low-rank factor. */
  readonly rank: number;
}
