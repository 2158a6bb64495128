import * as tf from '@tensorflow/tfjs-core';
import type {CurvatureStructure, CurvatureWeights, WeightLayout} from '../src/curvature/index.ts';
import {type Batch, batchesOf, countInputs, type Inputs, type Net, sliceInputs} from '../src/models/index.ts';
import {tidyObject} from '../src/predictive/tidy.ts';
import {type LinearizedOutputs, linearize, linearizedDraws} from './linearized.ts';
import type {WeightGaussian} from './structures/structure.ts';

/** Floats that one batch may need for its whitened gradients: 64 MiB. */
const FLOATS_AT_ONCE = 2 ** 24;

/** What is linearized. */
export interface LinearizedWeights {
  readonly weights: CurvatureWeights;
  readonly structure: CurvatureStructure;
  readonly layouts: readonly WeightLayout[];
}

/** The linearized net at `x`, in batches of at most `batchSize` that also keep within the memory set aside. */
export class LinearizedBatches {
  readonly #net: Net;
  readonly #weights: CurvatureWeights;
  readonly #x: Inputs;
  readonly #batches: readonly Batch[];

  constructor(net: Net, {weights, structure, layouts}: LinearizedWeights, x: Inputs, batchSize = 256) {
    const floats = layouts.reduce((sum, {size, outputs, shared}) => {
      return sum + (structure === 'full' || shared ? size : outputs);
    }, 0);
    const most = Math.max(1, Math.floor(FLOATS_AT_ONCE / (floats * net.outputSize)));
    this.#net = net;
    this.#weights = weights;
    this.#x = x;
    this.#batches = batchesOf(countInputs(x), Math.min(batchSize, most));
  }

  /** Mean and covariance of the outputs; the caller disposes them. */
  outputs(gaussian: WeightGaussian): LinearizedOutputs {
    return tidyObject(() => {
      const parts = this.#batches.map(({start, size}) =>
        tidyObject(() => linearize(this.#net, this.#weights, gaussian, sliceInputs(this.#x, start, size))),
      );
      return {
        mean: tf.concat(parts.map(({mean}) => mean)),
        covariance: tf.concat(parts.map(({covariance}) => covariance)),
      };
    });
  }

  /** Outputs for each change of the weights, [S, N, ..., C]; the caller disposes them. */
  draws(deltas: readonly (readonly tf.Tensor[])[]): tf.Tensor {
    return tf.tidy(() => {
      const parts = this.#batches.map(({start, size}) =>
        tf.tidy(() => linearizedDraws(this.#net, this.#weights, deltas, sliceInputs(this.#x, start, size))),
      );
      return tf.concat(parts, 1);
    });
  }
}
