import * as tf from '@tensorflow/tfjs-core';
import {ShapeError} from '../errors.ts';

/** A shape in words, `[32, 10]`. */
export function describeShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

/** Whether `y` holds one label for each position of outputs of shape [N, ..., K]: [N, ...] or [N, ..., 1]. */
export function holdsLabels(y: tf.Tensor, outputShape: readonly number[]): boolean {
  const positions = outputShape.slice(0, -1);
  return tf.util.arraysEqual(y.shape, positions) || tf.util.arraysEqual(y.shape, [...positions, 1]);
}

/** Class probabilities of shape [N, ..., K] from these or from integer labels; a label outside 0..K-1 gives a row of zeros. */
export function oneHotTargets(caller: string, y: tf.Tensor, outputShape: readonly number[]): tf.Tensor {
  const classes = outputShape.at(-1) ?? 0;
  if (tf.util.arraysEqual(y.shape, [...outputShape])) return tf.cast(y, 'float32');
  if (!holdsLabels(y, outputShape)) {
    const positions = outputShape.slice(0, -1);
    throw new ShapeError(
      `${caller}: expected y of shape ${describeShape(outputShape)} or ${describeShape(positions)}, ` +
        `got ${describeShape(y.shape)}. Pass one-hot rows of ${classes} classes, or integer labels from 0 to ${classes - 1}.`,
    );
  }
  return tf.tidy(() => {
    const labels = tf.reshape(tf.cast(y, 'float32'), [...outputShape.slice(0, -1), 1]);
    return tf.cast(tf.equal(labels, tf.range(0, classes, 1, 'float32')), 'float32');
  });
}

/** Numbers of shape [N, ..., C]; [N, ...] is taken too where C is 1. */
export function alignedTargets(caller: string, y: tf.Tensor, outputShape: readonly number[]): tf.Tensor {
  const same = tf.util.arraysEqual(y.shape, [...outputShape]);
  if (!same && !(outputShape.at(-1) === 1 && holdsLabels(y, outputShape))) {
    const flat = outputShape.at(-1) === 1 ? ` or ${describeShape(outputShape.slice(0, -1))}` : '';
    throw new ShapeError(
      `${caller}: expected y of shape ${describeShape(outputShape)}${flat}, got ${describeShape(y.shape)}. ` +
        'Give every output of the model one target.',
    );
  }
  return tf.tidy(() => tf.reshape(tf.cast(y, 'float32'), [...outputShape]));
}
