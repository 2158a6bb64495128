import {expect} from 'chai';
import fc from 'fast-check';
import {ConfigError, DataError, ShapeError} from '../../../src/errors.ts';
import {
  brierDecomposition,
  brierScore,
  type ClassScore,
  exampleScores,
  logScoreDecomposition,
  negativeLogLikelihood,
  rankedLogScore,
  rankedProbabilityScore,
  sphericalScore,
  weightedMean,
} from '../../../src/metrics/index.ts';
import {closeTo} from '../../support/close.ts';
import {F8, flat} from './fixtures.ts';

const PROPER: ClassScore[] = ['log', 'brier', 'spherical', 'ranked-probability', 'ranked-log'];
const seeded = {seed: 21, numRuns: 100};
const distribution = fc
  .array(fc.integer({min: 1, max: 30}), {minLength: 3, maxLength: 3})
  .map((counts) => counts.map((c) => c / counts.reduce((a, b) => a + b, 0)));
const predictions = fc
  .array(fc.tuple(distribution, fc.integer({min: 0, max: 2}), fc.integer({min: 0, max: 3})), {
    minLength: 1,
    maxLength: 30,
  })
  .map((rows) => ({
    probs: rows.map(([p]) => p),
    labels: rows.map(([, y]) => y),
    groups: rows.map(([, , g]) => g - 1),
  }));

describe('proper scores', () => {
  it('golden values of scoringrules', () => {
    closeTo(rankedProbabilityScore([[0.01, 0.32, 0.44, 0.23]], [2]), 0.1619);
    closeTo(rankedLogScore([[0.21, 0.31, 0.32, 0.16]], [1]), 1.064002, {rtol: 0, atol: 5e-7});
    closeTo(exampleScores([[0.519, 0.481]], [1]), [-Math.log(0.481)]);
    // The binary Brier score is half the multi-class one.
    closeTo((exampleScores([[0.729, 0.271]], [0], {score: 'brier'})[0] ?? 0) / 2, 0.073441, {rtol: 1e-9});
    // robustness_metrics' example: 0.53 without halving.
    closeTo(
      weightedMean(
        exampleScores(
          [
            [0.2, 0.8],
            [0.3, 0.7],
          ],
          [1, 0],
          {score: 'brier'},
        ),
      ),
      0.53,
    );
  });

  it('means of example scores are the scores', () => {
    const scores = (score: ClassScore) => weightedMean(exampleScores(F8.probs, F8.labels, {score}));
    closeTo(scores('log'), 0.7393629, {rtol: 0, atol: 5e-8});
    closeTo(scores('log'), negativeLogLikelihood(F8.probs, F8.labels));
    closeTo(scores('brier'), 0.431675);
    closeTo(scores('zero-one'), 0.375);
    closeTo(scores('spherical'), sphericalScore(F8.probs, F8.labels));
    closeTo(sphericalScore(flat(F8.probs, 'float32'), F8.labels), sphericalScore(F8.probs, F8.labels), {rtol: 1e-6});
  });

  it('spherical: the formula, exact near certainty', () => {
    closeTo(sphericalScore([[0.6, 0.4]], [0]), 1 - 0.6 / Math.hypot(0.6, 0.4));
    closeTo(sphericalScore([[1 - 1e-9, 1e-9]], [0]), 0.5e-18, {rtol: 1e-8});
    expect(sphericalScore([[0, 1]], [0])).to.equal(1);
  });

  it('ranked scores of two classes are half of Brier, and the log score', () => {
    fc.assert(
      fc.property(fc.double({min: 0.01, max: 0.99, noNaN: true}), fc.integer({min: 0, max: 1}), (p, y) => {
        closeTo(rankedProbabilityScore([[1 - p, p]], [y]), brierScore([[1 - p, p]], [y]) / 2, {rtol: 1e-9});
        closeTo(rankedLogScore([[1 - p, p]], [y]), negativeLogLikelihood([[1 - p, p]], [y]), {rtol: 1e-9});
      }),
      seeded,
    );
  });

  it('the truth minimizes the expected score', () => {
    fc.assert(
      fc.property(distribution, distribution, (truth, other) => {
        for (const score of PROPER) {
          const expected = (p: number[]) =>
            truth.reduce((sum, q, y) => sum + q * (exampleScores([p], [y], {score})[0] ?? 0), 0);
          expect(expected(truth)).to.be.at.most(expected(other) + 1e-12);
        }
      }),
      seeded,
    );
  });

  it('a weight of 2 is the row twice, and weight 0 takes even infinity out', () => {
    const weights = [2, 1, 0, 1, 1, 2, 1, 1];
    const rows = weights.flatMap((w, i) => Array.from({length: w}, () => i));
    for (const score of [sphericalScore, rankedProbabilityScore, rankedLogScore]) {
      closeTo(
        score(F8.probs, F8.labels, {weights}),
        score(
          rows.map((i) => F8.probs[i] ?? []),
          rows.map((i) => F8.labels[i] ?? 0),
        ),
      );
    }
    const impossible = [
      [1, 0],
      [0.5, 0.5],
    ];
    expect(exampleScores(impossible, [1, 0])[0]).to.equal(Infinity);
    closeTo(rankedLogScore(impossible, [1, 0], {weights: [0, 1]}), Math.LN2);
  });

  it('refuse what they cannot score', () => {
    expect(() => exampleScores(F8.probs, F8.labels, {score: 'toString' as 'log'})).to.throw(ConfigError, /toString/);
    expect(() => sphericalScore([[0.5, 0.6]], [0])).to.throw(DataError, /sphericalScore.*sum to 1/);
    expect(() => rankedLogScore([[0.5, 0.5]], [0], {weights: [1, 2]})).to.throw(ShapeError, /weights of length 1/);
    expect(() => weightedMean([1, Number.NaN])).to.throw(DataError, /NaN/);
  });
});

describe('Brier decomposition', () => {
  const sum = (d: ReturnType<typeof brierDecomposition>) =>
    d.uncertainty - d.resolution + d.reliability + d.withinVariance - d.withinCovariance;

  it('golden values on F8', () => {
    const parts = brierDecomposition(F8.probs, F8.labels);
    closeTo(parts.uncertainty, 0.65625);
    closeTo(parts.resolution, 0.21875);
    closeTo(parts.reliability, 0.10485625, {rtol: 1e-11});
    closeTo(parts.withinVariance, 0.04306875, {rtol: 1e-11});
    closeTo(parts.withinCovariance, 0.15375, {rtol: 1e-11});
    closeTo(parts.brier, 0.431675);
    expect(sum(parts)).to.be.closeTo(0.431675, 1e-12);
  });

  it('sums to the Brier score for every grouping, with and without weights', () => {
    fc.assert(
      fc.property(predictions, ({probs, labels, groups}) => {
        for (const grouping of ['predicted-class', groups] as const) {
          const parts = brierDecomposition(probs, labels, {groups: grouping});
          expect(sum(parts)).to.be.closeTo(brierScore(probs, labels), 1e-12);
          const weights = labels.map((_, i) => 0.5 + i);
          const weighted = brierDecomposition(probs, labels, {groups: grouping, weights});
          expect(sum(weighted)).to.be.closeTo(
            weightedMean(exampleScores(probs, labels, {score: 'brier'}), weights),
            1e-12,
          );
        }
      }),
      seeded,
    );
  });

  it('has three terms where predictions are constant within groups', () => {
    const probs = [0, 1, 0, 1, 1].map((g) => (g === 0 ? [0.7, 0.3] : [0.2, 0.8]));
    const parts = brierDecomposition(probs, [0, 1, 1, 1, 0], {groups: [0, 1, 0, 1, 1]});
    closeTo([parts.withinVariance, parts.withinCovariance], [0, 0], {atol: 1e-15});
  });

  it('refuses groups that are no integers', () => {
    const groups = F8.labels.map(() => 0.5);
    expect(() => brierDecomposition(F8.probs, F8.labels, {groups})).to.throw(ConfigError, /got 0.5 at index 0/);
    expect(() => brierDecomposition(F8.probs, F8.labels, {groups: [1]})).to.throw(ShapeError, /groups of length 8/);
  });
});

describe('decomposition of the log score', () => {
  it('calibration + refinement is the score; refinement is uncertainty - resolution', () => {
    fc.assert(
      fc.property(predictions, ({probs, labels, groups}) => {
        const parts = logScoreDecomposition(probs, labels, {groups});
        closeTo(parts.negativeLogLikelihood, negativeLogLikelihood(probs, labels));
        closeTo(parts.calibration + parts.refinement, parts.negativeLogLikelihood, {rtol: 1e-11, atol: 1e-12});
        closeTo(parts.uncertainty - parts.resolution, parts.refinement, {rtol: 1e-11, atol: 1e-12});
        expect(parts.resolution).to.be.at.least(-1e-12);
      }),
      seeded,
    );
  });

  it('constant predictions per group: calibration is a divergence', () => {
    const probs = Array.from({length: 10}, () => [0.9, 0.1]);
    const labels = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1];
    const {calibration, refinement, resolution} = logScoreDecomposition(probs, labels);
    closeTo(calibration, 0.6 * Math.log(0.6 / 0.9) + 0.4 * Math.log(0.4 / 0.1));
    closeTo(refinement, -0.6 * Math.log(0.6) - 0.4 * Math.log(0.4));
    closeTo(resolution, 0, {atol: 1e-15});
    expect(logScoreDecomposition([[1, 0]], [1]).calibration).to.equal(Infinity);
  });

  it('a weight of 2 is the row twice', () => {
    const weights = [2, 1, 0, 1, 1, 2, 1, 1];
    const rows = weights.flatMap((w, i) => Array.from({length: w}, () => i));
    const twice = logScoreDecomposition(
      rows.map((i) => F8.probs[i] ?? []),
      rows.map((i) => F8.labels[i] ?? 0),
    );
    const weighted = logScoreDecomposition(F8.probs, F8.labels, {weights});
    closeTo(weighted.calibration, twice.calibration);
    closeTo(weighted.refinement, twice.refinement);
  });
});
