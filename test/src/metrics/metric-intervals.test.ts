import {expect} from 'chai';
import {ConfigError, DataError, ShapeError} from '../../../src/errors.ts';
import {
  accuracy,
  auroc,
  bootstrapDifference,
  bootstrapInterval,
  calibrationError,
  comparePaired,
  exampleScores,
  meanInterval,
  topLabel,
  weightedMean,
} from '../../../src/metrics/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {F8, flat} from './fixtures.ts';

describe('meanInterval', () => {
  it("is Student's interval", () => {
    // scipy.stats.t.interval(0.95, 4, loc=0.6, scale=sqrt(0.3/5)).
    const {estimate, low, high, standardError, method} = meanInterval([0, 1, 1, 0, 1]);
    closeTo([estimate, standardError], [0.6, Math.sqrt(0.06)]);
    closeTo([low, high], [0.6 - 2.7764451051977987 * Math.sqrt(0.06), 0.6 + 2.7764451051977987 * Math.sqrt(0.06)]);
    expect(method).to.equal('analytic');
  });

  it('covers the mean as often as it says', () => {
    const draws = 2000;
    let hits = 0;
    for (let d = 0; d < draws; d++) {
      const {low, high} = meanInterval(createRng(d).normals(8), {level: 0.9});
      hits += Number(low <= 0 && 0 <= high);
    }
    // Standard error of a share of 0.9: sqrt(0.09/2000) = 0.0067.
    expect(hits / draws).to.be.within(0.88, 0.92);
  });

  it('refuses single examples and levels that are none', () => {
    expect(() => meanInterval([1])).to.throw(DataError, /more than one example/);
    expect(() => meanInterval([1, 2], {level: 95})).to.throw(ConfigError, /got 95/);
  });
});

describe('bootstrapInterval', () => {
  it('agrees with the formula for a mean, as percentiles and as m out of n', () => {
    const scores = createRng(1).normals(2000);
    const exact = meanInterval(scores);
    const mean = (values: Float64Array) => weightedMean(values);
    const plain = bootstrapInterval(mean, [scores], {rng: createRng(2)});
    const small = bootstrapInterval(mean, [scores], {rng: createRng(3), resampleSize: 300});
    expect([plain.method, small.method]).to.deep.equal(['percentile', 'm-out-of-n']);
    for (const {estimate, standardError, low, high} of [plain, small]) {
      expect(estimate).to.equal(exact.estimate);
      // A standard deviation of 1000 resamples is known to 1/sqrt(2000), 2.2%; a 2.5% quantile to some 5%.
      closeTo(standardError, exact.standardError, {rtol: 0.08});
      closeTo(low, exact.low, {rtol: 0, atol: 0.25 * exact.standardError});
      closeTo(high, exact.high, {rtol: 0, atol: 0.25 * exact.standardError});
    }
  });

  it('says that it draws fewer rows above 100,000, and draws them', () => {
    const scores = createRng(4).normals(100_001);
    let largest = 0;
    const {method, standardError} = bootstrapInterval(
      (values) => {
        if (values.length < 100_001) largest = Math.max(largest, values.length);
        return weightedMean(values);
      },
      [scores],
      {resamples: 60},
    );
    expect(method).to.equal('m-out-of-n');
    expect(largest).to.equal(Math.ceil(100_001 ** 0.75));
    // 60 resamples know a standard deviation to 9%.
    closeTo(standardError, 1 / Math.sqrt(100_001), {rtol: 0.3});
  });

  it('resamples matrices, labels and weights by the same rows', () => {
    const rows = bootstrapInterval(
      (probs, labels, index) => {
        for (let i = 0; i < index.length; i++) {
          const from = index[i] ?? -1;
          expect(labels[i]).to.equal(F8.labels[from]);
          expect(probs.data[3 * i + 1]).to.equal(F8.probs[from]?.[1]);
        }
        return accuracy(probs, labels);
      },
      [F8.probs, F8.labels, F8.labels.map((_, i) => i)],
      {resamples: 50},
    );
    expect(rows.estimate).to.equal(0.625);
    const {confidence, correct} = topLabel(F8.probs, F8.labels);
    const half = Array.from(correct, (c) => c === 1);
    const scored = bootstrapInterval(auroc, [confidence, half], {strata: half, resamples: 50});
    expect(scored.estimate).to.equal(auroc(confidence, half));
    expect(scored.low).to.be.at.most(scored.high);
  });

  it('the same seed gives the same interval; strata keep their frequencies', () => {
    const metric = (probs: Parameters<typeof accuracy>[0], labels: ArrayLike<number>) => {
      const ones = Array.from(labels).filter((y) => y === 1).length;
      expect(ones).to.equal(3);
      return calibrationError(probs, labels);
    };
    const run = (seed: number) =>
      bootstrapInterval(metric, [flat(F8.probs, 'float32'), F8.labels], {
        strata: F8.labels,
        resamples: 40,
        rng: createRng(seed),
      });
    expect(run(1)).to.deep.equal(run(1));
    expect(run(1).low).to.not.equal(run(2).low);
  });

  it('refuses what it cannot resample', () => {
    const one = (values: ArrayLike<number>) => values[0] ?? 0;
    expect(() => bootstrapInterval(one, [[1, 2]], {level: 1})).to.throw(ConfigError, /level/);
    expect(() => bootstrapInterval(one, [[1, 2]], {resamples: 3})).to.throw(ConfigError, /resamples.*got 3/);
    expect(() => bootstrapInterval(one, [[1, 2]], {resampleSize: 0.5})).to.throw(ConfigError, /resampleSize/);
    expect(() => bootstrapInterval(() => Number.NaN, [[1, 2]])).to.throw(DataError, /finite metric, got NaN/);
    expect(() => bootstrapInterval(one, [new Float64Array(0)])).to.throw(DataError, /at least one/);
    expect(() => bootstrapInterval((a, _b) => one(a), [[1, 2], [1]])).to.throw(ShapeError, /column 1 of length 2/);
    expect(() =>
      bootstrapInterval(auroc, [
        [1, 2],
        [0, 1],
      ]),
    ).to.throw(DataError, /auroc/);
  });
});

describe('comparing two models', () => {
  const first = [0.2, 0.3, 0.1, 0.4];
  const second = [0.5, 0.4, 0.3, 0.6];

  it('paired t test', () => {
    const {difference, pValue} = comparePaired(first, second);
    closeTo(difference.estimate, -0.2);
    const t = 0.2 / Math.sqrt(0.02 / 3 / 4);
    // Two tails of Student's t with three degrees of freedom, in closed form.
    const angle = Math.atan(t / Math.sqrt(3));
    closeTo(pValue, 1 - (2 / Math.PI) * (angle + Math.sin(angle) * Math.cos(angle)), {rtol: 1e-10});
    closeTo(comparePaired(second, first).pValue, pValue);
    expect(comparePaired(first, first).pValue).to.equal(1);
    const weights = [1, 2, 0, 3];
    const rows = weights.flatMap((w, i) => Array.from({length: w}, () => i));
    const repeated = comparePaired(
      rows.map((i) => first[i] ?? 0),
      rows.map((i) => second[i] ?? 0),
    );
    closeTo(comparePaired(first, second, {weights}).pValue, repeated.pValue, {rtol: 1e-10});
  });

  it('sign flips: both extremes of the sixteen sign vectors', () => {
    const {pValue, test} = comparePaired(first, second, {test: 'sign-flip'});
    expect(test).to.equal('sign-flip');
    // Standard error with 9999 permutations: sqrt(1/8 * 7/8 / 9999) = 0.0033.
    expect(pValue).to.be.within(0.115, 0.135);
    expect(comparePaired(first, first, {test: 'sign-flip', permutations: 99}).pValue).to.equal(1);
  });

  it('p-values of equal models are uniform', () => {
    const draws = 400;
    const below = {'paired-t': 0, 'sign-flip': 0};
    for (let d = 0; d < draws; d++) {
      const rng = createRng(d);
      const [a, b] = [rng.normals(20), rng.normals(20)];
      for (const test of ['paired-t', 'sign-flip'] as const) {
        below[test] += Number(comparePaired(a, b, {test, permutations: 199}).pValue <= 0.2) / draws;
      }
    }
    // Standard error sqrt(0.16/400) = 0.02.
    expect(below['paired-t']).to.be.within(0.14, 0.26);
    expect(below['sign-flip']).to.be.within(0.14, 0.26);
  });

  it('bootstrapDifference takes the same rows of both', () => {
    const rng = createRng(5);
    const n = 400;
    const hard = rng.uniforms(n);
    const labels = Array.from(hard, () => 0);
    const better = Array.from(hard, (h) => [1 - 0.4 * h, 0.4 * h]);
    const worse = Array.from(hard, (h) => [0.98 - 0.4 * h, 0.02 + 0.4 * h]);
    const score = (p: Parameters<typeof accuracy>[0], y: ArrayLike<number>) => weightedMean(exampleScores(p, y));
    const {low, high, estimate} = bootstrapDifference(score, [better, labels], [worse, labels], {resamples: 200});
    const paired = comparePaired(exampleScores(better, labels), exampleScores(worse, labels)).difference;
    closeTo(estimate, paired.estimate, {rtol: 1e-10});
    closeTo([low, high], [paired.low, paired.high], {rtol: 0.05});
    expect(high).to.be.below(0);
  });

  it('refuse what they cannot compare', () => {
    expect(() => comparePaired([1, 2], [1])).to.throw(ShapeError, /second of length 2/);
    expect(() => comparePaired([1], [1])).to.throw(DataError, /more than one/);
    expect(() => comparePaired(first, second, {test: 'z' as 'paired-t'})).to.throw(ConfigError, /'z'|"z"/);
    expect(() => comparePaired(first, second, {test: 'sign-flip', weights: [1, 1, 1, 1]})).to.throw(
      ConfigError,
      /weights/,
    );
    expect(() => comparePaired(first, second, {permutations: 0})).to.throw(ConfigError, /permutations/);
  });
});
