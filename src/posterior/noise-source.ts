import type * as tf from '@tensorflow/tfjs-core';
import {normalTensor, uniformTensor} from '../backend/index.ts';
import type {Rng} from '../random/index.ts';

/** Where the noise of a layer comes from while it is evaluated. The caller disposes what it gets. */
export interface NoiseSource {
  /** Uniform numbers in [0, 1) for inputs of the shape [N, ...]; the first axis is 1 where all inputs share them. */
  uniforms(shape: readonly number[]): tf.Tensor;
  /** Standard normal numbers, otherwise like `uniforms`. */
  normals(shape: readonly number[]): tf.Tensor;
  /** Uniform numbers that do not belong to an input, such as those of a weight. */
  sharedUniforms(shape: readonly number[]): tf.Tensor;
}

/** The noise of one draw of a net, however its inputs are cut into batches. */
export interface DrawNoise {
  /** To be called before each batch, in the order of the inputs. */
  startBatch(): void;
  /** The source of one of the net's layers, by its index. */
  layer(index: number): NoiseSource;
}

/**
 * Noise for one draw: each request of each layer has a stream of its own, which goes on from batch to batch, so that input i
 * sees the same numbers in any batch.
 *
 * @param shared whether all inputs see the same noise, so that the draw is one function.
 */
export function drawNoise(rng: Rng, shared: boolean): DrawNoise {
  const streams = new Map<string, Rng>();
  const requests = new Map<number, number>();
  /** The stream of a layer's next request; from its start again where all inputs share it. */
  const next = (layer: number, fromStart: boolean): Rng => {
    const request = requests.get(layer) ?? 0;
    requests.set(layer, request + 1);
    const fork = (): Rng => rng.fork(layer).fork(request);
    if (fromStart) return fork();
    const name = `${layer}/${request}`;
    const stream = streams.get(name) ?? fork();
    streams.set(name, stream);
    return stream;
  };
  const ofInputs = (shape: readonly number[]): number[] => (shared ? [1, ...shape.slice(1)] : [...shape]);
  return {
    startBatch: () => requests.clear(),
    layer: (index) => ({
      uniforms: (shape) => uniformTensor(next(index, shared), ofInputs(shape)),
      normals: (shape) => normalTensor(next(index, shared), ofInputs(shape)),
      sharedUniforms: (shape) => uniformTensor(next(index, true), [...shape]),
    }),
  };
}
