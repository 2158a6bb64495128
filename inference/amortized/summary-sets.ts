import * as tf from '@tensorflow/tfjs-core';
import {ShapeError} from '../../src/errors.ts';
import {type DataSets, tensorsOf} from './simulator.ts';

/** n data sets that are sets of m elements with d numbers each. */
export interface SetsOfElements {
  /** The elements, [n, m, d]. */
  readonly elements: tf.Tensor3D;
  /** 1 for an element that is there, 0 for one that only fills up, [n, m]; undefined where all are there. */
  readonly mask: tf.Tensor2D | undefined;
}

/**
 * Reads data sets as sets: a tensor [n, m] or [n, m, d], or several by name, whose numbers then stand side by side in each
 * element, in alphabetical order of their names; the one named `mask` says which elements there are. All numbers become float32.
 */
export function readSets(caller: string, data: DataSets, features: number): SetsOfElements {
  const {mask, ...named} = data instanceof tf.Tensor ? {mask: undefined, values: data} : data;
  const parts = tensorsOf(named).map((part) => {
    const numbers = tf.cast(part, 'float32');
    return part.rank === 2 ? tf.expandDims(numbers, 2) : numbers;
  }) as tf.Tensor3D[];
  const [first] = parts;
  const width = parts.reduce((sum, part) => sum + (part.shape[2] ?? Number.NaN), 0);
  const sizes = new Set([...parts, ...(mask === undefined ? [] : [mask])].map(({shape}) => `${shape.slice(0, 2)}`));
  if (first === undefined || sizes.size > 1 || width !== features || (mask !== undefined && mask.rank !== 2)) {
    const shapes =
      data instanceof tf.Tensor ? `[${data.shape}]` : Object.entries(data).map(([k, {shape}]) => `${k} [${shape}]`);
    throw new ShapeError(
      `${caller}: expected n data sets of m elements with ${features} numbers each, [n, m${features > 1 ? `, ${features}` : ''}], ` +
        `got ${shapes || 'nothing'}. Several tensors stand side by side in each element; a mask is [n, m].`,
    );
  }
  const elements = parts.length === 1 ? first : tf.concat3d(parts, 2);
  return {elements, mask: mask === undefined ? undefined : (tf.cast(mask, 'float32') as tf.Tensor2D)};
}

/** 1 / sqrt(m), how a posterior's width goes with the size m of each set: [n, 1]. */
export function inverseRootSize({elements, mask}: SetsOfElements): tf.Tensor2D {
  const [n, m] = elements.shape;
  if (mask === undefined) return tf.fill([n, 1], 1 / Math.sqrt(m));
  return tf.rsqrt(tf.maximum(tf.sum(mask, 1, true), 1)) as tf.Tensor2D;
}
