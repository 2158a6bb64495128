import type * as tf from '@tensorflow/tfjs-core';
import type {Support} from '../../src/distributions/index.ts';
import type {Rng} from '../../src/random/index.ts';

/**
 * The log density of S points at once: theta of shape [S, D] to [S], in nats, up to a constant, differentiable.
 *
 * Every sampler and every variational fit takes one of these or a {@link Model}.
 */
export type LogDensity = (theta: tf.Tensor2D) => tf.Tensor1D;

/** Where one named parameter lies in the unconstrained vector. */
export interface ParameterLayout {
  /** The parameter's name. */
  readonly name: string;
  /** The shape of one value, without the leading axis of draws; `[]` for a number. */
  readonly shape: number[];
  /** Where its values lie. */
  readonly support: Support;
  /** Index of its first column in theta. */
  readonly offset: number;
  /** How many columns of theta it takes: K - 1 for a simplex of K entries. */
  readonly size: number;
}

/**
 * A joint density of named parameters and data, seen by inference as a density on R^D.
 *
 * Each row of `theta` [S, D] is one point: the parameters one after another, as `parameters` says, each mapped to the real
 * numbers by the bijector of its support. Tensors of values carry the S points in their leading axis: [S, ...shape].
 * All tensors returned belong to the caller.
 */
export interface Model<Data = unknown> {
  /** The parameters in the order of theta's columns. */
  readonly parameters: readonly ParameterLayout[];
  /** D, the number of columns of theta. */
  readonly dimension: number;
  /**
   * log p(parameters, data) + log |det d parameters / d theta| for each row of theta, shape [S].
   *
   * @param theta points in unconstrained space, [S, D].
   * @param data what `observe` is given instead of the model's own data: a minibatch.
   */
  logDensity(theta: tf.Tensor2D, data?: Data): tf.Tensor1D;
  /**
   * The summands of `logDensity`, shape [S, M], so that a caller can add them up in float64: sums over thousands of
   * observations lose digits in float32.
   *
   * @param theta points in unconstrained space, [S, D].
   * @param data as in `logDensity`.
   */
  logDensityTerms(theta: tf.Tensor2D, data?: Data): tf.Tensor2D;
  /** log p(parameters) + log |det d parameters / d theta| for each row of theta, shape [S]; flat priors count as 0. */
  logPrior(theta: tf.Tensor2D): tf.Tensor1D;
  /**
   * The parameters at theta [S, D], by name, each [S, ...shape], and after them what `derive` computes; refused where that lacks
   * the axis of points.
   */
  constrain(theta: tf.Tensor2D): tf.NamedTensorMap;
  /** theta [S, D] from parameters by name, each [S, ...shape]. */
  unconstrain(values: tf.NamedTensorMap): tf.Tensor2D;
  /**
   * `count` points of the prior in unconstrained space, [count, D]; refused where a prior is flat, or is cut by the `support` of
   * its parameter.
   */
  samplePrior(rng: Rng, count: number): tf.Tensor2D;
  /**
   * New data from each row of theta, by the names of the observations, each [S, ...]; the prior predictive where theta comes
   * from `samplePrior`, the posterior predictive where it comes from a posterior.
   *
   * @param theta points in unconstrained space, [S, D].
   * @param rng the stream of random numbers.
   * @param data as in `logDensity`.
   */
  predictive(theta: tf.Tensor2D, rng: Rng, data?: Data): tf.NamedTensorMap;
  /** log p(observation | theta) for each observation by name, each [S, ...]: what PSIS-LOO needs. */
  logLikelihoods(theta: tf.Tensor2D, data?: Data): tf.NamedTensorMap;
}
