import {expect} from 'chai';
import fc from 'fast-check';
import {ConfigError, DataError, ShapeError} from '../../../src/errors.ts';
import {
  accuracy,
  areaUnderGeneralizedRiskCoverage,
  areaUnderRiskCoverage,
  auroc,
  averagePrecision,
  brierScore,
  calibrationError,
  classificationAccumulator,
  detectionAccumulator,
  detectionError,
  exampleScores,
  excessAreaUnderRiskCoverage,
  fprAtTpr,
  negativeLogLikelihood,
  reliabilityCurve,
  selectiveAccumulator,
  sphericalScore,
  topLabel,
  weightedMean,
} from '../../../src/metrics/index.ts';
import {closeTo} from '../../support/close.ts';
import {F8} from './fixtures.ts';

const seeded = {seed: 51, numRuns: 100};
const predictions = fc
  .array(
    fc.tuple(
      fc.array(fc.integer({min: 1, max: 9}), {minLength: 3, maxLength: 3}),
      fc.integer({min: 0, max: 2}),
      fc.integer({min: 0, max: 3}),
    ),
    {minLength: 3, maxLength: 30},
  )
  .filter((rows) => rows.some(([, , w]) => w > 0))
  .map((rows) => ({
    probs: rows.map(([counts]) => counts.map((c) => c / counts.reduce((a, b) => a + b, 0))),
    labels: rows.map(([, y]) => y),
    weights: rows.map(([, , w]) => w),
  }));
const ranked = fc
  .array(fc.tuple(fc.integer({min: -4, max: 4}), fc.boolean(), fc.integer({min: 0, max: 3})), {
    minLength: 2,
    maxLength: 40,
  })
  .map((rows) => ({scores: rows.map(([s]) => s), flags: rows.map(([, y]) => y), weights: rows.map(([, , w]) => w)}));

function repeated<T>(values: T[], weights: number[]): T[] {
  return values.flatMap((v, i) => Array.from({length: weights[i] ?? 0}, () => v));
}

function numbers(value: object): number[] {
  return Object.values(value).flatMap((v) => (typeof v === 'number' ? [v] : []));
}

describe('classificationAccumulator', () => {
  it('is each metric of all examples at once', () => {
    fc.assert(
      fc.property(predictions, fc.integer({min: 1, max: 15}), ({probs, labels}, bins) => {
        const scores = classificationAccumulator({bins});
        probs.forEach((row, i) => {
          scores.update([row], [labels[i] ?? 0]);
        });
        const result = scores.result();
        const options = {atol: 1e-14};
        closeTo(result.weight, labels.length);
        closeTo(result.accuracy, accuracy(probs, labels), options);
        closeTo(result.negativeLogLikelihood, negativeLogLikelihood(probs, labels), options);
        closeTo(result.brierScore, brierScore(probs, labels), options);
        closeTo(result.sphericalScore, sphericalScore(probs, labels), options);
        closeTo(result.calibrationError, calibrationError(probs, labels, {bins}), options);
        closeTo(result.rootMeanSquareCalibrationError, calibrationError(probs, labels, {bins, norm: 'l2'}), options);
        closeTo(result.maximumCalibrationError, calibrationError(probs, labels, {bins, norm: 'max'}), options);
        const curve = reliabilityCurve(probs, labels, {bins});
        closeTo(result.reliability.count, curve.count);
        closeTo(result.reliability.accuracy, curve.accuracy, options);
        closeTo(result.reliability.confidence, curve.confidence, options);
        closeTo(result.reliability.edges, curve.edges);
      }),
      seeded,
    );
  });

  it('merged parts are one pass, and a weight of 2 is the row twice', () => {
    fc.assert(
      fc.property(predictions, fc.integer({min: 1, max: 2}), ({probs, labels, weights}, cut) => {
        const part = (from: number, to: number) => {
          const scores = classificationAccumulator();
          scores.update(probs.slice(from, to), labels.slice(from, to), {weights: weights.slice(from, to)});
          return scores;
        };
        const merged = part(0, cut);
        const second = part(cut, labels.length);
        merged.merge(structuredClone(second.state()));
        const whole = part(0, labels.length);
        closeTo(numbers(merged.result()), numbers(whole.result()), {rtol: 1e-12, atol: 1e-13});
        const rows = classificationAccumulator();
        rows.update(repeated(probs, weights), repeated(labels, weights));
        closeTo(numbers(rows.result()), numbers(whole.result()), {rtol: 1e-12, atol: 1e-13});
        closeTo(whole.result().brierScore, weightedMean(exampleScores(probs, labels, {score: 'brier'}), weights));
        expect(second.result().weight).to.equal(weights.slice(cut).reduce((a, b) => a + b, 0));
      }),
      seeded,
    );
  });

  it('knows nothing at first, survives a batch without weight, and refuses other bins', () => {
    const scores = classificationAccumulator({bins: 5});
    expect(scores.result().accuracy).to.be.NaN;
    scores.update([[1, 0]], [1], {weights: [0]});
    expect(scores.result().weight).to.equal(0);
    scores.update([[1, 0]], [0]);
    expect(scores.result().negativeLogLikelihood).to.equal(0);
    expect(() => scores.merge(classificationAccumulator({bins: 6}))).to.throw(ConfigError, /5 bins, got 6/);
    expect(() => scores.update([[0.5, 0.6]], [0])).to.throw(DataError, /sum to 1/);
    expect(() => scores.update([[0.5, 0.5]], [0], {weights: [-1]})).to.throw(DataError, /got -1/);
    expect(scores.result().weight).to.equal(1);
    expect(() => classificationAccumulator({bins: 0})).to.throw(ConfigError, /bins/);
  });
});

describe('selectiveAccumulator', () => {
  it('is the areas of all examples at once', () => {
    fc.assert(
      fc.property(ranked, ({scores, flags}) => {
        const areas = selectiveAccumulator();
        areas.update(scores.slice(0, 1), flags.slice(0, 1));
        areas.update(scores.slice(1), flags.slice(1));
        const result = areas.result();
        closeTo(result.areaUnderRiskCoverage, areaUnderRiskCoverage(scores, flags), {atol: 1e-13});
        closeTo(result.excessAreaUnderRiskCoverage, excessAreaUnderRiskCoverage(scores, flags), {atol: 1e-13});
        closeTo(result.areaUnderGeneralizedRiskCoverage, areaUnderGeneralizedRiskCoverage(scores, flags), {
          atol: 1e-13,
        });
      }),
      seeded,
    );
  });

  it('golden values on F8', () => {
    const {confidence, correct} = topLabel(F8.probs, F8.labels);
    const areas = selectiveAccumulator();
    areas.update(confidence, correct);
    const result = areas.result();
    closeTo(result.areaUnderRiskCoverage, 0.1671131, {atol: 5e-8});
    closeTo(result.excessAreaUnderRiskCoverage, 0.0636905, {atol: 5e-8});
    closeTo(result.areaUnderGeneralizedRiskCoverage, 0.140625);
  });

  it('a weight of 2 is the row twice, also in long ties, and weights in fractions lie between', () => {
    fc.assert(
      fc.property(ranked, fc.integer({min: 1, max: 200}), ({scores, flags, weights}, factor) => {
        fc.pre(weights.some((w) => w > 0));
        const times = weights.map((w) => w * factor);
        const [weighted, rows] = [selectiveAccumulator(), selectiveAccumulator()];
        weighted.update(scores, flags, {weights: times});
        rows.update(repeated(scores, times), repeated(flags, times));
        closeTo(numbers(weighted.result()), numbers(rows.result()), {rtol: 1e-9, atol: 1e-12});
      }),
      {seed: 53, numRuns: 60},
    );
    const area = (w: number) => {
      const areas = selectiveAccumulator();
      areas.update([3, 2, 1], [1, 0, 1], {weights: [1, w, 1]});
      return areas.result().areaUnderRiskCoverage;
    };
    for (let w = 1; w < 3; w += 0.25) expect(area(w)).to.be.below(area(w + 0.25));
    expect(area(1 + 1e-9)).to.be.closeTo(area(1), 1e-8);
  });
});

describe('detectionAccumulator', () => {
  it('is the metrics of all examples at once, and merged parts are one pass', () => {
    fc.assert(
      fc.property(ranked, ({scores, flags, weights}) => {
        fc.pre(flags.includes(true) && flags.includes(false));
        const [first, second, weighted] = [detectionAccumulator(), detectionAccumulator(), detectionAccumulator()];
        first.update(scores.slice(0, 1), flags.slice(0, 1));
        second.update(scores.slice(1), flags.slice(1));
        first.merge(structuredClone(second.state()));
        const result = first.result({tpr: 0.8});
        closeTo(result.auroc, auroc(scores, flags));
        closeTo(result.averagePrecision, averagePrecision(scores, flags));
        const mirrored = [scores.map((s) => -s), flags.map((y) => !y)] as const;
        closeTo(result.averagePrecisionNegatives, averagePrecision(...mirrored));
        expect(result.fprAtTpr).to.equal(fprAtTpr(scores, flags, {tpr: 0.8}));
        closeTo(result.detectionError, detectionError(scores, flags), {atol: 1e-15});
        const kept = repeated(flags, weights);
        fc.pre(kept.includes(true) && kept.includes(false));
        weighted.update(scores, flags, {weights});
        const rows = detectionAccumulator();
        rows.update(repeated(scores, weights), kept);
        closeTo(numbers(weighted.result()), numbers(rows.result()), {rtol: 1e-12, atol: 1e-14});
      }),
      seeded,
    );
  });

  it('grows past its first arrays', () => {
    const scores = detectionAccumulator();
    for (let b = 0; b < 40; b++) {
      scores.update(
        Float64Array.from({length: 100}, (_, i) => i + b / 100),
        Uint8Array.from({length: 100}, (_, i) => Number(i >= 50)),
      );
    }
    expect(scores.result().auroc).to.equal(1);
    expect(scores.state().values.length).to.equal(4000);
  });

  it('refuses what it cannot rank', () => {
    const scores = detectionAccumulator();
    expect(() => scores.result()).to.throw(DataError, /got none/);
    expect(() => scores.update([1, 2], [1])).to.throw(ShapeError, /positives of length 2/);
    expect(() => scores.update([Number.NaN], [1])).to.throw(DataError, /NaN/);
    scores.update([1, 2], [1, 1]);
    expect(() => scores.result()).to.throw(DataError, /2 positive and 0 negative/);
    scores.update([3], [0]);
    expect(() => scores.result({tpr: 2})).to.throw(ConfigError, /got 2/);
  });
});
