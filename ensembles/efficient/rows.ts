import * as tf from '@tensorflow/tfjs-core';

/** One row of zeros and a single one for each of `rows` rows: row j belongs to member j mod M. Shape [rows, M]. */
export function ownership(rows: number, members: number): tf.Tensor2D {
  const values = new Float32Array(rows * members);
  for (let row = 0; row < rows; row++) values[row * members + (row % members)] = 1;
  return tf.tensor2d(values, [rows, members]);
}

/**
 * `operation(x, p)` for rows x [R, ..., C] and what belongs to their members, `perMember` [M, C]: p is row j mod M for row j.
 *
 * Where M divides R, M rows become one, with which the members' values go along the first axis alone: wasm is slow to repeat
 * values along inner axes, and their gradient is a sum of columns. Else the values are picked by a product with
 * {@link ownership}, whose gradient is another product.
 */
export function withMembers(
  operation: (x: tf.Tensor, perRow: tf.Tensor) => tf.Tensor,
  x: tf.Tensor,
  perMember: tf.Tensor,
): tf.Tensor {
  return tf.tidy(() => {
    const [members, channels] = perMember.shape as [number, number];
    const rows = x.shape[0] as number;
    const places = x.rank > 2 ? tf.util.sizeFromShape(x.shape.slice(1, -1)) : 1;
    const spread =
      places === 1 ? perMember : tf.mul(tf.reshape(perMember, [members, 1, channels]), tf.ones([1, places, 1]));
    if (rows % members === 0) {
      const wide = [rows / members, members * places * channels];
      return tf.reshape(operation(tf.reshape(x, wide), tf.reshape(spread, [1, -1])), x.shape);
    }
    const flat = tf.reshape(spread, [members, places * channels]) as tf.Tensor2D;
    return operation(x, tf.reshape(tf.matMul(ownership(rows, members), flat), x.shape));
  });
}

/** Each row `members` times in a row: [N, ...] to [N M, ...], so that row j belongs to member j mod M. */
export function repeatRows(x: tf.Tensor, members: number): tf.Tensor {
  return tf.tidy(() => {
    const rest = x.shape.slice(1);
    const once = tf.expandDims(tf.reshape(x, [x.shape[0] as number, -1]), 1);
    return tf.reshape(tf.tile(once, [1, members, 1]), [(x.shape[0] as number) * members, ...rest]);
  });
}

/** Swaps the two axes that tell groups and members apart: [A, B, ...] to [B, A, ...]. */
export function swapFirst(x: tf.Tensor): tf.Tensor {
  return tf.transpose(x, [1, 0, ...Array.from({length: x.rank - 2}, (_, i) => i + 2)]);
}

/** The members' parts of the rows of `x` [N M, ...]: [N, M, ...]. */
export function membersOfRows(x: tf.Tensor, members: number): tf.Tensor {
  return tf.reshape(x, [(x.shape[0] as number) / members, members, ...x.shape.slice(1)]);
}
