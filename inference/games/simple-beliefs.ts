import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../src/errors.ts';
import type {Belief} from './belief.ts';
import {stopGradient} from './gradient.ts';
import {drawsOf, mapWire, type Wire} from './wire.ts';

/**
 * Certainty about one value. As an inversion it makes point estimates: its log density counts as 0.
 *
 * @param value what the wire carries, with a leading axis of draws (1 or S); parameters may be trained through it.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {pointBelief} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * console.log(pointBelief(tf.ones([1, 3])).kind);   // point
 * ```
 */
export function pointBelief<X extends Wire>(value: X): Belief<X> {
  return {
    kind: 'point',
    reparameterized: true,
    sample: () => value,
    logProb: () => tf.scalar(0),
    stopped: () => pointBelief(mapWire(value, stopGradient)),
    entropy: () => tf.scalar(0),
  };
}

/**
 * Equally weighted draws in the leading axis of a tensor [S, ..., D]: what is known of a pushforward without closed form.
 *
 * It has draws and empirical moments, for inversions that match them, and no density.
 *
 * @param values the draws.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {createRng, initBackend, normalTensor} from 'tfjs-bayes';
 * import {particleBelief} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const belief = particleBelief(normalTensor(createRng(1), [100, 2]));
 * console.log(belief.moments?.().covariance.shape);   // [1, 2, 2]
 * ```
 */
export function particleBelief<X extends Wire>(values: X): Belief<X> {
  const count = drawsOf(values);
  const belief: Belief<X> = {
    kind: 'particles',
    reparameterized: true,
    sample: (rng, draws) => {
      if (draws === count) return values;
      const chosen = Int32Array.from(rng.uniforms(draws), (u) => Math.floor(u * count));
      return mapWire(values, (tensor) =>
        tensor.shape[0] === 1 ? tensor : tf.tidy(() => tf.gather(tensor, tf.tensor1d(chosen, 'int32'))),
      );
    },
    logProb: () => {
      throw new ConfigError(
        'particleBelief.logProb: expected a belief with a density, got particles. Give the game a `pushforward`, or an ' +
          'inversion that uses only draws and moments of its prior.',
      );
    },
    stopped: () => particleBelief(mapWire(values, stopGradient)),
  };
  if (!(values instanceof tf.Tensor)) return belief;
  return {
    ...belief,
    moments: () => {
      const mean = tf.mean(values, 0, true);
      const covariance = tf.tidy(() => {
        const residual = tf.sub(values, mean);
        return tf.mean(tf.mul(tf.expandDims(residual, -1), tf.expandDims(residual, -2)), 0, true);
      });
      return {mean, covariance};
    },
  };
}
