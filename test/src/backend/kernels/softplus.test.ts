import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers gradients
import {expect} from 'chai';
import {softplus} from '../../../../src/backend/kernels/softplus.ts';
import type {WasmBackend} from '../../../../src/backend/kernels/wasm.ts';
import {closeTo} from '../../../support/close.ts';
import {expectAsOnCpu, wild, withTrainingKernels} from './against-cpu.ts';

const exact = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** What the registered kernel gives. */
async function softplusOf(values: ArrayLike<number>): Promise<ArrayLike<number>> {
  await tf.setBackend('wasm');
  const y = tf.tidy(() => tf.softplus(tf.tensor1d(Float32Array.from(values))));
  const result = await y.data();
  y.dispose();
  return result;
}

describe('Softplus on wasm', () => {
  withTrainingKernels();

  it('has the digits of a float from -80 to 80', async () => {
    const x = Float32Array.from({length: 4001}, (_, i) => -80 + 0.04 * i);
    closeTo(await softplusOf(x), Array.from(x, exact), {rtol: 6e-7});
  });

  it('is that of cpu in every shape, and leaves nothing behind', async () => {
    for (const shape of [[], [1], [3], [4], [7], [2, 3, 5]]) await expectAsOnCpu('Softplus', {x: {shape}});
    await expectAsOnCpu('Softplus', {x: {shape: [0, 3], values: []}});
  });

  it('neither overflows nor hides what is not a number', async () => {
    const y = Array.from(await softplusOf([1000, -1000, Infinity, -Infinity, NaN, 3e38]));
    expect(y.slice(0, 5)).to.deep.equal([1000, 0, Infinity, 0, NaN]);
    closeTo(y[5] as number, 3e38, {rtol: 1e-7});
  });

  it('keeps its gradient', async () => {
    const x = wild(9);
    const gradient = tf.tidy(() => tf.grad((one) => tf.softplus(one))(tf.tensor1d(x)));
    closeTo(
      await gradient.data(),
      Array.from(x, (one) => 1 / (1 + Math.exp(-one))),
      {rtol: 1e-6},
    );
    gradient.dispose();
  });

  it("is tfjs's own where the memory of its module is out of reach", async () => {
    await tf.setBackend('wasm');
    const x = tf.tensor1d([-2, 0.5, 30]);
    const backend = tf.backend() as WasmBackend & {wasm: object};
    const wasm = Object.create(backend.wasm, {asm: {value: {}}}) as object;
    const hidden = new Proxy(backend, {get: (target, key) => (key === 'wasm' ? wasm : Reflect.get(target, key))});
    const y = tf.engine().makeTensorFromTensorInfo(softplus.run(hidden, {x}, {}), backend);
    closeTo(await y.data(), [-2, 0.5, 30].map(exact), {rtol: 1e-6});
    tf.dispose([x, y]);
  });
});
