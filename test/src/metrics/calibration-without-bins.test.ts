import {expect} from 'chai';
import fc from 'fast-check';
import {ConfigError, DataError, ShapeError} from '../../../src/errors.ts';
import {
  corpDecomposition,
  cumulativeDifferences,
  kernelCalibrationError,
  kolmogorovSmirnovCalibration,
  kuiperCalibration,
  maximumMeanCalibrationError,
  smoothCalibrationError,
  spiegelhalterTest,
} from '../../../src/metrics/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import cases from './fixtures/calibration.json' with {type: 'json'};
import {F8} from './fixtures.ts';

const binary = {kind: 'binary'} as const;
const MAPIE = {scores: [0.1, 0.9, 0.21, 0.9, 0.5], labels: [0, 1, 0, 1, 0]};
const events = fc
  .array(fc.tuple(fc.integer({min: 0, max: 8}), fc.integer({min: 0, max: 1})), {minLength: 1, maxLength: 30})
  .map((rows) => ({p: rows.map(([c]) => c / 8), y: rows.map(([, y]) => y)}));

describe('smooth calibration error', () => {
  cases.forEach(({probabilities, labels, smooth}, i) => {
    for (const kernel of ['reflected', 'logit'] as const) {
      it(`agrees with relplot: case ${i}, ${kernel} kernel`, () => {
        const {error, bandwidth} = smoothCalibrationError(probabilities, labels, {...binary, kernel});
        closeTo(bandwidth, smooth[kernel].bandwidth);
        closeTo(error, smooth[kernel].error, {rtol: 1e-9});
        const fixed = smoothCalibrationError(probabilities, labels, {...binary, kernel, bandwidth: 0.1});
        closeTo(fixed.error, smooth[kernel]['at0.1'], {rtol: 1e-9});
      });
    }
  });

  it('the bandwidth is where the error crosses it', () => {
    for (const {probabilities, labels} of cases) {
      const {bandwidth} = smoothCalibrationError(probabilities, labels, binary);
      const below = bandwidth - 2 / 1024;
      expect(smoothCalibrationError(probabilities, labels, binary).error).to.be.at.most(bandwidth);
      expect(smoothCalibrationError(probabilities, labels, {...binary, bandwidth: below}).error).to.be.above(below);
    }
  });

  it('is small for a calibrated sample, and the gap where there is one', () => {
    const p = createRng(3).uniforms(20000);
    const u = createRng(4).uniforms(20000);
    const calibrated = Array.from(p, (v, i) => Number((u[i] ?? 0) < v));
    expect(smoothCalibrationError(p, calibrated, binary).error).to.be.below(0.015);
    const always = Array.from(p, () => 1);
    closeTo(
      smoothCalibrationError(
        p.map(() => 0.4),
        always,
        binary,
      ).error,
      0.6,
      {rtol: 0.02},
    );
  });

  it('takes the top label by default, and refuses what it does not know', () => {
    const {confidence, correct} = {
      confidence: F8.probs.map((row) => Math.max(...row)),
      correct: F8.probs.map((row, i) => Number(row.indexOf(Math.max(...row)) === F8.labels[i])),
    };
    expect(smoothCalibrationError(F8.probs, F8.labels)).to.deep.equal(
      smoothCalibrationError(confidence, correct, binary),
    );
    expect(() => smoothCalibrationError(F8.probs, F8.labels, {kernel: 'box' as 'logit'})).to.throw(ConfigError, /box/);
    expect(() => smoothCalibrationError(F8.probs, F8.labels, {bandwidth: 0})).to.throw(ConfigError, /got 0/);
    expect(() => smoothCalibrationError([0.5], [1])).to.throw(ShapeError, /binary/);
    expect(() => smoothCalibrationError([1.5], [1], binary)).to.throw(DataError, /1.5 at index 0/);
  });
});

describe('kernel calibration errors', () => {
  const pairs = (p: number[], y: number[], bandwidth: number) => {
    let sum = 0;
    p.forEach((a, i) => {
      p.forEach((b, j) => {
        sum += ((y[i] ?? 0) - a) * ((y[j] ?? 0) - b) * Math.exp(-Math.abs(a - b) / bandwidth);
      });
    });
    return Math.sqrt(Math.max(0, sum)) / p.length;
  };

  it('golden value of MMCE on F8', () => {
    closeTo(maximumMeanCalibrationError(F8.probs, F8.labels), 0.1035457, {rtol: 0, atol: 5e-8});
  });

  it('sums over all pairs', () => {
    fc.assert(
      fc.property(events, fc.double({min: 0.05, max: 3, noNaN: true}), ({p, y}, bandwidth) => {
        closeTo(kernelCalibrationError(p, y, {...binary, bandwidth}), pairs(p, y, bandwidth), {rtol: 1e-9, atol: 1e-9});
      }),
      {seed: 1, numRuns: 100},
    );
  });

  it('a weight of 2 is the row twice', () => {
    const weights = [2, 1, 0, 1, 1, 2, 1, 1];
    const rows = weights.flatMap((w, i) => Array.from({length: w}, () => i));
    closeTo(
      maximumMeanCalibrationError(F8.probs, F8.labels, {weights}),
      maximumMeanCalibrationError(
        rows.map((i) => F8.probs[i] ?? []),
        rows.map((i) => F8.labels[i] ?? 0),
      ),
    );
  });

  it('refuses bandwidths that are not above zero', () => {
    expect(() => kernelCalibrationError([0.5], [1], {...binary, bandwidth: 0})).to.throw(ConfigError, /bandwidth/);
    expect(() => kernelCalibrationError([0.5], [1], {...binary, weights: [0]})).to.throw(DataError, /only zeros/);
    expect(() => kernelCalibrationError([0.5], [1], {...binary, weights: [-1]})).to.throw(DataError, /got -1/);
  });
});

describe('calibration tests on cumulative differences', () => {
  it('golden values of MAPIE', () => {
    closeTo(cumulativeDifferences([0.7, 0.3, 0.6], [1, 0, 0], binary).difference, [-0.1, -0.3, -0.2]);
    const {difference, scale} = cumulativeDifferences(MAPIE.scores, MAPIE.labels, binary);
    expect(Math.floor(scale * 100) / 100).to.equal(0.16);
    closeTo(kolmogorovSmirnovCalibration(MAPIE.scores, MAPIE.labels, binary).statistic, 0.978, {rtol: 0, atol: 5e-4});
    // MAPIE leaves the start at zero out of the range.
    closeTo((Math.max(...difference) - Math.min(...difference)) / scale, 0.857, {rtol: 0, atol: 5e-4});
    closeTo(kuiperCalibration(MAPIE.scores, MAPIE.labels, binary).statistic, 0.978, {rtol: 0, atol: 5e-4});
    closeTo(spiegelhalterTest(MAPIE.scores, MAPIE.labels, binary).statistic, -0.757, {rtol: 0, atol: 5e-4});
  });

  it('golden values of the limit distributions at 1', () => {
    // One event of probability 1/2 per statistic of 1: error = scale = 1/2.
    closeTo(kolmogorovSmirnovCalibration([0.5], [1], binary).pValue, 1 - 0.3708, {rtol: 0, atol: 5e-5});
    closeTo(kuiperCalibration([0.5], [0], binary).pValue, 1 - 0.0634, {rtol: 0, atol: 5e-5});
  });

  it('both series of the p-values agree where they meet, and the p-value falls', () => {
    for (const test of [kolmogorovSmirnovCalibration, kuiperCalibration]) {
      let last = 1;
      for (let wrong = 0; wrong <= 400; wrong++) {
        const {pValue, statistic} = test([0.5, 0.5], [1, 0], {...binary, weights: [5000 + wrong, 5000 - wrong]});
        closeTo(statistic, wrong / 50, {rtol: 1e-9});
        expect(pValue).to.be.within(0, last + 1e-15);
        if (wrong > 0 && wrong < 400) expect(last - pValue).to.be.below(0.02);
        last = pValue;
      }
      expect(last).to.be.within(1e-16, 1e-13);
    }
  });

  it('are uniform over calibrated samples: the mean p-value is 1/2', () => {
    const n = 400;
    const draws = 300;
    const sums = [0, 0, 0];
    for (let d = 0; d < draws; d++) {
      const p = createRng(d).uniforms(n);
      const u = createRng(d).fork('outcome').uniforms(n);
      const y = Array.from(p, (v, i) => Number((u[i] ?? 0) < v));
      [kolmogorovSmirnovCalibration, kuiperCalibration, spiegelhalterTest].forEach((test, t) => {
        sums[t] = (sums[t] ?? 0) + test(p, y, binary).pValue / draws;
      });
    }
    // Standard error of a mean of uniforms: sqrt(1/12/300) = 0.0167; the first two are asymptotic, with a bias of about 0.03.
    sums.forEach((mean, t) => {
      expect(Math.abs(mean - 0.5)).to.be.below(t === 2 ? 0.05 : 0.08);
    });
  });

  it('no order of the examples matters, and a weight of 2 is the row twice', () => {
    fc.assert(
      fc.property(
        events.filter(({p}) => p.some((v) => v > 0 && v < 1 && v !== 0.5)),
        ({p, y}) => {
          for (const test of [kolmogorovSmirnovCalibration, kuiperCalibration, spiegelhalterTest]) {
            const {statistic, error} = test(p, y, binary);
            closeTo(test([...p].reverse(), [...y].reverse(), binary).statistic, statistic, {rtol: 1e-9, atol: 1e-12});
            const twice = test([...p, ...p], [...y, ...y], binary);
            const weighted = test(p, y, {...binary, weights: p.map(() => 2)});
            closeTo(weighted.statistic, twice.statistic, {rtol: 1e-9, atol: 1e-12});
            closeTo(weighted.error, error, {rtol: 1e-9, atol: 1e-12});
          }
        },
      ),
      {seed: 2, numRuns: 60},
    );
  });

  it('refuse certainty, about which there is nothing to test', () => {
    expect(() => kolmogorovSmirnovCalibration([1, 0], [1, 0], binary)).to.throw(DataError, /outcome open/);
    expect(() => spiegelhalterTest([0.5, 1], [1, 1], binary)).to.throw(DataError, /outcome open/);
  });
});

describe('CORP decomposition', () => {
  cases.forEach(({probabilities, labels, corp}, i) => {
    it(`agrees with scikit-learn's isotonic regression: case ${i}`, () => {
      for (const score of ['log', 'brier'] as const) {
        const parts = corpDecomposition(probabilities, labels, {...binary, score});
        const expected = corp[score];
        closeTo(parts.score, expected.score, {rtol: 1e-10});
        closeTo(parts.miscalibration, expected.miscalibration, {rtol: 1e-9, atol: 1e-12});
        closeTo(parts.discrimination, expected.discrimination, {rtol: 1e-9, atol: 1e-12});
        closeTo(parts.uncertainty, expected.uncertainty);
      }
    });
  });

  it('the parts sum to the score and are not negative', () => {
    fc.assert(
      fc.property(events, ({p, y}) => {
        const open = p.map((v) => 0.01 + 0.98 * v);
        for (const score of ['log', 'brier'] as const) {
          const parts = corpDecomposition(open, y, {...binary, score});
          const {miscalibration, discrimination, uncertainty} = parts;
          closeTo(miscalibration - discrimination + uncertainty, parts.score, {rtol: 1e-12, atol: 1e-12});
          expect(Math.min(miscalibration, discrimination, uncertainty)).to.be.at.least(0);
        }
      }),
      {seed: 3, numRuns: 100},
    );
  });

  it('what was impossible and happened costs infinitely, unless weights take it out', () => {
    expect(corpDecomposition([0, 0.5], [1, 0], binary).miscalibration).to.equal(Infinity);
    expect(corpDecomposition([0, 0.5], [1, 0], {...binary, weights: [0, 1]}).score).to.be.closeTo(Math.LN2, 1e-15);
    expect(() => corpDecomposition([0.5], [1], {...binary, score: 'crps' as 'log'})).to.throw(ConfigError, /crps/);
  });
});
