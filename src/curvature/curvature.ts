import type * as tf from '@tensorflow/tfjs-core';
import type {Inputs} from '../models/inputs.ts';
import type {TapFactor, TappedWeight} from '../models/taps.ts';
import type {BatchSummary} from './batch-loss.ts';

/** Structures whose curvature is a sum over examples, so that one pass over the data gives it. */
export type SummedStructure = 'full' | 'kron' | 'diag';

/** Structures that keep the curvature of a few directions alone; finding them takes several passes. */
export type SubspaceStructure = 'low-rank' | 'functional' | 'ella';

/** How much of the curvature matrix is kept. */
export type CurvatureStructure = SummedStructure | SubspaceStructure;

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

/** A curvature matrix H of data, in one structure. */
export interface Curvature {
  /** Which structure this is. */
  readonly structure: CurvatureStructure;
  /** The weights, in the order of the flat vector. */
  readonly layouts: readonly WeightLayout[];
  /** Everything to be saved, by name. */
  toArrays(): Record<string, Float64Array | Float32Array>;
}

/**
 * A curvature matrix H summed over data, in one structure and in float64.
 *
 * Each batch arrives in two steps, because the first runs inside one synchronous tidy and the second after an
 * asynchronous readback: `inputSums` and `gradientSums` reduce a batch to small tensors, `absorb` adds what was read.
 */
export interface SummedCurvature extends Curvature {
  readonly structure: SummedStructure;
  /** What a batch gives apart from its gradients; `counted` [N, positions of the outputs] is 1 where a target counts, else 0. */
  inputSums(weights: readonly TappedWeight[], counted: tf.Tensor2D): tf.Tensor[];
  /** What backward passes with columns of the Fisher's root give, the g of each weight for each pass; sums add up. */
  gradientSums(weights: readonly TappedWeight[], passes: readonly (readonly tf.Tensor[])[]): tf.Tensor[];
  /** Adds the values of a batch: those of `inputSums`, and the added-up `gradientSums`. */
  absorb(inputSums: readonly ArrayLike<number>[], gradientSums: readonly ArrayLike<number>[]): void;
  toArrays(): Record<string, Float64Array>;
  /** Takes over what `toArrays` gave. Throws `FormatError` where an array is missing or has the wrong length. */
  fromArrays(arrays: Record<string, ArrayLike<number>>): void;
}

/** A curvature in the making. */
export interface CurvatureFit {
  /** The curvature; complete after the last pass. */
  readonly curvature: Curvature;
  /** Adds a batch of the first pass; `y` as `likelihood.prepareTargets` gives it. */
  add(x: Inputs, y: tf.Tensor): Promise<BatchSummary>;
  /** To be called after each pass over the data: whether another is needed. Absent where one is enough. */
  endPass?(): Promise<boolean>;
  /** Sees a batch of a later pass. */
  revisit?(x: Inputs, y: tf.Tensor): Promise<void>;
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
