import {expect} from 'chai';
import fc from 'fast-check';
import {DataError, ShapeError} from '../../../src/errors.ts';
import * as metrics from '../../../src/metrics/index.ts';
import {closeTo} from '../../support/close.ts';

type Weighted = {weights?: ArrayLike<number>};

/** One classification and one regression example per row. */
interface Rows {
  probs: number[][];
  labels: number[];
  mean: number[];
  std: number[];
  targets: number[];
}

const row = fc.record({
  probs: fc.array(fc.integer({min: 1, max: 6}), {minLength: 3, maxLength: 3}),
  label: fc.integer({min: 0, max: 2}),
  mean: fc.integer({min: -3, max: 3}),
  std: fc.integer({min: 1, max: 4}),
  target: fc.double({min: -4, max: 4, noNaN: true}),
  weight: fc.integer({min: 0, max: 3}),
});
// The first rows have both outcomes, and numbers that differ, whatever follows.
const FIRST = [
  {probs: [6, 1, 1], label: 0, mean: 0, std: 1, target: 0.5, weight: 1},
  {probs: [1, 5, 1], label: 2, mean: 1, std: 2, target: -1.5, weight: 2},
];
const cases = fc.array(row, {maxLength: 12}).map((rows) => {
  const all = [...FIRST, ...rows];
  const take = (list: typeof all): Rows => ({
    probs: list.map(({probs}) => probs.map((c) => c / probs.reduce((a, b) => a + b, 0))),
    labels: list.map(({label}) => label),
    mean: list.map(({mean}) => mean),
    std: list.map(({std}) => std),
    targets: list.map(({target}) => target),
  });
  return {
    rows: take(all),
    weights: all.map(({weight}) => weight),
    repeated: take(all.flatMap((r) => Array.from({length: r.weight}, () => r))),
    reversed: take([...all].reverse()),
  };
});

const correct = ({probs, labels}: Rows) => metrics.topLabel(probs, labels).correct;
const confidence = ({probs, labels}: Rows) => metrics.topLabel(probs, labels).confidence;
const positive = ({targets}: Rows) => targets.map((y) => y.toFixed(20)[0] !== '-');
const lower = ({mean, std}: Rows) => mean.map((m, i) => m - (std[i] ?? 0));
const upper = ({mean, std}: Rows) => mean.map((m, i) => m + (std[i] ?? 0));
const sets = ({probs}: Rows) => probs.map((p) => p.map((v) => Number(v > 0.3)));
const pit = ({mean, std, targets}: Rows) => metrics.gaussianPit(mean, std, targets);
const counts = ({mean}: Rows) => mean.map(Math.abs);
const pairs = ({mean, std}: Rows) => mean.map((m, i) => [m, m + (std[i] ?? 0), m - 1]);
const stds = ({std}: Rows) => std.map((s) => [s, s + 1, 0.5]);
const columns = (matrix: number[][]) => [0, 1, 2].map((k) => matrix.map((r) => r[k] ?? 0));
const joint = (r: Rows) =>
  pairs(r).map(([a = 0, b = 0, c = 0]) => [
    [a, b],
    [b, c + 0.5],
    [c, a],
    [a + 2, c],
  ]);
const outcomes = ({targets, mean}: Rows) => targets.map((y, i) => [y, (mean[i] ?? 0) / 2]);

/** Every metric that is a number and takes how often examples count, by its name. */
const METRICS: Record<string, (r: Rows, o: Weighted) => number | number[]> = {
  accuracy: (r, o) => metrics.accuracy(r.probs, r.labels, o),
  negativeLogLikelihood: (r, o) => metrics.negativeLogLikelihood(r.probs, r.labels, o),
  'negativeLogLikelihood of logits': (r, o) =>
    metrics.negativeLogLikelihood(pairs(r), r.labels, {scale: 'logits', ...o}),
  brierScore: (r, o) => metrics.brierScore(r.probs, r.labels, o),
  'calibrationError in bins of equal width': (r, o) => metrics.calibrationError(r.probs, r.labels, {bins: 4, ...o}),
  'calibrationError in bins of equal mass': (r, o) =>
    metrics.calibrationError(r.probs, r.labels, {bins: 4, binning: 'equal-mass', norm: 'l2', ...o}),
  'calibrationError between edges': (r, o) =>
    metrics.calibrationError(r.probs, r.labels, {binning: [0, 0.4, 0.5, 0.9, 1], ...o}),
  'calibrationError classwise': (r, o) => metrics.calibrationError(r.probs, r.labels, {kind: 'classwise', ...o}),
  'reliabilityCurve of equal width': (r, o) =>
    Object.values(metrics.reliabilityCurve(r.probs, r.labels, {bins: 3, ...o})).flatMap((v) => Array.from(v)),
  'reliabilityCurve of equal mass': (r, o) =>
    Object.values(metrics.reliabilityCurve(r.probs, r.labels, {bins: 3, binning: 'equal-mass', ...o})).flatMap((v) =>
      Array.from(v),
    ),
  confidenceHistogram: (r, o) => Array.from(metrics.confidenceHistogram(r.probs, {bins: 4, ...o}).count),
  debiasedCalibrationError: (r, o) => metrics.debiasedCalibrationError(r.probs, r.labels, {bins: 3, ...o}),
  smoothCalibrationError: (r, o) => metrics.smoothCalibrationError(r.probs, r.labels, {bandwidth: 0.2, ...o}).error,
  auroc: (r, o) => metrics.auroc(r.std, positive(r), o),
  averagePrecision: (r, o) => metrics.averagePrecision(r.std, positive(r), o),
  fprAtTpr: (r, o) => metrics.fprAtTpr(r.std, positive(r), {tpr: 0.7, ...o}),
  areaUnderRiskCoverage: (r, o) => metrics.areaUnderRiskCoverage(confidence(r), correct(r), o),
  'areaUnderRiskCoverage by trapezoids': (r, o) =>
    metrics.areaUnderRiskCoverage(confidence(r), correct(r), {rule: 'trapezoid', ...o}),
  excessAreaUnderRiskCoverage: (r, o) => metrics.excessAreaUnderRiskCoverage(confidence(r), correct(r), o),
  areaUnderGeneralizedRiskCoverage: (r, o) => metrics.areaUnderGeneralizedRiskCoverage(confidence(r), correct(r), o),
  'areaUnderGeneralizedRiskCoverage by trapezoids': (r, o) =>
    metrics.areaUnderGeneralizedRiskCoverage(confidence(r), correct(r), {rule: 'trapezoid', ...o}),
  rootMeanSquaredError: (r, o) => metrics.rootMeanSquaredError(r.mean, r.targets, o),
  gaussianNegativeLogLikelihood: (r, o) => metrics.gaussianNegativeLogLikelihood(r.mean, r.std, r.targets, o),
  crpsGaussian: (r, o) => metrics.crpsGaussian(r.mean, r.std, r.targets, o),
  intervalCoverage: (r, o) => metrics.intervalCoverage(r.mean, r.std, r.targets, {level: 0.6, ...o}),
  intervalWidth: (r, o) => metrics.intervalWidth(r.std, o),
  predictionIntervalCoverage: (r, o) => metrics.predictionIntervalCoverage(lower(r), upper(r), r.targets, o),
  predictionIntervalWidth: (r, o) => metrics.predictionIntervalWidth(lower(r), upper(r), o),
  coverageWidthCriterion: (r, o) => metrics.coverageWidthCriterion([...lower(r)], upper(r), r.targets, o),
  pinballLoss: (r, o) => metrics.pinballLoss(r.mean, r.targets, {quantile: 0.3, ...o}),
  intervalScore: (r, o) => metrics.intervalScore(lower(r), upper(r), r.targets, o),
  weightedIntervalScore: (r, o) => {
    const [from, to] = [lower(r).map((v) => [v, v - 1]), upper(r).map((v) => [v, v + 1])];
    return metrics.weightedIntervalScore(r.mean, from, to, r.targets, {levels: [0.5, 0.9], ...o});
  },
  quantileCalibrationCurve: (r, o) => Array.from(metrics.quantileCalibrationCurve(pit(r), o).observed),
  intervalCalibrationCurve: (r, o) => Array.from(metrics.intervalCalibrationCurve(pit(r), o).observed),
  sharpness: (r, o) => metrics.sharpness(r.std, o),
  coefficientOfVariation: (r, o) => metrics.coefficientOfVariation(r.std, o),
  expectedNormalizedCalibrationError: (r, o) =>
    metrics.expectedNormalizedCalibrationError(r.mean, r.std, r.targets, {bins: 2, ...o}),
  uncertaintyCalibrationError: (r, o) => metrics.uncertaintyCalibrationError(r.mean, r.std, r.targets, {bins: 2, ...o}),
  spearmanCorrelation: (r, o) => metrics.spearmanCorrelation(r.mean, r.targets, o),
  errorUncertaintyCorrelation: (r, o) => metrics.errorUncertaintyCorrelation(r.mean, r.std, r.targets, o),
  crpsLaplace: (r, o) => metrics.crpsLaplace(r.mean, r.std, r.targets, o),
  crpsLogistic: (r, o) => metrics.crpsLogistic(r.mean, r.std, r.targets, o),
  crpsStudentT: (r, o) => metrics.crpsStudentT(3, r.mean, r.std, r.targets, o),
  crpsUniform: (r, o) => metrics.crpsUniform(lower(r), upper(r), r.targets, o),
  crpsBeta: (r, o) => metrics.crpsBeta(r.std, 2, r.targets, o),
  crpsGamma: (r, o) => metrics.crpsGamma(r.std, 2, r.targets, o),
  crpsLogNormal: (r, o) => metrics.crpsLogNormal(r.mean, r.std, r.targets, o),
  crpsLogLogistic: (r, o) =>
    metrics.crpsLogLogistic(
      r.mean,
      r.std.map((s) => s / 5),
      r.targets,
      o,
    ),
  crpsLogLaplace: (r, o) =>
    metrics.crpsLogLaplace(
      r.mean,
      r.std.map((s) => s / 5),
      r.targets,
      o,
    ),
  crpsPoisson: (r, o) => metrics.crpsPoisson(r.std, counts(r), o),
  crpsBinomial: (r, o) => metrics.crpsBinomial(r.std, 0.3, counts(r), o),
  crpsNegativeBinomial: (r, o) => metrics.crpsNegativeBinomial(r.std, 0.5, counts(r), o),
  setCoverage: (r, o) => metrics.setCoverage(sets(r), r.labels, o),
  setSize: (r, o) => metrics.setSize(sets(r), o),
  coverageGap: (r, o) => metrics.coverageGap(sets(r), r.labels, o),
  sizeStratifiedCoverage: (r, o) => metrics.sizeStratifiedCoverage(sets(r), r.labels, o).violation,
};

/** Where draws or members have weights of their own, those of examples are `exampleWeights`. */
const OF_DRAWS: Record<string, (r: Rows, o: {exampleWeights?: ArrayLike<number>}) => number> = {
  crpsSamples: (r, o) => metrics.crpsSamples(pairs(r), r.targets, {weights: [1, 2, 1], ...o}),
  crpsGaussianMixture: (r, o) => metrics.crpsGaussianMixture(pairs(r), stds(r), r.targets, o),
  mixtureNegativeLogLikelihood: (r, o) =>
    metrics.mixtureNegativeLogLikelihood(columns(pairs(r)), columns(stds(r)), r.targets, o),
  energyScore: (r, o) => metrics.energyScore(joint(r), outcomes(r), o),
  variogramScore: (r, o) => metrics.variogramScore(joint(r), outcomes(r), o),
  dawidSebastianiScore: (r, o) => metrics.dawidSebastianiScore(joint(r), outcomes(r), o),
};

const seeded = {seed: 61, numRuns: 25};
const tolerance = {rtol: 1e-9, atol: 1e-11};

describe('weights of examples', () => {
  for (const [name, metric] of Object.entries(METRICS)) {
    it(`${name}: a weight of 2 is the row twice, and the order does not matter`, () => {
      fc.assert(
        fc.property(cases, ({rows, weights, repeated, reversed}) => {
          closeTo(metric(rows, {weights}), metric(repeated, {}), tolerance);
          closeTo(metric(rows, {weights: weights.map(() => 1)}), metric(reversed, {}), tolerance);
        }),
        seeded,
      );
    });
  }

  for (const [name, metric] of Object.entries(OF_DRAWS)) {
    it(`${name}: a weight of 2 is the row twice, and the order does not matter`, () => {
      fc.assert(
        fc.property(cases, ({rows, weights, repeated, reversed}) => {
          closeTo(metric(rows, {exampleWeights: weights}), metric(repeated, {}), tolerance);
          closeTo(metric(rows, {}), metric(reversed, {}), tolerance);
        }),
        seeded,
      );
    });
  }

  it('are refused by name where they are none', () => {
    const rows = fc.sample(
      cases.map((c) => c.rows),
      {seed: 3, numRuns: 1},
    )[0] as Rows;
    const n = rows.labels.length;
    for (const [name, metric] of Object.entries(METRICS)) {
      const caller = new RegExp(`^${name.split(' ')[0]}: .*weight`, 's');
      expect(() => metric(rows, {weights: [-1, ...Array<number>(n - 1).fill(1)]}), name).to.throw(DataError, caller);
      expect(() => metric(rows, {weights: [1]}), name).to.throw(ShapeError, caller);
      expect(() => metric(rows, {weights: Array<number>(n).fill(0)}), name).to.throw(DataError, caller);
    }
  });

  it('of zero take an infinite loss out', () => {
    const impossible = [
      [1, 0],
      [0.5, 0.5],
    ];
    expect(metrics.negativeLogLikelihood(impossible, [1, 0])).to.equal(Infinity);
    closeTo(metrics.negativeLogLikelihood(impossible, [1, 0], {weights: [0, 3]}), Math.LN2);
  });

  it('that are shares are refused where examples are counted', () => {
    const [probs, labels] = [
      [0.1, 0.2, 0.3, 0.4, 0.6, 0.8],
      [0, 1, 0, 1, 1, 1],
    ];
    const kind = 'binary';
    const rows = probs.map((p) => [1 - p, p]);
    const selective = (weights: number[]): unknown => {
      const areas = metrics.selectiveAccumulator();
      areas.update(probs.slice(0, 3), labels.slice(0, 3), {weights: weights.slice(0, 3)});
      areas.update(probs.slice(3), labels.slice(3), {weights: weights.slice(3)});
      return areas.result();
    };
    const counting: Record<string, (weights: number[]) => unknown> = {
      areaUnderRiskCoverage: (weights) => metrics.areaUnderRiskCoverage(probs, labels, {weights}),
      excessAreaUnderRiskCoverage: (weights) => metrics.excessAreaUnderRiskCoverage(probs, labels, {weights}),
      areaUnderGeneralizedRiskCoverage: (weights) => metrics.areaUnderGeneralizedRiskCoverage(probs, labels, {weights}),
      coverageAtRisk: (weights) => metrics.coverageAtRisk(probs, labels, {weights}),
      riskAtCoverage: (weights) => metrics.riskAtCoverage(probs, labels, {weights}),
      selectiveAccumulator: selective,
      debiasedCalibrationError: (weights) => metrics.debiasedCalibrationError(probs, labels, {kind, weights}),
      reliabilityBands: (weights) => metrics.reliabilityBands(probs, labels, {kind, weights}),
      generalCalibrationError: (weights) => metrics.generalCalibrationError(rows, labels, {bins: 'sweep', weights}),
      cumulativeDifferences: (weights) => metrics.cumulativeDifferences(probs, labels, {kind, weights}),
      kolmogorovSmirnovCalibration: (weights) => metrics.kolmogorovSmirnovCalibration(probs, labels, {kind, weights}),
      kuiperCalibration: (weights) => metrics.kuiperCalibration(probs, labels, {kind, weights}),
      spiegelhalterTest: (weights) => metrics.spiegelhalterTest(probs, labels, {kind, weights}),
    };
    for (const [name, metric] of Object.entries(counting)) {
      const words = new RegExp(`^${name}: expected weights that count examples, got ones that sum to (1|0\\.99)`);
      expect(() => metric(probs.map(() => 1 / 6)), name).to.throw(DataError, words);
      expect(() => metric([0, 0, 0, 0.5, 0, 0]), name).not.to.throw();
      expect(() => metric(probs.map(() => 0.5)), name).not.to.throw();
    }
    expect(metrics.generalCalibrationError(rows, labels, {weights: probs.map(() => 1 / 6)})).to.be.above(0);
  });

  it('that sum to one fill every bin of equal mass', () => {
    const probs = [0.1, 0.2, 0.3, 0.4, 0.6, 0.8];
    const options = {kind: 'binary', bins: 3, binning: 'equal-mass'} as const;
    const plain = metrics.reliabilityCurve(probs, [0, 1, 0, 1, 1, 1], options);
    const shares = metrics.reliabilityCurve(probs, [0, 1, 0, 1, 1, 1], {...options, weights: probs.map(() => 1 / 6)});
    closeTo(shares.accuracy, plain.accuracy);
    closeTo(
      shares.count.map((w) => 6 * w),
      plain.count,
    );
  });
});
