import {readFileSync} from 'node:fs';
import {expect} from 'chai';
import fc from 'fast-check';
import {
  applyIsotonic,
  applyIsotonicOneVsRest,
  fitIsotonic,
  fitIsotonicOneVsRest,
  fitPitRecalibration,
  fitVarianceScaling,
  recalibratedLevels,
  vennAbers,
} from '../../../src/calibration/index.ts';
import {ConfigError, DataError, ShapeError} from '../../../src/errors.ts';
import {
  calibrationError,
  gaussianPit,
  intervalCalibrationCurve,
  levelCalibrationError,
  miscalibrationArea,
  quantileCalibrationCurve,
} from '../../../src/metrics/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';

const path = new URL('fixtures/recalibration.json', import.meta.url);
const fixture = JSON.parse(readFileSync(path, 'utf8'));
const {probs, labels} = fixture.binary;

describe('isotonic regression', () => {
  it('agrees with scikit-learn, with ties and weights', () => {
    const {grid, weights, plain, weighted} = fixture.isotonic;
    closeTo(applyIsotonic(grid, fitIsotonic(probs, labels)), plain, {rtol: 1e-12, atol: 1e-14});
    closeTo(applyIsotonic(grid, fitIsotonic(probs, labels, {weights})), weighted, {rtol: 1e-12, atol: 1e-14});
  });

  const sample = fc.array(fc.tuple(fc.integer({min: 0, max: 8}), fc.integer({min: -4, max: 4})), {
    minLength: 1,
    maxLength: 20,
  });
  const seeded = {seed: 5, numRuns: 200};

  it('is non-decreasing, keeps the mean, and no other non-decreasing map is nearer', () => {
    fc.assert(
      fc.property(sample, fc.integer({min: 0, max: 1e6}), (rows, seed) => {
        const x = rows.map(([v]) => v);
        const y = rows.map(([, v]) => v);
        const fitted = applyIsotonic(x, fitIsotonic(x, y));
        const order = x.map((_, i) => i).sort((i, j) => (x[i] ?? 0) - (x[j] ?? 0));
        order.slice(1).forEach((i, j) => {
          expect(fitted[i]).to.be.at.least(fitted[order[j] ?? 0] ?? 0);
        });
        closeTo(
          fitted.reduce((sum, v) => sum + v, 0),
          y.reduce((sum, v) => sum + v, 0),
          {atol: 1e-9},
        );
        const error = (values: ArrayLike<number>) => y.reduce((sum, v, i) => sum + (v - (values[i] ?? 0)) ** 2, 0);
        // Another non-decreasing map: the fit plus a rising step.
        const [step = 0, size = 0] = createRng(seed).uniforms(2);
        const other = fitted.map((v, i) => v + ((x[i] ?? 0) > 9 * step ? size : 0) - size / 2);
        expect(error(other)).to.be.at.least(error(fitted) - 1e-9);
      }),
      seeded,
    );
  });

  it('does not depend on order; weight 2 is a duplicated row; weight 0 a missing one', () => {
    fc.assert(
      fc.property(sample, (rows) => {
        const x = rows.map(([v]) => v);
        const y = rows.map(([, v]) => v);
        const at = [0, 1.5, 4, 8];
        const map = fitIsotonic([...x, ...x], [...y, ...y]);
        closeTo(applyIsotonic(at, fitIsotonic(x.toReversed(), y.toReversed())), applyIsotonic(at, map), {atol: 1e-12});
        const weights = [...x.map(() => 2), 0];
        closeTo(applyIsotonic(at, fitIsotonic([...x, 3], [...y, 99], {weights})), applyIsotonic(at, map), {
          atol: 1e-12,
        });
      }),
      seeded,
    );
  });

  it('one against rest: each class by its map, rows sum to one', () => {
    const rows = [
      [0.7, 0.2, 0.1],
      [0.2, 0.5, 0.3],
      [0.1, 0.3, 0.6],
      [0.5, 0.4, 0.1],
      [0.3, 0.3, 0.4],
    ];
    const target = [0, 1, 2, 1, 0];
    const maps = fitIsotonicOneVsRest(rows, target);
    const {data, shape} = applyIsotonicOneVsRest(rows, maps);
    expect(shape).to.deep.equal([5, 3]);
    rows.forEach((row, i) => {
      const mapped = maps.map((map, k) => applyIsotonic([row[k] ?? 0], map)[0] ?? 0);
      const sum = mapped.reduce((total, p) => total + p, 0);
      closeTo(
        data.subarray(3 * i, 3 * i + 3),
        mapped.map((p) => p / sum),
      );
    });
    const zero = {x: [0, 1], y: [0, 0]};
    closeTo(applyIsotonicOneVsRest([[0.6, 0.4]], [zero, zero]).data, [0.5, 0.5]);
  });

  it('calibrates an overconfident classifier on new data', () => {
    const rng = createRng(2);
    const draw = (n: number) => {
      const q = rng.uniforms(n);
      const y = rng.uniforms(n).map((u, i) => Number(u < 0.25 + 0.5 * (q[i] ?? 0)));
      return {rows: Array.from(q, (p) => [1 - p, p]), y};
    };
    const fit = draw(4000);
    const test = draw(4000);
    const maps = fitIsotonicOneVsRest(fit.rows, fit.y);
    const before = calibrationError(test.rows, test.y);
    const after = calibrationError(applyIsotonicOneVsRest(test.rows, maps), test.y);
    expect(before).to.be.above(0.1);
    expect(after).to.be.below(0.03);
  });

  it('refuses what does not fit', () => {
    expect(() => fitIsotonic([1, 2], [1])).to.throw(ShapeError, /y of length 2/);
    expect(() => fitIsotonic([1], [1], {weights: [0]})).to.throw(DataError, /weights of at least 0/);
    expect(() => applyIsotonicOneVsRest([[0.5, 0.5]], [{x: [0], y: [1]}])).to.throw(ShapeError, /expected 1 columns/);
    expect(() => applyIsotonic([Number.NaN], {x: [0], y: [1]})).to.throw(DataError, /got NaN/);
  });
});

describe('Venn-Abers prediction', () => {
  it('agrees with isotonic regressions refitted by scikit-learn', () => {
    const {test, lower, upper} = fixture.vennAbers;
    const prediction = vennAbers(probs, labels, test);
    closeTo(prediction.lower, lower, {rtol: 1e-12, atol: 1e-14});
    closeTo(prediction.upper, upper, {rtol: 1e-12, atol: 1e-14});
    closeTo(
      prediction.probs,
      upper.map((high: number, i: number) => high / (1 - lower[i] + high)),
    );
  });

  it('the lower end is at most the upper, both narrow with more data', () => {
    const rng = createRng(1);
    const width = (n: number) => {
      const s = rng.uniforms(n);
      const y = rng.uniforms(n).map((u, i) => Number(u < (s[i] ?? 0)));
      const {lower, upper} = vennAbers(s, y, [0.2, 0.5, 0.8]);
      return upper.reduce((sum, high, i) => {
        expect(high).to.be.at.least(lower[i] ?? 0);
        return sum + high - (lower[i] ?? 0);
      }, 0);
    };
    expect(width(2000)).to.be.below(0.5 * width(40));
  });

  it('refuses other labels', () => {
    expect(() => vennAbers([0.5], [0.5], [0.5])).to.throw(DataError, /^vennAbers: expected 0 and 1/);
  });
});

describe('recalibration of a regression', () => {
  // The example of uncertainty-toolbox: errors of 1/2 everywhere, standard deviations from 0.05 to 5.
  const n = 5000;
  const mean = Float64Array.from({length: n}, (_, i) => i / n);
  const std = Float64Array.from({length: n}, (_, i) => (50 + i) / 1000);
  const targets = mean.map((m) => m + 0.5);
  const pit = gaussianPit(mean, std, targets);

  it('the errors before are those of uncertainty-toolbox, to the 1e-2 that its tests ask for, those after no larger', () => {
    const before = intervalCalibrationCurve(pit);
    closeTo(levelCalibrationError(before), 0.24206, {atol: 1e-2});
    closeTo(levelCalibrationError(before, {norm: 'root-mean-square'}), 0.28741, {atol: 1e-2});
    closeTo(miscalibrationArea(before), 0.24426, {atol: 1e-2});
    // The same, written out in NumPy.
    closeTo(levelCalibrationError(before), 0.24615860606060605, {rtol: 1e-12});
    closeTo(levelCalibrationError(before, {norm: 'root-mean-square'}), 0.29145026982398103, {rtol: 1e-12});
    const after = quantileCalibrationCurve(applyIsotonic(pit, fitPitRecalibration(pit)));
    expect(levelCalibrationError(after)).to.be.below(0.00304);
    expect(levelCalibrationError(after, {norm: 'root-mean-square'})).to.be.below(0.00398);
    expect(miscalibrationArea(after)).to.be.below(0.00296);
  });

  it('the levels to ask for are the inverse', () => {
    const map = fitPitRecalibration([0.1, 0.2, 0.2, 0.4]);
    closeTo(recalibratedLevels([0, 0.25, 0.75, 1], map), [0, 0.1, 0.2, 0.4]);
    const levels = [0.05, 0.3, 0.6, 0.95];
    const many = fitPitRecalibration(
      createRng(1)
        .uniforms(50)
        .map((u) => u * u),
    );
    closeTo(applyIsotonic(recalibratedLevels(levels, many), many), levels, {rtol: 1e-10});
    expect(fitPitRecalibration([0, 1]).x).to.deep.equal([0, 1]);
    expect(fitPitRecalibration([0, 1]).y).to.deep.equal([0.5, 1]);
  });

  it('recalibrates new data of the same kind', () => {
    const rng = createRng(6);
    const biased = (count: number) =>
      gaussianPit(new Float64Array(count).fill(0.4), new Float64Array(count).fill(2), rng.normals(count));
    const map = fitPitRecalibration(biased(3000));
    const fresh = biased(3000);
    expect(levelCalibrationError(quantileCalibrationCurve(fresh))).to.be.above(0.1);
    expect(levelCalibrationError(quantileCalibrationCurve(applyIsotonic(fresh, map)))).to.be.below(0.02);
  });

  it('one factor of all standard deviations', () => {
    closeTo(fitVarianceScaling([0, 0], [1, 2], [1, -6]), Math.sqrt(5));
    for (const [criterion, expected] of [
      ['mean-absolute', 0.33216],
      ['root-mean-square', 0.34901],
    ] as const) {
      const factor = fitVarianceScaling(mean, std, targets, {criterion});
      closeTo(factor, expected, {atol: 1e-2});
      const error = (by: number) => {
        const scaled = gaussianPit(
          mean,
          std.map((s) => by * s),
          targets,
        );
        return levelCalibrationError(intervalCalibrationCurve(scaled), {norm: criterion});
      };
      for (const other of [expected, 0.97 * factor, 0.999 * factor, 1.001 * factor, 1.03 * factor]) {
        expect(error(factor)).to.be.at.most(error(other));
      }
    }
  });

  it('finds the factor that was taken away', () => {
    const rng = createRng(12);
    const scale = rng.uniforms(20000).map((u) => 0.5 + u);
    const y = rng.normals(20000).map((z, i) => 3 * z * (scale[i] ?? 0));
    for (const criterion of ['likelihood', 'mean-absolute', 'root-mean-square'] as const) {
      const factor = fitVarianceScaling(new Float64Array(20000), scale, y, {criterion});
      closeTo(factor, 3, {rtol: 0.02});
    }
  });

  it('refuses what does not fit', () => {
    expect(() => fitPitRecalibration([2])).to.throw(DataError, /from 0 to 1 in pit, got 2/);
    expect(() => recalibratedLevels([-1], {x: [0, 1], y: [0, 1]})).to.throw(DataError, /in levels/);
    expect(() => fitVarianceScaling([1], [1], [1])).to.throw(DataError, /targets that differ/);
    expect(() => fitVarianceScaling([1], [0], [2])).to.throw(DataError, /above 0 in std/);
    const criterion = 'nll' as 'likelihood';
    expect(() => fitVarianceScaling([1], [1], [2], {criterion})).to.throw(ConfigError, /got 'nll'/);
  });
});
