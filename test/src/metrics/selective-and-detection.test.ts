import {expect} from 'chai';
import fc from 'fast-check';
import {ConfigError, DataError, ShapeError} from '../../../src/errors.ts';
import {
  areaUnderSparsificationError,
  auroc,
  averagePrecision,
  coverageAtRisk,
  detectionError,
  fprAtTpr,
  outOfDistributionScores,
  riskAtCoverage,
  riskCoverageCurve,
  rocCurve,
  sparsificationCurve,
  topLabel,
} from '../../../src/metrics/index.ts';
import {closeTo} from '../../support/close.ts';
import cases from './fixtures/calibration.json' with {type: 'json'};
import {F8} from './fixtures.ts';

const seeded = {seed: 41, numRuns: 200};
const ranked = fc
  .array(fc.tuple(fc.integer({min: -4, max: 4}), fc.boolean()), {minLength: 1, maxLength: 40})
  .map((rows) => ({scores: rows.map(([s]) => s), correct: rows.map(([, y]) => y)}));
const weighted = fc
  .array(fc.tuple(fc.integer({min: -4, max: 4}), fc.boolean(), fc.integer({min: 0, max: 3})), {
    minLength: 2,
    maxLength: 30,
  })
  .map((rows) => ({scores: rows.map(([s]) => s), flags: rows.map(([, y]) => y), weights: rows.map(([, , w]) => w)}))
  .filter(({weights}) => weights.some((w) => w > 0));

function repeated<T>(values: T[], weights: number[]): T[] {
  return values.flatMap((v, i) => Array.from({length: weights[i] ?? 0}, () => v));
}

describe('points of the risk-coverage curve', () => {
  it('are read off the curve, for every coverage and risk', () => {
    fc.assert(
      fc.property(ranked, fc.integer({min: 1, max: 20}), ({scores, correct}, twentieths) => {
        const {coverage, risk} = riskCoverageCurve(scores, correct);
        const n = scores.length;
        const share = twentieths / 20;
        const k = Math.ceil((twentieths * n) / 20);
        closeTo(riskAtCoverage(scores, correct, {coverage: share}), risk[k - 1] ?? Number.NaN, {atol: 1e-12});
        let best = 0;
        risk.forEach((r, i) => {
          if (r <= share + 1e-12) best = coverage[i] ?? 0;
        });
        closeTo(coverageAtRisk(scores, correct, {risk: share}), best, {atol: 1e-12});
      }),
      seeded,
    );
  });

  it('golden values on F8, and one early error among a hundred', () => {
    const {confidence, correct} = topLabel(F8.probs, F8.labels);
    closeTo(riskAtCoverage(confidence, correct, {coverage: 0.8}), 3 / 7);
    expect(coverageAtRisk(confidence, correct)).to.equal(0.5);
    expect(coverageAtRisk(confidence, correct, {risk: 0.375})).to.equal(1);
    const scores = Array.from({length: 101}, (_, i) => -i);
    expect(
      coverageAtRisk(
        scores,
        scores.map((s) => s < 0),
      ),
    ).to.equal(1);
    expect(coverageAtRisk([1, 2], [0, 0])).to.equal(0);
  });

  it('count whole examples in spite of rounding', () => {
    const fifteen = Array.from({length: 15}, (_, i) => -i);
    const correct = fifteen.map((_, i) => i < 12);
    // 0.8 * 15 is 12.000000000000002 in places: the 13th example, the first error, must stay out.
    expect(riskAtCoverage(fifteen, correct, {coverage: 0.8})).to.equal(0);
    const hundred = Array.from({length: 100}, (_, i) => -i);
    for (let k = 1; k <= 100; k++) {
      const errors = hundred.map((_, i) => i < k);
      expect(riskAtCoverage(hundred, errors, {coverage: k / 100})).to.equal(0);
    }
  });

  it('a weight of 2 is the row twice', () => {
    fc.assert(
      fc.property(weighted, ({scores, flags, weights}) => {
        const [s, f] = [repeated(scores, weights), repeated(flags, weights)];
        closeTo(riskAtCoverage(scores, flags, {weights}), riskAtCoverage(s, f), {atol: 1e-12});
        closeTo(coverageAtRisk(scores, flags, {weights, risk: 0.3}), coverageAtRisk(s, f, {risk: 0.3}), {atol: 1e-12});
      }),
      seeded,
    );
  });

  it('refuse shares that are none', () => {
    expect(() => coverageAtRisk([1], [1], {risk: -0.1})).to.throw(ConfigError, /-0.1/);
    expect(() => riskAtCoverage([1], [1], {coverage: 0})).to.throw(ConfigError, /got 0/);
    expect(() => riskAtCoverage([1], [1], {coverage: 80})).to.throw(ConfigError, /got 80/);
    expect(() => riskAtCoverage([1, 2], [1])).to.throw(ShapeError, /correct of length 2/);
  });
});

describe('sparsification', () => {
  it('mean and root mean square, by hand', () => {
    const errors = [1, 2, 3, 4];
    const curve = sparsificationCurve([1, 2, 4, 3], errors);
    closeTo(curve.error, [1, 7 / 3 / 2.5, 1.5 / 2.5, 1 / 2.5]);
    closeTo(curve.oracle, [1, 2 / 2.5, 1.5 / 2.5, 1 / 2.5]);
    closeTo(curve.removed, [0, 0.25, 0.5, 0.75]);
    closeTo(areaUnderSparsificationError([1, 2, 4, 3], errors), (7 / 3 - 2) / 2.5 / 4);
    const root = sparsificationCurve([1, 2, 4, 3], errors, {measure: 'root-mean-square'});
    closeTo(
      root.error,
      [30 / 4, 21 / 3, 5 / 2, 1].map((m) => Math.sqrt(m / 7.5)),
    );
  });

  it('of zero-one errors is the risk-coverage curve over the error rate', () => {
    fc.assert(
      fc.property(
        ranked.filter(({correct}) => correct.includes(false)),
        ({scores, correct}) => {
          const errors = correct.map((right) => Number(!right));
          const rate = errors.reduce((a, b) => a + b, 0) / errors.length;
          const {risk} = riskCoverageCurve(scores, correct);
          const {error} = sparsificationCurve(
            scores.map((s) => -s),
            errors,
          );
          closeTo(
            error,
            Array.from(risk)
              .reverse()
              .map((r) => r / rate),
            {rtol: 1e-12, atol: 1e-14},
          );
        },
      ),
      seeded,
    );
  });

  it('the ideal ranking has none; order and monotone maps change nothing; constants stay above it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({min: 0, max: 5}), fc.integer({min: 1, max: 9})), {minLength: 1}),
        (rows) => {
          const [doubt, errors] = [rows.map(([u]) => u), rows.map(([, e]) => e)];
          for (const measure of ['mean', 'root-mean-square'] as const) {
            closeTo(areaUnderSparsificationError(errors, errors, {measure}), 0, {atol: 1e-13});
            const area = areaUnderSparsificationError(doubt, errors, {measure});
            expect(area).to.be.at.least(-1e-13);
            const mapped = areaUnderSparsificationError(doubt.map(Math.exp).reverse(), [...errors].reverse(), {
              measure,
            });
            closeTo(mapped, area, {rtol: 1e-9, atol: 1e-12});
          }
        },
      ),
      {seed: 43, numRuns: 100},
    );
  });

  it('refuses errors that are none', () => {
    expect(() => areaUnderSparsificationError([1, 2], [0, 0])).to.throw(DataError, /only zeros/);
    expect(() => areaUnderSparsificationError([1, 2], [1, -1])).to.throw(DataError, /-1 at index 1/);
    expect(() => sparsificationCurve([1], [1], {measure: 'rmse' as 'mean'})).to.throw(ConfigError, /rmse/);
  });
});

describe('ROC curve and what it shows', () => {
  const inside = [0.9, 0.8, 0.7, 0.6, 0.55].map((c) => -c);
  const outside = [0.65, 0.5, 0.4, 0.3].map((c) => -c);

  it('golden values: out-of-distribution detection by confidence', () => {
    const scores = outOfDistributionScores(inside, outside);
    closeTo(scores.auroc, 0.9);
    closeTo(scores.averagePrecision, 0.9166667, {atol: 5e-8});
    closeTo(scores.fprAtTpr, 0.4);
    // At -0.5 and above three of four are found, and no false alarm is given.
    closeTo(scores.detectionError, 0.125);
    const negated = [...inside, ...outside].map((s) => -s);
    closeTo(scores.averagePrecisionNegatives, averagePrecision(negated, [1, 1, 1, 1, 1, 0, 0, 0, 0]));
  });

  cases.forEach(({probabilities, labels, detection}, i) => {
    it(`agrees with scikit-learn: case ${i}`, () => {
      const at = (y: number) => probabilities.filter((_, j) => labels[j] === y);
      const scores = outOfDistributionScores(at(0), at(1));
      closeTo(scores.auroc, detection.auroc);
      closeTo(scores.averagePrecision, detection.averagePrecision);
      closeTo(scores.averagePrecisionNegatives, detection.averagePrecisionNegatives);
      closeTo(scores.detectionError, detection.detectionError);
      closeTo(scores.fprAtTpr, fprAtTpr(probabilities, labels));
      closeTo(detectionError(probabilities, labels), detection.detectionError);
    });
  });

  it('the curve starts with nothing and ends with everything, and spans the area', () => {
    const curve = rocCurve([0.1, 0.4, 0.4, 0.8], [0, 0, 1, 1]);
    expect(Array.from(curve.threshold)).to.deep.equal([Infinity, 0.8, 0.4, 0.1]);
    closeTo(curve.truePositiveRate, [0, 0.5, 1, 1]);
    closeTo(curve.falsePositiveRate, [0, 0, 0.5, 1]);
    closeTo(curve.precision, [1, 1, 2 / 3, 0.5]);
  });

  it('a weight of 2 is the row twice', () => {
    fc.assert(
      fc.property(weighted, ({scores, flags, weights}) => {
        const [s, f] = [repeated(scores, weights), repeated(flags, weights)];
        fc.pre(f.includes(true) && f.includes(false));
        const {truePositiveRate, falsePositiveRate} = rocCurve(scores, flags, {weights});
        closeTo(truePositiveRate, rocCurve(s, f).truePositiveRate);
        closeTo(falsePositiveRate, rocCurve(s, f).falsePositiveRate);
        closeTo(detectionError(scores, flags, {weights}), detectionError(s, f), {atol: 1e-15});
      }),
      seeded,
    );
  });

  it('monotone maps leave every number; a constant knows nothing', () => {
    const scores = outOfDistributionScores(inside, outside);
    const mapped = outOfDistributionScores(inside.map(Math.exp), outside.map(Math.exp));
    expect(mapped).to.deep.equal(scores);
    const flat = outOfDistributionScores([1, 1], [1]);
    closeTo([flat.auroc, flat.detectionError, flat.fprAtTpr, flat.averagePrecision], [0.5, 0.5, 1, 1 / 3]);
    closeTo(auroc([1, 1, 1], [0, 0, 1]), flat.auroc);
  });

  it('refuses one class alone, and rates that are none', () => {
    expect(() => rocCurve([1, 2], [1, 1])).to.throw(DataError, /2 positive and 0 negative/);
    expect(() => rocCurve([1, 2], [0, 1], {weights: [0, 1]})).to.throw(DataError, /1 positive and 0 negative/);
    expect(() => outOfDistributionScores([], [1])).to.throw(DataError, /inside/);
    expect(() => outOfDistributionScores([1], [2], {tpr: 95})).to.throw(ConfigError, /got 95/);
  });
});
