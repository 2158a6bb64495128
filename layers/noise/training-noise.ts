import type * as tf from '@tensorflow/tfjs-core';
import {normalTensor, uniformTensor} from '../../src/backend/index.ts';
import type {NoiseSource} from '../../src/posterior/noise-source.ts';
import type {Rng} from '../../src/random/index.ts';

/** Noise for training: new numbers at each request, in the order of the stream. */
export function trainingNoise(rng: Rng): NoiseSource {
  const uniforms = (shape: readonly number[]): tf.Tensor => uniformTensor(rng, [...shape]);
  return {uniforms, sharedUniforms: uniforms, normals: (shape) => normalTensor(rng, [...shape])};
}
