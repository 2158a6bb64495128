import * as tf from '@tensorflow/tfjs-core';

/** What `compute` returns, as a constant: nothing behind it is differentiated, nor needs a gradient. */
export function detached(compute: () => tf.Tensor): tf.Tensor {
  return tf.customGrad(() => ({value: compute(), gradFunc: () => []}))();
}

/** The same values, constant for gradients. */
export function stopGradient(tensor: tf.Tensor): tf.Tensor {
  return detached(() => tf.clone(tensor));
}

/** The same values, whose gradient is multiplied by `factor` [S, ...], one number for all entries of an example. */
export function scaleGradient(tensor: tf.Tensor, factor: tf.Tensor): tf.Tensor {
  const scaled = tf.customGrad((x, scale, save) => {
    (save as tf.GradSaveFunc)([scale as tf.Tensor]);
    return {
      value: tf.clone(x as tf.Tensor),
      gradFunc: (upstream: tf.Tensor, [kept]: tf.Tensor[]) => [
        tf.mul(upstream, kept as tf.Tensor),
        tf.zerosLike(kept as tf.Tensor),
      ],
    };
  });
  const missing = Array.from({length: tensor.rank - factor.rank}, () => 1);
  return scaled(tensor, tf.reshape(factor, [...factor.shape, ...missing]));
}
