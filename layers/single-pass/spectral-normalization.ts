import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {normalTensor} from '../../src/backend/index.ts';
import {withWeights} from '../../src/models/index.ts';
import {createRng} from '../../src/random/index.ts';
import {checkPositive} from '../dropout/rate.ts';
import {LayerWrapper, type WrapperOptions} from '../layer-wrapper.ts';
import type {CallInputs} from '../noise/noisy-layer.ts';
import {type LinearMap, linearMapOf, powerIteration} from './operator-norm.ts';

/** Steps when the layer is built, so that the bound holds from the start. */
const FIRST_STEPS = 30;
/** Keeps the gradient of a norm of 0 finite. */
const LEAST_SQUARE = 1e-12;

/** Options of {@link spectralNormalization}. */
export interface SpectralNormalizationOptions extends WrapperOptions {
  /** Largest norm that the layer's linear map may have. Default 0.95. */
  normBound?: number;
  /** Steps of the power iteration in each training step. Default 1. */
  iterations?: number;
}

/** The layer that {@link spectralNormalization} makes. */
export class SpectralNormalization extends LayerWrapper {
  /** Name under which the layer is saved. */
  static readonly className = 'BayesSpectralNormalization';
  /** Largest norm that the layer's linear map may have. */
  readonly normBound: number;
  readonly #iterations: number;
  #map: LinearMap | undefined;
  #vector: tfl.LayerVariable | undefined;

  constructor(options: SpectralNormalizationOptions) {
    super(options, ['Dense', 'Conv2D'], 'spectralNormalization');
    const {normBound = 0.95, iterations = 1} = options;
    this.normBound = checkPositive(normBound, 'normBound', 'spectralNormalization');
    this.#iterations = checkPositive(iterations, 'iterations', 'spectralNormalization');
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    super.build(inputShape);
    const shape = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as tfl.Shape;
    const map = linearMapOf(this.layer, shape);
    this.#map = map;
    const shapeOfOne = [...map.inputShape];
    this.#vector = this.addWeight('direction', shapeOfOne, 'float32', tfl.initializers.zeros(), undefined, false);
    tf.tidy(() => {
      this.#vector?.write(normalTensor(createRng('direction'), shapeOfOne));
    });
    this.#turn(FIRST_STEPS);
  }

  /** The norm of the layer's linear map before it is bounded, as far as the power iteration has come. */
  norm(): tf.Scalar {
    return tf.tidy(() => {
      const stretched = this.#linear.forward(this.kernel.read(), this.#direction.read());
      return tf.sqrt(tf.add(tf.sum<tf.Scalar>(tf.square(stretched)), LEAST_SQUARE));
    });
  }

  override call(inputs: CallInputs, kwargs: Record<string, unknown> = {}): CallInputs {
    return tf.tidy(() => {
      if (kwargs.training === true && this.trainable) this.#turn(this.#iterations);
      const scale = tf.minimum(tf.div(this.normBound, this.norm()), 1);
      const bounded = tf.mul(this.kernel.read(), scale);
      return withWeights([this.kernel], [bounded], () => this.callInside(inputs, kwargs));
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {...super.getConfig(), normBound: this.normBound, iterations: this.#iterations};
  }

  /**
   * Turns the direction towards the one that the map stretches most; gradients see it as a constant. A map that takes it to 0, such as
   * that of a kernel of zeros, leaves it where it was.
   */
  #turn(steps: number): void {
    tf.tidy(() => {
      const before = this.#direction.read();
      const turned = powerIteration(this.#linear, this.kernel.read(), before, steps);
      const kept = tf.div(before, tf.maximum(tf.norm(before), 1e-12));
      this.#direction.write(tf.where(tf.greater(tf.norm(turned), 0.5), turned, kept));
    });
  }

  get #linear(): LinearMap {
    return this.#map as LinearMap;
  }

  get #direction(): tfl.LayerVariable {
    return this.#vector as tfl.LayerVariable;
  }
}
tf.serialization.registerClass(SpectralNormalization);

/**
 * A layer whose linear map A never stretches distances by more than a bound (Miyato et al. 2018; Liu et al. 2020).
 *
 *     kernel used = kernel min(1, normBound / |A|),   |A| the largest singular value, by power iteration
 *
 * In a residual block `x + layer(x)` with a bound below 1 and a 1-Lipschitz activation it keeps distances between inputs,
 * which a distance-aware last layer such as `gaussianProcess` needs. Takes Dense and Conv2D layers; a convolution's norm is that of the
 * map of whole images, so that their size must be fixed. The power iteration moves on in training only; the layer's own weight
 * `direction` is saved with the model. Throws `ConfigError` for other layers.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {spectralNormalization} from 'tfjs-bayes/layers';
 *
 * await initBackend({prefer: 'cpu'});
 * const input = tfl.input({shape: [8]});
 * const block = spectralNormalization({layer: tfl.layers.dense({units: 8, activation: 'relu'}), normBound: 0.9});
 * const output = tfl.layers.add().apply([input, block.apply(input) as tfl.SymbolicTensor]) as tfl.SymbolicTensor;
 * const model = tfl.model({inputs: input, outputs: output});
 * console.log((model.predict(tf.ones([2, 8])) as tf.Tensor).shape); // [2, 8]
 * ```
 */
export function spectralNormalization(options: SpectralNormalizationOptions): SpectralNormalization {
  return new SpectralNormalization(options);
}
