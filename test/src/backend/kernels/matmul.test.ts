import * as tf from '@tensorflow/tfjs-core';
import {expectAsOnCpu, withTrainingKernels} from './against-cpu.ts';

const CLOSE = {rtol: 1e-5, atol: 2e-5};

describe('matrix products on wasm', () => {
  withTrainingKernels();

  for (const transposeA of [false, true]) {
    for (const transposeB of [false, true]) {
      for (const [batchA, batchB, m, k, n] of [
        [[], [], 3, 4, 5],
        [[], [], 33, 50, 37],
        [[], [], 70, 1, 300],
        [[4], [4], 3, 4, 5],
        [[3], [3], 40, 31, 29],
        [[3], [1], 40, 31, 29],
        [[1], [3], 40, 31, 29],
        [[2, 3], [2, 3], 30, 31, 29],
        [[2], [2], 0, 3, 4],
        [[2], [2], 3, 0, 4],
        [[0], [0], 3, 2, 4],
      ] as [number[], number[], number, number, number][]) {
        const a = {shape: [...batchA, ...(transposeA ? [k, m] : [m, k])]};
        const b = {shape: [...batchB, ...(transposeB ? [n, k] : [k, n])]};
        it(`[${batchA}] ${m}x${k} by [${batchB}] ${k}x${n}, transposed ${transposeA} ${transposeB}`, () =>
          expectAsOnCpu('BatchMatMul', {a, b}, {transposeA, transposeB}, CLOSE));
      }
      for (const activation of ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu']) {
        for (const batch of [1, 2]) {
          it(`fused with bias and ${activation}, batch ${batch}, transposed ${transposeA} ${transposeB}`, () => {
            const a = {shape: [batch, ...(transposeA ? [70, 40] : [40, 70])]};
            const b = {shape: [batch, ...(transposeB ? [9, 70] : [70, 9])]};
            const prelu = activation === 'prelu' ? {preluActivationWeights: {shape: [batch, 40, 9]}} : {};
            const attrs = {transposeA, transposeB, activation, leakyreluAlpha: 0.3};
            return expectAsOnCpu('_FusedMatMul', {a, b, bias: {shape: [9]}, ...prelu}, attrs, CLOSE);
          });
        }
      }
    }
  }

  it('multiplies by the same data in another shape', async () => {
    const values = Array.from({length: 48}, (_, i) => i);
    const products = tf.tidy(() => {
      const b = tf.tensor2d(values, [6, 8]);
      const first = tf.matMul(tf.ones([2, 6]), b);
      const second = tf.matMul(tf.ones([2, 4]), tf.reshape(b, [4, 12]));
      return tf.concat([tf.reshape(first, [-1]), tf.reshape(second, [-1])]);
    });
    const got = Array.from(await products.data());
    products.dispose();
    const columnSums = (rows: number, columns: number): number[] =>
      Array.from({length: columns}, (_, c) => {
        let sum = 0;
        for (let r = 0; r < rows; r++) sum += r * columns + c;
        return sum;
      });
    const [six, four] = [columnSums(6, 8), columnSums(4, 12)];
    if (got.join() !== [...six, ...six, ...four, ...four].join()) throw new Error(`got ${got}`);
  });
});
