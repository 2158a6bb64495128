import * as tf from '@tensorflow/tfjs-core';
import type {TapFactor, TappedWeight} from '../models/taps.ts';
import {addInto, takeArray} from './arrays.ts';
import type {SummedCurvature, WeightLayout} from './curvature.ts';

/** Kronecker factors of one weight seen as [inputs, groups, outputs]. */
export interface KronBlock {
  /** Summed second moments of the inputs: [groups, inputs, inputs], or the diagonal [inputs] for a lookup; [1] for `direct`. */
  readonly inputs: Float64Array;
  /** Summed second moments of the root's gradients, [groups, outputs, outputs]. */
  readonly outputs: Float64Array;
  /** How many input rows were summed: `inputs / count` is their mean. */
  count: number;
}

/** How KFAC treats a weight that is used at several positions of an example. */
export type WeightSharing = 'expand' | 'reduce';

/** Options of {@link KronCurvature}. */
export interface KronOptions {
  /** Default `'expand'`. */
  readonly sharing?: WeightSharing;
}

/**
 * Kronecker-factored curvature (KFAC, Martens and Grosse 2015; for shared weights Eschenhagen et al. 2023):
 *
 *     H of a weight  ~  (1/count sum a a^T) (x) (sum over examples, positions and the root's columns of g g^T)
 *
 * with `reduce` for each example the mean of a and the sum of g over the positions in place of those at each: exact for a
 * deep linear net with pooled positions, as `expand` is with a loss at each position. An embedding's rows, whose diagonal
 * factor `reduce` would lose, are always expanded.
 *
 * in the order [inputs, outputs] of a tfjs kernel. Sums, not means of means, so that the batch split makes no difference.
 * Biases and scales keep their exact dense block, also where positions share them.
 *
 * An input row counts where its target does. A weight used at as many positions as the outputs have (a Dense layer along a
 * sequence) is taken to be used at the same ones, each with its own target; where the numbers differ, as before a pooling,
 * all positions of an example count as soon as it has one target.
 */
export class KronCurvature implements SummedCurvature {
  readonly structure = 'kron';
  readonly layouts: readonly WeightLayout[];
  /** One pair of factors (or groups of pairs) for each weight. */
  readonly blocks: readonly KronBlock[];
  readonly #reduce: boolean;

  constructor(layouts: readonly WeightLayout[], {sharing = 'expand'}: KronOptions = {}) {
    this.#reduce = sharing === 'reduce';
    this.layouts = layouts;
    this.blocks = layouts.map(({kind, inputs, groups, outputs}) => ({
      inputs: new Float64Array(kind === 'lookup' ? inputs : groups * inputs * inputs).fill(kind === 'direct' ? 1 : 0),
      outputs: new Float64Array(groups * outputs * outputs),
      count: kind === 'direct' ? 1 : 0,
    }));
  }

  inputSums(weights: readonly TappedWeight[], counted: tf.Tensor2D): tf.Tensor[] {
    return tf.tidy(() =>
      weights.flatMap(({factor}) => inputMoments(this.#reduce ? meanOverPositions(factor) : factor, counted)),
    );
  }

  gradientSums(weights: readonly TappedWeight[], passes: readonly (readonly tf.Tensor[])[]): tf.Tensor[] {
    const sums: tf.Tensor[] = [];
    weights.forEach(({factor, layerName}, i) => {
      const kernel = weights[i - 1];
      // Without shared positions a bias has the gradients, and so the factor, of the kernel it follows.
      const repeats = factor.kind === 'direct' && kernel?.layerName === layerName && hasOnePosition(kernel.factor);
      const gradients = passes.map((pass) => pass[i] as tf.Tensor);
      sums.push(
        repeats
          ? tf.clone(sums[i - 1] as tf.Tensor)
          : tf.tidy(() => gradientMoments(factor, this.#reduce ? gradients.map(sumOver(factor)) : gradients)),
      );
    });
    return sums;
  }

  absorb(inputSums: readonly ArrayLike<number>[], gradientSums: readonly ArrayLike<number>[]): void {
    let next = 0;
    this.blocks.forEach((block, i) => {
      if (this.layouts[i]?.kind !== 'direct') {
        addInto(block.inputs, inputSums[next++] as ArrayLike<number>);
        block.count += inputSums[next++]?.[0] as number;
      }
      addInto(block.outputs, gradientSums[i] as ArrayLike<number>);
    });
  }

  toArrays(): Record<string, Float64Array> {
    return Object.fromEntries(
      this.blocks.flatMap(({inputs, outputs, count}, i) => [
        [`inputs${i}`, inputs],
        [`outputs${i}`, outputs],
        [`count${i}`, Float64Array.of(count)],
      ]),
    );
  }

  fromArrays(arrays: Record<string, ArrayLike<number>>): void {
    this.blocks.forEach((block, i) => {
      takeArray(block.inputs, arrays, `inputs${i}`);
      takeArray(block.outputs, arrays, `outputs${i}`);
      const count = new Float64Array(1);
      takeArray(count, arrays, `count${i}`);
      block.count = count[0] as number;
    });
  }
}

/** A factor whose inputs are their mean over the positions, where it has several and these are not looked up. */
function meanOverPositions(factor: TapFactor): TapFactor {
  switch (factor.kind) {
    case 'outer':
      return {...factor, inputs: tf.mean(factor.inputs, 1, true) as tf.Tensor3D};
    case 'grouped':
      return {...factor, inputs: tf.mean(factor.inputs, 1, true) as tf.Tensor4D};
    case 'lookup':
    case 'direct':
      return factor;
  }
}

/** The sum of g over the positions, for the factors that {@link meanOverPositions} changes. */
function sumOver({kind}: TapFactor): (g: tf.Tensor) => tf.Tensor {
  return (g) => (kind === 'outer' || kind === 'grouped' ? tf.sum(g, 1, true) : g);
}

/** The summed second moments of a factor's inputs over the counted rows, and how many these are. */
function inputMoments(factor: TapFactor, counted: tf.Tensor2D): tf.Tensor[] {
  return tf.tidy(() => {
    if (factor.kind === 'direct') return [];
    const rowWeights = countedRows(factor, counted);
    const count = tf.sum(rowWeights);
    switch (factor.kind) {
      case 'outer': {
        const rows = flattenPositions(tf.mul(factor.inputs, tf.expandDims(rowWeights, 2)));
        return [tf.matMul(rows, flattenPositions(factor.inputs), true, false), count];
      }
      case 'grouped': {
        const weighted = tf.mul(factor.inputs, tf.expandDims(tf.expandDims(rowWeights, 2), 3)) as tf.Tensor4D;
        return [tf.matMul(groupRows(weighted), groupRows(factor.inputs), true, false), count];
      }
      case 'lookup': {
        const ids = tf.reshape(factor.ids, [-1]) as tf.Tensor1D;
        return [tf.unsortedSegmentSum(tf.reshape(rowWeights, [-1]), ids, factor.vocabulary), count];
      }
    }
  });
}

/** 1 for each row of a factor's inputs that counts, else 0, [N, R]. */
function countedRows(factor: Exclude<TapFactor, {kind: 'direct'}>, counted: tf.Tensor2D): tf.Tensor2D {
  const [examples, positions] = (factor.kind === 'lookup' ? factor.ids : factor.inputs).shape as [number, number];
  if (positions === counted.shape[1]) return counted;
  return tf.mul(tf.max(counted, 1, true), tf.ones([examples, positions])) as tf.Tensor2D;
}

/** Second moments of the gradients of all passes: [outputs, outputs], for `grouped` [groups, outputs, outputs]. */
function gradientMoments(factor: TapFactor, passes: readonly tf.Tensor[]): tf.Tensor {
  return tf.tidy(() => {
    if (factor.kind === 'grouped') {
      const rows = tf.concat(
        passes.map((g) => groupRows(tf.transpose(g, [0, 1, 3, 2]) as tf.Tensor4D)),
        1,
      );
      return tf.matMul(rows, rows, true, false);
    }
    const rows = tf.concat(passes.map(flattenPositions));
    return tf.matMul(rows, rows, true, false);
  });
}

/** Whether the gradient with respect to the outputs of a dense kernel is that of its bias. */
function hasOnePosition(factor: TapFactor): boolean {
  return factor.kind === 'outer' && factor.inputs.shape[1] === 1;
}

/** [..., size] to [rows, size]. */
function flattenPositions(x: tf.Tensor): tf.Tensor2D {
  return tf.reshape(x, [-1, x.shape[x.rank - 1] as number]) as tf.Tensor2D;
}

/** [N, R, size, groups] to [groups, N R, size]. */
function groupRows(x: tf.Tensor4D): tf.Tensor3D {
  const [examples, positions, size, groups] = x.shape;
  return tf.reshape(tf.transpose(x, [3, 0, 1, 2]), [groups, examples * positions, size]) as tf.Tensor3D;
}
