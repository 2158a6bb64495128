import * as tf from '@tensorflow/tfjs-core';

/**
 * The gradients dy to pull back so that every output is treated for itself: for `directions` [N, ..., C, R], one tensor
 * [N, ..., C] for each of the R columns and each position between the first and the last axis (one where there is none).
 */
export function* unitGradients(directions: tf.Tensor): Generator<tf.Tensor> {
  const shape = directions.shape;
  const [examples, classes, columns] = [shape[0], shape.at(-2), shape.at(-1)] as [number, number, number];
  const outputShape = shape.slice(0, -1);
  const positions = outputShape.slice(1, -1).reduce((product, n) => product * n, 1);
  // One transposition, so that each slice is one run of memory.
  const byColumn = tf.tidy(() =>
    tf.transpose(tf.reshape(directions, [examples, positions, classes, columns]), [1, 3, 0, 2]),
  );
  for (let position = 0; position < positions; position++) {
    for (let column = 0; column < columns; column++) {
      yield tf.tidy(() => {
        const chosen = tf.slice(byColumn, [position, column, 0, 0], [1, 1, -1, -1]);
        const padded = tf.pad(tf.reshape(chosen, [examples, 1, classes]), [
          [0, 0],
          [position, positions - 1 - position],
          [0, 0],
        ]);
        return tf.reshape(padded, outputShape);
      });
    }
  }
  byColumn.dispose();
}
