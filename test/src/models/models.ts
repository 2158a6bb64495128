import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

/** Smooth numbers without a pattern that a mistake could share: 0.7 sin(1.3 k + phase). */
export function wave(shape: number[], phase: number): tf.Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  return tf.tensor(
    Float32Array.from({length: size}, (_, k) => 0.7 * Math.sin(1.3 * k + phase)),
    shape,
  );
}

/** Gives every weight of a model fixed values, variances positive ones. */
export function fill<T extends tfl.LayersModel>(model: T): T {
  tf.tidy(() => {
    model.weights.forEach((weight, i) => {
      const values = wave(weight.shape as number[], i + 0.4);
      weight.write(weight.name.includes('variance') ? tf.add(tf.square(values), 0.3) : values);
    });
  });
  return model;
}

/** A Sequential model of the given layers with fixed weights. */
export function stack(...layers: tfl.layers.Layer[]): tfl.Sequential {
  return fill(tfl.sequential({layers}));
}

/** Applies a layer to a symbolic tensor. */
export function apply(layer: tfl.layers.Layer, x: tfl.SymbolicTensor | tfl.SymbolicTensor[]): tfl.SymbolicTensor {
  return layer.apply(x) as tfl.SymbolicTensor;
}

/** The functional model from inputs to outputs with fixed weights. */
export function connect(
  inputs: tfl.SymbolicTensor | tfl.SymbolicTensor[],
  outputs: tfl.SymbolicTensor | tfl.SymbolicTensor[],
): tfl.LayersModel {
  return fill(tfl.model({inputs, outputs}));
}

/** Runs `work` on a backend and puts the old one back. */
export async function onBackend<T>(name: string, work: () => Promise<T>): Promise<T> {
  const before = tf.getBackend();
  await tf.setBackend(name);
  await tf.ready();
  try {
    return await work();
  } finally {
    await tf.setBackend(before);
  }
}
