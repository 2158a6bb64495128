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
 * @param caller Name of the calling function, for error messages. Default 'countInputs'.
 * @throws ConfigError if `x` is made of anything but tensors.
 * @throws ShapeError if there is no tensor, a scalar, or tensors that disagree.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {countInputs, initBackend} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * console.log(countInputs({image: tf.zeros([5, 8, 8, 1]), age: tf.zeros([5, 1])})); // 5
 * ```
 */
export function countInputs(x: Inputs, caller = 'countInputs'): number {
  const shapes = requireTensors(x, caller).map((tensor) => tensor.shape);
  const counts = new Set(shapes.map((shape) => shape[0]));
  const [count] = counts;
  if (counts.size !== 1 || count === undefined) {
    const got = shapes.length === 0 ? 'no tensor' : shapes.map((shape) => `[${shape}]`).join(', ');
    throw new ShapeError(
      `${caller}: expected tensors with the same number of examples on their first axis, got ${got}. ` +
        'Give every input the shape [N, ...].',
    );
  }
  return count;
}

/**
 * Examples `start` ... `start + size - 1` of `x`, in the same form (tensor, list or map); the caller disposes the result.
 *
 * @throws ConfigError if `x` is made of anything but tensors.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend, sliceInputs} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const part = sliceInputs([tf.zeros([5, 2]), tf.zeros([5, 3])], 1, 2) as tf.Tensor[];
 * console.log(part.map((tensor) => tensor.shape)); // [[2, 2], [2, 3]]
 * ```
 */
export function sliceInputs(x: Inputs, start: number, size: number): Inputs {
  requireTensors(x, 'sliceInputs');
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
 * @param caller Name of the calling function, for error messages. Default 'batchesOf'.
 * @throws ConfigError if `batchSize` is not a positive integer.
 *
 * @example
 * ```ts
 * import {batchesOf} from 'tfjs-bayes';
 * console.log(batchesOf(5, 2)); // [{start: 0, size: 2}, {start: 2, size: 2}, {start: 4, size: 1}]
 * ```
 */
export function batchesOf(n: number, batchSize: number, caller = 'batchesOf'): Batch[] {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new ConfigError(
      `${caller}: expected a positive integer for batchSize, got ${batchSize}. Choose for example 256.`,
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
 * @throws ConfigError if inputs are no tensors, missing, too many or of unknown names.
 * @throws ShapeError if an input has another shape than the model's, or the numbers of examples differ.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend, toModelInputs} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [3]})]});
 * console.log(toModelInputs(model, tf.zeros([5, 3]), 'example').length); // 1
 * ```
 */
export function toModelInputs(model: tfl.LayersModel, x: Inputs, caller: string): tf.Tensor[] {
  const names = inputNames(model);
  const given = requireTensors(x, caller);
  const tensors = x instanceof tf.Tensor || Array.isArray(x) ? given : byName(names, x, caller);
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

/** The tensors of `x`, whatever its form; refuses what callers without types pass in their place. */
function requireTensors(x: Inputs, caller: string): tf.Tensor[] {
  const parts = partsOf(x);
  const wrong = parts?.find(([, part]) => !(part instanceof tf.Tensor));
  if (parts !== undefined && wrong === undefined) return parts.map(([, tensor]) => tensor as tf.Tensor);
  const got = wrong === undefined ? kindOf(x) : `${kindOf(x)} that holds ${kindOf(wrong[1])} at '${wrong[0]}'`;
  throw new ConfigError(
    `${caller}: expected a tf.Tensor, a list of them or a map by input name, got ${got}. ` +
      'Make one with tf.tensor2d(...), the examples on the first axis.',
  );
}

/** What a list or map holds, by index or name; undefined for what is neither, nor a tensor. */
function partsOf(x: unknown): [string, unknown][] | undefined {
  if (x instanceof tf.Tensor) return [['', x]];
  if (typeof x !== 'object' || x === null || ArrayBuffer.isView(x)) return undefined;
  return Object.entries(x);
}

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  const name = typeof value === 'object' ? (value.constructor?.name ?? 'Object') : typeof value;
  return `${/^[AEIOUaeiou]/.test(name) ? 'an' : 'a'} ${name}`;
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
