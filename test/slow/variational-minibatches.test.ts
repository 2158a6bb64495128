import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers gradients
import {expect} from 'chai';
import {fitVariational, fullRank, importanceSample, minibatches} from '../../inference/index.ts';
import {createRng} from '../../src/random/index.ts';
import {regression} from '../inference/variational/support.ts';
import {closeTo} from '../support/close.ts';

describe('variational inference on minibatches of 100,000 rows', () => {
  it('gives the posterior of all rows in constant memory', async () => {
    const {model, data, posterior, dispose} = regression(100_000);
    const family = fullRank(model);
    const held: {tensors: number; bytes: number}[] = [];
    await fitVariational(model, {
      family,
      steps: 1000,
      samples: 8,
      data: minibatches(data, {batchSize: 1000, rng: createRng(1)}),
      every: 100,
      onProgress: () => {
        const {numTensors, numBytes} = tf.memory();
        held.push({tensors: numTensors, bytes: numBytes});
      },
    });
    expect(new Set(held.map(({tensors}) => tensors)).size, 'counts of tensors').to.equal(1);
    expect(new Set(held.map(({bytes}) => bytes)).size, 'bytes').to.equal(1);
    const {mean, covariance} = await family.moments();
    posterior.sds.forEach((sd, i) => {
      // each step sees a hundredth of the rows
      expect(Math.abs((mean[i] as number) - (posterior.means[i] as number)) / sd, `mean ${i} in sds`).to.be.below(1);
      closeTo(Math.sqrt(covariance.data[4 * i] as number), sd, {rtol: 0.15});
    });
    const whole = fullRank({dimension: 3, ...(await family.moments())});
    await fitVariational(model, {
      family: whole,
      steps: 60,
      samples: 8,
      estimator: 'sticking-the-landing',
      importance: false,
    });
    const full = await whole.moments();
    posterior.sds.forEach((sd, i) => {
      expect(Math.abs((full.mean[i] as number) - (posterior.means[i] as number)) / sd).to.be.below(0.1);
    });
    const {shape, threshold} = await importanceSample(model, whole, {draws: 500, pointsPerPass: 10});
    expect(shape).to.be.below(threshold);
    family.dispose();
    whole.dispose();
    dispose();
  });
});
