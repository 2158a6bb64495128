import * as tf from '@tensorflow/tfjs-core';
import type {Inputs} from '../../src/models/index.ts';

/** Examples with the targets that the loss takes. */
export interface LabelledExamples {
  readonly x: Inputs;
  readonly y: tf.Tensor;
  /** What the loss of each example is multiplied with, [N]. */
  readonly weights?: tf.Tensor1D | undefined;
}

/** The tensors of the inputs, in a fixed order. */
export function inputTensors(x: Inputs): tf.Tensor[] {
  if (x instanceof tf.Tensor) return [x];
  return Array.isArray(x) ? x : Object.values(x);
}

/** Inputs of the form of `x` from other tensors in the order of `inputTensors(x)`. */
export function withTensors(x: Inputs, tensors: readonly tf.Tensor[]): Inputs {
  if (x instanceof tf.Tensor) return tensors[0] as tf.Tensor;
  if (Array.isArray(x)) return [...tensors];
  return Object.fromEntries(Object.keys(x).map((name, i) => [name, tensors[i] as tf.Tensor]));
}

/** Disposes all of their tensors. */
export function disposeExamples({x, y, weights}: LabelledExamples): void {
  tf.dispose([...inputTensors(x), y, ...(weights ? [weights] : [])]);
}
