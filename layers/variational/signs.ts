import * as tf from '@tensorflow/tfjs-core';
import type {Rng} from '../../src/random/index.ts';

/** Signs per uniform draw: as many of its bits as an integer of 32 bits holds. */
const BITS = 32;

/** The bits of the float 1; the highest bit is its sign. */
const ONE = 0x3f800000;

/** A tensor of fair, independent signs -1 and 1; the caller disposes it. */
export function signTensor(rng: Rng, shape: readonly number[]): tf.Tensor {
  const size = tf.util.sizeFromShape([...shape]);
  const draws = rng.uniforms(Math.ceil(size / BITS));
  const signs = new Int32Array(draws.length * BITS);
  for (let d = 0, i = 0; d < draws.length; d++) {
    const bits = ((draws[d] as number) * 2 ** BITS) | 0;
    for (let bit = 0; bit < BITS; bit++) signs[i++] = ONE | ((bits >>> bit) << (BITS - 1));
  }
  return tf.tensor(new Float32Array(signs.buffer, 0, size), [...shape], 'float32');
}
