import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {log, softplusOf} from '../../../../src/backend/kernels/elementary.ts';
import {heapLoops} from '../../../../src/backend/kernels/heap-loops.ts';
import {unsetTensor, type WasmBackend} from '../../../../src/backend/kernels/wasm.ts';
import type {LoopSpec} from '../../../../src/backend/kernels/wasm-loop.ts';
import {closeTo} from '../../../support/close.ts';

/** Arrays: x, log(x). */
const LOG: LoopSpec<'log'> = {
  name: 'log',
  arrays: 2,
  constants: 0,
  body: (lanes) => [[1, log(lanes, lanes.load(0))]],
};

/** Arrays: x, d softplus(x) / dx. Constant: a factor. */
const SLOPE: LoopSpec<'slope'> = {
  name: 'slope',
  arrays: 2,
  constants: 1,
  body: (lanes) => [[1, lanes.mul(lanes.constant(0), softplusOf(lanes, lanes.load(0)).slope)]],
};

const loopsOf = heapLoops<'log' | 'slope'>([LOG, SLOPE]);

async function run(name: 'log' | 'slope', values: ArrayLike<number>, ...constants: number[]): Promise<Float32Array> {
  await tf.setBackend('wasm');
  const backend = tf.backend() as WasmBackend;
  const loops = loopsOf(backend);
  expect(loops, 'loops on the heap').not.to.equal(undefined);
  const [x, y] = [tf.tensor1d(Float32Array.from(values)), unsetTensor(backend, [values.length])];
  loops?.[name]([x, y], ...constants);
  const result = (await y.data()) as Float32Array;
  tf.dispose([x, y]);
  return result;
}

describe('elementary functions in loops', () => {
  it('takes logarithms from the least to the largest normal number', async () => {
    const x = Float32Array.from({length: 2001}, (_, i) => 10 ** (-37 + i * 0.0375));
    closeTo(await run('log', x), Array.from(x, Math.log), {rtol: 3e-7, atol: 1e-7});
  });

  it('has every digit of the slope of softplus, also where it is small', async () => {
    const x = Float32Array.from({length: 1601}, (_, i) => -80 + 0.1 * i);
    const exact = Array.from(x, (one) => 3 / (1 + Math.exp(-one)));
    closeTo(await run('slope', x, 3), exact, {rtol: 6e-7});
    const far = await run('slope', [-1000, 1000, -Infinity, Infinity, Number.NaN], 1);
    expect(Array.from(far)).to.deep.equal([0, 1, 0, 1, Number.NaN]);
  });

  it('is the same four at a time and one by one', async () => {
    const x = [0.3, 1.7, 40, 1e-9, 2, 0.999, 1.001];
    const whole = await run('log', [...x, ...x]);
    for (let length = 0; length <= x.length; length++) {
      expect(Array.from(await run('log', x.slice(0, length)))).to.deep.equal(Array.from(whole.slice(0, length)));
    }
  });
});
