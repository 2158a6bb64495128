import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError, ShapeError} from '../errors.ts';

/** Inputs of a model: one tensor, a list in the order of the model's inputs, or a map by input name. */
export type Inputs = tf.Tensor | tf.Tensor[] | tf.NamedTensorMap;

/** A run of consecutive examples. */
export interface Batch {
  /** Index of the first example. */
  readonly start: number;
  /** Number of examples. */
  readonly size: number;
}

/**
 * The number of examples N in `x`: the first axis, which every input tensor shares.
 *
 * @throws ShapeError if there is no tensor, a scalar, or tensors that disagree.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {countInputs} from 'tfjs-bayes';
 * console.log(countInputs({image: tf.zeros([5, 8, 8, 1]), age: tf.zeros([5, 1])})); // 5
 * ```
 */
export function countInputs(x: Inputs): number {
  const shapes = tensorsOf(x).map((tensor) => tensor.shape);
  const counts = new Set(shapes.map((shape) => shape[0]));
  const [count] = counts;
  if (counts.size !== 1 || count === undefined) {
    const got = shapes.length === 0 ? 'no tensor' : shapes.map((shape) => `[${shape}]`).join(', ');
    throw new ShapeError(
      `countInputs: expected tensors with the same number of examples on their first axis, got ${got}. ` +
        'Give every input the shape [N, ...].',
    );
  }
  return count;
}

/**
 * Examples `start` ... `start + size - 1` of `x`, in the same form (tensor, list or map); the caller disposes the result.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {sliceInputs} from 'tfjs-bayes';
 * const part = sliceInputs([tf.zeros([5, 2]), tf.zeros([5, 3])], 1, 2) as tf.Tensor[];
 * console.log(part.map((tensor) => tensor.shape)); // [[2, 2], [2, 3]]
 * ```
 */
export function sliceInputs(x: Inputs, start: number, size: number): Inputs {
  const rows = (tensor: tf.Tensor): tf.Tensor => {
    const rest = tensor.shape.slice(1);
    return tf.slice(tensor, [start, ...rest.map(() => 0)], [size, ...rest]);
  };
  if (x instanceof tf.Tensor) return rows(x);
  if (Array.isArray(x)) return x.map(rows);
  return Object.fromEntries(Object.entries(x).map(([name, tensor]) => [name, rows(tensor)]));
}

/**
 * Cuts `n` examples into consecutive batches of `batchSize`, the last one shorter where they do not divide.
 *
 * @throws ConfigError if `batchSize` is not a positive integer.
 *
 * @example
 * ```ts
 * import {batchesOf} from 'tfjs-bayes';
 * console.log(batchesOf(5, 2)); // [{start: 0, size: 2}, {start: 2, size: 2}, {start: 4, size: 1}]
 * ```
 */
export function batchesOf(n: number, batchSize: number): Batch[] {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new ConfigError(
      `batchesOf: expected a positive integer for batchSize, got ${batchSize}. Choose for example 256.`,
    );
  }
  const batches: Batch[] = [];
  for (let start = 0; start < n; start += batchSize) batches.push({start, size: Math.min(batchSize, n - start)});
  return batches;
}

/**
 * `x` in the order of the model's inputs, checked against their shapes; the tensors are the caller's own, not copies.
 *
 * @param caller Name of the calling function, for error messages.
 * @throws ConfigError if inputs are missing, too many or of unknown names.
 * @throws ShapeError if an input has another shape than the model's, or the numbers of examples differ.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {toModelInputs} from 'tfjs-bayes';
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [3]})]});
 * console.log(toModelInputs(model, tf.zeros([5, 3]), 'example').length); // 1
 * ```
 */
export function toModelInputs(model: tfl.LayersModel, x: Inputs, caller: string): tf.Tensor[] {
  const names = inputNames(model);
  const tensors = x instanceof tf.Tensor || Array.isArray(x) ? tensorsOf(x) : byName(names, x, caller);
  if (tensors.length !== names.length) {
    throw new ConfigError(
      `${caller}: expected ${names.length} input tensors (${names.join(', ')}), got ${tensors.length}. ` +
        'Pass one tensor per input of the model, as a list in this order or as a map by these names.',
    );
  }
  model.inputs.forEach((input, i) => {
    const tensor = tensors[i] as tf.Tensor;
    const expected = input.shape;
    const fits =
      tensor.rank === expected.length &&
      expected.every((size, axis) => axis === 0 || size === null || size === tensor.shape[axis]);
    if (!fits) {
      const wanted = ['N', ...expected.slice(1).map((size) => size ?? 'any')].join(', ');
      throw new ShapeError(
        `${caller}: expected input '${names[i]}' of shape [${wanted}], got [${tensor.shape.join(', ')}]. ` +
          'Reshape the input, with the examples on the first axis.',
      );
    }
  });
  if (new Set(tensors.map((tensor) => tensor.shape[0])).size > 1) {
    throw new ShapeError(
      `${caller}: expected the same number of examples in every input, got ` +
        `${tensors.map((tensor, i) => `${tensor.shape[0]} in '${names[i]}'`).join(', ')}. Give each input the same N.`,
    );
  }
  return tensors;
}

function tensorsOf(x: Inputs): tf.Tensor[] {
  if (x instanceof tf.Tensor) return [x];
  return Array.isArray(x) ? x : Object.values(x);
}

/** A Sequential model has no input names before its first use: its inputs then stand for themselves. */
function inputNames(model: tfl.LayersModel): string[] {
  return model.inputNames.length === model.inputs.length ? model.inputNames : model.inputs.map((input) => input.name);
}

function byName(names: readonly string[], x: tf.NamedTensorMap, caller: string): tf.Tensor[] {
  const unknown = Object.keys(x).filter((name) => !names.includes(name));
  const missing = names.filter((name) => !(name in x));
  if (unknown.length > 0 || missing.length > 0) {
    throw new ConfigError(
      `${caller}: expected inputs named ${names.map((name) => `'${name}'`).join(', ')}, got ` +
        `${
          Object.keys(x)
            .map((name) => `'${name}'`)
            .join(', ') || 'none'
        }. Name every input of the model and no other.`,
    );
  }
  return names.map((name) => x[name] as tf.Tensor);
}
