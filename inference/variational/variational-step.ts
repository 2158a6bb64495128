import * as tf from '@tensorflow/tfjs-core';
import type {Estimate} from './estimators.ts';

/**
 * One step of the optimizer on a loss. Where a draw has no density, the bound or the gradient is not finite, and the gradient is left
 * out as 0: that of a constant -Infinity is 0, so the bound must be looked at too. One longer than `clipNorm` is shortened to it.
 *
 * @returns the bound; NaN where the gradient was left out.
 */
export function takeStep(
  estimate: () => Estimate,
  {optimizer, variables, clipNorm}: {optimizer: tf.Optimizer; variables: readonly tf.Variable[]; clipNorm: number},
): tf.Scalar {
  let bound: tf.Scalar | undefined;
  const step = () => {
    const {grads} = tf.variableGrads(() => {
      const made = estimate();
      bound = tf.keep(made.bound);
      return made.loss;
    }, [...variables]);
    const squares = tf.addN(Object.values(grads).map((gradient) => tf.sum(tf.square(gradient))));
    const reached = bound as unknown as tf.Scalar;
    const sound = tf.logicalAnd(tf.isFinite(squares), tf.isFinite(reached));
    const factor = tf.minimum(1, tf.div(clipNorm, tf.sqrt(squares)));
    const used = Object.fromEntries(
      Object.entries(grads).map(([name, gradient]) => [
        name,
        tf.where(sound, tf.mul(gradient, factor), tf.zerosLike(gradient)),
      ]),
    );
    optimizer.applyGradients(used);
    return tf.where(sound, reached, Number.NaN) as tf.Scalar;
  };
  try {
    return tf.tidy(step);
  } finally {
    tf.dispose(bound);
  }
}
