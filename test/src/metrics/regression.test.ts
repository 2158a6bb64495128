import {expect} from 'chai';
import fc from 'fast-check';
import {ConfigError, DataError, ShapeError} from '../../../src/errors.ts';
import {
  crpsGaussian,
  gaussianNegativeLogLikelihood,
  intervalCoverage,
  intervalWidth,
  rootMeanSquaredError,
} from '../../../src/metrics/index.ts';
import {normalCdf} from '../../../src/special/index.ts';
import {closeTo} from '../../support/close.ts';
import {R8, U3} from './fixtures.ts';

const atol = 5e-8;

describe('golden values of regression metrics', () => {
  it('RMSE', () => {
    closeTo(rootMeanSquaredError(R8.mean, R8.targets), 0.5024938, {atol});
    expect(rootMeanSquaredError([1, 2], [1, 2])).to.equal(0);
  });

  it('Gaussian negative log-likelihood, as a mean', () => {
    closeTo(gaussianNegativeLogLikelihood(R8.mean, R8.std, R8.targets), 0.5385262, {atol});
    closeTo(gaussianNegativeLogLikelihood(U3.mean, U3.std, U3.targets), 4.920361108686675);
    closeTo(gaussianNegativeLogLikelihood([3], [2], [3]), 0.5 * Math.log(2 * Math.PI * 4));
  });

  it('CRPS', () => {
    const narrow = {atol: 5e-11, rtol: 0};
    closeTo(crpsGaussian([0], [1], [0]), 0.2336949773, narrow);
    closeTo(crpsGaussian([0], [1], [1]), 0.6024413576, narrow);
    closeTo(crpsGaussian([1], [2], [0.5]), 0.5169996258, narrow);
    closeTo(crpsGaussian(R8.mean, R8.std, R8.targets), 0.2678945, {atol});
    closeTo(crpsGaussian(U3.mean, U3.std, U3.targets), 0.59080610693, {atol: 1e-11});
  });

  it('coverage and width', () => {
    const levels = [0.5, 0.9, 0.95];
    closeTo(
      levels.map((level) => intervalCoverage(U3.mean, U3.std, U3.targets, {level})),
      [0, 1 / 3, 1 / 3],
    );
    closeTo(
      levels.map((level) => intervalWidth(U3.std, {level})),
      [0.7194557, 1.7545105, 2.0906283],
      {atol},
    );
    expect(intervalCoverage(U3.mean, U3.std, U3.targets)).to.equal(1 / 3);
    closeTo(intervalWidth(U3.std), 2.0906283, {atol});
  });

  it('coverage agrees with the probability integral transform of R8', () => {
    const pit = R8.targets.map((y, i) => normalCdf((y - (R8.mean[i] ?? 0)) / (R8.std[i] ?? 1)));
    closeTo(pit, [0.691462, 0.252493, 0.945201, 0.274253, 0.773373, 0.066807, 0.869705, 0.443202], {atol: 5e-7});
    for (const level of [0.1, 0.3, 0.5, 0.6, 0.8, 0.9]) {
      const inside = pit.filter((p) => Math.abs(p - 0.5) <= level / 2).length / pit.length;
      expect(intervalCoverage(R8.mean, R8.std, R8.targets, {level})).to.equal(inside);
    }
  });
});

describe('properties of regression metrics', () => {
  const seeded = {seed: 13, numRuns: 200};
  const value = fc.double({min: -5, max: 5, noNaN: true});
  const rows = fc.array(fc.tuple(value, fc.double({min: 0.1, max: 3, noNaN: true}), value), {
    minLength: 1,
    maxLength: 30,
  });
  const split = (list: Array<[number, number, number]>) =>
    [list.map(([m]) => m), list.map(([, s]) => s), list.map(([, , y]) => y)] as const;

  it('order does not matter, signs do not matter, scale is carried through', () => {
    fc.assert(
      fc.property(rows, (list) => {
        const [m, s, y] = split(list);
        const crps = crpsGaussian(m, s, y);
        expect(crps).to.be.greaterThan(0);
        closeTo(crpsGaussian(...split([...list].reverse())), crps, {rtol: 1e-13});
        const negate = (v: number) => -v;
        closeTo(crpsGaussian(m.map(negate), s, y.map(negate)), crps, {rtol: 1e-13});
        const triple = (v: number) => 3 * v;
        closeTo(crpsGaussian(m.map(triple), s.map(triple), y.map(triple)), 3 * crps, {rtol: 1e-12});
        closeTo(
          gaussianNegativeLogLikelihood(m.map(triple), s.map(triple), y.map(triple)),
          gaussianNegativeLogLikelihood(m, s, y) + Math.log(3),
          {rtol: 1e-12, atol: 1e-12},
        );
        expect(intervalCoverage(m, s, y, {level: 0.9})).to.be.within(intervalCoverage(m, s, y, {level: 0.5}), 1);
      }),
      seeded,
    );
  });

  it('CRPS tends to the absolute error as the prediction sharpens', () => {
    closeTo(crpsGaussian([1], [1e-9], [3]), 2, {rtol: 1e-8});
  });

  it('CRPS is the integral of the squared difference of the distribution functions', () => {
    const [m, s, y] = [0.4, 0.7, 1.1];
    let sum = 0;
    const step = 1e-3;
    for (let x = -8 + step / 2; x < 10; x += step) {
      sum += (normalCdf((x - m) / s) - (x >= y ? 1 : 0)) ** 2 * step;
    }
    closeTo(crpsGaussian([m], [s], [y]), sum, {rtol: 1e-6});
  });
});

describe('what regression metrics refuse', () => {
  const scored = {gaussianNegativeLogLikelihood, crpsGaussian, intervalCoverage};
  for (const [name, metric] of Object.entries(scored)) {
    it(name, () => {
      expect(() => metric([1], [0], [1])).to.throw(
        DataError,
        new RegExp(`^${name}: .*above 0 in std, got 0 at index 0`),
      );
      expect(() => metric([1], [-1], [1])).to.throw(DataError, /got -1/);
      expect(() => metric([Number.NaN], [1], [1])).to.throw(DataError, /finite numbers in mean, got NaN/);
      expect(() => metric([1], [Infinity], [1])).to.throw(DataError, /finite numbers in std/);
      expect(() => metric([1], [1], [Number.NaN])).to.throw(DataError, /finite numbers in targets/);
      expect(() => metric([1, 2], [1], [1, 2])).to.throw(ShapeError, /std of length 2/);
      expect(() => metric([1, 2], [1, 1], [1])).to.throw(ShapeError, /targets of length 2/);
      expect(() => metric([], [], [])).to.throw(DataError, /at least one/);
    });
  }

  it('levels outside (0, 1), and lengths', () => {
    expect(() => intervalWidth([1], {level: 95})).to.throw(ConfigError, /got 95/);
    expect(() => intervalCoverage([1], [1], [1], {level: 0})).to.throw(ConfigError, /level/);
    expect(() => intervalWidth([0])).to.throw(DataError, /intervalWidth/);
    expect(() => rootMeanSquaredError([1, 2], [1])).to.throw(ShapeError, /targets/);
    expect(() => rootMeanSquaredError([1, Number.NaN], [1, 2])).to.throw(DataError, /predictions/);
  });
});
