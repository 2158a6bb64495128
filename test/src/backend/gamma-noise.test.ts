import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {gammaTensor} from '../../../src/backend/gamma-noise.ts';
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
