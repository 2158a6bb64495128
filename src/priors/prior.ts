import type * as tf from '@tensorflow/tfjs-core';

/** What brings a prior back, as `getConfig` of a layer keeps it: plain JSON. */
export interface PriorConfig {
  /** Name of the kind in the registry, such as `gaussian`. */
  readonly kind: string;
  /** Its parameters. */
  readonly [parameter: string]: unknown;
}

/** p(w): a density over a weight tensor whose elements are independent. */
export interface Prior {
  /** Name of the kind in the registry. */
  readonly kind: string;
  /** log p(w) of every element, in the shape of `w`, every constant included; differentiable in `w`. */
  logProb(w: tf.Tensor): tf.Tensor;
  /**
   * E[-log p(w)] of every element under Gaussian marginals of these means and variances, in their shape, where it has a closed
   * form; differentiable in both. Without it the expectation is estimated from a draw.
   */
  crossEntropy?(mean: tf.Tensor, variance: tf.Tensor): tf.Tensor;
  /** Whether log p is quadratic in w, so that `crossEntropy` holds for every law with these means and variances. Default false. */
  readonly quadratic?: boolean;
  /** The parameters that `createPrior` takes. */
  getConfig(): PriorConfig;
}
