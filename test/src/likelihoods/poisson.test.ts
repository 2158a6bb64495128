import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {DataError, ShapeError} from '../../../src/errors.ts';
import {poisson} from '../../../src/likelihoods/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {lgamma} from '../../../src/special/index.ts';
import {closeTo} from '../../support/close.ts';
import {onEachBackend} from '../../support/each-backend.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {
  fisherIsHessian,
  lossGradientMatches,
  productMatchesFisher,
  rootMatchesFisher,
} from '../../support/likelihood-checks.ts';
import {expectRejection} from '../../support/rejection.ts';

const likelihood = poisson();

function normals(seed: number, shape: number[]): tf.Tensor {
  return tf.tensor(new Float32Array(createRng(seed).normals(tf.util.sizeFromShape(shape))), shape);
}

describe('poisson', () => {
  onEachBackend(() => {
    for (const shape of [
      [5, 1],
      [2, 3, 2],
    ]) {
      it(`has a Fisher that is the Hessian, with root and product, for outputs [${shape}]`, async () => {
        const [f, v] = [normals(1, shape), normals(2, shape)];
        const y = likelihood.sample(f, createRng(3));
        await fisherIsHessian(likelihood, f, y, {rtol: 1e-3, atol: 5e-4});
        await rootMatchesFisher(likelihood, f, {rtol: 1e-5});
        await productMatchesFisher(likelihood, f, v, {rtol: 1e-5});
        await lossGradientMatches(likelihood, f, y, {rtol: 2e-3, atol: 5e-4});
        tf.dispose([f, v, y]);
      });
    }

    it('is y f - e^f - log y!, for counts of any size', async () => {
      const counts = [0, 0, 1, 3, 15, 16, 17, 1000, 1e6];
      const rates = [2, 1e-9, 1, 2.5, 20, 10, 17, 1020, 1.001e6];
      const f = tf.tensor2d(rates.map(Math.log), [9, 1]);
      const y = tf.tensor2d(counts, [9, 1]);
      const nll = likelihood.negLogProb(f, y);
      const logRates = await f.data();
      const expected = counts.map((count, i) => {
        const logRate = logRates[i] as number;
        return Math.exp(logRate) - count * logRate + lgamma(count + 1);
      });
      closeTo(await nll.data(), expected, {rtol: 3e-6, atol: 2e-4});
      tf.dispose([f, y, nll]);
    });

    it('ignores rows of -100', async () => {
      const labels = tf.tensor2d([[3, 1], [-100, -100]], [2, 2]); // biome-ignore format: one row a line says no more
      const f = tf.zeros([2, 2]);
      const y = await likelihood.prepareTargets(labels, [2, 2], 'test');
      const [nll, observed] = [likelihood.negLogProb(f, y), likelihood.observed(y)];
      closeTo(await nll.data(), [2 + Math.log(6), 0], {rtol: 1e-6});
      closeTo(await observed.data(), [1, 0]);
      tf.dispose([labels, f, y, nll, observed]);
    });

    for (const rate of [0.05, 3, 9.9, 10.1, 60, 3000]) {
      it(`draws counts of rate ${rate}: mean, variance and third moment`, async () => {
        const draws = 8000;
        const f = tf.fill([draws, 1], Math.log(rate));
        const y = likelihood.sample(f, createRng(5));
        const values = Array.from(await y.data());
        expect(values.every((value) => Number.isInteger(value) && value >= 0)).to.equal(true);
        const moment = (k: number): number => values.reduce((sum, value) => sum + (value - rate) ** k, 0) / draws;
        // Standard errors from the central moments of a Poisson: rate, rate + 3 rate^2, rate + 25 rate^2 + 15 rate^3.
        const [second, fourth, sixth] = [rate, rate + 3 * rate ** 2, rate + 25 * rate ** 2 + 15 * rate ** 3];
        closeTo([moment(1)], [0], {atol: 4 * Math.sqrt(second / draws)});
        closeTo([moment(2)], [rate], {atol: 4 * Math.sqrt((fourth - second ** 2) / draws)});
        closeTo([moment(3)], [rate], {atol: 4 * Math.sqrt((sixth - rate ** 2) / draws)});
        tf.dispose([f, y]);
      });
    }
  });

  it('refuses targets that are no counts', async () => {
    await expectNoLeak(async () => {
      for (const wrong of [[[1.5]], [[-1]], [[Number.NaN]]]) {
        const y = tf.tensor2d(wrong);
        await expectRejection(likelihood.prepareTargets(y, [1, 1], 'fit'), DataError, /fit: expected .* whole number/);
        y.dispose();
      }
      const halfIgnored = tf.tensor2d([[1, -100]]);
      await expectRejection(likelihood.prepareTargets(halfIgnored, [1, 2], 'fit'), DataError, /-100 in all 2 outputs/);
      await expectRejection(likelihood.prepareTargets(halfIgnored, [1, 3], 'fit'), ShapeError, /\[1, 3\]/);
      halfIgnored.dispose();
    });
  });
});
