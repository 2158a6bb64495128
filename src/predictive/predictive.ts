import type * as tf from '@tensorflow/tfjs-core';

/** Entropy of a prediction and its parts, in nats, each of shape [N, ...]. `total = aleatoric + epistemic`. */
export interface EntropyParts {
  /** Entropy of the mean prediction. */
  readonly total: tf.Tensor;
  /** Mean entropy of the members: noise in the data that more data would not remove. */
  readonly aleatoric: tf.Tensor;
  /** Mutual information between label and weights: what more data would remove. */
  readonly epistemic: tf.Tensor;
}

/** What every prediction has. Its tensors are public fields and the caller's: read them with `toArrays()`, then `dispose()`. */
export interface PredictiveBase {
  /** Log-probability or log-density of each target under the predictive, shape [N, ...], in nats. */
  logProb(y: tf.Tensor): tf.Tensor;
  /** Disposes every tensor of the prediction. */
  dispose(): void;
}

/**
 * Gaussian over the latent outputs f of a net: what a linearized posterior gives a likelihood. With neither `variance` nor
 * `covariance` it is a point estimate.
 */
export interface LatentGaussian {
  /** Mean of f, shape [N, ..., C]. */
  readonly mean: tf.Tensor;
  /** Marginal variances of f, shape [N, ..., C]. */
  readonly variance?: tf.Tensor;
  /** Full covariance over the C outputs of each input, shape [N, ..., C, C]. Wins over `variance`. */
  readonly covariance?: tf.Tensor;
}

/** Draws of the latent outputs f of a net: what a weight-sampling posterior gives a likelihood. */
export interface LatentDraws {
  /** Draws of f, shape [S, N, ..., C]. */
  readonly draws: tf.Tensor;
}
