import * as tf from '@tensorflow/tfjs-core';
import {ShapeError} from '../../../src/errors.ts';

/** Rows of the largest triangular factor: 16 MiB of parameters. */
const MOST_ROWS = 2048;

/** A lower triangular matrix with ones on the diagonal; what stands on and above the diagonal of `below` is not used. */
export function unitTriangle(below: tf.Tensor): tf.Tensor2D {
  return tf.tidy(() => {
    const size = below.shape[0] as number;
    const index = tf.range(0, size);
    const isBelow = tf.cast(tf.greater(tf.expandDims(index, 1), index), 'float32');
    return tf.add(tf.mul(below, isBelow), tf.eye(size)) as tf.Tensor2D;
  });
}

/** Squared lengths of the rows, [D]: the variances of `triangle` times standard normals. */
export function rowSquares(triangle: tf.Tensor2D): tf.Tensor1D {
  return tf.tidy(() => tf.sum(tf.square(triangle), 1));
}

/** Throws `ShapeError` if a family would need a triangular factor of too many rows. */
export function checkRows(kind: string, what: string, rows: number, instead: string): void {
  if (rows <= MOST_ROWS) return;
  throw new ShapeError(
    `createFamily: expected at most ${MOST_ROWS} ${what} for the family '${kind}', got ${rows}. Choose ${instead} for this layer.`,
  );
}
