import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../errors.ts';
import {checkPositive} from './check.ts';
import type {Prior} from './prior.ts';

/** Options of {@link scaleMixturePrior}. */
export interface ScaleMixturePriorOptions {
  /** Probability of the first component, above 0 and below 1. Default 0.5. */
  readonly weight?: number;
  /** Standard deviations of the two components. Default 1 and exp(-6). */
  readonly scales?: readonly [number, number];
}

/**
 * A mixture of a wide and a narrow zero-mean Gaussian over every weight (Blundell et al. 2015).
 *
 *     log p(w) = log(weight N(w; 0, scales[0]^2) + (1 - weight) N(w; 0, scales[1]^2))
 *
 * E[-log p] under a Gaussian has no closed form: the KL divergence is estimated from draws.
 *
 * @param options Weight and scales.
 * @param options.weight Probability of the first component, above 0 and below 1. Default 0.5.
 * @param options.scales Standard deviations of the two components. Default 1 and exp(-6).
 * @throws ConfigError unless `weight` lies between 0 and 1 and both scales are above 0.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend, scaleMixturePrior} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const logProb = scaleMixturePrior({weight: 0.25, scales: [1, 0.1]}).logProb(tf.tensor([0, 1]));
 * console.log(Array.from(await logProb.data(), (value) => value.toFixed(4)));   // [ '1.1288', '-2.8052' ]
 * ```
 */
export function scaleMixturePrior({weight = 0.5, scales = [1, Math.exp(-6)]}: ScaleMixturePriorOptions = {}): Prior {
  if (!(weight > 0 && weight < 1)) {
    throw new ConfigError(
      `scaleMixturePrior: expected weight to lie between 0 and 1, got ${weight}. Use gaussianPrior for one component.`,
    );
  }
  if (scales?.length !== 2) {
    throw new ConfigError(`scaleMixturePrior: expected two scales, got ${String(scales)}. Pass [wide, narrow].`);
  }
  checkPositive('scaleMixturePrior', {'scales[0]': scales[0], 'scales[1]': scales[1]});
  const component = (w: tf.Tensor, share: number, scale: number): tf.Tensor =>
    tf.sub(Math.log(share) - Math.log(scale) - Math.log(2 * Math.PI) / 2, tf.mul(tf.square(tf.div(w, scale)), 0.5));
  return {
    kind: 'scale-mixture',
    logProb: (w) =>
      tf.tidy(() => {
        const first = component(w, weight, scales[0]);
        const second = component(w, 1 - weight, scales[1]);
        const larger = tf.maximum(first, second);
        return tf.add(larger, tf.log(tf.add(tf.exp(tf.sub(first, larger)), tf.exp(tf.sub(second, larger)))));
      }),
    getConfig: () => ({kind: 'scale-mixture', weight, scales: [...scales]}),
  };
}
