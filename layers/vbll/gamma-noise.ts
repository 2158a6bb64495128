import * as tf from '@tensorflow/tfjs-core';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import * as tfl from '@tensorflow/tfjs-layers';
import {gammaTensor} from '../../src/backend/gamma-noise.ts';
import {digamma, logGamma} from '../../src/predictive/gamma-functions.ts';
import type {Rng} from '../../src/random/index.ts';
import type {AddWeight} from './gaussian-weights.ts';
import type {ScaledNoise} from './scaled-noise.ts';

/** What a {@link GammaNoise} is made of. */
export interface GammaNoiseOptions {
  /** Number of outputs. */
  readonly size: number;
  /** Shape and rate of the prior of each precision. */
  readonly shape: number;
  readonly rate: number;
  /** Shape that training starts at, with the mean precision of the prior. Default that of the prior. */
  readonly startShape?: number;
  /** The shape stays above this: above 1 the variance has a mean. */
  readonly least: 0 | 1;
}

/** q(1 / s_k^2) = Gamma(shape_k, rate_k), the same at every input: Student-t outputs with 2 shape_k degrees of freedom. */
export class GammaNoise implements ScaledNoise {
  readonly #logExcess: LayerVariable;
  readonly #logRate: LayerVariable;
  readonly #options: GammaNoiseOptions;

  constructor(addWeight: AddWeight, options: GammaNoiseOptions) {
    const {size, shape, rate, least, startShape = shape} = options;
    const at = (value: number) => tfl.initializers.constant({value: Math.log(value)});
    this.#logExcess = addWeight('noise_log_shape', [size], at(startShape - least));
    this.#logRate = addWeight('noise_log_rate', [size], at((rate * startShape) / shape));
    this.#options = options;
  }

  /** Shapes, [K]. */
  shape(): tf.Tensor1D {
    return tf.tidy(() => tf.add(tf.exp(this.#logExcess.read() as tf.Tensor1D), this.#options.least));
  }

  /** Rates, [K]. */
  rate(): tf.Tensor1D {
    return tf.exp(this.#logRate.read() as tf.Tensor1D);
  }

  precision(): tf.Tensor {
    return tf.tidy(() => tf.div(this.shape(), this.rate()));
  }

  variance(): tf.Tensor {
    return tf.tidy(() => tf.div(this.rate(), tf.sub(this.shape(), 1)));
  }

  logVariance(): tf.Tensor {
    return tf.tidy(() => tf.sub(this.#logRate.read(), digamma(this.shape())));
  }

  typicalVariance(): tf.Tensor {
    return tf.tidy(() => tf.exp(tf.add(this.logVariance(), tf.mul(trigamma(this.shape()), 0.5))));
  }

  sample(features: tf.Tensor2D, rng: Rng): tf.Tensor2D {
    return this.#drawVariances(rng, features.shape[0]);
  }

  divergence(): tf.Scalar {
    const {shape: priorShape, rate: priorRate, size} = this.#options;
    return tf.tidy(() => {
      const [a, b] = [this.shape(), this.rate()];
      const shapes = tf.sub(tf.mul(tf.sub(a, priorShape), digamma(a)), logGamma(a));
      const rates = tf.add(
        tf.mul(tf.sub(this.#logRate.read(), Math.log(priorRate)), priorShape),
        tf.mul(a, tf.sub(tf.div(priorRate, b), 1)),
      );
      const constant = tf.mul(logGamma(tf.scalar(priorShape)), size);
      return tf.add(tf.sum<tf.Scalar>(tf.add(shapes, rates)), constant);
    });
  }

  draw(rng: Rng): tf.Tensor2D {
    return this.#drawVariances(rng, 1);
  }

  varianceOf(draw: tf.Tensor2D): tf.Tensor2D {
    return draw;
  }

  dispose(): void {}

  #drawVariances(rng: Rng, rows: number): tf.Tensor2D {
    return tf.tidy(() => {
      const shapes = tf.tile(tf.expandDims(this.shape(), 0), [rows, 1]);
      return tf.div<tf.Tensor2D>(this.rate(), gammaTensor(rng, shapes));
    });
  }
}

/** The derivative of digamma, to a thousandth and better for large z: it only says how far a typical value is from a mean. */
function trigamma(z: tf.Tensor): tf.Tensor {
  const shifted = tf.add(z, 3);
  const series = tf.add(tf.reciprocal(shifted), tf.mul(tf.reciprocal(tf.square(shifted)), 0.5));
  const cubic = tf.div(1 / 6, tf.mul(shifted, tf.square(shifted)));
  return tf.addN([series, cubic, ...[0, 1, 2].map((i) => tf.reciprocal(tf.square(tf.add(z, i))))]);
}
