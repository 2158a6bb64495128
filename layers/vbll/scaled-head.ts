import * as tf from '@tensorflow/tfjs-core';
import type {Rng} from '../../src/random/index.ts';
import {GaussianWeights} from './gaussian-weights.ts';
import {VbllHead} from './head.ts';
import type {ScaledNoise} from './scaled-noise.ts';

/**
 * A head whose noise variances s_k^2 are uncertain, and whose weights are so in proportion:
 *
 *     q(w_k | s_k) = N(mean_k, s_k^2 S_k),  prior w_k | s_k ~ N(0, s_k^2 I / priorPrecision)
 */
export abstract class ScaledHead<Noise extends ScaledNoise> extends VbllHead {
  #noise: Noise | undefined;

  /** The noise of each output; throws `NotFittedError` where the layer has no weights yet. */
  get noise(): Noise {
    this.q;
    return this.#noise as Noise;
  }

  override regularizer(): tf.Scalar {
    const constant = this.options.objective === 'corrected';
    return tf.tidy(() => tf.add(this.q.divergence({constant, means: false}), this.noise.divergence({constant})));
  }

  /** Draws of S's root times noise over one of the noise variances, [D + R, K]. */
  override draw(rng: Rng): tf.Tensor2D {
    return tf.tidy(() => tf.concat([this.q.deviation(rng), this.noise.draw(rng)]));
  }

  /** The latent outputs [N, K] of such a draw, and the noise variances that come with them. @internal */
  protected drawn(draw: tf.Tensor2D, features: tf.Tensor2D): {f: tf.Tensor2D; variance: tf.Tensor2D} {
    const [deviation, rows] = tf.split(draw, [this.inputSize, draw.shape[0] - this.inputSize]) as [
      tf.Tensor2D,
      tf.Tensor2D,
    ];
    const variance = this.noise.varianceOf(rows, features);
    const moved = tf.mul(tf.sqrt(variance), tf.matMul(features, deviation));
    return {f: tf.add(this.q.means(features), moved), variance};
  }

  /** The part of the divergence that scales with E[1 / s^2] at an example, divided by the number of examples, [N] or [1]. */
  protected scaledPenalty(precision: tf.Tensor): tf.Tensor {
    return tf.tidy(() => tf.div(this.q.meanPenalty(precision), this.options.trainSize));
  }

  protected override create(inputs: number): GaussianWeights {
    const q = this.createWeights(inputs);
    this.#noise = this.createNoise(inputs);
    return q;
  }

  /** Creates q of the weights of log s^2. @internal */
  protected noiseWeightsOf(inputs: number): GaussianWeights {
    const {units: outputs, covariance, rank, noisePriorPrecision = 100 * inputs, seed} = this.options;
    const size = {inputs, outputs, rank, covariance, prefix: 'noise_'};
    const start = {priorVariance: 1 / noisePriorPrecision, spread: 0.1 / Math.sqrt(inputs)};
    return new GaussianWeights(this.weightMaker, {...size, ...start, seed: seed === undefined ? seed : seed + 1000});
  }

  /** Creates q(w) in units of the noise. @internal */
  protected abstract createWeights(inputs: number): GaussianWeights;
  /** Creates the noise's posterior. @internal */
  protected abstract createNoise(inputs: number): Noise;

  protected override disposeWeights(): number {
    this.#noise?.dispose();
    return super.disposeWeights();
  }
}
