import * as tf from '@tensorflow/tfjs-core';
import {uniformTensor} from '../backend/noise.ts';
import {ConfigError} from '../errors.ts';
import {logNormalCdf, normalCdf, normalQuantile} from '../special/index.ts';
import type {Distribution} from './distribution.ts';
import {elementwise} from './elementwise.ts';
import {intervalSupport} from './support.ts';

/**
 * The uniform distribution: p(x) = 1 / (high - low) between its ends.
 *
 * @param low the lower end.
 * @param high the upper end.
 *
 * @throws ConfigError unless low < high and both are finite.
 *
 * @example
 * ```ts
 * import {uniform} from 'tfjs-bayes/inference';
 * console.log(uniform(-1, 1).support);   // {kind: 'interval', low: -1, high: 1}
 * ```
 */
export function uniform(low: number, high: number): Distribution {
  if (!(low < high && Number.isFinite(high - low))) {
    throw new ConfigError(`uniform: expected finite low < high, got ${low} and ${high}. Exchange or bound them.`);
  }
  return elementwise({
    name: 'uniform',
    support: intervalSupport(low, high),
    parameters: {low, high},
    logProb: (value) => tf.fill(value.shape, -Math.log(high - low)),
    sample: (rng, shape) => tf.add(tf.mul(tf.add(uniformTensor(rng, shape), 2 ** -25), high - low), low),
  });
}

/** The normal distribution to be cut, and where. */
export interface TruncatedNormalOptions {
  /** Mean before the cut; default 0. */
  readonly loc?: number;
  /** Standard deviation before the cut, above 0; default 1. */
  readonly scale?: number;
  /** Lower end; default -Infinity. */
  readonly low?: number;
  /** Upper end; default Infinity. */
  readonly high?: number;
}

/**
 * A normal distribution cut off outside an interval:
 * log p(x) = log N(x; loc, scale) - log(Phi((high - loc) / scale) - Phi((low - loc) / scale)) for low < x < high.
 *
 * Parameters are plain numbers, so that the normalizing constant is exact far out in the tails, too.
 *
 * @param options the normal distribution and the interval.
 *
 * @throws ConfigError unless low < high, scale > 0 and the interval has mass.
 *
 * @example
 * ```ts
 * import {truncatedNormal} from 'tfjs-bayes/inference';
 * console.log(truncatedNormal({scale: 0.2, low: -0.6, high: 0.6}).name);   // truncated-normal
 * ```
 */
export function truncatedNormal({
  loc = 0,
  scale = 1,
  low = -Infinity,
  high = Infinity,
}: TruncatedNormalOptions): Distribution {
  const [from, to] = [(low - loc) / scale, (high - loc) / scale];
  const flipped = from > 0; // the upper tail is computed as the lower one, where the differences keep their digits
  const [a, b] = flipped ? [-to, -from] : [from, to];
  const logMass = logNormalCdf(b) + Math.log1p(-Math.exp(logNormalCdf(a) - logNormalCdf(b)));
  if (!(scale > 0 && low < high && Number.isFinite(logMass))) {
    throw new ConfigError(
      `truncatedNormal: expected scale > 0 and low < high with some mass between, got loc ${loc}, scale ${scale}, ` +
        `low ${low}, high ${high}. Widen the interval.`,
    );
  }
  const [first, last] = [normalCdf(a), normalCdf(b)];
  return elementwise({
    name: 'truncated-normal',
    support: intervalSupport(low, high),
    parameters: {loc, scale, low, high},
    logProb: (value) =>
      tf.sub(
        tf.mul(tf.square(tf.div(tf.sub(value, loc), scale)), -0.5),
        Math.log(scale) + 0.5 * Math.log(2 * Math.PI) + logMass,
      ),
    sample: (rng, shape) => {
      const size = tf.util.sizeFromShape(shape);
      const draws = rng.uniforms(size).map((u) => {
        const z = normalQuantile(first + (u + 2 ** -54) * (last - first));
        return Math.min(Math.max(loc + scale * (flipped ? -z : z), low), high);
      });
      return tf.tensor(Float32Array.from(draws), shape, 'float32');
    },
  });
}
