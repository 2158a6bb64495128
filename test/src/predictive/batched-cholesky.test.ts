import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {batchedCholesky, batchedDiagonal} from '../../../src/predictive/batched-cholesky.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {onEachBackend} from '../../support/each-backend.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {peakBytes} from './peak-bytes.ts';

describe('batchedCholesky', () => {
  onEachBackend(() => {
    it('gives lower factors of many matrices, of full rank and not', async () => {
      await expectNoLeak(async () => {
        for (const [size, rank] of [
          [1, 1],
          [4, 6],
          [5, 2],
          [10, 9],
        ] as const) {
          const half = tf.tensor3d(new Float32Array(createRng(size).normals(7 * size * rank)), [7, size, rank]);
          const matrices = tf.matMul<tf.Tensor3D>(half, half, false, true);
          const factor = batchedCholesky(matrices);
          const square = tf.matMul(factor, factor, false, true);
          closeTo(await square.data(), await matrices.data(), {atol: 2e-4});
          const values = await factor.array();
          for (const matrix of values) {
            for (const [i, row] of matrix.entries())
              expect(row.slice(i + 1).every((value) => value === 0)).to.equal(true);
          }
          tf.dispose([half, matrices, factor, square]);
        }
      });
    });
  });

  it('gives the factor of a known matrix, and zeros for zeros', async () => {
    const matrices = tf.tensor3d([
      [
        [4, 2, -2],
        [2, 5, 3],
        [-2, 3, 6],
      ],
      [
        [0, 0, 0],
        [0, 9, 0],
        [0, 0, 0],
      ],
    ]);
    const factor = batchedCholesky(matrices);
    const expected = [2, 0, 0, 1, 2, 0, -1, 2, 1, 0, 0, 0, 0, 3, 0, 0, 0, 0];
    closeTo(await factor.data(), expected, {rtol: 1e-6});
    const diagonal = batchedDiagonal(matrices);
    closeTo(await diagonal.data(), [4, 5, 6, 0, 9, 0]);
    tf.dispose([matrices, factor, diagonal]);
  });

  it('holds a few times what it is given, however many columns there are', async () => {
    const [count, size] = [4, 48];
    const half = tf.tensor3d(new Float32Array(createRng(1).normals(count * size * size)), [count, size, size]);
    const matrices = tf.matMul<tf.Tensor3D>(half, half, false, true);
    expect(await peakBytes(() => batchedCholesky(matrices))).to.be.below(6 * count * size * size * 4);
    tf.dispose([half, matrices]);
  });
});
