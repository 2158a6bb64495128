import type * as tf from '@tensorflow/tfjs-core';

/**
 * A smooth one-to-one map from all real vectors to the values of a support.
 *
 * It acts on the last `eventRank` axes of its values: 0 for numbers one by one, 1 for vectors, 2 for matrices.
 */
export interface Bijector {
  /** The map's name. */
  readonly name: string;
  /** The unconstrained shape of a value of this shape; refuses shapes that the map cannot have. */
  unconstrainedShape(shape: readonly number[]): number[];
  /** The values [S, ...shape] at the unconstrained [S, ...unconstrained shape]. */
  forward(unconstrained: tf.Tensor): tf.Tensor;
  /** The unconstrained tensor of values. */
  inverse(values: tf.Tensor): tf.Tensor;
  /** log |det d forward / d unconstrained|, summed for each of the S points: shape [S]. */
  logDeterminant(unconstrained: tf.Tensor): tf.Tensor;
}
