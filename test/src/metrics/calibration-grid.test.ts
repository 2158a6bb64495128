import {expect} from 'chai';
import fc from 'fast-check';
import {ConfigError, DataError} from '../../../src/errors.ts';
import {
  calibrationError,
  debiasedCalibrationError,
  generalCalibrationError,
  thresholdedAdaptiveCalibrationError,
} from '../../../src/metrics/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {F8, ROBUSTNESS} from './fixtures.ts';

const NORMS = ['l1', 'l2', 'max'] as const;
const seeded = {seed: 11, numRuns: 100};
const predictions = fc
  .array(fc.tuple(fc.array(fc.integer({min: 0, max: 6}), {minLength: 3, maxLength: 3}), fc.integer({min: 0, max: 2})), {
    minLength: 1,
    maxLength: 25,
  })
  .map((rows) => ({
    probs: rows.map(([counts]) => {
      const all = counts.reduce((a, b) => a + b, 0) + 3;
      return counts.map((c) => (c + 1) / all);
    }),
    labels: rows.map(([, y]) => y),
  }));

describe('general calibration error', () => {
  it('golden values of robustness_metrics', () => {
    const {probs, labels} = ROBUSTNESS;
    closeTo(generalCalibrationError(probs, labels, {bins: 30}), 0.412713502, {rtol: 0, atol: 5e-10});
    closeTo(generalCalibrationError(probs, labels, {bins: 'sweep'}), 0.412713502, {rtol: 0, atol: 5e-10});
    const p = [0.91, 0.32, 0.66, 0.67, 0.57, 0.98, 0.41, 0.19].map((v) => [1 - v, v]);
    closeTo(generalCalibrationError(p, [1, 0, 1, 1, 0, 1, 0, 0], {bins: 30}), 0.18125);
    const two = [
      [0.2, 0.8],
      [0.3, 0.7],
    ];
    closeTo(generalCalibrationError(two, [1, 0]), 0.45);
    closeTo(generalCalibrationError(two, [1, 0], {binning: 'equal-mass', norm: 'l2', bins: 2}), 0.5147815, {
      rtol: 0,
      atol: 5e-8,
    });
  });

  it('golden values on F8: class-wise', () => {
    const all = {probabilities: 'all', classConditional: true} as const;
    closeTo(generalCalibrationError(F8.probs, F8.labels, {...all, bins: 10}), 0.2166667, {rtol: 0, atol: 5e-8});
    closeTo(generalCalibrationError(F8.probs, F8.labels, {...all, bins: 5}), 0.1625);
  });

  it('is calibrationError at its points of the grid', () => {
    fc.assert(
      fc.property(predictions, fc.integer({min: 1, max: 12}), ({probs, labels}, bins) => {
        for (const norm of NORMS) {
          for (const binning of ['equal-width', 'equal-mass'] as const) {
            const options = {bins, binning, norm};
            const atol = 1e-12;
            closeTo(generalCalibrationError(probs, labels, options), calibrationError(probs, labels, options), {atol});
            const classwise = {...options, probabilities: 'all', classConditional: true} as const;
            closeTo(
              generalCalibrationError(probs, labels, classwise),
              calibrationError(probs, labels, {...options, kind: 'classwise'}),
              {atol},
            );
          }
        }
      }),
      seeded,
    );
  });

  it('a weight of 2 is the row twice, at every point of the grid', () => {
    fc.assert(
      fc.property(predictions, fc.boolean(), fc.boolean(), ({probs, labels}, all, classConditional) => {
        const weights: number[] = labels.map((_, i) => i % 3);
        if (!weights.some((w) => w > 0)) weights[0] = 1;
        const rows = weights.flatMap((w, i) => Array.from({length: w}, () => i));
        const repeated = [rows.map((i) => probs[i] ?? []), rows.map((i) => labels[i] ?? 0)] as const;
        for (const binning of ['equal-width', 'equal-mass'] as const) {
          for (const bins of [4, 'sweep'] as const) {
            const options = {bins, binning, classConditional, probabilities: all ? 'all' : 'top-label'} as const;
            closeTo(
              generalCalibrationError(probs, labels, {...options, weights}),
              generalCalibrationError(...repeated, options),
              {rtol: 1e-9, atol: 1e-12},
            );
          }
        }
      }),
      seeded,
    );
  });

  it('the sweep stops before accuracies fall', () => {
    // Two groups: rates 1/2, 1/2; three groups: 1/2, 0, 1 fall.
    const probs = [0.51, 0.6, 0.7, 0.8, 0.9, 0.99].map((p) => [p, 1 - p]);
    const labels = [0, 1, 1, 1, 0, 0];
    const options = {binning: 'equal-mass'} as const;
    closeTo(
      generalCalibrationError(probs, labels, {...options, bins: 'sweep'}),
      generalCalibrationError(probs, labels, {...options, bins: 2}),
    );
  });

  it('classes by prediction, and all probabilities in one pot', () => {
    const probs = [
      [0.8, 0.2],
      [0.4, 0.6],
      [0.3, 0.7],
    ];
    const labels = [0, 1, 0];
    closeTo(generalCalibrationError(probs, labels, {classConditional: true, bins: 1}), (0.2 + 0.15) / 2);
    // Six probabilities, of which three come true.
    closeTo(generalCalibrationError(probs, labels, {probabilities: 'all', bins: 1}), 0, {atol: 1e-15});
    // .2 .3 .4 of which one, and .6 .7 .8 of which two.
    closeTo(generalCalibrationError(probs, labels, {probabilities: 'all', bins: 2}), 1 / 30);
  });

  it('leaves small probabilities out', () => {
    const probs = [
      [0.995, 0.005],
      [0.6, 0.4],
    ];
    closeTo(thresholdedAdaptiveCalibrationError(probs, [0, 1], {bins: 1}), (Math.abs(0.5 - 0.7975) + 0.6) / 2);
    closeTo(
      thresholdedAdaptiveCalibrationError(probs, [0, 1], {bins: 1, threshold: 0}),
      (Math.abs(0.5 - 0.7975) + Math.abs(0.5 - 0.2025)) / 2,
    );
    expect(generalCalibrationError(probs, [0, 1], {threshold: 0.999})).to.equal(0);
  });

  it('refuses what it does not know', () => {
    const call = (options: object) => () => generalCalibrationError(F8.probs, F8.labels, options);
    expect(call({norm: 'l3'})).to.throw(ConfigError, /l3/);
    expect(call({binning: 'sweep'})).to.throw(ConfigError, /equal-mass/);
    expect(call({probabilities: 'some'})).to.throw(ConfigError, /some/);
    expect(call({bins: 0})).to.throw(ConfigError, /bins/);
    expect(call({threshold: 1})).to.throw(ConfigError, /threshold/);
    expect(call({weights: F8.labels.map(() => 0)})).to.throw(DataError, /only zeros/);
  });
});

describe('debiased calibration error', () => {
  it('is the formula, bin by bin', () => {
    const probs = [0.1, 0.1, 0.1, 0.9, 0.9, 0.9, 0.9, 0.9];
    const labels = [0, 0, 1, 1, 1, 1, 0, 0];
    const bins = [
      {n: 3, c: 0.1, r: 1 / 3},
      {n: 5, c: 0.9, r: 0.6},
    ];
    const expected = bins.reduce((sum, {n, c, r}) => sum + (n / 8) * ((r - c) ** 2 - (r * (1 - r)) / (n - 1)), 0);
    const options = {kind: 'binary', bins: 2, binning: 'equal-width'} as const;
    closeTo(debiasedCalibrationError(probs, labels, {...options, squared: true}), expected);
    expect(debiasedCalibrationError(probs, labels, options)).to.equal(Math.sqrt(Math.max(0, expected)));
  });

  it('has no bias where the plug-in estimate has one', () => {
    const n = 200;
    const draws = 400;
    let [plain, debiased, squares] = [0, 0, 0];
    for (let d = 0; d < draws; d++) {
      const rng = createRng(d);
      const p = rng.uniforms(n);
      const u = rng.uniforms(n);
      const y = Array.from(p, (v, i) => Number((u[i] ?? 0) < v));
      const options = {kind: 'binary', bins: 15, binning: 'equal-mass'} as const;
      plain += calibrationError(p, y, {...options, norm: 'l2'}) ** 2 / draws;
      const estimate = debiasedCalibrationError(p, y, {...options, squared: true});
      debiased += estimate / draws;
      squares += estimate ** 2 / draws;
    }
    const standardError = Math.sqrt(squares / draws);
    expect(plain).to.be.above(20 * standardError);
    // Within a bin the probabilities differ a little: a bias of order (1/15)^2/12.
    expect(Math.abs(debiased)).to.be.below(3 * standardError + 0.0004);
  });

  it('single examples per bin say nothing', () => {
    expect(debiasedCalibrationError([0.2, 0.8], [1, 1], {kind: 'binary', bins: 2})).to.equal(0);
    const options = {kind: 'binary', bins: 2, squared: true} as const;
    closeTo(
      debiasedCalibrationError([0.2, 0.8], [1, 1], {...options, weights: [2, 3]}),
      debiasedCalibrationError([0.2, 0.2, 0.8, 0.8, 0.8], [1, 1, 1, 1, 1], options),
    );
  });
});
