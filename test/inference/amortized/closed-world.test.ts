import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers gradients
import {expect} from 'chai';
import type {AmortizedPosterior} from '../../../inference/amortized/amortized-posterior.ts';
import {checkAmortized} from '../../../inference/amortized/closed-world.ts';
import {modelSimulator} from '../../../inference/amortized/simulator.ts';
import {initBackend, normalTensor} from '../../../src/backend/index.ts';
import {ConfigError, NotFittedError, ShapeError} from '../../../src/errors.ts';
import {createRng} from '../../../src/random/index.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {expectRejection} from '../../support/rejection.ts';
import {model, sd, small} from './normal-mean.ts';

describe('checkAmortized', () => {
  let untrained: AmortizedPosterior;

  before(async () => {
    await initBackend();
    untrained = small();
  });

  after(() => untrained.dispose());

  /** The exact posterior, its sd times `scale`, shifted by so many. */
  const distorted = (scale: number, shift: number): AmortizedPosterior => ({
    ...untrained,
    dimension: 1,
    names: ['mu'],
    simulator: modelSimulator(model),
    sample: (data, {draws = 1, rng} = {}) =>
      tf.tidy(() => {
        const y = data as tf.Tensor2D;
        const mean = tf.div(tf.add(tf.sum(y, 1), 1 / 4), 10.25);
        const noise = normalTensor(Array.isArray(rng) ? rng[0] : rng, [y.shape[0], draws]);
        const theta = tf.add(tf.expandDims(tf.add(mean, shift * sd), 1), tf.mul(noise, scale * sd));
        return {
          theta: tf.reshape(theta, [-1, 1]) as tf.Tensor2D,
          logDensity: tf.zeros<tf.Rank.R1>([y.shape[0] * draws]),
        };
      }),
  });

  it('tells posteriors that are too narrow, too wide or shifted', async () => {
    const check = async (scale: number, shift: number) => {
      const {passed, parameters} = await checkAmortized(distorted(scale, shift), {
        simulations: 100,
        draws: 199,
        rng: createRng(4),
      });
      return {
        passed,
        verdict: parameters[0]?.verdict,
        covered: parameters[0]?.coverage.every((interval) => interval.passed),
      };
    };
    const exact = await check(1, 0);
    expect([exact.passed, exact.covered]).to.deep.equal([true, true]);
    const narrow = await check(0.6, 0);
    expect(narrow.passed).to.equal(false);
    expect(narrow.covered).to.equal(false);
    expect(narrow.verdict).to.match(/^not calibrated; too narrow: errors of 1\.[4-9]/);
    expect((await check(1.7, 0)).verdict).to.match(/^not calibrated; too wide/);
    expect((await check(1, 0.6)).verdict).to.match(/^not calibrated; shifted by 0\.[5-7]/);
  });

  it('finds the coverage of an exact posterior right, also by few draws, whose intervals hold another share', async () => {
    const {parameters} = await checkAmortized(distorted(1, 0), {simulations: 600, draws: 9, rng: createRng(4)});
    const coverage = parameters[0]?.coverage ?? [];
    expect(coverage.map(({passed}) => passed)).to.deep.equal([true, true, true, true]);
    // Four of ten ranks lie in the interval of half the draws, and all in that of 95 %.
    expect(coverage[0]?.coverage).to.be.closeTo(0.4, 0.06);
    expect(coverage[3]?.coverage).to.equal(1);
  });

  it('says what does not fit, and leaves no tensor', async () => {
    await expectNoLeak(async () => {
      await expectRejection(
        checkAmortized(untrained, {level: 1.2}),
        ConfigError,
        /checkAmortized: expected a level between 0 and 1, got 1\.2/,
      );
      await expectRejection(checkAmortized(untrained, {simulations: 5}), NotFittedError, /Call train or load first/);
      const ragged = {
        ...distorted(1, 0),
        simulator: {simulate: () => ({theta: tf.zeros<tf.Rank.R2>([4, 1]), data: tf.zeros([5, 10])})},
      };
      await expectRejection(checkAmortized(ragged, {simulations: 5}), ShapeError, /checkAmortized: .*got \[4,1\] and/);
    });
  });
});
