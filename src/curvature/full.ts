import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../errors.ts';
import type {TappedWeight} from '../models/taps.ts';
import {addInto, takeArray} from './arrays.ts';
import type {SummedCurvature, WeightLayout} from './curvature.ts';
import {perExampleGradient} from './per-example-gradient.ts';

/** More weights than this would need a dense matrix of more than two gigabytes. */
const MAX_WEIGHTS = 16384;

/** The whole P x P matrix: exact, for nets of up to some thousand weights. H += sum over the root's columns of r^T r. */
export class FullCurvature implements SummedCurvature {
  readonly structure = 'full';
  readonly layouts: readonly WeightLayout[];
  /** Number of weights P. */
  readonly size: number;
  /** H, row-major [P, P]. */
  readonly matrix: Float64Array;

  constructor(layouts: readonly WeightLayout[]) {
    this.layouts = layouts;
    this.size = layouts.reduce((sum, layout) => sum + layout.size, 0);
    if (this.size > MAX_WEIGHTS) {
      throw new ConfigError(
        `laplace: expected at most ${MAX_WEIGHTS} weights for structure 'full', got ${this.size}. ` +
          `Use structure 'kron' or 'diag', or weights 'last-layer'.`,
      );
    }
    this.matrix = new Float64Array(this.size * this.size);
  }

  inputSums(): tf.Tensor[] {
    return [];
  }

  gradientSums(weights: readonly TappedWeight[], passes: readonly (readonly tf.Tensor[])[]): tf.Tensor[] {
    return tf.tidy(() => {
      const products = passes.map((gradients) =>
        tf.tidy(() => {
          const rows = tf.concat(
            weights.map((weight, i) => perExampleGradient(weight.factor, gradients[i] as tf.Tensor)),
            1,
          );
          return tf.matMul(rows, rows, true, false);
        }),
      );
      return [tf.addN(products)];
    });
  }

  absorb(_inputSums: readonly ArrayLike<number>[], gradientSums: readonly ArrayLike<number>[]): void {
    addInto(this.matrix, gradientSums[0] as ArrayLike<number>);
  }

  toArrays(): Record<string, Float64Array> {
    return {matrix: this.matrix};
  }

  fromArrays(arrays: Record<string, ArrayLike<number>>): void {
    takeArray(this.matrix, arrays, 'matrix');
  }
}
