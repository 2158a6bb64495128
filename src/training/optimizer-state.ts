import * as tf from '@tensorflow/tfjs-core';

/** An array that is saved, with its shape. */
export interface SavedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

/** Powers of its decay rates that Adam multiplies up step by step: computed anew they differ in the last bits. */
const RUNNING_POWERS = ['accBeta1', 'accBeta2'] as const;

/** Everything that an optimizer goes on from. */
export async function readOptimizer(optimizer: tf.Optimizer): Promise<SavedTensor[]> {
  const newest = tf.tidy(() => tf.scalar(0).id);
  const weights = await optimizer.getWeights();
  try {
    const powers = runningPowers(optimizer).map(([name, tensor]) => ({name, tensor: tensor as tf.Tensor}));
    return await Promise.all([...weights, ...powers].map(({name, tensor}) => readTensor(name, tensor)));
  } finally {
    // Optimizers give live state and fresh tensors together: only what this call made is ours to dispose.
    for (const {tensor} of weights) if (tensor.id > newest) tensor.dispose();
  }
}

/** Puts back what {@link readOptimizer} read. */
export async function writeOptimizer(optimizer: tf.Optimizer, saved: readonly SavedTensor[]): Promise<void> {
  const powers = new Map(runningPowers(optimizer));
  const weights = saved.filter(({name}) => !powers.has(name));
  const tensors = weights.map(({name, shape, values}) => ({
    name,
    tensor: tf.tensor(values, [...shape], values instanceof Int32Array ? 'int32' : 'float32'),
  }));
  await optimizer.setWeights(tensors);
  tf.dispose(tensors.map(({tensor}) => tensor));
  tf.tidy(() => {
    for (const {name, shape, values} of saved) powers.get(name)?.assign(tf.tensor(values, [...shape]));
  });
}

/** The numbers of a tensor. */
export async function readTensor(name: string, tensor: tf.Tensor): Promise<SavedTensor> {
  const data = await tensor.data();
  const values = tensor.dtype === 'int32' ? Int32Array.from(data) : Float32Array.from(data);
  return {name, shape: tensor.shape, values};
}

function runningPowers(optimizer: tf.Optimizer): [string, tf.Variable][] {
  const fields = optimizer as unknown as Record<string, unknown>;
  return RUNNING_POWERS.flatMap((name): [string, tf.Variable][] => {
    const value = fields[name];
    return value instanceof tf.Variable ? [[name, value]] : [];
  });
}
