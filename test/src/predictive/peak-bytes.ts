import * as tf from '@tensorflow/tfjs-core';

/** The most bytes of tensors that `work` held at once beyond what was there before; views count like tensors. */
export async function peakBytes(work: () => tf.TensorContainer): Promise<number> {
  const before = tf.memory().numBytes;
  const profile = await tf.profile(work);
  tf.dispose(profile.result);
  return profile.peakBytes - before;
}
