import * as tf from '@tensorflow/tfjs-core';
import type {SetsOfElements} from './summary-sets.ts';

/** Shifts and scales columns to mean 0 and sd 1, as they are over the training data. */
export class Standardizer {
  /** Mean and 1 / sd of each column. */
  readonly constants: readonly [tf.Variable, tf.Variable];

  constructor(columns: number) {
    this.constants = tf.tidy(() => [tf.variable(tf.zeros([columns])), tf.variable(tf.ones([columns]))]) as [
      tf.Variable,
      tf.Variable,
    ];
  }

  /** The standardized rows. */
  apply(rows: tf.Tensor2D): tf.Tensor2D {
    const [shift, scale] = this.constants;
    return tf.mul(tf.sub(rows, shift), scale) as tf.Tensor2D;
  }

  /** Takes the moments of all elements of all sets that are there; a column that never changes is not scaled. */
  adapt({elements, mask}: SetsOfElements): void {
    tf.tidy(() => {
      const [n, m, d] = elements.shape;
      const rows = tf.reshape(elements, [n * m, d]);
      const there = mask === undefined ? tf.ones([n * m, 1]) : tf.reshape(mask, [n * m, 1]);
      const count = tf.sum(there);
      const mean = tf.div(tf.sum(tf.mul(rows, there), 0), count);
      const squares = tf.mul(tf.square(tf.sub(rows, mean)), there);
      const variance = tf.div(tf.sum(squares, 0), count);
      const [shift, scale] = this.constants;
      shift.assign(mean);
      scale.assign(tf.where(tf.greater(variance, 0), tf.rsqrt(tf.maximum(variance, 1e-30)), tf.onesLike(variance)));
    });
  }
}
