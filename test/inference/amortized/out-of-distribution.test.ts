import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {outOfDistribution} from '../../../inference/index.ts';
import {normalTensor} from '../../../src/backend/index.ts';
import {ConfigError, ShapeError} from '../../../src/errors.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {expectRejection} from '../../support/rejection.ts';

/** Correlated rows around (10, -5, 0): z A with A of full rank. */
function correlated(tag: string, rows: number): tf.Tensor2D {
  return tf.tidy(() => {
    const z = normalTensor(createRng(4).fork(tag), [rows, 3]);
    const mixed = tf.matMul(
      z as tf.Tensor2D,
      tf.tensor2d([
        [1, 5, 0],
        [0, 0.1, 2],
        [0, 0, 0.01],
      ]),
    );
    return tf.add<tf.Tensor2D>(mixed, tf.tensor1d([10, -5, 0]));
  });
}

describe('outOfDistribution', () => {
  it('is the Mahalanobis distance', async () => {
    // Four points with mean 0 and covariance diag(8/3, 2/3).
    const summaries = tf.tensor2d([
      [2, 0],
      [-2, 0],
      [0, 1],
      [0, -1],
    ]);
    const detector = await outOfDistribution(summaries, {quantile: 0.5});
    const asked = tf.tensor2d([
      [0, 0],
      [4, 0],
      [4, 2],
    ]);
    closeTo(await detector.distances(asked), [0, Math.sqrt(6), Math.sqrt(12)], {rtol: 1e-12, atol: 1e-12});
    closeTo([detector.threshold], [Math.sqrt(1.5)], {rtol: 1e-12});
    tf.dispose([summaries, asked]);
  });

  it('flags about one in twenty data sets like those of training, whatever the scale of their summaries', async () => {
    const trained = correlated('training', 4000);
    const fresh = correlated('fresh', 4000);
    const {threshold, distances} = await outOfDistribution(trained);
    const share = (await distances(fresh)).filter((distance) => distance > threshold).length / 4000;
    expect(share).to.be.within(0.05 - 4 * Math.sqrt((0.05 * 0.95) / 4000), 0.05 + 4 * Math.sqrt((0.05 * 0.95) / 4000));
    tf.dispose([trained, fresh]);
  });

  it('sees a shift along a direction of small variance', async () => {
    const trained = correlated('training', 1000);
    const {threshold, distances} = await outOfDistribution(trained);
    const shifted = tf.add<tf.Tensor2D>(trained, tf.tensor1d([0, 0, 0.2]));
    expect((await distances(shifted)).every((distance) => distance > threshold)).to.equal(true);
    tf.dispose([trained, shifted]);
  });

  it('leaks no tensor', async () => {
    const trained = correlated('training', 50);
    await expectNoLeak(async () => {
      const {distances} = await outOfDistribution(trained);
      await distances(trained);
    });
    trained.dispose();
  });

  it('refuses too few summaries, other columns and a share that is none', async () => {
    const few = tf.zeros([3, 3]) as tf.Tensor2D;
    await expectRejection(outOfDistribution(few), ShapeError, /expected more summaries than their 3 columns, got 3/);
    const trained = correlated('training', 50);
    await expectRejection(
      outOfDistribution(trained, {quantile: 1}),
      ConfigError,
      /expected quantile between 0 and 1, got 1/,
    );
    const {distances} = await outOfDistribution(trained);
    const other = tf.zeros([2, 4]) as tf.Tensor2D;
    await expectRejection(distances(other), ShapeError, /expected summaries of 3 columns, got \[2,4\]/);
    tf.dispose([few, trained, other]);
  });
});
