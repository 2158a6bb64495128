import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../../src/backend/index.ts';
import type {Rng} from '../../src/random/index.ts';
import type {GaussianWeights} from './gaussian-weights.ts';
import type {ScaledNoise} from './scaled-noise.ts';

/** log s_k^2 = v_k^T phi with a Gaussian posterior of v_k: a noise that depends on the input. */
export class LogNormalNoise implements ScaledNoise {
  readonly #weights: GaussianWeights;

  constructor(weights: GaussianWeights) {
    this.#weights = weights;
  }

  precision(features: tf.Tensor2D): tf.Tensor {
    return tf.tidy(() => tf.exp(tf.sub(tf.mul(this.logSpread(features), 0.5), this.logVariance(features))));
  }

  variance(features: tf.Tensor2D): tf.Tensor {
    return tf.tidy(() => tf.exp(tf.add(tf.mul(this.logSpread(features), 0.5), this.logVariance(features))));
  }

  logVariance(features: tf.Tensor2D): tf.Tensor {
    return this.#weights.means(features);
  }

  /** Variance of log s^2, [N, K]. */
  logSpread(features: tf.Tensor2D): tf.Tensor {
    return this.#weights.variances(features);
  }

  typicalVariance(features: tf.Tensor2D): tf.Tensor {
    return this.variance(features);
  }

  sample(features: tf.Tensor2D, rng: Rng): tf.Tensor2D {
    return tf.tidy(() => {
      const logs = this.logVariance(features);
      const noise = normalTensor(rng, logs.shape);
      return tf.exp(tf.add(logs, tf.mul(tf.sqrt(this.logSpread(features)), noise))) as tf.Tensor2D;
    });
  }

  divergence({constant}: {constant: boolean}): tf.Scalar {
    return this.#weights.divergence({constant});
  }

  draw(rng: Rng): tf.Tensor2D {
    return this.#weights.draw(rng);
  }

  varianceOf(draw: tf.Tensor2D, features: tf.Tensor2D): tf.Tensor2D {
    return tf.tidy(() => tf.exp(tf.matMul(features, draw)));
  }

  dispose(): void {
    this.#weights.dispose();
  }
}
