import * as tf from '@tensorflow/tfjs-core';

/** Beyond this, a few terms of the asymptotic series give float32; arguments are shifted there. */
const SHIFT = 8;
const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** log Gamma of positive tensors, differentiable; off by a few float32 roundings of its terms. */
export function logGamma(z: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const w = tf.add(z, SHIFT);
    const series = inverseSeries(w, [1 / 12, -1 / 360, 1 / 1260]);
    const stirling = tf.add(tf.sub(tf.mul(tf.sub(w, 0.5), tf.log(w)), w), tf.add(series, HALF_LOG_TWO_PI));
    return tf.sub(
      stirling,
      sumOverShift((i) => tf.log(tf.add(z, i))),
    );
  });
}

/** The derivative of log Gamma at positive tensors, differentiable. */
export function digamma(z: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const w = tf.add(z, SHIFT);
    const series = tf.div(inverseSeries(w, [1 / 12, -1 / 120, 1 / 252]), w);
    const asymptotic = tf.sub(tf.sub(tf.log(w), tf.div(0.5, w)), series);
    return tf.sub(
      asymptotic,
      sumOverShift((i) => tf.reciprocal(tf.add(z, i))),
    );
  });
}

/** log(Gamma(z + 1/2) / Gamma(z)) of positive tensors, without the cancellation of two logarithms; differentiable. */
export function logGammaHalfStep(z: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const w = tf.add(z, SHIFT);
    const asymptotic = tf.sub(tf.mul(tf.log(w), 0.5), inverseSeries(w, [1 / 8, -1 / 192, 1 / 640]));
    return tf.sub(
      asymptotic,
      sumOverShift((i) => log1p(tf.div(0.5, tf.add(z, i)))),
    );
  });
}

/** log(1 + x) for x > -1, differentiable: `tf.log1p` of some backends rounds 1 + x first. */
export function log1p(x: tf.Tensor): tf.Tensor {
  const precise = tf.customGrad((given, save) => {
    const at = given as tf.Tensor;
    (save as tf.GradSaveFunc)([at]);
    const sum = tf.add(at, 1);
    const rounded = tf.sub(sum, 1);
    const exact = tf.equal(rounded, 0);
    const ratio = tf.div(at, tf.where(exact, tf.onesLike(at), rounded)); // Kahan: undoes the rounding of 1 + x
    const value = tf.where(exact, at, tf.mul(tf.log(sum), ratio));
    const gradFunc = (upstream: tf.Tensor, saved: tf.Tensor[]) => tf.div(upstream, tf.add(saved[0] as tf.Tensor, 1));
    return {value, gradFunc};
  });
  return tf.tidy(() => precise(x));
}

/** sum_k coefficients_k / w^(2k + 1). */
function inverseSeries(w: tf.Tensor, coefficients: readonly number[]): tf.Tensor {
  const inverse = tf.reciprocal(w);
  const square = tf.square(inverse);
  const polynomial = coefficients.reduceRight<tf.Tensor>((sum, c) => tf.add(tf.mul(sum, square), c), tf.zerosLike(w));
  return tf.mul(inverse, polynomial);
}

function sumOverShift(term: (i: number) => tf.Tensor): tf.Tensor {
  return tf.addN(Array.from({length: SHIFT}, (_, i) => term(i)));
}
