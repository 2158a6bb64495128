import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {registerTrainingKernels} from '../../../../src/backend/kernels/index.ts';
import type {Tolerance} from '../../../support/close.ts';
import {closeTo} from '../../../support/close.ts';

/** Numbers that look random in (-1, 1), the same every time. */
export function wild(size: number, seed = 1): Float32Array {
  let state = seed * 7919 + 1;
  return Float32Array.from({length: size}, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2147483648;
  });
}

/** A tensor to be made afresh on each backend. */
export interface Spec {
  readonly shape: readonly number[];
  readonly values?: ArrayLike<number>;
  readonly dtype?: 'float32' | 'int32';
}

type Specs = Readonly<Record<string, Spec>> | readonly Spec[];

async function runOn(backend: string, name: string, specs: Specs, attrs: tf.NamedAttrMap): Promise<tf.Tensor> {
  await tf.setBackend(backend);
  const make = ({shape, values, dtype = 'float32'}: Spec, i: number): tf.Tensor => {
    const size = tf.util.sizeFromShape([...shape]);
    return tf.tensor(Array.from(values ?? wild(size, i + 1)), [...shape], dtype);
  };
  return tf.tidy(() => {
    const inputs = Array.isArray(specs)
      ? specs.map(make)
      : Object.fromEntries(Object.entries(specs).map(([key, spec], i) => [key, make(spec, i)]));
    return tf.engine().runKernel(name, inputs as tf.NamedTensorMap, attrs) as tf.Tensor;
  });
}

/** Fails unless our wasm kernel gives what tfjs's cpu kernel gives and leaves neither tensors nor memory behind. */
export async function expectAsOnCpu(
  name: string,
  specs: Specs,
  attrs: tf.NamedAttrMap = {},
  {rtol = 1e-5, atol = 1e-5}: Tolerance = {},
): Promise<void> {
  try {
    const expected = await runOn('cpu', name, specs, attrs);
    const expectedValues = await expected.data();
    await tf.setBackend('wasm');
    const wasm = tf.backend() as tf.KernelBackend & {numDataIds(): number};
    const before = {...tf.memory(), ids: wasm.numDataIds()};
    const actual = await runOn('wasm', name, specs, attrs);
    expect(actual.shape, 'shape').to.deep.equal(expected.shape);
    expect(actual.dtype, 'dtype').to.equal(expected.dtype);
    closeTo(await actual.data(), expectedValues, {rtol, atol});
    actual.dispose();
    const after = {...tf.memory(), ids: wasm.numDataIds()};
    expect([after.numTensors, after.numDataBuffers, after.ids], 'tensors, buffers and ids left behind').to.deep.equal([
      before.numTensors,
      before.numDataBuffers,
      before.ids,
    ]);
    expected.dispose();
  } finally {
    await tf.setBackend('wasm');
  }
}

/** Registers our kernels before the tests of a suite. */
export function withTrainingKernels(): void {
  before(registerTrainingKernels);
}
