import * as tf from '@tensorflow/tfjs-core';

/**
 * The gradients dy to pull back so that every output is treated for itself: for `directions` [N, ..., C, R], one tensor
 * [N, ..., C] for each of the R columns and each position between the first and the last axis (one where there is none).
 */
export function* unitGradients(directions: tf.Tensor): Generator<tf.Tensor> {
  const shape = directions.shape;
  const columns = shape[shape.length - 1] as number;
  const outputShape = shape.slice(0, -1);
  const positions = outputShape.slice(1, -1).reduce((product, n) => product * n, 1);
  for (let position = 0; position < positions; position++) {
    for (let column = 0; column < columns; column++) {
      yield tf.tidy(() => {
        const [examples, classes] = [shape[0] as number, shape[shape.length - 2] as number];
        const all = tf.reshape(directions, [examples, positions, classes, columns]);
        const chosen = tf.squeeze(tf.slice(all, [0, position, 0, column], [-1, 1, -1, 1]), [3]); // [N, 1, C]
        const padded = tf.pad(chosen, [
          [0, 0],
          [position, positions - 1 - position],
          [0, 0],
        ]);
        return tf.reshape(padded, outputShape);
      });
    }
  }
}
