import type * as tf from '@tensorflow/tfjs-core';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import type {Prior} from '../../../src/priors/index.ts';
import type {Rng} from '../../../src/random/index.ts';

/**
 * Creates a weight of the layer that a family belongs to: `suffix` ends its name. Calls `initial` before it returns, and owns
 * the tensor that it gives.
 */
export type AddVariable = (suffix: string, shape: number[], initial: () => tf.Tensor) => LayerVariable;

/** How a variational family starts: at a weight that is already trained, or at what the layer's own initializer drew. */
export interface FamilyStart {
  /** Initial mean, in the shape of the weight. */
  readonly mean: tf.Tensor;
  /**
   * Initial standard deviations of the elements, above 0: one number, or one for every weight (a tensor that broadcasts to the
   * shape of the weight).
   */
  readonly scale: number | tf.Tensor;
}

/**
 * q(w): the approximate posterior of one weight tensor, its parameters held as trainable weights of a layer.
 *
 * All methods return tensors that belong to the caller (never the variables themselves), and are differentiable in the parameters.
 */
export interface WeightFamily {
  /** Shape of the weight. */
  readonly shape: readonly number[];
  /** Every parameter, in the order in which the layer saves them. */
  readonly variables: readonly LayerVariable[];
  /** E[w]. */
  mean(): tf.Tensor;
  /** Variance of every element of w. */
  variance(): tf.Tensor;
  /** E[-log q(w)] in nats, exactly; families without a density on w have none. */
  entropy?(): tf.Scalar;
  /** One reparameterized draw of w. */
  sample(rng: Rng): tf.Tensor;
  /** One reparameterized draw of w - E[w], for Flipout; without it, the difference is taken. */
  deviation?(rng: Rng): tf.Tensor;
  /**
   * Whether elements are independent and symmetric about their means: what Flipout and local reparameterization assume. With
   * it, `variance` tells everything about pre-activations.
   */
  readonly independent: boolean;
  /** Whether every element of w is Gaussian, so that a prior's closed-form cross entropy holds. */
  readonly gaussian: boolean;
  /** KL(q || prior) in nats, summed over the weights: closed form where there is one, else estimated from one draw. */
  klDivergence(prior: Prior, rng: Rng): tf.Scalar;
  /** Whether `klDivergence` with this prior is exact. */
  closedForm(prior: Prior): boolean;
  /**
   * The parameters that a draw replaces: with `drawn` values in their place, `mean()` is the drawn weight. This is how whole
   * functions are drawn without touching the layer.
   */
  readonly drawn: readonly LayerVariable[];
  /** Values for `drawn` that make `mean()` one draw of w; the caller disposes them. */
  draw(rng: Rng): tf.Tensor[];
}
