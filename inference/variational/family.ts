import type * as tf from '@tensorflow/tfjs-core';
import type {Json} from '../../src/io/index.ts';
import type {Rng} from '../../src/random/index.ts';

/** Draws of a variational family and how dense it is there. */
export interface FamilyDraws {
  /** The draws in unconstrained space, [S, D]. */
  readonly theta: tf.Tensor2D;
  /**
   * log q at each draw, [S], in nats. A family with auxiliary variables w gives log q(theta, w) - log r(w | theta), with r a
   * normalized density of its own choice: the mean of log p(theta) - logDensity stays a lower bound of the log evidence, and its
   * exponential an unbiased estimate of the evidence.
   */
  readonly logDensity: tf.Tensor1D;
}

/**
 * A point of reference that moves along with a fit, so that the trained variables are steps in units of q itself: they stand at 0
 * before every step of the optimizer.
 */
export interface MovingFrame {
  /** Where the frame stands: not trained, but saved with the trained variables. */
  readonly variables: readonly tf.Variable[];
  /** Moves the frame to where the trained variables point, and these back to 0: q stays as it is. Fits call it after each step. */
  settle(): void | Promise<void>;
}

/**
 * Densities q on R^D that a variational fit chooses from: variables, and a way to draw that gradients can follow.
 *
 * The family owns its variables: `dispose()` gives them back. All tensors returned belong to the caller.
 */
export interface VariationalFamily {
  /** Which family, for messages and files: `'mean-field'`. */
  readonly name: string;
  /** D, the number of columns of theta. */
  readonly dimension: number;
  /** What a fit trains, always in the same order. */
  readonly variables: readonly tf.Variable[];
  /** The largest step of Adam that suits these variables, where the caller of a fit names none. */
  readonly learningRate: number;
  /** False where `logDensity` only approximates log q: weights p / q then mean nothing. Default true. */
  readonly exactDensity?: boolean;
  /** Where the trained variables are relative to something that moves. */
  readonly frame?: MovingFrame;
  /** `count` reparameterized draws: gradients flow from theta and logDensity to the variables. The stream is used up from where it is. */
  draw(rng: Rng, count: number): FamilyDraws;
  /**
   * log q at any points [S, D], shape [S], differentiable in theta and in the variables. Left out where q cannot be evaluated
   * away from its own draws (auxiliary variables, flows without an inverse); then only the `'reparameterized'` estimator works.
   */
  logDensity?(theta: tf.Tensor2D): tf.Tensor1D;
  /** What the family was made with; with the values of `variables` it makes the family again. */
  getConfig(): {readonly [key: string]: Json};
  /** Disposes the variables. */
  dispose(): void;
}

/** A covariance in float64, row-major: that of i and j is `data[i * cols + j]`. */
export interface CovarianceMatrix {
  /** D. */
  readonly rows: number;
  /** D. */
  readonly cols: number;
  /** The D * D numbers. */
  readonly data: Float64Array;
}

/** Mean and covariance of q in unconstrained space. */
export interface GaussianMoments {
  /** The mean, D numbers. */
  readonly mean: Float64Array;
  /** The covariance, [D, D]. */
  readonly covariance: CovarianceMatrix;
}

/** A family of normal densities. */
export interface GaussianFamily extends VariationalFamily {
  logDensity(theta: tf.Tensor2D): tf.Tensor1D;
  /** Mean and covariance as they stand: where another family may start, `fullRank({dimension, ...await family.moments()})`. */
  moments(): Promise<GaussianMoments>;
}
