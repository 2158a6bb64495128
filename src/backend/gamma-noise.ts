import * as tf from '@tensorflow/tfjs-core';
import type {Rng} from '../random/index.ts';
import {normalTensor, uniformTensor} from './noise.ts';

/** Steps of shape: with 8 more, a proposal is refused less than once in 200 times. */
const AUGMENTATION = 8;
/** Proposals for each number: all are refused once in 10^9 times, and then the last is taken. */
const PROPOSALS = 4;

/**
 * A tensor of draws of Gamma(shape, rate 1), one for each entry of `shape`, differentiable in `shape` (Naesseth et al., 2017):
 *
 *     d (1 + c z)^3 prod_i u_i^(1 / (shape + i)),  i = 0..7,  d = shape + 8 - 1/3,  c = 1 / (3 sqrt(d))
 *
 * with the first standard normal z that the test of Marsaglia and Tsang (2000) accepts; the product brings the shape back
 * from shape + 8, where hardly any is refused. Always draws the same count of numbers.
 */
export function gammaTensor(rng: Rng, shape: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const {augmented, logStep} = factors(rng, shape);
    return tf.mul(augmented, tf.exp(logStep));
  });
}

/** The logarithms of the draws of {@link gammaTensor}, finite also where those of a tiny shape are 0 in float32. */
export function logGammaTensor(rng: Rng, shape: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const {augmented, logStep} = factors(rng, shape);
    return tf.add(tf.log(augmented), logStep);
  });
}

/** Draws of Gamma(shape + 8), and the logarithms of what takes them to Gamma(shape). */
function factors(rng: Rng, shape: tf.Tensor): {augmented: tf.Tensor; logStep: tf.Tensor} {
  const size = shape.shape;
  const d = tf.add(shape, AUGMENTATION - 1 / 3);
  const c = tf.div(1 / 3, tf.sqrt(d));
  const z = acceptedNormals(rng, d);
  const logSteps = Array.from({length: AUGMENTATION}, (_, i) =>
    tf.div(tf.log(tf.sub(1, uniformTensor(rng, size))), tf.add(shape, i)),
  );
  return {augmented: tf.mul(d, cube(tf.add(tf.mul(c, z), 1))), logStep: tf.addN(logSteps)};
}

/** Of several standard normals the first that is accepted for d, of the shape of d; a choice has no derivative. */
function acceptedNormals(rng: Rng, shifted: tf.Tensor): tf.Tensor {
  const choose = tf.customGrad((given) => {
    const d = given as tf.Tensor;
    const c = tf.div(1 / 3, tf.sqrt(d));
    const proposals = Array.from({length: PROPOSALS}, () => [normalTensor(rng, d.shape), uniformTensor(rng, d.shape)]);
    const last = (proposals.at(-1) as [tf.Tensor, tf.Tensor])[0];
    const value = (proposals.slice(0, -1) as [tf.Tensor, tf.Tensor][]).reduceRight((later, [z, u]) => {
      const v = cube(tf.add(tf.mul(c, z), 1));
      const positive = tf.greater(v, 0);
      const log = tf.log(tf.where(positive, v, tf.onesLike(v)));
      const most = tf.add(tf.mul(tf.square(z), 0.5), tf.mul(d, tf.add(tf.sub(1, v), log)));
      return tf.where(tf.logicalAnd(positive, tf.less(tf.log(u), most)), z, later);
    }, last);
    return {value, gradFunc: (upstream: tf.Tensor) => tf.zerosLike(upstream)};
  });
  return choose(shifted);
}

function cube(x: tf.Tensor): tf.Tensor {
  return tf.mul(x, tf.square(x));
}
