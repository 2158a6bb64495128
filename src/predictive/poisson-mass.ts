import * as tf from '@tensorflow/tfjs-core';
import {lgamma} from '../special/gamma.ts';

/** Counts below this have their constant from a table, the others from Stirling's series, which is exact to float32 there. */
const TABLE_SIZE = 16;
const TABLE = Array.from({length: TABLE_SIZE}, (_, y) => (y === 0 ? 0 : y * Math.log(y) - y - lgamma(y + 1)));

/**
 * log p(y | f) = y f - e^f - log y! of counts y whose rate is e^f, elementwise; either side may broadcast. Differentiable
 * in f.
 *
 * Computed as y (d - (e^d - 1)) + (y log y - y - log y!) with d = f - log y, because the plain terms of a large count nearly
 * cancel.
 */
export function poissonLogMass(y: tf.Tensor, f: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const distance = tf.sub(f, tf.log(tf.maximum(y, 1)));
    const some = tf.mul(y, tf.sub(distance, tf.expm1(distance)));
    return tf.add(tf.where(tf.greater(y, 0), some, tf.neg(tf.exp(f))), stirlingRest(y));
  });
}

/** y log y - y - log y!. */
function stirlingRest(y: tf.Tensor): tf.Tensor {
  const known = tf.where(tf.isNaN(y), tf.zerosLike(y), y); // some backends throw where NaN becomes an index
  const small = tf.gather(tf.tensor1d(TABLE), tf.cast(tf.clipByValue(known, 0, TABLE_SIZE - 1), 'int32'));
  const large = tf.maximum(y, TABLE_SIZE);
  const square = tf.square(large);
  const series = tf.div(tf.sub(1 / 12, tf.div(1 / 360, square)), large);
  const asymptotic = tf.neg(tf.add(tf.mul(tf.log(tf.mul(large, 2 * Math.PI)), 0.5), series));
  return tf.where(tf.less(y, TABLE_SIZE), small, asymptotic);
}
