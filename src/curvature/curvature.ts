import type * as tf from '@tensorflow/tfjs-core';
import type {TapFactor, TappedWeight} from '../models/taps.ts';

/** How much of the curvature matrix is kept. */
export type CurvatureStructure = 'full' | 'kron' | 'diag';

/** What must be known of a weight before any data: its name and size, and the shape of its curvature. */
export interface WeightLayout {
  /** Name of the weight, for messages. */
  readonly name: string;
  /** Number of scalars. */
  readonly size: number;
  /** The kind of its tap factor. */
  readonly kind: TapFactor['kind'];
  /** Rows of the weight seen as [inputs, groups, outputs]; 1 for `direct`. */
  readonly inputs: number;
  /** Groups of the weight seen as [inputs, groups, outputs]; 1 unless `grouped`. */
  readonly groups: number;
  /** Columns of the weight seen as [inputs, groups, outputs]; `size` for `direct`. */
  readonly outputs: number;
  /** Whether examples use the weight at several positions, so that a per-example gradient has no short form. */
  readonly shared: boolean;
}

/**
 * A curvature matrix H summed over data, in one structure and in float64.
 *
 * Each batch arrives in two steps, because the first runs inside one synchronous tidy and the second after an
 * asynchronous readback: `inputSums` and `gradientSums` reduce a batch to small tensors, `absorb` adds what was read.
 */
export interface Curvature {
  /** Which structure this is. */
  readonly structure: CurvatureStructure;
  /** The weights, in the order of the flat vector. */
  readonly layouts: readonly WeightLayout[];
  /** What a batch gives apart from its gradients; `counted` [N, positions of the outputs] is 1 where a target counts, else 0. */
  inputSums(weights: readonly TappedWeight[], counted: tf.Tensor2D): tf.Tensor[];
  /** What backward passes with columns of the Fisher's root give, the g of each weight for each pass; sums add up. */
  gradientSums(weights: readonly TappedWeight[], passes: readonly (readonly tf.Tensor[])[]): tf.Tensor[];
  /** Adds the values of a batch: those of `inputSums`, and the added-up `gradientSums`. */
  absorb(inputSums: readonly ArrayLike<number>[], gradientSums: readonly ArrayLike<number>[]): void;
  /** Everything to be saved, by name. */
  toArrays(): Record<string, Float64Array>;
  /** Takes over what `toArrays` gave. Throws `FormatError` where an array is missing or has the wrong length. */
  fromArrays(arrays: Record<string, ArrayLike<number>>): void;
}

/** Layout of a tapped weight. */
export function layoutOf(weight: TappedWeight): WeightLayout {
  const shape = weight.variable.shape as number[];
  const {factor, elements} = weight;
  const size = elements?.length ?? shape.reduce((product, n) => product * n, 1);
  const inputs = inputRows(factor);
  const groups = factor.kind === 'grouped' ? factor.inputs.shape[3] : 1;
  return {
    name: weight.variable.originalName,
    size,
    kind: factor.kind,
    inputs,
    groups,
    outputs: size / (inputs * groups),
    shared: positionsOf(factor) > 1,
  };
}

function positionsOf(factor: TapFactor): number {
  switch (factor.kind) {
    case 'outer':
    case 'grouped':
      return factor.inputs.shape[1];
    case 'lookup':
      return factor.ids.shape[1];
    case 'direct':
      return 1;
  }
}

function inputRows(factor: TapFactor): number {
  switch (factor.kind) {
    case 'outer':
    case 'grouped':
      return factor.inputs.shape[2];
    case 'lookup':
      return factor.vocabulary;
    case 'direct':
      return 1;
  }
}
