import * as tf from '@tensorflow/tfjs-core';
import type {Curvature} from '../src/curvature/index.ts';
import {type Batch, batchesOf, type Inputs, type Net, sliceInputs} from '../src/models/index.ts';
import {tidyObject} from '../src/predictive/tidy.ts';
import {requireCount, requireExamples} from './arguments.ts';
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

  constructor(
    weights: PosteriorWeights,
    {structure, layouts}: Curvature,
    x: Inputs,
    {batchSize = 256, caller}: {readonly batchSize: number | undefined; readonly caller: string},
  ) {
    requireCount(batchSize, 'batchSize', caller);
    const examples = requireExamples(weights.net, x, caller);
    const floats = layouts.reduce((sum, {size, outputs, shared}) => {
      return sum + (holdsWeights(structure) || shared ? size : outputs);
    }, 0);
    const rows = weights.path === 'last-layer' ? outputPositions(weights.net, x) : 1; // else one position at a time
    const most = Math.max(1, Math.floor(FLOATS_AT_ONCE / (floats * rows * weights.net.outputSize)));
    this.#weights = weights;
    this.#x = x;
    this.#batches = batchesOf(examples, Math.min(batchSize, most));
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

/** Whether whitened gradients are as long as the weights, not as the outputs of their layers. */
function holdsWeights(structure: Curvature['structure']): boolean {
  return structure !== 'kron' && structure !== 'diag';
}

/** Positions between the first and the last axis of the outputs; axes that the model leaves open are found on one example. */
function outputPositions(net: Net, x: Inputs): number {
  const declared = net.model.outputs[0]?.shape ?? [];
  const shape = declared.slice(1).some((size) => size === null)
    ? tf.tidy(() => net.outputs(sliceInputs(x, 0, 1)).shape)
    : declared;
  return shape.slice(1, -1).reduce<number>((product, size) => product * (size ?? 1), 1);
}
