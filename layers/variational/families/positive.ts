import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../../src/errors.ts';

/** Least standard deviation: keeps log(scale) finite where softplus underflows. */
export const LEAST_SCALE = 1e-8;

/** softplus(rho) + floor, which neither overflows nor reaches 0. */
export function scaleOf(rho: tf.Tensor, floor: number): tf.Tensor {
  return tf.tidy(() => tf.add(tf.softplus(rho), floor));
}

/** The rho whose `scaleOf` is `scale`: y + log(1 - exp(-y)) for y = scale - floor; y is at least 1e-3 floor. */
export function rhoOf(scale: tf.Tensor, floor: number): tf.Tensor {
  return tf.tidy(() => {
    const rest = tf.maximum(tf.sub(scale, floor), Math.max(1e-3 * floor, 1e-30));
    return tf.add(rest, tf.log(tf.neg(tf.expm1(tf.neg(rest)))));
  });
}

/** The floor that an option asks for. */
export function checkFloor(floor: unknown): number {
  if (typeof floor === 'number' && floor >= 0 && floor < 1) return floor;
  throw new ConfigError(
    `createFamily: expected floor to be a number from 0 to below 1, got ${String(floor)}. Leave it out for ${LEAST_SCALE}.`,
  );
}
