import * as tf from '@tensorflow/tfjs-core';
import {expectedAbsolute} from './standard-normal.ts';

/**
 * Exact CRPS of mixtures of Gaussians, shape [N, ..., C]: members on the first axis of `means`; `variances` and `weights`
 * broadcast to it.
 *
 * One member is set against all later ones at a time, so that no more than a few times the size of `means` is held.
 */
export function mixtureCrps(y: tf.Tensor, means: tf.Tensor, variances: tf.Tensor, weights: tf.Tensor): tf.Tensor {
  const members = means.shape[0] ?? 0;
  const inner = means.shape.slice(1).fill(-1);
  const origin = means.shape.slice(1).fill(0);
  const take = (tensor: tf.Tensor, start: number, count: number): tf.Tensor =>
    tensor.shape[0] === 1 ? tensor : tf.slice(tensor, [start, ...origin], [count, ...inner]);

  return tf.tidy(() => {
    const scales = tf.sqrt(variances);
    const toTarget = tf.sum(tf.mul(weights, expectedAbsolute(tf.sub(y, means), scales)), 0);
    const self = tf.sum(tf.mul(tf.square(weights), tf.div(scales, Math.sqrt(Math.PI))), 0);
    let spread = tf.clone(self);
    for (let i = 0; i + 1 < members; i++) {
      const next = tf.tidy(() => {
        const later = members - i - 1;
        const gaps = tf.sub(take(means, i, 1), take(means, i + 1, later));
        const scale = tf.sqrt(tf.add(take(variances, i, 1), take(variances, i + 1, later)));
        const pairs = expectedAbsolute(gaps, scale);
        const weight = tf.mul(take(weights, i, 1), take(weights, i + 1, later));
        return tf.add(spread, tf.sum(tf.mul(weight, pairs), 0));
      });
      spread.dispose();
      spread = next;
    }
    return tf.sub(toTarget, spread);
  });
}
