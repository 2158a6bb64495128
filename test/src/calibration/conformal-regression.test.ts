import {expect} from 'chai';
import {
  conformalQuantile,
  jackknifePlus,
  quantileIntervals,
  quantileScores,
  residualIntervals,
  residualScores,
} from '../../../src/calibration/index.ts';
import {ConfigError, DataError, ShapeError} from '../../../src/errors.ts';
import {predictionIntervalCoverage} from '../../../src/metrics/index.ts';
import {createRng, type Rng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';

describe('conformal intervals around point predictions', () => {
  it('by their definition', () => {
    closeTo(residualScores([1, 2], [1.5, 0]), [0.5, 2]);
    closeTo(residualScores([1, 2], [1.5, 0], {scale: [0.5, 4]}), [1, 0.5]);
    const {lower, upper} = residualIntervals([0, 10], 1.5, {scale: [1, 2]});
    closeTo([...lower, ...upper], [-1.5, 7, 1.5, 13]);
    expect(residualIntervals([0], Infinity).upper[0]).to.equal(Infinity);
    closeTo(residualIntervals([0, 0], [1, 2]).lower, [-1, -2]);
  });

  it('refuse what does not fit', () => {
    expect(() => residualScores([1], [1], {scale: [0]})).to.throw(DataError, /above 0 in scale, got 0/);
    expect(() => residualScores([1], [1, 2])).to.throw(ShapeError, /mean of length 2/);
    expect(() => residualIntervals([1], -1)).to.throw(DataError, /at least 0, got -1/);
    expect(() => residualIntervals([1], Number.NaN)).to.throw(DataError, /NaN/);
    expect(() => residualIntervals([1, 2], [1])).to.throw(ShapeError, /threshold of length 2/);
  });
});

describe('conformalized quantile regression', () => {
  const lower = [0, 0];
  const upper = [2, 4];
  const median = [0.5, 3];

  it('scores and intervals of every form', () => {
    closeTo(quantileScores(lower, upper, [-1, 5]), [1, 1]);
    closeTo(quantileScores(lower, upper, [0.5, 3]), [-0.5, -1]);
    closeTo(quantileScores(lower, upper, [-1, 5], {form: 'width'}), [0.5, 0.25]);
    closeTo(quantileScores(lower, upper, [-1, 5], {form: 'median', median}), [2, 1]);
    closeTo(quantileScores(lower, upper, [0.5, 3], {side: 'lower'}), [-0.5, -3]);
    closeTo(quantileScores(lower, upper, [0.5, 3], {side: 'upper'}), [-1.5, -1]);
    const ends = (...args: Parameters<typeof quantileIntervals>) => {
      const intervals = quantileIntervals(...args);
      return [...intervals.lower, ...intervals.upper];
    };
    closeTo(ends(lower, upper, 0.5), [-0.5, -0.5, 2.5, 4.5]);
    closeTo(ends(lower, upper, 0.5, {form: 'width'}), [-1, -2, 3, 6]);
    closeTo(ends(lower, upper, 0.5, {form: 'median', median}), [-0.25, -1.5, 2.75, 4.5]);
    closeTo(ends(lower, upper, {lower: 1, upper: -1}), [-1, -1, 1, 3]);
    closeTo(ends(lower, upper, -1.5), [1, 1.5, 1, 2.5]);
  });

  it('a target is in the interval of a threshold where its score is at most that', () => {
    const rng = createRng(1);
    const [l, u, m, y] = [
      rng.uniforms(200),
      rng.uniforms(200).map((v) => 2 + v),
      rng.uniforms(200).map((v) => 1.2 + v / 2),
      rng.normals(200).map((z) => 1.5 + z),
    ];
    for (const rule of [{form: 'shift'}, {form: 'width'}, {form: 'median', median: m}] as const) {
      const scores = quantileScores(l, u, y, rule);
      for (const threshold of [-0.1, 0, 0.3]) {
        const {lower: from, upper: to} = quantileIntervals(l, u, threshold, rule);
        const inside = y.map((value, i) => Number(value >= (from[i] ?? 0) && value <= (to[i] ?? 0)));
        expect(Array.from(inside)).to.deep.equal(Array.from(scores, (s) => Number(s <= threshold)));
      }
    }
  });

  it('covers as often as asked for, also from quantiles that are far too narrow', () => {
    const level = 0.8;
    const draws = 2000;
    const rng = createRng(4);
    for (const form of ['shift', 'width'] as const) {
      let covered = 0;
      for (let d = 0; d < draws; d++) {
        const x = rng.uniforms(25).map((v) => 0.2 + v);
        const y = rng.normals(25).map((z, i) => z * (x[i] ?? 0));
        const l = x.map((v) => -0.3 * v);
        const u = x.map((v) => 0.3 * v);
        const threshold = conformalQuantile(quantileScores(l.subarray(1), u.subarray(1), y.subarray(1), {form}), {
          level,
        });
        const {lower: from, upper: to} = quantileIntervals(l.subarray(0, 1), u.subarray(0, 1), threshold, {form});
        covered += predictionIntervalCoverage(from, to, y.subarray(0, 1));
      }
      expect(Math.abs(covered / draws - 20 / 25)).to.be.below(3 * Math.sqrt((0.8 * 0.2) / draws));
    }
  });

  it('refuses crossed quantiles and incomplete rules', () => {
    expect(() => quantileScores([1], [0], [0])).to.throw(DataError, /got quantiles 1 and 0 at index 0/);
    expect(() => quantileScores([1], [1], [0], {form: 'width'})).to.throw(DataError, /lower below upper/);
    expect(() => quantileScores([0], [1], [0], {form: 'median'})).to.throw(ConfigError, /form 'median' without it/);
    expect(() => quantileScores([0], [1], [0], {form: 'median', median: [1]})).to.throw(DataError, /medians inside/);
    expect(() => quantileIntervals([0], [1], 0, {form: 'x' as 'shift'})).to.throw(ConfigError, /got form 'x'/);
    expect(() => quantileScores([0], [1], [0], {side: 'left' as 'lower'})).to.throw(ConfigError, /side/);
    expect(() => quantileIntervals([0], [1], Number.NaN)).to.throw(DataError, /got NaN/);
  });
});

describe('jackknife+ and CV+', () => {
  it('by hand', () => {
    // Lower ends 0.8, 1.6, 2.4, 3.2; upper ends 1.2, 2.4, 3.6, 4.8; k = ceil(5 * 0.6) = 3.
    const {lower, upper} = jackknifePlus([0.2, -0.4, 0.6, -0.8], [[1, 2, 3, 4]], {level: 0.6});
    closeTo([...lower, ...upper], [1.6, 3.6]);
    const wide = jackknifePlus([1, 1], [[1, 2]], {level: 0.9});
    expect([wide.lower[0], wide.upper[0]]).to.deep.equal([-Infinity, Infinity]);
  });

  it('folds name the model of each residual', () => {
    const residuals = [0.1, 0.2, 0.3, 0.4, 0.5];
    const folds = [0, 1, 0, 1, 1];
    const byFold = jackknifePlus(
      residuals,
      [
        [1, 2],
        [5, 3],
      ],
      {level: 0.7, folds},
    );
    const spread = jackknifePlus(
      residuals,
      [
        [1, 2, 1, 2, 2],
        [5, 3, 5, 3, 3],
      ],
      {level: 0.7},
    );
    expect(byFold).to.deep.equal(spread);
  });

  /** Slope of least squares through the origin, leaving out one example (or none). */
  function slope(x: Float64Array, y: Float64Array, without: (i: number) => boolean): number {
    let xy = 0;
    let xx = 0;
    x.forEach((v, i) => {
      if (without(i)) return;
      xy += v * (y[i] ?? 0);
      xx += v * v;
    });
    return xy / xx;
  }

  function sample(rng: Rng, n: number) {
    const x = rng.normals(n);
    return {x, y: rng.normals(n).map((z, i) => 2 * (x[i] ?? 0) + z)};
  }

  it('cover about as often as asked for, refitting without each example or fold', () => {
    const draws = 1500;
    const rng = createRng(6);
    const covered = {jackknife: 0, folds: 0};
    const folds = Array.from({length: 12}, (_, i) => i % 3);
    for (let d = 0; d < draws; d++) {
      const {x, y} = sample(rng, 12);
      const fresh = sample(rng, 1);
      const at = fresh.x[0] ?? 0;
      const slopes = Array.from(x, (_, i) => slope(x, y, (j) => j === i));
      const residuals = y.map((value, i) => value - (slopes[i] ?? 0) * (x[i] ?? 0));
      const one = jackknifePlus(residuals, [slopes.map((s) => s * at)], {level: 0.8});
      covered.jackknife += predictionIntervalCoverage(one.lower, one.upper, fresh.y);
      const foldSlopes = [0, 1, 2].map((f) => slope(x, y, (j) => j % 3 === f));
      const foldResiduals = y.map((value, i) => value - (foldSlopes[i % 3] ?? 0) * (x[i] ?? 0));
      const many = jackknifePlus(foldResiduals, [foldSlopes.map((s) => s * at)], {level: 0.8, folds});
      covered.folds += predictionIntervalCoverage(many.lower, many.upper, fresh.y);
    }
    // k / (n + 1) = 11 / 13; guaranteed is 0.6.
    for (const share of [covered.jackknife / draws, covered.folds / draws]) expect(share).to.be.within(0.8, 0.9);
  });

  it('refuse columns and folds that do not fit', () => {
    expect(() => jackknifePlus([1, 2], [[1, 2, 3]])).to.throw(
      ConfigError,
      /one column of predictions per residual, 2, got 3/,
    );
    expect(() => jackknifePlus([1, 2], [[1]], {folds: [0, 1]})).to.throw(DataError, /folds from 0 to 0, got 1/);
    expect(() => jackknifePlus([1, 2], [[1]], {folds: [0]})).to.throw(ShapeError, /folds of length 2/);
    expect(() => jackknifePlus([1], [[Number.NaN]])).to.throw(DataError, /finite predictions/);
  });
});
