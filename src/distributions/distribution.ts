import type * as tf from '@tensorflow/tfjs-core';
import type {Rng} from '../random/index.ts';
import type {Support} from './support.ts';

/** A parameter of a distribution: a number, or a tensor that broadcasts against the others. */
export type Parameter = number | tf.Tensor;

/**
 * A probability distribution on tensors.
 *
 * Its parameters broadcast to `batchShape`: one independent distribution for each entry. The last `eventShape.length` axes of
 * a value are one draw (a vector of a Dirichlet, say); the axes before them broadcast against the batch.
 */
export interface Distribution {
  /** The distribution's name, such as `'normal'`. */
  readonly name: string;
  /** Where the density is positive. */
  readonly support: Support;
  /** The shape of one draw: `[]` for numbers. */
  readonly eventShape: readonly number[];
  /** The shape of the parameters broadcast together, without the axes of an event. */
  readonly batchShape: readonly number[];
  /** The parameters by name, as they were given; the caller's tensors stay the caller's. */
  readonly parameters: Readonly<Record<string, Parameter>>;
  /** log p(value), in nats, without the event's axes; -Infinity outside the support. Differentiable in value and parameters. */
  logProb(value: tf.Tensor): tf.Tensor;
  /** `logProb` of values that are known to lie inside the support, such as those of a bijector: fewer tensor operations. */
  logProbInside(value: tf.Tensor): tf.Tensor;
  /**
   * Draws of shape [...shape, ...eventShape], which the caller owns.
   *
   * @param rng the stream of random numbers.
   * @param shape the shape to which the parameters broadcast, the whole batch included; `batchShape` if not given.
   */
  sample(rng: Rng, shape?: readonly number[]): tf.Tensor;
}
