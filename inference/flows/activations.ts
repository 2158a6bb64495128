import * as tf from '@tensorflow/tfjs-core';

/**
 * What bends the hidden layers of the networks in flows and summaries: `'silu'` x sigmoid(x), smooth; `'elu'`, whose slope is
 * continuous; `'relu'`.
 */
export type ActivationName = 'silu' | 'elu' | 'relu';

/** x sigmoid(x), its gradient in four operations. */
function silu(x: tf.Tensor): tf.Tensor {
  const differentiable = tf.customGrad((given, save) => {
    const gate = tf.sigmoid(given as tf.Tensor);
    const value = tf.mul(given as tf.Tensor, gate);
    (save as tf.GradSaveFunc)([gate, value]);
    const gradFunc = (upstream: tf.Tensor, saved: tf.Tensor[]) => {
      const [s, y] = saved as [tf.Tensor, tf.Tensor];
      return tf.mul(upstream, tf.add(s, tf.sub(y, tf.mul(y, s))));
    };
    return {value, gradFunc};
  });
  return differentiable(x);
}

/** The activations by name. */
export const activations: Readonly<Record<ActivationName, (x: tf.Tensor) => tf.Tensor>> = {
  silu,
  elu: (x) => tf.elu(x),
  relu: (x) => tf.relu(x),
};
