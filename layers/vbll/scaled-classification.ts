import * as tf from '@tensorflow/tfjs-core';
import {categorical, type PredictiveOptions} from '../../src/likelihoods/index.ts';
import type {Predictive} from '../../src/predictive/index.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import {jensenBound, tiltedBound} from './bounds.ts';
import type {GaussianWeights} from './gaussian-weights.ts';
import type {Moments} from './head.ts';
import {ScaledHead} from './scaled-head.ts';
import type {ScaledNoise} from './scaled-noise.ts';

/** A head for classes whose logits have an uncertain noise. */
export abstract class ScaledClassification<Noise extends ScaledNoise> extends ScaledHead<Noise> {
  override readonly likelihood = categorical();
  #noiseRng: Rng | undefined;

  override negativeBound(features: tf.Tensor2D, outputs: tf.Tensor2D, y: tf.Tensor2D): tf.Tensor1D {
    return tf.tidy(() => {
      const precision = this.noise.precision(features);
      const spread = tf.add(this.q.variances(features), 1) as tf.Tensor2D;
      const bound =
        this.options.bound === 'semi-monte-carlo'
          ? jensenBound(outputs, tf.mul(spread, this.noise.sample(features, this.#rng())), y)
          : tiltedBound({mean: outputs, spread}, y, {
              tilt: this.tilt,
              variance: this.#noiseVariance(features, precision),
              precision,
            });
      return tf.sub(this.scaledPenalty(precision), bound) as tf.Tensor1D;
    });
  }

  override moments(features: tf.Tensor2D): Moments {
    return tf.tidy(() => {
      const noise = this.noise.typicalVariance(features);
      const shrink = shrinkOf(noise);
      const variance = tf.mul(this.q.variances(features), noise);
      return {mean: tf.mul(this.q.means(features), shrink), variance: tf.mul(variance, tf.square(shrink))};
    });
  }

  override predictive(moments: Moments, options: PredictiveOptions): Predictive {
    return this.likelihood.predictive({mean: moments.mean as tf.Tensor, ...moments}, options);
  }

  override outputsOf(draw: tf.Tensor2D, features: tf.Tensor2D): tf.Tensor2D {
    return tf.tidy(() => {
      const {f, variance} = this.drawn(draw, features);
      return tf.mul(f, shrinkOf(variance));
    });
  }

  /** @internal */
  protected override createWeights(inputs: number): GaussianWeights {
    const q = this.weightsOf(inputs, {priorPrecision: this.priorPrecisionFor(inputs), spread: Math.sqrt(1 / inputs)});
    if (this.options.bound === 'reduced-knowles-minka') this.createTilt();
    return q;
  }

  /** Default prior precision of the weights, in units of the noise. @internal */
  protected abstract priorPrecisionFor(inputs: number): number;
  /** What the authors' code takes for E[s^2]. @internal */
  protected abstract referenceVariance(features: tf.Tensor2D, precision: tf.Tensor): tf.Tensor;

  #noiseVariance(features: tf.Tensor2D, precision: tf.Tensor): tf.Tensor {
    return this.options.objective === 'reference'
      ? this.referenceVariance(features, precision)
      : this.noise.variance(features);
  }

  #rng(): Rng {
    this.#noiseRng ??= createRng(`vbll noise ${this.options.seed ?? this.name}`);
    return this.#noiseRng;
  }
}

/** What noise of a variance does to probabilities, folded into the logits (MacKay 1992). */
export function shrinkOf(variance: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.rsqrt(tf.add(tf.mul(variance, Math.PI / 8), 1)));
}
