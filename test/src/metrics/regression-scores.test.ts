import {readFileSync} from 'node:fs';
import {expect} from 'chai';
import fc from 'fast-check';
import {ConfigError, DataError, ShapeError} from '../../../src/errors.ts';
import {
  chiSquareTest,
  coefficientOfVariation,
  coverageWidthCriterion,
  crpsGaussian,
  errorUncertaintyCorrelation,
  expectedNormalizedCalibrationError,
  gaussianPit,
  intervalScore,
  kolmogorovSmirnovTest,
  pinballLoss,
  predictionIntervalCoverage,
  predictionIntervalWidth,
  samplePit,
  sharpness,
  spearmanCorrelation,
  uncertaintyCalibrationError,
  weightedIntervalScore,
} from '../../../src/metrics/index.ts';
import {kolmogorovTail} from '../../../src/metrics/kolmogorov.ts';
import {createRng} from '../../../src/random/index.ts';
import {normalQuantile} from '../../../src/special/index.ts';
import {closeTo} from '../../support/close.ts';
import {R8, U3} from './fixtures.ts';

const path = new URL('fixtures/regression-scores.json', import.meta.url);
const fixture = JSON.parse(readFileSync(path, 'utf8'));
const atol = 5e-8;

type Normals = {mean: number[]; std: number[]; targets: number[]};

const quantile = ({mean, std}: Normals, p: number) => mean.map((m, i) => m + (std[i] ?? 0) * normalQuantile(p));
const central = (data: Normals, level: number) =>
  [quantile(data, (1 - level) / 2), quantile(data, (1 + level) / 2)] as const;

function average(values: number[]): number {
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}

describe('quantile and interval scores', () => {
  it('golden values', () => {
    closeTo(pinballLoss([0.3], [0.5], {quantile: 0.2}), 0.04);
    closeTo(pinballLoss([0.5], [0.3], {quantile: 0.2}), 0.16);
    closeTo(intervalScore([0], [0.4], [0.1], {level: 0.5}), 0.4);
    closeTo(
      [0.1, 0.5, 0.9].map((q) => pinballLoss(quantile(U3, q), U3.targets, {quantile: q})),
      [0.0850161, 0.4166667, 0.2953724],
      {atol},
    );
    closeTo(
      [0.5, 0.9, 0.95].map((level) => intervalScore(...central(U3, level), U3.targets, {level})),
      [2.6138776, 5.175096, 6.4109164],
      {atol},
    );
    const levels = Array.from({length: 99}, (_, i) => (i + 1) / 100);
    const check = levels.map((q) => pinballLoss(quantile(U3, q), U3.targets, {quantile: q}));
    closeTo(average(check), 0.29801437323836477);
    const interval = levels.map((level) => intervalScore(...central(U3, level), U3.targets, {level}));
    closeTo(average(interval), 3.20755700861995);
  });

  it('the weighted interval score: written out, and as an average of pinball losses', () => {
    const median = quantile(R8, 0.5);
    const levels = [0.5, 0.8, 0.9];
    const ends = levels.map((level) => central(R8, level));
    const columns = (side: 0 | 1) => R8.targets.map((_, i) => ends.map((end) => end[side][i] ?? 0));
    const score = weightedIntervalScore(median, columns(0), columns(1), R8.targets, {levels});
    const absolute = average(R8.targets.map((y, i) => Math.abs(y - (median[i] ?? 0))));
    const parts = levels.map((level) => ((1 - level) / 2) * intervalScore(...central(R8, level), R8.targets, {level}));
    closeTo(score, (absolute / 2 + parts.reduce((sum, part) => sum + part, 0)) / 3.5);
    const quantiles = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95];
    const losses = quantiles.map((q) => 2 * pinballLoss(quantile(R8, q), R8.targets, {quantile: q}));
    closeTo(score, average(losses));
  });

  it('twice the pinball loss over all quantiles is the CRPS', () => {
    const quantiles = Array.from({length: 4000}, (_, i) => (i + 0.5) / 4000);
    const losses = quantiles.map((q) => 2 * pinballLoss(quantile(R8, q), R8.targets, {quantile: q}));
    closeTo(average(losses), crpsGaussian(R8.mean, R8.std, R8.targets), {rtol: 1e-4});
  });

  it('the true quantile and interval score best', () => {
    const y = createRng(5).normals(20000);
    const constant = (value: number) => new Float64Array(y.length).fill(value);
    const loss = (q: number) => pinballLoss(constant(q), y, {quantile: 0.8});
    const best = loss(normalQuantile(0.8));
    for (const shift of [-0.2, 0.2]) expect(loss(normalQuantile(0.8) + shift)).to.be.above(best);
    const score = (z: number) => intervalScore(constant(-z), constant(z), y, {level: 0.8});
    for (const z of [1.0, 1.6]) expect(score(z)).to.be.above(score(1.2816));
  });

  it('coverage, width and their criterion, infinite ends included', () => {
    const y = [5, 7.5, 9.5, 10.5, 12.5];
    const lower = [4, 6, 9, 8.5, 10.5];
    const upper = [6, 9, 10, 12.5, 12];
    expect(predictionIntervalCoverage(lower, upper, y)).to.equal(0.8);
    closeTo(predictionIntervalWidth(lower, upper), 2.3);
    closeTo(coverageWidthCriterion(lower, upper, y, {level: 0.9, penalty: 0.01}), (1 - 2.3 / 7.5) * Math.exp(-1e-4));
    expect(predictionIntervalWidth([-Infinity], [Infinity])).to.equal(Infinity);
    expect(predictionIntervalCoverage([-Infinity, 1], [Infinity, 1], [3, 1])).to.equal(1);
  });

  it('refuse what cannot be scored', () => {
    expect(() => pinballLoss([1], [1], {quantile: 1})).to.throw(ConfigError, /^pinballLoss: .*got 1/);
    expect(() => intervalScore([2], [1], [1])).to.throw(DataError, /^intervalScore: .*got \[2, 1\] at index 0/);
    expect(() => intervalScore([0], [Infinity], [1])).to.throw(DataError, /finite numbers in upper/);
    expect(() => predictionIntervalCoverage([Number.NaN], [1], [1])).to.throw(DataError, /lower ends at or below/);
    expect(() => predictionIntervalWidth([1, 2], [1])).to.throw(ShapeError, /upper of length 2/);
    expect(() => weightedIntervalScore([0], [[0]], [[1]], [0], {levels: [0.5, 0.9]})).to.throw(ConfigError, /2 levels/);
    expect(() => coverageWidthCriterion([0], [1], [1])).to.throw(DataError, /targets that differ/);
    expect(() => coverageWidthCriterion([0, 0], [1, 1], [1, 2], {penalty: -1})).to.throw(ConfigError, /penalty/);
  });
});

describe('probability integral transform', () => {
  it('golden values', () => {
    closeTo(gaussianPit(U3.mean, U3.std, U3.targets), [0.9999997, 0.9772499, 0.1586553], {atol});
    const expected = [0.691462, 0.252493, 0.945201, 0.274253, 0.773373, 0.066807, 0.869705, 0.443202];
    closeTo(gaussianPit(R8.mean, R8.std, R8.targets), expected, {atol: 5e-7});
  });

  it('of draws ranks the target, spreading ties', () => {
    closeTo(samplePit([[1, 2, 3]], [2.5]), [2.5 / 4]);
    closeTo(samplePit([[3, 2, 2, 1]], [2]), [(1 + 0.5 * 3) / 5]);
    const n = 4000;
    const rng = createRng(11);
    const samples = {data: rng.normals(n * 4), shape: [n, 4] as [number, number]};
    const {pValue} = kolmogorovSmirnovTest(samplePit(samples, rng.normals(n), {rng}));
    expect(pValue).to.be.above(0.01);
    // Without the random part, five ranks are no uniform distribution.
    expect(kolmogorovSmirnovTest(samplePit(samples, rng.normals(n))).pValue).to.be.below(1e-6);
  });

  it('Kolmogorov-Smirnov probabilities agree with SciPy', () => {
    for (const [n, d, tail] of fixture.kolmogorov) {
      // From n = 140 on SciPy's own values are an expansion, right to some 1e-6.
      if (n <= 140 || n * d * d >= 4) closeTo(kolmogorovTail(n, d), tail, {rtol: 1e-9});
      else closeTo(kolmogorovTail(n, d), tail, n <= 500 ? {rtol: 2e-6} : {atol: 1e-5});
    }
    expect([kolmogorovTail(5, 0.1), kolmogorovTail(5, 1)]).to.deep.equal([1, 0]);
  });

  it('tests of uniformity agree with SciPy', () => {
    const {pit, ks, chi} = fixture.uniformity;
    const result = kolmogorovSmirnovTest(pit);
    closeTo([result.statistic, result.pValue], ks, {rtol: 1e-9});
    const square = chiSquareTest(pit, {bins: 8});
    closeTo([square.statistic, square.pValue], chi, {rtol: 1e-11});
  });

  it('p-values of calibrated predictions are uniform', () => {
    const rng = createRng(17);
    const pValues = Array.from({length: 400}, () => kolmogorovSmirnovTest(rng.uniforms(40)).pValue);
    expect(kolmogorovSmirnovTest(pValues).pValue).to.be.above(0.01);
    expect(chiSquareTest(rng.uniforms(1000).map((u) => u * u)).pValue).to.be.below(1e-10);
  });

  it('refuse what is no probability', () => {
    expect(() => kolmogorovSmirnovTest([1.2])).to.throw(DataError, /got 1.2 at index 0/);
    expect(() => chiSquareTest([0.5], {bins: 1})).to.throw(ConfigError, /at least 2 bins/);
    expect(() => gaussianPit([0], [0], [0])).to.throw(DataError, /above 0 in std/);
    expect(() => samplePit([[1]], [1, 2])).to.throw(ShapeError, /targets of length 1/);
  });
});

describe('calibration of variances', () => {
  const of = (data: Normals) => [data.mean, data.std, data.targets] as const;

  it('golden values', () => {
    closeTo(sharpness(U3.std), 0.648074069840786);
    closeTo(sharpness(R8.std), 0.5114318, {atol});
    closeTo(expectedNormalizedCalibrationError(...of(R8), {bins: 2}), 0.0416163, {atol});
    closeTo(expectedNormalizedCalibrationError(...of(R8), {bins: 4}), 0.2323843, {atol});
    closeTo(uncertaintyCalibrationError(...of(R8), {bins: 2}), 0.0090625, {atol: 1e-14});
    closeTo(uncertaintyCalibrationError(...of(R8), {bins: 4}), 0.0984375, {atol: 1e-14});
    closeTo(coefficientOfVariation(R8.std), 0.4664762, {atol});
    closeTo(errorUncertaintyCorrelation(...of(R8)), 0.4790505, {atol});
  });

  it('examples of equal std share their errors, so that order does not matter', () => {
    const data = {mean: [0, 0, 0, 0], std: [1, 1, 1, 2], targets: [0.5, 3, 1, 2]};
    const turned = {mean: [0, 0, 0, 0], std: [1, 2, 1, 1], targets: [3, 2, 1, 0.5]};
    for (const error of [expectedNormalizedCalibrationError, uncertaintyCalibrationError]) {
      closeTo(error(...of(data), {bins: 2}), error(...of(turned), {bins: 2}), {rtol: 1e-14});
    }
    const shared = (0.25 + 9 + 1) / 3;
    const expected = (Math.abs(shared - 1) + Math.abs((shared + 4) / 2 - 2.5)) / 2;
    closeTo(uncertaintyCalibrationError(...of(data), {bins: 2}), expected);
  });

  it('groups of uneven counts: the first are larger', () => {
    const data = {mean: [0, 0, 0], std: [1, 2, 3], targets: [1, 2, 6]};
    closeTo(uncertaintyCalibrationError(...of(data), {bins: 2}), (2 / 3) * 0 + (1 / 3) * 27);
  });

  it('Spearman agrees with SciPy, with ties, and sees order only', () => {
    const {x, y, value} = fixture.spearman;
    closeTo(spearmanCorrelation(x, y), value);
    closeTo(
      spearmanCorrelation(
        x.map((v: number) => Math.exp(v)),
        y,
      ),
      value,
    );
    closeTo(spearmanCorrelation([1, 2, 3], [9, 5, 1]), -1);
  });

  it('calibrated predictions have small errors, wrong scales large ones', () => {
    fc.assert(
      fc.property(fc.integer({min: 0, max: 1000}), (seed) => {
        const rng = createRng(seed);
        const std = rng.uniforms(5000).map((u) => 0.5 + u);
        const mean = new Float64Array(5000);
        const targets = rng.normals(5000).map((z, i) => z * (std[i] ?? 0));
        expect(expectedNormalizedCalibrationError(mean, std, targets)).to.be.below(0.06);
        const wide = std.map((s) => 2 * s);
        expect(expectedNormalizedCalibrationError(mean, wide, targets)).to.be.within(0.45, 0.55);
        expect(errorUncertaintyCorrelation(mean, std, targets)).to.be.above(0.2);
      }),
      {seed: 2, numRuns: 5},
    );
  });

  it('refuse what cannot be grouped or ranked', () => {
    expect(() => expectedNormalizedCalibrationError([0], [1], [1], {bins: 2})).to.throw(ConfigError, /at most 1 bins/);
    expect(() => uncertaintyCalibrationError([0], [1], [1], {bins: 0})).to.throw(ConfigError, /positive integer/);
    expect(() => coefficientOfVariation([1])).to.throw(DataError, /at least two/);
    expect(() => sharpness([1, -1])).to.throw(DataError, /got -1 at index 1/);
    expect(() => spearmanCorrelation([1, 1], [1, 2])).to.throw(DataError, /x that differ/);
    expect(() => spearmanCorrelation([1, 2], [1])).to.throw(ShapeError, /y of length 2/);
    expect(() => errorUncertaintyCorrelation([0, 0], [1, 1], [1, 2])).to.throw(DataError, /std that differ/);
  });
});
