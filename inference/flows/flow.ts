import type * as tf from '@tensorflow/tfjs-core';
import type {Json} from '../../src/io/index.ts';

/** Points that a flow mapped, and how much it stretched space there. */
export interface FlowStep {
  /** The points after the map, [N, D]. */
  readonly value: tf.Tensor2D;
  /** log |det| of the Jacobian of the map that was applied, [N], in nats. */
  readonly logDeterminant: tf.Tensor1D;
}

/** What a flow was made with, plain numbers and words; {@link flowFromConfig} makes one like it, with weights of its own. */
export interface FlowConfig {
  /** Which flow: `'affine-coupling'`. */
  readonly kind: string;
  /** Its options. */
  readonly [option: string]: Json;
}

/**
 * A smooth one-to-one map of R^D with weights, which turns standard normal noise into draws of another density:
 *
 *     value = forward(noise),   log q(value) = log N(noise; 0, I) - forward.logDeterminant
 *                                            = log N(inverse(value); 0, I) + inverse.logDeterminant
 *
 * A conditional flow is another map for each row of a context [N, C]; a context of one row holds for all points.
 * Everything is differentiable in the points, the context and the variables. All tensors returned belong to the caller.
 */
export interface Flow {
  /** D, the number of columns of noise and value. */
  readonly dimension: number;
  /** C, the number of columns of the context; 0 for a flow without one. */
  readonly contextDimension: number;
  /** What training changes, always in the same order. */
  readonly variables: readonly tf.Variable[];
  /** From noise [N, D] to values. */
  forward(noise: tf.Tensor2D, context?: tf.Tensor2D): FlowStep;
  /** From values [N, D] back to noise. Left out where the map has no inverse that can be computed. */
  inverse?(value: tf.Tensor2D, context?: tf.Tensor2D): FlowStep;
  /** What it was made with, but for the weights. */
  getConfig(): FlowConfig;
  /** Disposes the variables. */
  dispose(): void;
}
