import * as tf from '@tensorflow/tfjs-core';

/** diag(p) - p p^T for p = softmax(f), shape [..., K, K]; 1 - p_k is summed from the other classes, so nothing cancels. */
export function categoricalFisher(f: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const probs = tf.softmax(f);
    const others = offDiagonalOnes(probs);
    const mixed = tf.mul(tf.mul(tf.expandDims(probs, -1), tf.expandDims(probs, -2)), others);
    const diagonal = tf.mul(probs, complements(probs));
    return tf.sub(tf.mul(tf.expandDims(diagonal, -1), tf.sub(1, others)), mixed);
  });
}

/** (diag(p) - p p^T) v without forming the matrix. */
export function categoricalFisherProduct(f: tf.Tensor, v: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const probs = tf.softmax(f);
    const mean = tf.sum(tf.mul(probs, v), -1, true);
    return tf.mul(probs, tf.sub(v, mean));
  });
}

/** Sum over rows of counted (diag(p) - p p^T), [K, K], as one product; its rows sum to 0, which gives the diagonal. */
export function categoricalFisherSum(f: tf.Tensor2D, counted: tf.Tensor1D): tf.Tensor2D {
  return tf.tidy(() => {
    const probs: tf.Tensor2D = tf.softmax(f);
    const weighted: tf.Tensor2D = tf.mul(probs, tf.expandDims(counted, 1));
    const mixed = tf.mul(tf.matMul(weighted, probs, true, false), offDiagonalOnes(probs));
    return tf.sub(tf.mul(tf.eye(f.shape[1]), tf.sum(mixed, 1, true)), mixed) as tf.Tensor2D;
  });
}

/** p (1 - p), of the shape of f. */
export function categoricalFisherDiagonal(f: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const probs = tf.softmax(f);
    return tf.mul(probs, complements(probs));
  });
}

/**
 * A root with K - 1 columns of the softmax Fisher: `R R^T = diag(p) - p p^T`, shape [..., K, K - 1].
 *
 * With u = sqrt(p), a unit vector, `diag(p) - p p^T = diag(u) (I - u u^T) diag(u)`. The Householder reflection
 * `I - w w^T / (1 + u_1)`, w = u + e_1, takes e_1 to -u, so its other K - 1 columns Q span the complement of u and
 * R = diag(u) Q. As u_1 >= 0 nothing in w cancels, however certain the prediction.
 */
export function categoricalFisherRoot(f: tf.Tensor): tf.Tensor {
  const classes = f.shape.at(-1) ?? 0;
  return tf.tidy(() => {
    const logProbs = tf.logSoftmax(f);
    const u = tf.exp(tf.mul(logProbs, 0.5));
    const axis = f.rank - 1;
    const origin = new Array<number>(axis).fill(0);
    const leading = new Array<number>(axis).fill(-1);
    const first = tf.slice(u, [...origin, 0], [...leading, 1]);
    const rest = tf.slice(u, [...origin, 1], [...leading, classes - 1]);
    const pivot = tf.add(first, 1);
    const rowScale = tf.concat([first, tf.div(tf.square(rest), pivot)], axis);
    const onDiagonal = tf.pad(tf.eye(classes - 1), [
      [1, 0],
      [0, 0],
    ]);
    const mixed = tf.mul(tf.mul(tf.expandDims(rowScale, -1), tf.expandDims(rest, -2)), tf.sub(1, onDiagonal));
    const away = complements(tf.exp(logProbs));
    const awayRest = tf.slice(away, [...origin, 1], [...leading, classes - 1]);
    const diagonal = tf.div(tf.mul(rest, tf.add(awayRest, first)), pivot);
    return tf.sub(tf.mul(tf.expandDims(diagonal, -2), onDiagonal), mixed);
  });
}

/** 1 - p_k as the sum of the other probabilities. */
function complements(probs: tf.Tensor): tf.Tensor {
  const classes = probs.shape.at(-1) ?? 0;
  const rows = tf.reshape(probs, [-1, classes]);
  return tf.reshape(tf.matMul(rows, offDiagonalOnes(probs)), probs.shape);
}

function offDiagonalOnes(probs: tf.Tensor): tf.Tensor2D {
  const classes = probs.shape.at(-1) ?? 0;
  return tf.sub(1, tf.eye(classes));
}
