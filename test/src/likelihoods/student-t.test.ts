import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {ConfigError} from '../../../src/errors.ts';
import {gaussian, likelihoodFromConfig, studentT} from '../../../src/likelihoods/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {studentTCdf, studentTPdf} from '../../../src/special/index.ts';
import {closeTo} from '../../support/close.ts';
import {onEachBackend} from '../../support/each-backend.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {lossGradientMatches, productMatchesFisher, rootMatchesFisher} from '../../support/likelihood-checks.ts';

const likelihood = studentT({df: 3.5, scale: 0.7});

describe('studentT', () => {
  onEachBackend(() => {
    it('is minus the log-density, with its gradient, Fisher root and product', async () => {
      const f = tf.tensor2d([0.3, -1, 2, 0.5], [2, 2]);
      const y = tf.tensor2d([0.1, 4, 2, -9], [2, 2]);
      const nll = likelihood.negLogProb(f, y);
      const each = [-0.2, 5, 0, -9.5].map((r) => -Math.log(studentTPdf(r / 0.7, 3.5) / 0.7)) as [
        number,
        number,
        number,
        number,
      ];
      closeTo(await nll.data(), [each[0] + each[1], each[2] + each[3]], {rtol: 1e-5});
      await lossGradientMatches(likelihood, f, y, {rtol: 5e-3, atol: 1e-3});
      await rootMatchesFisher(likelihood, f, {rtol: 1e-5});
      await productMatchesFisher(likelihood, f, y, {rtol: 1e-5});
      tf.dispose([f, y, nll]);
    });

    it('has the Hessian of its log-density, whose mean over y is the Fisher', async () => {
      const f = tf.tensor2d([[0.2]]);
      const step = 0.1;
      const ys = Array.from({length: 8001}, (_, i) => step * (i - 4000));
      const y = tf.tensor2d(ys, [ys.length, 1]);
      const [hessian, fisher] = [likelihood.hessian(f, y), likelihood.fisher(f)];
      const bends = await hessian.data();
      const mean = ys.reduce(
        (sum, value, i) => sum + ((step * studentTPdf((value - 0.2) / 0.7, 3.5)) / 0.7) * (bends[i] as number),
        0,
      );
      closeTo(await fisher.data(), [mean], {rtol: 1e-4});
      const at = (move: number): number => -Math.log(studentTPdf((1.5 - 0.2 - move) / 0.7, 3.5));
      const second = (at(1e-3) - 2 * at(0) + at(-1e-3)) / 1e-6;
      closeTo(bends[4015] as number, second, {rtol: 1e-4});
      tf.dispose([f, y, hessian, fisher]);
    });
  });

  it('draws with its distribution function', async () => {
    const f = tf.fill([6000, 1], 1);
    const y = likelihood.sample(f, createRng(4));
    const sorted = Array.from(await y.data(), (value) => studentTCdf((value - 1) / 0.7, 3.5)).sort((a, b) => a - b);
    const distance = Math.max(...sorted.map((p, i) => Math.abs(p - (i + 0.5) / sorted.length)));
    expect(distance).to.be.below(1.63 / Math.sqrt(sorted.length)); // Kolmogorov, 1 %
    tf.dispose([f, y]);
  });

  it('predicts draws exactly, and a Gaussian f with the right mean and variance', () =>
    expectNoLeak(async () => {
      const [mean, variance] = [tf.tensor2d([[1], [2]]), tf.tensor2d([[0.2], [0.4]])];
      const predictive = likelihood.predictive({mean, variance});
      const arrays = await predictive.toArrays();
      closeTo(arrays.epistemicVariance.data, [0.2, 0.4], {rtol: 1e-5});
      closeTo(arrays.aleatoricVariance.data, [(0.49 * 3.5) / 1.5, (0.49 * 3.5) / 1.5], {rtol: 1e-5});
      expect(predictive.means.shape).to.deep.equal([1, 2, 1]);
      predictive.dispose();
      const draws = tf.tensor3d([[[0]], [[4]]]);
      const ofDraws = likelihood.predictive({draws});
      const y = tf.tensor2d([[1]]);
      const log = ofDraws.logProb(y);
      const density = (studentTPdf(1 / 0.7, 3.5) + studentTPdf(-3 / 0.7, 3.5)) / 1.4;
      closeTo(await log.data(), [Math.log(density)], {rtol: 1e-5});
      ofDraws.dispose();
      tf.dispose([mean, variance, draws, y, log]);
    }));

  it('is nearly Gaussian for many degrees of freedom', async () => {
    const [f, y] = [tf.tensor2d([[0.3]]), tf.tensor2d([[1.4]])];
    const [ours, theirs] = [studentT({df: 1e6, scale: 0.5}), gaussian({noiseScale: 0.5})].map((one) =>
      one.negLogProb(f, y),
    ) as [tf.Tensor, tf.Tensor];
    closeTo(await ours.data(), await theirs.data(), {rtol: 1e-4});
    tf.dispose([f, y, ours, theirs]);
  });

  it('is rebuilt from its config and refuses what is no scale', () => {
    expect(likelihoodFromConfig(likelihood.getConfig()).getConfig()).to.deep.equal({
      name: 'student-t',
      df: 3.5,
      scale: 0.7,
    });
    expect(() => studentT({df: 0})).to.throw(ConfigError, 'expected df to be a positive number');
    expect(() => likelihoodFromConfig({name: 'student-t', df: '4'})).to.throw(ConfigError, 'df and scale');
  });
});
