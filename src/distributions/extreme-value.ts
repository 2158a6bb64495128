import * as tf from '@tensorflow/tfjs-core';
import {uniformTensor} from '../backend/noise.ts';
import type {Distribution, Parameter} from './distribution.ts';
import {asTensor, elementwise} from './elementwise.ts';
import {constantMask} from './mask.ts';
import {realSupport} from './support.ts';

/** Shapes nearer to 0 than this count as 0: a float32 quotient by them has too few digits. */
const GUMBEL_SHAPE = 1e-4;

/**
 * The generalized extreme value distribution, of maxima of many numbers:
 *
 *     log p(x) = -log scale - (1 + 1 / shape) log t - t^(-1 / shape),  t = 1 + shape (x - loc) / scale > 0
 *
 * and -log scale - z - e^-z with z = (x - loc) / scale where |shape| is below 1e-4. -Infinity where t is not positive: the end
 * of the support moves with the parameters.
 *
 * @param loc the location.
 * @param scale the scale, above 0.
 * @param shape positive for heavy tails, negative for a bounded maximum.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {generalizedExtremeValue} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const sea = generalizedExtremeValue(3.8, 0.2, 0.1);
 * const level = tf.tensor1d([4, 1]);
 * const density = sea.logProb(level);
 * console.log((await density.data())[1]);   // -Infinity: below the lower end
 * tf.dispose([level, density]);
 * ```
 */
export function generalizedExtremeValue(loc: Parameter, scale: Parameter, shape: Parameter): Distribution {
  return elementwise({
    name: 'generalized-extreme-value',
    support: realSupport(),
    parameters: {loc, scale, shape},
    logProb: (value) => {
      const z = tf.div(tf.sub(value, loc), scale);
      const {gumbel, safe} = besideZero(shape, z.shape);
      const t = tf.add(tf.mul(z, safe), 1);
      const positive = constantMask([t], () => tf.greater(t, 0));
      const inside = constantMask([t], () => tf.logicalOr(gumbel, positive));
      const bounded = tf.where(positive, t, tf.onesLike(t));
      const reduced = tf.where(gumbel, z, tf.div(tf.log(bounded), safe)); // log(t) / shape, which tends to z
      const slope = tf.where(gumbel, tf.zerosLike(z), tf.log(bounded));
      const density = tf.neg(tf.add(tf.add(reduced, slope), tf.add(tf.exp(tf.neg(reduced)), tf.log(asTensor(scale)))));
      return tf.where(inside, density, tf.fill(density.shape, -Infinity));
    },
    sample: (rng, size) => {
      const steps = tf.log(tf.neg(tf.log(tf.add(uniformTensor(rng, size), 2 ** -25))));
      const {gumbel, safe} = besideZero(shape, size);
      const z = tf.where(gumbel, tf.neg(steps), tf.div(tf.expm1(tf.neg(tf.mul(steps, safe))), safe));
      return tf.add(tf.mul(z, scale), loc);
    },
  });
}

/** Where the shape counts as 0, and the shape with 1 in these places; both of the broadcast shape. */
function besideZero(shape: Parameter, like: number[]): {gumbel: tf.Tensor; safe: tf.Tensor} {
  const given = asTensor(shape);
  const whole = tf.broadcastTo(given, tf.backend_util.assertAndGetBroadcastShape(given.shape, like));
  const gumbel = constantMask([whole], () => tf.less(tf.abs(whole), GUMBEL_SHAPE));
  return {gumbel, safe: tf.where(gumbel, tf.onesLike(whole), whole)};
}
