import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers gradients
import {expect} from 'chai';
import {forwardBackwardGaussian, fullRank, importanceSample} from '../../../inference/variational/index.ts';
import {ConfigError, ShapeError} from '../../../src/errors.ts';
import {identity} from '../../../src/linalg/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {expectRejection} from '../../support/rejection.ts';
import {correlated} from './support.ts';

const target = correlated();

describe('forwardBackwardGaussian', () => {
  it('finds a Gaussian target without noise, whitened or as published', async () => {
    for (const options of [{steps: 60}, {steps: 400, whitenEvery: 0}]) {
      const {mean, covariance} = await expectNoLeak(() => forwardBackwardGaussian(target, options));
      closeTo(mean, target.mean, {atol: 1e-3});
      closeTo(covariance.data, target.covariance.data, {atol: 2e-3});
    }
  });

  it('finds where the expected gradient is 0 and the expected Hessian the precision', async () => {
    // V = exp(x) - 2 x: E_q[V'] = exp(m + v / 2) - 2 = 0 and E_q[V''] = exp(m + v / 2) = 2 = 1 / v
    const logGamma = {
      dimension: 1,
      logDensity: (theta: tf.Tensor2D) => tf.squeeze(tf.sub(tf.mul(theta, 2), tf.exp(theta)), [1]) as tf.Tensor1D,
    };
    const {mean, covariance} = await forwardBackwardGaussian(logGamma, {steps: 600, stepSize: 0.2});
    closeTo(mean, [Math.log(2) - 0.25], {atol: 0.03});
    closeTo(covariance.data, [0.5], {atol: 0.03});
  });

  it('is where a full-rank family starts', async () => {
    const family = fullRank({dimension: 3, ...(await forwardBackwardGaussian(target, {steps: 60}))});
    const {shape, elbo} = await importanceSample(target, family);
    expect(shape).to.be.below(0.5);
    closeTo(elbo.value, 0, {atol: 1e-3});
    family.dispose();
  });

  it('says what is wrong', async () => {
    await expectRejection(forwardBackwardGaussian(target, {stepSize: 2}), ConfigError, /stepSize of at most 1, got 2/);
    const covariance = identity(2);
    await expectRejection(
      forwardBackwardGaussian(target, {covariance}),
      ShapeError,
      /forwardBackwardGaussian: expected a covariance of shape \[3, 3\], got \[2, 2\]/,
    );
    const broken = {
      dimension: 1,
      logDensity: (theta: tf.Tensor2D) => tf.squeeze(tf.log(tf.sub(theta, 50)), [1]) as tf.Tensor1D,
    };
    await expectRejection(
      forwardBackwardGaussian(broken),
      ConfigError,
      /expected finite log densities and gradients around the mean/,
    );
  });
});
