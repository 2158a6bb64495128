import * as tf from '@tensorflow/tfjs-core';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import {ShapeError} from '../errors.ts';
import {withOverrides} from './override.ts';

/**
 * Number of numbers in each weight.
 *
 * @example
 * ```ts
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend, weightSizes} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 4, inputShape: [3]})]});
 * console.log(weightSizes(model.trainableWeights)); // [12, 4]
 * ```
 */
export function weightSizes(weights: readonly {readonly shape: readonly (number | null)[]}[]): number[] {
  return weights.map(({shape}) => shape.reduce<number>((size, length) => size * (length ?? 1), 1));
}

/**
 * Where each weight starts in the flat vector of all, with the length of the vector as the last entry.
 *
 * @example
 * ```ts
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend, weightOffsets} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 4, inputShape: [3]})]});
 * console.log(weightOffsets(model.trainableWeights)); // [0, 12, 16]
 * ```
 */
export function weightOffsets(weights: readonly {readonly shape: readonly (number | null)[]}[]): number[] {
  const offsets = [0];
  for (const size of weightSizes(weights)) offsets.push((offsets.at(-1) as number) + size);
  return offsets;
}

/**
 * All weights as one flat vector [P]: each weight row by row, one after the other. Differentiable.
 *
 * @example
 * ```ts
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {flattenWeights, initBackend} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 4, inputShape: [3]})]});
 * console.log(flattenWeights(model.trainableWeights).shape); // [16]
 * ```
 */
export function flattenWeights(weights: readonly (LayerVariable | tf.Tensor)[]): tf.Tensor1D {
  return tf.tidy(() => {
    const flat = weights.map((weight) => tf.reshape(currentValue(weight), [-1]) as tf.Tensor1D);
    return flat.length === 0 ? tf.tensor1d([]) : tf.concat1d(flat);
  });
}

/**
 * A flat vector [P] cut back into tensors of the shapes of `weights`; the inverse of {@link flattenWeights}. Differentiable.
 *
 * @throws ShapeError if the vector has another length.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend, unflattenWeights} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 4, inputShape: [3]})]});
 * const tensors = unflattenWeights(tf.zeros([16]), model.trainableWeights);
 * console.log(tensors.map((tensor) => tensor.shape)); // [[3, 4], [4]]
 * ```
 */
export function unflattenWeights(
  flat: tf.Tensor1D,
  weights: readonly {readonly shape: readonly (number | null)[]}[],
): tf.Tensor[] {
  const sizes = weightSizes(weights);
  const offsets = weightOffsets(weights);
  if (flat.size !== offsets.at(-1)) {
    throw new ShapeError(
      `unflattenWeights: expected a vector of ${offsets.at(-1)} numbers, got ${flat.size}. Pass one number per weight.`,
    );
  }
  return tf.tidy(() =>
    weights.map(({shape}, i) =>
      tf.reshape(tf.slice1d(flat, offsets[i] as number, sizes[i] as number), shape as number[]),
    ),
  );
}

/**
 * All weights as one flat vector of float64, read without blocking.
 *
 * @example
 * ```ts
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend, readWeights} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 4, inputShape: [3]})]});
 * console.log((await readWeights(model.trainableWeights)).length); // 16
 * ```
 */
export async function readWeights(weights: readonly (LayerVariable | tf.Tensor)[]): Promise<Float64Array> {
  const flat = new Float64Array(weightOffsets(weights).at(-1) as number);
  const parts = await Promise.all(weights.map((weight) => currentValue(weight).data()));
  let offset = 0;
  for (const part of parts) {
    flat.set(part, offset);
    offset += part.length;
  }
  return flat;
}

/**
 * Gives the weights new values for good, without copying: each weight then shares the data of its tensor, which stays
 * the caller's to dispose.
 *
 * @throws ShapeError if a tensor has another shape than its weight; no weight is changed then.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {assignWeights, initBackend} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [2]})]});
 * assignWeights(model.trainableWeights, [tf.tensor2d([[1], [2]]), tf.tensor1d([3])]);
 * console.log(await (model.predict(tf.tensor2d([[1, 1]])) as tf.Tensor).data()); // [6]
 * ```
 */
export function assignWeights(weights: readonly LayerVariable[], tensors: readonly tf.Tensor[]): void {
  checkShapes('assignWeights', weights, tensors);
  tf.tidy(() => {
    // A clone shares the data and keeps it alive, so that weights can also be given each other's values.
    const values = tensors.map((tensor) => tf.clone(tensor));
    weights.forEach((weight, i) => {
      (weight.read() as tf.Variable).assign(values[i] as tf.Tensor);
    });
  });
}

/**
 * Runs `body`, a synchronous section, while layers that read `weights` see `tensors` instead. The variables themselves are
 * never touched, so nobody else can see the other values, and gradients flow to `tensors`.
 *
 * @throws ShapeError if a tensor has another shape than its weight.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend, withWeights} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [2]})]});
 * const sampled = [tf.tensor2d([[1], [2]]), tf.tensor1d([3])];
 * const y = withWeights(model.trainableWeights, sampled, () => model.predict(tf.tensor2d([[1, 1]])) as tf.Tensor);
 * console.log(await y.data()); // [6]
 * ```
 */
export function withWeights<T>(weights: readonly LayerVariable[], tensors: readonly tf.Tensor[], body: () => T): T {
  checkShapes('withWeights', weights, tensors);
  const overrides = weights.map((weight, i) => ({target: weight, key: 'read', value: () => tensors[i]}));
  return withOverrides(overrides, body);
}

function currentValue(weight: LayerVariable | tf.Tensor): tf.Tensor {
  return weight instanceof tf.Tensor ? weight : weight.read();
}

function checkShapes(caller: string, weights: readonly LayerVariable[], tensors: readonly tf.Tensor[]): void {
  if (weights.length !== tensors.length) {
    throw new ShapeError(
      `${caller}: expected ${weights.length} tensors, got ${tensors.length}. Pass one tensor per weight, in their order.`,
    );
  }
  weights.forEach((weight, i) => {
    const {shape} = tensors[i] as tf.Tensor;
    if (shape.join() === weight.shape.join()) return;
    throw new ShapeError(
      `${caller}: expected a tensor of shape [${weight.shape.join(', ')}] for weight '${weight.name}', got ` +
        `[${shape.join(', ')}]. Pass one tensor per weight, in their order.`,
    );
  });
}
