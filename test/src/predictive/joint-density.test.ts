import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {jointLogDensity} from '../../../src/predictive/joint-density.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {peakBytes} from './peak-bytes.ts';

describe('jointLogDensity', () => {
  const [count, size] = [4, 40];

  it('has the density of many equally correlated outputs', async () => {
    const values = Array.from({length: size}, (_, i) => Math.sin(i));
    await expectNoLeak(async () => {
      const residual = tf.tensor2d(Array.from({length: count}, () => values));
      const covariance = tf.fill([count, size, size], 0.5) as tf.Tensor3D;
      const noise = tf.fill([count, size], 2) as tf.Tensor2D;
      const density = jointLogDensity(residual, covariance, noise);
      const [sum, squares] = [values.reduce((a, v) => a + v, 0), values.reduce((a, v) => a + v * v, 0)];
      // 2 I + 0.5 1 1^T has the eigenvalue 2 + 0.5 size once and 2 else.
      const along = 2 + 0.5 * size;
      const logDet = Math.log(along) + (size - 1) * Math.log(2);
      const scaled = (squares - (sum * sum) / size) / 2 + (sum * sum) / size / along;
      const expected = -0.5 * (size * Math.log(2 * Math.PI) + logDet + scaled);
      closeTo(await density.data(), new Array(count).fill(expected), {rtol: 1e-5});
      tf.dispose([residual, covariance, noise, density]);
    });
  });

  it('holds a few times what it is given, however many outputs there are', async () => {
    const [residual, noise] = [tf.ones<tf.Rank.R2>([count, size]), tf.ones<tf.Rank.R2>([count, size])];
    const covariance = tf.tile(tf.expandDims(tf.eye(size), 0), [count, 1, 1]) as tf.Tensor3D;
    expect(await peakBytes(() => jointLogDensity(residual, covariance, noise))).to.be.below(5 * covariance.size * 4);
    tf.dispose([residual, noise, covariance]);
  });
});
