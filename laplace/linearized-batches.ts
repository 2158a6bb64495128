import * as tf from '@tensorflow/tfjs-core';
import type {Curvature} from '../src/curvature/index.ts';
import {type Batch, batchesOf, countInputs, type Inputs, sliceInputs} from '../src/models/index.ts';
import {tidyObject} from '../src/predictive/tidy.ts';
import {
  type LinearizedOutputs,
  type LinearizedVariances,
  linearize,
  linearizedDraws,
  linearizeVariance,
} from './linearized.ts';
import type {PosteriorWeights} from './posterior-weights.ts';
import type {WeightGaussian} from './structures/structure.ts';

/** Floats that one batch may need for its whitened gradients: 64 MiB. */
const FLOATS_AT_ONCE = 2 ** 24;

/** The linearized net at `x`, in batches of at most `batchSize` that also keep within the memory set aside. */
export class LinearizedBatches {
  readonly #weights: PosteriorWeights;
  readonly #x: Inputs;
  readonly #batches: readonly Batch[];

  constructor(weights: PosteriorWeights, {structure, layouts}: Curvature, x: Inputs, batchSize = 256) {
    const floats = layouts.reduce((sum, {size, outputs, shared}) => {
      return sum + (structure === 'full' || shared ? size : outputs);
    }, 0);
    const most = Math.max(1, Math.floor(FLOATS_AT_ONCE / (floats * weights.net.outputSize)));
    this.#weights = weights;
    this.#x = x;
    this.#batches = batchesOf(countInputs(x), Math.min(batchSize, most));
  }

  /** Mean and covariance of the outputs; the caller disposes them. */
  covariances(gaussian: WeightGaussian): LinearizedOutputs {
    return tidyObject(() => {
      const parts = this.#each((x) => linearize(this.#weights, gaussian, x));
      return {
        mean: tf.concat(parts.map(({mean}) => mean)),
        covariance: tf.concat(parts.map(({covariance}) => covariance)),
      };
    });
  }

  /** Mean and variances of the outputs; the caller disposes them. */
  variances(gaussian: WeightGaussian): LinearizedVariances {
    return tidyObject(() => {
      const parts = this.#each((x) => linearizeVariance(this.#weights, gaussian, x));
      return {
        mean: tf.concat(parts.map(({mean}) => mean)),
        variance: tf.concat(parts.map(({variance}) => variance)),
      };
    });
  }

  /** Outputs for each change of the weights, [S, N, ..., C]; the caller disposes them. */
  draws(deltas: readonly (readonly tf.Tensor[])[]): tf.Tensor {
    return tf.tidy(() => {
      const parts = this.#each((x) => ({draws: linearizedDraws(this.#weights, deltas, x)}));
      return tf.concat(
        parts.map(({draws}) => draws),
        1,
      );
    });
  }

  #each<T extends object>(of: (x: Inputs) => T): T[] {
    return this.#batches.map(({start, size}) => tidyObject(() => of(sliceInputs(this.#x, start, size))));
  }
}
