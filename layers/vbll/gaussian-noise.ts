import * as tf from '@tensorflow/tfjs-core';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import * as tfl from '@tensorflow/tfjs-layers';
import {withGradient} from '../written-gradient.ts';
import type {AddWeight} from './gaussian-weights.ts';

/** What a {@link GaussianNoise} is made of. */
export interface GaussianNoiseOptions {
  /** Number of outputs (of features, in the generative head) with a noise of their own. */
  readonly size: number;
  readonly wishartScale: number;
  readonly dof: number;
  /** Fixes the standard deviation; undefined trains it. */
  readonly noiseScale: number | undefined;
}

/**
 * Independent Gaussian noises with standard deviations exp(logScale_k): fixed, or estimated under an inverse Wishart prior,
 *
 *     log p = -(dof + size + 1) / 2 * log det Sigma - wishartScale / 2 * tr(Sigma^-1) + constant,  Sigma = diag(exp(2 logScale))
 */
export class GaussianNoise {
  readonly #logScale: LayerVariable;
  readonly #options: GaussianNoiseOptions;

  constructor(addWeight: AddWeight, options: GaussianNoiseOptions) {
    const {size, wishartScale, noiseScale} = options;
    const start = noiseScale === undefined ? Math.log(wishartScale) / 2 : Math.log(noiseScale);
    const initializer = tfl.initializers.constant({value: start});
    this.#logScale = addWeight('noise_log_scale', [size], initializer, noiseScale === undefined);
    this.#options = options;
  }

  /** Logarithms of the standard deviations, [size]. */
  get logScale(): tf.Tensor1D {
    return this.#logScale.read() as tf.Tensor1D;
  }

  /** Variances, [size]. */
  variance(): tf.Tensor1D {
    return tf.tidy(() => tf.exp(tf.mul(this.logScale, 2)));
  }

  /** log p of the prior up to its constant; 0 where the noise is fixed. */
  logPrior(): tf.Scalar {
    const {size, wishartScale, dof, noiseScale} = this.#options;
    if (noiseScale !== undefined) return tf.scalar(0);
    const {logScale} = this;
    return withGradient([logScale], () => {
      const scaled = tf.mul(tf.exp(tf.mul(logScale, -2)), wishartScale);
      const each = tf.add(tf.mul(logScale, dof + size + 1), tf.mul(scaled, 0.5));
      return {
        value: tf.neg(tf.sum<tf.Scalar>(each)),
        saved: [scaled],
        gradients: (upstream, scaled) => [tf.mul(tf.sub(scaled as tf.Tensor, dof + size + 1), upstream)],
      };
    });
  }
}
