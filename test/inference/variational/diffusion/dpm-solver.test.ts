import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {dpmSolver} from '../../../../inference/variational/diffusion/dpm-solver.ts';
import {closeTo} from '../../../support/close.ts';
import {expectNoLeak} from '../../../support/leaks.ts';

const VARIANCE = 0.04;

/** The variance of noised points of N(0, 0.04). */
function noisedVariance(level: number): number {
  const signal = 1 / (1 + Math.exp(-2 * level));
  return signal * VARIANCE + 1 - signal;
}

/** Exact: the score is -x / variance. */
function noise(x: tf.Tensor2D, level: number): tf.Tensor2D {
  const sigma = Math.sqrt(1 / (1 + Math.exp(2 * level)));
  return tf.mul(x, sigma / noisedVariance(level));
}

describe('dpmSolver', () => {
  /** The probability flow keeps the quantiles of a Gaussian: x scales as the standard deviation does. */
  async function error(order: 1 | 2 | 3, steps: number): Promise<number> {
    const [from, to] = [-2, 3];
    const start = tf.tensor2d([[1]]);
    const end = dpmSolver(noise, start, {from, to, order, steps});
    const [value] = await end.data();
    tf.dispose([start, end]);
    return Math.abs((value as number) - Math.sqrt(noisedVariance(to) / noisedVariance(from)));
  }

  for (const [order, steps] of [
    [1, 40],
    [2, 20],
    [3, 12],
  ] as const) {
    it(`has order ${order}: half the step gives 2^-${order} of the error`, async () => {
      const [coarse, fine] = [await error(order, steps), await error(order, 2 * steps)];
      closeTo(Math.log2(coarse / fine), order, {atol: 0.3});
    });
  }

  it('needs far fewer evaluations with a higher order', async () => {
    const [first, third] = [await error(1, 30), await error(3, 10)];
    expect(third).to.be.below(first / 20);
  });

  it('leaves its input alone and nothing behind', async () => {
    await expectNoLeak(async () => {
      const start = tf.tensor2d([[1, 2]]);
      const end = dpmSolver(noise, start, {from: -1, to: 1, order: 3, steps: 3});
      expect(end.shape).to.deep.equal([1, 2]);
      expect(await start.array()).to.deep.equal([[1, 2]]);
      tf.dispose([start, end]);
    });
  });

  it('refuses to add noise, and orders and steps that are none', () => {
    const start = tf.tensor2d([[1]]);
    expect(() => dpmSolver(noise, start, {from: 1, to: 1})).to.throw('dpmSolver: expected `to` above 1, got 1');
    expect(() => dpmSolver(noise, start, {from: 0, to: 1, steps: 0})).to.throw('dpmSolver: expected a whole number');
    expect(() => dpmSolver(noise, start, {from: 0, to: 1, order: 4 as 3})).to.throw('dpmSolver: expected order');
    start.dispose();
  });
});
