import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../../src/backend/index.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import type {Flow} from './flow.ts';
import {checkCounts, stack} from './stack.ts';

/** Options of {@link planarFlow}. */
export interface PlanarFlowOptions {
  /** D. */
  readonly dimension: number;
  /** How many layers, each with 2 D + 1 weights. Default 8. */
  readonly layers?: number;
  /** Draws the first weights. Default `createRng('planar')`. */
  readonly rng?: Rng;
}

/**
 * A planar flow: each layer bends space along one direction.
 *
 *     f(z) = z + v tanh(w'z + b),   v = u + (softplus(w'u) - 1 - w'u) w / |w|^2
 *     log |det| = log |1 + (1 - tanh^2(w'z + b)) w'v|
 *
 * The map from u to v keeps w'v above -1, so that every layer is one-to-one. There is no inverse in closed form: the density can
 * be had at the flow's own draws only. Cheap, and weak above a few dimensions, for a layer is a bottleneck of one unit.
 *
 * Source: Rezende and Mohamed (2015).
 *
 * @param options dimension and number of layers.
 *
 * @throws ConfigError unless `dimension` and `layers` are whole numbers from 1 on.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {planarFlow} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const flow = planarFlow({dimension: 2, layers: 4});
 * const {value, logDeterminant} = flow.forward(tf.zeros([5, 2]));
 * console.log(value.shape, logDeterminant.shape);   // [5, 2] [5]
 * tf.dispose([value, logDeterminant]);
 * flow.dispose();
 * ```
 */
export function planarFlow({dimension, layers = 8, rng = createRng('planar')}: PlanarFlowOptions): Flow {
  checkCounts('planarFlow', {dimension: [dimension, 1], layers: [layers, 1]});
  const flows = Array.from({length: layers}, (_, i) => planarLayer(dimension, rng.fork(i)));
  return stack(flows, {kind: 'planar', dimension, layers});
}

function planarLayer(dimension: number, rng: Rng): Flow {
  const direction = (name: string, scale: number) =>
    tf.tidy(() => tf.variable(tf.mul(normalTensor(rng.fork(name), [dimension, 1]), scale))) as tf.Variable<tf.Rank.R2>;
  const w = direction('w', 1 / Math.sqrt(dimension));
  const u = direction('u', 0.1);
  const b = tf.tidy(() => tf.variable(tf.zeros([1])));
  return {
    dimension,
    contextDimension: 0,
    variables: [w, u, b],
    forward: (noise) => {
      const product = tf.sum(tf.mul(w, u));
      const correction = tf.div(tf.sub(tf.sub(tf.softplus(product), 1), product), tf.sum(tf.square(w)));
      const v = tf.add(u, tf.mul(w, correction)) as tf.Tensor2D;
      const bend = tf.tanh(tf.add(tf.matMul(noise, w), b)) as tf.Tensor2D;
      const slope = tf.sub(1, tf.square(bend));
      return {
        value: tf.add(noise, tf.matMul(bend, v, false, true)),
        logDeterminant: tf.squeeze(tf.log(tf.add(1, tf.mul(slope, tf.sum(tf.mul(w, v))))), [1]) as tf.Tensor1D,
      };
    },
    getConfig: () => ({kind: 'planar', dimension, layers: 1}),
    dispose: () => tf.dispose([w, u, b]),
  };
}
