import * as tf from '@tensorflow/tfjs-core';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import {gaussianLaw} from '../../../src/priors/gaussian.ts';
import type {GaussianPriorOptions, Prior} from '../../../src/priors/index.ts';
import type {Rng} from '../../../src/random/index.ts';
import type {WeightFamily} from './family.ts';

/** How a weight lies about its mean. */
export interface Spread {
  /** The parameters, besides the mean. */
  readonly variables: readonly LayerVariable[];
  /** See {@link WeightFamily.independent}. */
  readonly independent: boolean;
  /** See {@link WeightFamily.gaussian}. */
  readonly gaussian: boolean;
  /** Reads the parameters, inside a tidy: what several results need is computed once. */
  read(): SpreadValues;
}

/** What follows from the parameters of a spread, differentiable in them. */
export interface SpreadValues {
  /** Variance of every element. */
  variance(): tf.Tensor;
  /** One draw of w - E[w]. */
  deviation(rng: Rng): tf.Tensor;
  /** Shares in the shape of the weight that sum to the entropy, in nats: summed with the prior's, large sums do not cancel. */
  entropyShares(): tf.Tensor;
  /** KL divergence from N(prior.mean, prior.scale^2), where there is a faster way than by shares. */
  divergence?(mean: tf.Tensor, prior: Required<GaussianPriorOptions>): tf.Scalar;
}

/** q(w) made of a free mean and a spread about it that has a density. */
export class LocationFamily implements WeightFamily {
  readonly shape: readonly number[];
  readonly variables: readonly LayerVariable[];
  readonly drawn: readonly LayerVariable[];
  readonly independent: boolean;
  readonly gaussian: boolean;
  readonly #mean: LayerVariable;
  readonly #spread: Spread;

  /** @internal */
  constructor(shape: readonly number[], mean: LayerVariable, spread: Spread) {
    this.shape = shape;
    this.variables = [mean, ...spread.variables];
    this.drawn = [mean];
    this.independent = spread.independent;
    this.gaussian = spread.gaussian;
    this.#mean = mean;
    this.#spread = spread;
  }

  mean(): tf.Tensor {
    return tf.clone(this.#mean.read());
  }

  variance(): tf.Tensor {
    return tf.tidy(() => this.#spread.read().variance());
  }

  sample(rng: Rng): tf.Tensor {
    return tf.tidy(() => tf.add(this.#mean.read(), this.#spread.read().deviation(rng)));
  }

  deviation(rng: Rng): tf.Tensor {
    return tf.tidy(() => this.#spread.read().deviation(rng));
  }

  draw(rng: Rng): tf.Tensor[] {
    return [this.sample(rng)];
  }

  entropy(): tf.Scalar {
    return tf.tidy(() => tf.sum<tf.Scalar>(this.#spread.read().entropyShares()));
  }

  closedForm(prior: Prior): boolean {
    return prior.crossEntropy !== undefined && (this.gaussian || prior.quadratic === true);
  }

  klDivergence(prior: Prior, rng: Rng): tf.Scalar {
    return tf.tidy(() => {
      const mean = this.#mean.read();
      const spread = this.#spread.read();
      const law = gaussianLaw(prior);
      if (law && spread.divergence) return spread.divergence(mean, law);
      const crossEntropy =
        prior.crossEntropy !== undefined && this.closedForm(prior)
          ? prior.crossEntropy(mean, spread.variance())
          : tf.neg(prior.logProb(tf.add(mean, spread.deviation(rng))));
      return tf.sum<tf.Scalar>(tf.sub(crossEntropy, spread.entropyShares()));
    });
  }
}
