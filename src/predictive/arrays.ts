import * as tf from '@tensorflow/tfjs-core';

/** Values read back from a tensor [N, ..., C] as a matrix: one row for each position, row-major, as the metrics take them. */
export interface MatrixArray {
  /** The values, row after row. */
  readonly data: Float32Array;
  /** Rows (N times any inner axes) and columns C. */
  readonly shape: readonly [number, number];
}

/** {@link EntropyParts} read back: one number for each position, in nats. */
export interface EntropyArrays {
  /** Entropy of the mean prediction. */
  readonly total: Float32Array;
  /** Mean entropy of the members. */
  readonly aleatoric: Float32Array;
  /** Mutual information between label and weights. */
  readonly epistemic: Float32Array;
}

/** Reads a tensor [N, ..., C] back as a matrix. */
export async function readMatrix(tensor: tf.Tensor): Promise<MatrixArray> {
  const columns = tensor.shape.at(-1) ?? 1;
  const data = await readFloats(tensor);
  return {data, shape: [columns === 0 ? 0 : data.length / columns, columns]};
}

/** Reads any tensor back as float32. */
export async function readFloats(tensor: tf.Tensor): Promise<Float32Array> {
  return Float32Array.from(await tensor.data());
}

/** Reads every tensor of `parts` back, then disposes them. */
export async function readEntropy(parts: {
  total: tf.Tensor;
  aleatoric: tf.Tensor;
  epistemic: tf.Tensor;
}): Promise<EntropyArrays> {
  try {
    const [total, aleatoric, epistemic] = await Promise.all([
      readFloats(parts.total),
      readFloats(parts.aleatoric),
      readFloats(parts.epistemic),
    ]);
    return {total, aleatoric, epistemic};
  } finally {
    tf.dispose([parts.total, parts.aleatoric, parts.epistemic]);
  }
}
