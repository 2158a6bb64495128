import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {gammaTensor, logGammaTensor} from '../../../src/backend/gamma-noise.ts';
import {createRng} from '../../../src/random/index.ts';
import {gammaP} from '../../../src/special/index.ts';
import {closeTo} from '../../support/close.ts';

describe('gammaTensor', () => {
  for (const shape of [0.3, 1, 2.5, 40]) {
    it(`draws with the distribution function of shape ${shape}`, async () => {
      const draws = gammaTensor(createRng(2), tf.fill([6000], shape));
      const sorted = Array.from(await draws.data(), (value) => gammaP(shape, value)).sort((a, b) => a - b);
      const distance = Math.max(...sorted.map((p, i) => Math.abs(p - (i + 0.5) / sorted.length)));
      expect(distance).to.be.below(1.63 / Math.sqrt(sorted.length)); // Kolmogorov, 1 %
    });
  }

  it('has the gradient of the mean, which is the shape', async () => {
    const shape = tf.fill([20000], 1.7);
    const gradient = tf.grad((a) => tf.mean(gammaTensor(createRng(3), a)))(shape);
    const sum = Array.from(await gradient.data()).reduce((total, one) => total + one, 0);
    closeTo(sum, 1, {atol: 0.03});
    tf.dispose([shape, gradient]);
  });
});

describe('logGammaTensor', () => {
  it('draws the logarithms of the same numbers', async () => {
    const shape = tf.tensor1d([0.3, 1, 2.5, 40]);
    const [logs, draws] = [logGammaTensor(createRng(4), shape), gammaTensor(createRng(4), shape)];
    closeTo(await logs.data(), Array.from(await draws.data(), Math.log), {rtol: 1e-5, atol: 1e-6});
    tf.dispose([shape, logs, draws]);
  });

  it('stays finite where the draws are 0 in float32, with the mean digamma(shape)', async () => {
    const shape = tf.fill([4000], 0.001);
    const logs = logGammaTensor(createRng(5), shape);
    const values = Array.from(await logs.data());
    expect(values.every(Number.isFinite)).to.equal(true);
    expect(Math.min(...values)).to.be.below(-1000);
    closeTo(values.reduce((sum, x) => sum + x, 0) / 4000, -1000.575574, {atol: (4 * 1000) / Math.sqrt(4000)}); // digamma(0.001)
    tf.dispose([shape, logs]);
  });
});
