import * as tf from '@tensorflow/tfjs-core';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import * as tfl from '@tensorflow/tfjs-layers';
import type {Rng} from '../../src/random/index.ts';
import {squaresCost} from './costs.ts';
import type {CovarianceForm, CovarianceSize, VbllCovariance} from './covariance.ts';
import {denseCovariance} from './dense.ts';
import {densePrecisionCovariance} from './dense-precision.ts';
import {diagonalCovariance} from './diagonal.ts';
import {lowRankCovariance} from './low-rank.ts';

const FORMS: Record<VbllCovariance, (size: CovarianceSize) => CovarianceForm> = {
  diagonal: diagonalCovariance,
  dense: denseCovariance,
  'low-rank': lowRankCovariance,
  'dense-precision': densePrecisionCovariance,
};

/** Creates a weight of a layer; trained unless `trainable` is false. */
export type AddWeight = (
  name: string,
  shape: number[],
  initializer: ReturnType<typeof tfl.initializers.constant>,
  trainable?: boolean,
) => LayerVariable;

/** What a {@link GaussianWeights} is made of. */
export interface GaussianWeightsOptions extends CovarianceSize {
  readonly covariance: VbllCovariance;
  /** Variance of each weight under the prior, whose mean is 0. */
  readonly priorVariance: number;
  /** Standard deviation of the initial means. */
  readonly spread: number;
  readonly seed: number | undefined;
  /** Put before the names of the weights. */
  readonly prefix?: string;
}

/** q(W): for each output k an independent Gaussian N(mean_k, S_k) over its D weights; trained as weights of a layer. */
export class GaussianWeights {
  readonly #form: CovarianceForm;
  readonly #mean: LayerVariable;
  readonly #parameters: readonly LayerVariable[];
  readonly #inputs: number;
  readonly #outputs: number;
  readonly #priorVariance: number;

  constructor(addWeight: AddWeight, options: GaussianWeightsOptions) {
    const {inputs, outputs, covariance, priorVariance, spread, seed, prefix = ''} = options;
    let next = 0;
    const seeded = () => (seed === undefined ? {} : {seed: seed + next++});
    this.#inputs = inputs;
    this.#outputs = outputs;
    this.#priorVariance = priorVariance;
    this.#form = FORMS[covariance](options);
    const start = tfl.initializers.randomNormal({stddev: spread, ...seeded()});
    this.#mean = addWeight(`${prefix}mean`, [inputs, outputs], start);
    this.#parameters = this.#form.weights.map((weight) => {
      const initializer =
        weight.spread === 0
          ? tfl.initializers.constant({value: weight.start})
          : tfl.initializers.randomNormal({mean: weight.start, stddev: weight.spread, ...seeded()});
      return addWeight(`${prefix}${weight.name}`, weight.shape, initializer);
    });
  }

  /** The means and the parameters of the covariance, as the layer keeps them. */
  get variables(): readonly LayerVariable[] {
    return [this.#mean, ...this.#parameters];
  }

  /** Means of all weights, [D, K]. */
  get mean(): tf.Tensor2D {
    return this.#mean.read() as tf.Tensor2D;
  }

  /** Sets the means of all weights. */
  startAt(mean: tf.Tensor): void {
    this.#mean.write(mean);
  }

  /** mean_k^T phi for each row phi of `features`, [N, K]. */
  means(features: tf.Tensor2D): tf.Tensor2D {
    return tf.matMul(features, this.mean);
  }

  /** phi^T S_k phi, [N, K]. */
  variances(features: tf.Tensor2D): tf.Tensor2D {
    return this.#form.quadratic(this.#values(), features);
  }

  /**
   * KL(q || prior) summed over the outputs, in nats:
   *
   *     1/2 sum_k (|mean_k|^2 / q + tr S_k / q - log det S_k + D log q - D),  q = priorVariance
   *
   * @param constant Whether to count the constant -D K / 2.
   * @param means Whether to count |mean_k|^2 / q; see {@link meanPenalty}. Default true.
   */
  divergence({constant, means = true}: {constant: boolean; means?: boolean}): tf.Scalar {
    return tf.tidy(() => {
      const precision = 1 / this.#priorVariance;
      const ofCovariance = this.#form.cost(this.#values(), precision);
      const varying = means ? tf.add(ofCovariance, squaresCost(this.mean, precision)) : ofCovariance;
      const each = Math.log(this.#priorVariance) - (constant ? 1 : 0);
      return tf.mul(tf.add(varying, this.#inputs * this.#outputs * each), 0.5);
    });
  }

  /** What `divergence` leaves out with `means: false`, where the prior scales with noise of E[1 / s_k^2] [..., K]: [...]. */
  meanPenalty(precision: tf.Tensor): tf.Tensor {
    return tf.tidy(() => {
      const norms = tf.sum(tf.square(this.mean), 0);
      return tf.mul(tf.sum(tf.mul(precision, norms), -1), 0.5 / this.#priorVariance);
    });
  }

  /** Variances of all weights, [D, K]. */
  diagonal(): tf.Tensor2D {
    return this.#form.diagonal(this.#values());
  }

  /** One draw of all weights, [D, K]; the caller disposes it. */
  draw(rng: Rng): tf.Tensor2D {
    return tf.tidy(() => tf.add(this.mean, this.deviation(rng)));
  }

  /** One draw of how far the weights are from their means, [D, K]; the caller disposes it. */
  deviation(rng: Rng): tf.Tensor2D {
    return this.#form.draw(this.#values(), rng);
  }

  /** Disposes constants; the weights belong to the layer. */
  dispose(): void {
    this.#form.dispose();
  }

  #values(): tf.Tensor[] {
    return this.#parameters.map((parameter) => parameter.read());
  }
}
