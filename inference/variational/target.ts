import type * as tf from '@tensorflow/tfjs-core';
import type {Rng} from '../../src/random/index.ts';
import type {ParameterLayout} from '../model/model.ts';

/** What a variational fit approximates: a {@link Model}, or a log density with the number of its columns. */
export interface VariationalTarget<Data = unknown> {
  /** D, the number of columns of theta. */
  readonly dimension: number;
  /** The log density of S points, shape [S], up to a constant; scaled to all data where `data` is a minibatch. */
  logDensity(theta: tf.Tensor2D, data?: Data): tf.Tensor1D;
  /** Summands of the log density, [S, M], to be added up in float64. */
  logDensityTerms?(theta: tf.Tensor2D, data?: Data): tf.Tensor2D;
  /** The parameters at theta by name, each [S, ...]; without it the draws are those of `theta`. */
  constrain?(theta: tf.Tensor2D): tf.NamedTensorMap;
  /** Draws of the prior in unconstrained space, [count, D]. */
  samplePrior?(rng: Rng, count: number): tf.Tensor2D;
  /** The names of theta's columns. */
  readonly parameters?: readonly ParameterLayout[];
}
