import type * as tf from '@tensorflow/tfjs-core';
import type {Json} from '../../src/io/index.ts';
import type {DataSets} from './simulator.ts';

/**
 * Turns each of n data sets into C numbers, which the flow is conditioned on.
 *
 * Everything is differentiable in the variables. All tensors returned belong to the caller.
 */
export interface SummaryNetwork {
  /** C, how many numbers a data set becomes. */
  readonly outputDimension: number;
  /** What training changes, always in the same order. */
  readonly variables: readonly tf.Variable[];
  /** What {@link SummaryNetwork.adapt} sets and training leaves alone, always in the same order. */
  readonly constants: readonly tf.Variable[];
  /** The summaries [n, C] of n data sets. */
  summarize(data: DataSets): tf.Tensor2D;
  /** Takes the shifts and scales that standardize its input from data sets; training calls it once, before it begins. */
  adapt(data: DataSets): void;
  /** What it was made with, but for the weights. */
  getConfig(): {readonly [key: string]: Json};
  /** Disposes the variables and constants. */
  dispose(): void;
}
