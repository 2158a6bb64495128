import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {
  diagonalGaussian,
  freeEnergy,
  fullGaussian,
  type Game,
  gapReport,
  linearGaussian,
  parallel,
  prior,
  productBelief,
  sequence,
  splitGaussian,
} from '../../../inference/games/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {gaussianDivergence, logNormal, mean, numberOf} from './support.ts';

const standard = (size = 1) => diagonalGaussian(tf.zeros([1, size]), 1);
const step = (name: string) => linearGaussian(name, {matrix: tf.eye(1), covariance: tf.eye(1), coupling: 'exact'});
const wrongStep = (name: string) =>
  linearGaussian(name, {
    matrix: tf.eye(1),
    covariance: tf.eye(1),
    coupling: 'exact',
    inversion: (z) => diagonalGaussian(tf.mul(z, 0.5), Math.SQRT1_2), // exact under N(0, 1), which is not what flows in
  });

async function partsOf(chain: Game<null>, y: number): Promise<{loss: number; parts: Record<string, number>}> {
  const {loss, parts} = freeEnergy(chain, tf.tensor1d([y]));
  const entries = Object.entries(parts).map(async ([name, value]) => [name, await numberOf(value)] as const);
  return {loss: await numberOf(loss), parts: Object.fromEntries(await Promise.all(entries))};
}

describe('a chain of Gaussian games', () => {
  it('has the free energy -log p(z) under exact inversions, which splits as the chain rule says', async () => {
    const chain = sequence(prior('x', standard()), step('y'), step('z'));
    const {loss, parts} = await partsOf(chain, 1.5);
    closeTo(loss, 1.8432446775, {rtol: 1e-6});
    closeTo(loss, -logNormal(1.5, 0, Math.sqrt(3)), {rtol: 1e-6});
    closeTo((parts.x as number) + (parts.y as number), 1.6821787902, {rtol: 1e-6});
    closeTo(parts.z as number, 0.1610658874, {rtol: 1e-5});
    expect(await gapReport(chain, tf.tensor1d([1.5]))).to.have.all.keys('y', 'z');
  });

  it('costs exactly the divergence of a wrong inversion', async () => {
    const chain = sequence(prior('x', standard()), step('y'), wrongStep('z'));
    const {loss} = await partsOf(chain, 1.5);
    closeTo(loss, 1.9089607138, {rtol: 1e-6});
    const gaps = await gapReport(chain, tf.tensor1d([1.5]));
    closeTo(gaps.z as number, 0.0657160362, {rtol: 1e-5});
    closeTo(gaps.y as number, 0, {atol: 1e-6});
    closeTo(loss - 1.8432446775, 0.0657160362, {rtol: 2e-5});
    closeTo(gaps.z as number, gaussianDivergence([0.75, 0.5], [1, 2 / 3]), {rtol: 1e-5});
  });

  it('gives every draw the same weight under exact inversions, and so a tight bound of every kind', async () => {
    const plain = (name: string) => linearGaussian(name, {matrix: tf.eye(1), covariance: tf.eye(1)});
    const chain = sequence(prior('x', standard()), plain('y'), plain('z'));
    for (const bound of ['elbo', 'importance-weighted', {renyi: 0.5}, {renyi: 2}] as const) {
      const {loss, logWeight} = freeEnergy(chain, tf.tensor1d([1.5]), {samples: 7, bound, rng: createRng(3)});
      expect(logWeight.shape).to.deep.equal([7]);
      closeTo(await numberOf(loss), 1.8432446775, {rtol: 1e-6});
      closeTo(await logWeight.data(), Array(7).fill(-1.8432446775), {rtol: 2e-6});
    }
  });

  it('agrees with the joint Gaussian in several dimensions, with offsets and correlated noise', async () => {
    const matrix = tf.tensor2d([
      [1, 0.5],
      [-0.3, 2],
      [0.2, 0.1],
    ]);
    const covariance = tf.tensor2d([
      [0.5, 0.1, 0],
      [0.1, 0.8, 0.2],
      [0, 0.2, 0.6],
    ]);
    const before = fullGaussian(
      tf.tensor2d([[0.5, -1]]),
      tf.tensor2d([
        [1, 0.4],
        [0.4, 2],
      ]),
    );
    const link = linearGaussian('y', {matrix, covariance, offset: tf.tensor1d([1, 2, 3]), coupling: 'exact'});
    const y = tf.tensor1d([1, 0, 2.5]);
    const {loss} = freeEnergy(sequence(prior('x', before), link), y);
    const evidence = link.pushforward(() => before, {} as never);
    closeTo(await numberOf(loss), -(await numberOf(evidence.logProb(tf.expandDims(y, 0)))), {rtol: 1e-6});
    const moments = evidence.moments?.();
    closeTo(await (moments as {mean: tf.Tensor}).mean.data(), [1, -0.15, 3], {rtol: 1e-6});
    // A P A^T + R, by hand
    closeTo(
      await (moments as {covariance: tf.Tensor}).covariance.data(),
      [2.4, 2.54, 0.38, 2.54, 8.41, 0.688, 0.38, 0.688, 0.676],
      {rtol: 1e-5},
    );
  });

  it('keeps the digits of an exact inversion where the noise is small', async () => {
    for (const [variance, atol] of [
      [1e-4, 1e-3],
      [1e-8, 1e-2],
    ] as const) {
      const link = linearGaussian('y', {matrix: tf.eye(2), covariance: tf.mul(tf.eye(2), variance)});
      const chain = sequence(prior('x', standard(2)), link);
      const {logWeight} = freeEnergy(chain, tf.tensor1d([1.5, -0.5]), {samples: 7, rng: createRng(3)});
      const expected = logNormal(1.5, 0, Math.sqrt(1 + variance)) + logNormal(-0.5, 0, Math.sqrt(1 + variance));
      closeTo(await logWeight.data(), Array(7).fill(expected), {atol});
    }
  });

  it('averages over examples', async () => {
    const values = [0.5, -1, 2];
    const y = linearGaussian('y', {matrix: tf.eye(1), covariance: tf.eye(1)});
    const chain = sequence(prior('x', diagonalGaussian(tf.zeros([1, 1, 1]), 1)), y);
    const {loss, logWeight} = freeEnergy(chain, tf.tensor2d(values, [3, 1]), {samples: 2});
    expect(logWeight.shape).to.deep.equal([2, 3]);
    const evidence = values.map((value) => logNormal(value, 0, Math.SQRT2));
    closeTo(await numberOf(loss), -mean(evidence), {rtol: 1e-6});
    closeTo(await logWeight.data(), [...evidence, ...evidence], {rtol: 1e-6});
  });

  it('tells what parallel inversions do not see of a correlated prior', async () => {
    const joint = (correlation: number) => {
      const covariance = tf.tensor2d([
        [1, correlation],
        [correlation, 1],
      ]);
      return splitGaussian(fullGaussian(tf.zeros([1, 2]), covariance), [1, 1]);
    };
    const both = parallel(step('a'), step('b'));
    const data = [tf.tensor1d([1]), tf.tensor1d([-0.5])] as const;
    const pair = (correlation: number) =>
      prior('pair', joint(correlation)) as unknown as Game<null, readonly [tf.Tensor, tf.Tensor]>;
    const gaps = await gapReport(sequence(pair(0.8), both), data);
    closeTo(gaps['a+b'] as number, 0.5108256238, {rtol: 1e-6});
    closeTo((await gapReport(sequence(pair(0), both), data))['a+b'] as number, 0, {atol: 1e-6});
  });

  it('loses nothing in parallel under independent priors', async () => {
    const both = sequence(prior('pair', productBelief(standard(), standard())), parallel(step('a'), step('b')));
    const {loss} = freeEnergy(both, [tf.tensor1d([1]), tf.tensor1d([-0.5])]);
    closeTo(await numberOf(loss), -logNormal(1, 0, Math.SQRT2) - logNormal(-0.5, 0, Math.SQRT2), {rtol: 1e-6});
    expect((await gapReport(both, [tf.tensor1d([1]), tf.tensor1d([-0.5])]))['a+b']).to.equal(0);
  });

  it('keeps its tensors', async () => {
    const chain = sequence(prior('x', standard()), step('y'), step('z'));
    const y = tf.tensor1d([1.5]);
    await expectNoLeak(async () => {
      const result = freeEnergy(chain, y, {samples: 2});
      tf.dispose(result as unknown as tf.TensorContainerObject);
      await gapReport(chain, y);
    });
  });
});
