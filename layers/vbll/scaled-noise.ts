import type * as tf from '@tensorflow/tfjs-core';
import type {Rng} from '../../src/random/index.ts';

/**
 * An uncertain noise variance s_k^2 of each output, which may depend on the features [N, D]; weights are uncertain in
 * proportion to it. Results are [K] or [N, K], synchronous and differentiable.
 */
export interface ScaledNoise {
  /** E[1 / s^2]. */
  precision(features: tf.Tensor2D): tf.Tensor;
  /** E[s^2]. */
  variance(features: tf.Tensor2D): tf.Tensor;
  /** E[log s^2]. */
  logVariance(features: tf.Tensor2D): tf.Tensor;
  /** The mean of the log-normal s^2 with the same first two moments of log s^2: finite, where E[s^2] may not be. */
  typicalVariance(features: tf.Tensor2D): tf.Tensor;
  /** s^2 drawn anew for each example, [N, K]. */
  sample(features: tf.Tensor2D, rng: Rng): tf.Tensor2D;
  /** KL of the noise's own posterior from its prior, in nats, without the constant that the reference drops. */
  divergence(options: {constant: boolean}): tf.Scalar;
  /** One noise for all inputs, [R, K]. */
  draw(rng: Rng): tf.Tensor2D;
  /** The s^2 that such a draw gives to features, [1, K] or [N, K]. */
  varianceOf(draw: tf.Tensor2D, features: tf.Tensor2D): tf.Tensor2D;
  /** Disposes constants; the weights belong to the layer. */
  dispose(): void;
}
