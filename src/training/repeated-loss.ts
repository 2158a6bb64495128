import * as tf from '@tensorflow/tfjs-core';

/** A mean loss and its gradients by variable name. */
export interface LossGradients {
  readonly value: tf.Scalar;
  readonly grads: tf.NamedTensorMap;
}

/**
 * `f`, noting in `extras` every tensor that it keeps.
 *
 * The loss function of `LayersModel.fit` keeps its metrics each time it is called and hands on those of the first call only:
 * a step of several samples must dispose the others itself, after their caller had time to read them.
 */
export function notingKept(f: () => tf.Scalar, extras: tf.Tensor[]): () => tf.Scalar {
  return () => {
    const cost = f();
    extras.push(...tf.engine().state.activeScope.track.filter((tensor) => tensor.kept));
    return cost;
  };
}

/** The mean of several losses and gradients; takes them over. A gradient that one of them lacks counts as zero there. */
export function averaged(results: readonly LossGradients[]): {value: tf.Scalar; grads: tf.NamedTensorMap} {
  const count = results.length;
  const mean = <T extends tf.Tensor>(tensors: readonly T[]): T =>
    tf.tidy(() => tf.div<T>(tf.addN([...tensors]), count));
  const names = [...new Set(results.flatMap(({grads}) => Object.keys(grads)))];
  const value = mean(results.map((result) => result.value));
  const grads = Object.fromEntries(
    names.flatMap((name) => {
      const present = results.map((result) => result.grads[name]).filter((gradient) => gradient != null);
      return present.length === 0 ? [] : [[name, mean(present)]];
    }),
  );
  tf.dispose(results.flatMap((result) => [result.value, ...Object.values(result.grads).filter((g) => g != null)]));
  return {value, grads};
}
