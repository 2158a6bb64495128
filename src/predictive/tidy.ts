import * as tf from '@tensorflow/tfjs-core';

/** `tf.tidy` for a body that returns any object with tensors in its public fields. */
export function tidyObject<T extends object>(body: () => T): T {
  return tf.tidy(body as unknown as () => tf.TensorContainer) as unknown as T;
}
