import * as tf from '@tensorflow/tfjs-core';
import type {Rng} from '../random/rng.ts';

/** Draws up to here pass through the scratch array, 8 MiB; rarer, larger ones through memory of their own. */
const LARGEST_SCRATCH = 2 ** 20;
let scratch = new Float64Array(0);

/**
 * A float32 tensor of standard normal draws of a stream, the same on every backend.
 *
 * Takes `rng.normals(n)` once, with n the product of `shape`, and rounds it to float32; the caller owns the tensor.
 *
 * @param rng the stream to draw from.
 * @param shape the tensor's shape; `[]` gives a scalar.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {createRng, initBackend, normalTensor} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const noise = normalTensor(createRng(42), [2, 3]);
 * console.log(noise.shape);   // [2, 3]
 * tf.dispose(noise);
 * ```
 */
export function normalTensor<R extends tf.Rank = tf.Rank>(rng: Rng, shape: tf.ShapeMap[R]): tf.Tensor<R> {
  const size = tf.util.sizeFromShape(shape);
  const out = size <= LARGEST_SCRATCH ? scratchOf(size) : undefined;
  return tf.tensor(new Float32Array(rng.normals(size, out)), shape, 'float32');
}

/** The first `size` numbers of an array that is used again and again: new memory costs a third of the draws. */
function scratchOf(size: number): Float64Array {
  if (scratch.length < size) scratch = new Float64Array(size);
  return scratch.subarray(0, size);
}

/**
 * A float32 tensor of uniform draws in [0, 1) of a stream, the same on every backend.
 *
 * Takes `rng.uniforms(n)` once, with n the product of `shape`, and cuts it to 24 bits, so that no draw is rounded up to 1;
 * the caller owns the tensor.
 *
 * @param rng the stream to draw from.
 * @param shape the tensor's shape; `[]` gives a scalar.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {createRng, initBackend, uniformTensor} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const keep = tf.tidy(() => tf.less(uniformTensor(createRng(42), [4]), 0.9));
 * console.log(keep.dtype);   // bool
 * tf.dispose(keep);
 * ```
 */
export function uniformTensor<R extends tf.Rank = tf.Rank>(rng: Rng, shape: tf.ShapeMap[R]): tf.Tensor<R> {
  const draws = rng.uniforms(tf.util.sizeFromShape(shape));
  const values = new Float32Array(draws.length);
  for (let i = 0; i < draws.length; i++) values[i] = Math.floor((draws[i] as number) * 16777216) / 16777216;
  return tf.tensor(values, shape, 'float32');
}
