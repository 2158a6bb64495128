import * as tf from '@tensorflow/tfjs-core';
import type {TapFactor, TappedWeight} from '../models/taps.ts';
import {addInto, takeArray} from './arrays.ts';
import type {SummedCurvature, WeightLayout} from './curvature.ts';
import {mergeRepeatedLookups, perExampleGradient} from './per-example-gradient.ts';

/** The diagonal of H alone: sum over examples and the root's columns of the squared per-example gradient. */
export class DiagCurvature implements SummedCurvature {
  readonly structure = 'diag';
  readonly layouts: readonly WeightLayout[];
  /** The diagonal, one array for each weight. */
  readonly diagonals: readonly Float64Array[];

  constructor(layouts: readonly WeightLayout[]) {
    this.layouts = layouts;
    this.diagonals = layouts.map((layout) => new Float64Array(layout.size));
  }

  inputSums(): tf.Tensor[] {
    return [];
  }

  gradientSums(weights: readonly TappedWeight[], passes: readonly (readonly tf.Tensor[])[]): tf.Tensor[] {
    return weights.map(({factor}, i) =>
      squaredGradients(
        factor,
        passes.map((gradients) => gradients[i] as tf.Tensor),
      ),
    );
  }

  absorb(_inputSums: readonly ArrayLike<number>[], gradientSums: readonly ArrayLike<number>[]): void {
    this.diagonals.forEach((diagonal, i) => {
      addInto(diagonal, gradientSums[i] as ArrayLike<number>);
    });
  }

  toArrays(): Record<string, Float64Array> {
    return Object.fromEntries(this.diagonals.map((diagonal, i) => [`diagonal${i}`, diagonal]));
  }

  fromArrays(arrays: Record<string, ArrayLike<number>>): void {
    this.diagonals.forEach((diagonal, i) => {
      takeArray(diagonal, arrays, `diagonal${i}`);
    });
  }
}

/** The squared per-example gradient, summed over examples and passes, [inputs groups, outputs] or flat. */
function squaredGradients(factor: TapFactor, passes: readonly tf.Tensor[]): tf.Tensor {
  return tf.tidy(() => {
    if (factor.kind === 'outer' && factor.inputs.shape[1] === 1) {
      // (a (x) g)^2 = a^2 (x) g^2: the passes add up before the one product.
      const gradients = tf.addN(passes.map((g) => tf.square(tf.squeeze(g, [1])))) as tf.Tensor2D;
      return tf.matMul(tf.square(tf.squeeze(factor.inputs, [1])) as tf.Tensor2D, gradients, true, false);
    }
    return tf.addN(passes.map((g) => tf.tidy(() => squaredGradient(factor, g))));
  });
}

function squaredGradient(factor: TapFactor, g: tf.Tensor): tf.Tensor {
  if (factor.kind === 'lookup') {
    const merged = tf.square(mergeRepeatedLookups(factor.ids, g as tf.Tensor3D));
    return tf.unsortedSegmentSum(
      tf.reshape(merged, [-1, g.shape[2] as number]),
      tf.reshape(factor.ids, [-1]) as tf.Tensor1D,
      factor.vocabulary,
    );
  }
  return tf.sum(tf.square(perExampleGradient(factor, g)), 0);
}
