import * as tf from '@tensorflow/tfjs-core';

/**
 * L^-1 of lower triangular matrices [K, D, D], in tensors only and differentiable.
 *
 * Inverts diagonal blocks of 1, 2, 4, ... rows: a block [[A, 0], [C, B]] has the inverse
 * [[A^-1, 0], [-B^-1 C A^-1, B^-1]], as stable as substitution. Gradient: dL = -lower(X^T dX X^T) for X = L^-1.
 */
export function triangularInverse(lower: tf.Tensor3D): tf.Tensor3D {
  const inverse = tf.customGrad((input, save) => {
    const value = invert(input as tf.Tensor3D);
    (save as tf.GradSaveFunc)([value]);
    return {
      value,
      gradFunc: (upstream: tf.Tensor, saved: tf.Tensor[]) => {
        const [X] = saved as [tf.Tensor3D];
        const full = tf.matMul(tf.matMul(X, upstream as tf.Tensor3D, true, false), X, false, true);
        return tf.neg(tf.mul(full, lowerMask(X.shape[1])));
      },
    };
  });
  return inverse(lower) as tf.Tensor3D;
}

/** Ones on and below the diagonal, [D, D]. */
export function lowerMask(size: number): tf.Tensor2D {
  const mask = new Float32Array(size * size);
  for (let i = 0; i < size; i++) mask.fill(1, i * size, i * size + i + 1);
  return tf.tensor2d(mask, [size, size]);
}

function invert(lower: tf.Tensor3D): tf.Tensor3D {
  return tf.tidy(() => {
    const [count, size] = lower.shape;
    let padded = 1;
    while (padded < size) padded *= 2;
    const extra = padded - size;
    const ones = tf.concat([tf.zeros([size]), tf.ones([extra])]);
    const padding = tf.mul(tf.eye(padded), ones);
    const whole = tf.add<tf.Tensor3D>(
      tf.pad(lower, [
        [0, 0],
        [0, extra],
        [0, extra],
      ]),
      padding,
    );
    // Blocks of size s along the diagonal, [K, padded / s, s, s].
    let blocks: tf.Tensor4D = tf.div<tf.Tensor4D>(
      1,
      tf.reshape(tf.sum(tf.mul(whole, tf.eye(padded)), -1), [count, padded, 1, 1]),
    );
    for (let s = 1; s < padded; s *= 2) blocks = joinPairs(blocks, belowDiagonal(whole, s));
    const inverse = tf.reshape<tf.Rank.R3>(blocks, [count, padded, padded]);
    return tf.slice(inverse, [0, 0, 0], [count, size, size]);
  });
}

/** The blocks C under the diagonal inside the diagonal blocks of 2s rows, [K, padded / 2s, s, s]. */
function belowDiagonal(whole: tf.Tensor3D, s: number): tf.Tensor4D {
  const [count, padded] = whole.shape;
  const blocks: tf.Tensor3D[] = [];
  for (let at = 0; at < padded; at += 2 * s) blocks.push(tf.slice(whole, [0, at + s, at], [count, s, s]));
  return tf.stack(blocks, 1) as tf.Tensor4D;
}

/** [[A^-1, 0], [-B^-1 C A^-1, B^-1]] of neighbouring inverted blocks. */
function joinPairs(blocks: tf.Tensor4D, C: tf.Tensor4D): tf.Tensor4D {
  const [count, many, s] = blocks.shape;
  const pairs = tf.reshape(blocks, [count, many / 2, 2, s, s]);
  const part = (which: number): tf.Tensor4D =>
    tf.reshape(tf.slice(pairs, [0, 0, which, 0, 0], [count, many / 2, 1, s, s]), [count, many / 2, s, s]);
  const [A, B] = [part(0), part(1)];
  const corner = tf.neg(tf.matMul(tf.matMul(B, C), A)) as tf.Tensor4D;
  return tf.concat([tf.concat([A, tf.zerosLike(A)], 3), tf.concat([corner, B], 3)], 2) as tf.Tensor4D;
}
