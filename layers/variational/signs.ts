import * as tf from '@tensorflow/tfjs-core';
import type {Rng} from '../../src/random/index.ts';

/** Signs per uniform draw: as many of its bits as an integer of 32 bits holds. */
const BITS = 32;

/** A tensor of fair, independent signs -1 and 1; the caller disposes it. */
export function signTensor(rng: Rng, shape: readonly number[]): tf.Tensor {
  const size = tf.util.sizeFromShape([...shape]);
  const draws = rng.uniforms(Math.ceil(size / BITS));
  const signs = new Float32Array(draws.length * BITS);
  for (let d = 0, i = 0; d < draws.length; d++) {
    let bits = (draws[d] as number) * 2 ** BITS;
    for (let bit = 0; bit < BITS; bit++, bits >>>= 1) signs[i++] = 1 - 2 * (bits & 1);
  }
  return tf.tensor(signs.subarray(0, size), [...shape], 'float32');
}
