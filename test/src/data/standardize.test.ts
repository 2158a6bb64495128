import {expect} from 'chai';
import fc from 'fast-check';
import {fitStandardizer} from '../../../src/data/index.ts';
import {DataError, ShapeError} from '../../../src/errors.ts';
import {closeTo} from '../../support/close.ts';

describe('fitStandardizer', () => {
  it('measures mean and standard deviation of each column', () => {
    const {mean, standardDeviation, transform} = fitStandardizer([1, 10, 2, 20, 3, 60], 2);
    closeTo(mean, [2, 30]);
    closeTo(standardDeviation, [Math.sqrt(2 / 3), Math.sqrt(1400 / 3)]);
    closeTo(transform([3, 30]), [Math.sqrt(1.5), 0], {rtol: 1e-7, atol: 1e-7});
  });

  it('makes constant columns zero, also where their mean is rounded', () => {
    for (const constant of [0, 0.1, 1e9 + 0.3, -7e-8]) {
      const {standardDeviation, transform} = fitStandardizer(new Array<number>(7).fill(constant));
      expect(standardDeviation[0]).to.equal(1);
      closeTo(transform([constant]), [0], {atol: 1e-6});
    }
  });

  it('keeps columns that vary little around a large mean', () => {
    closeTo(fitStandardizer([1e6, 1e6 + 1e-3]).standardDeviation, [5e-4], {rtol: 1e-6});
  });

  it('undoes transform with inverse', () => {
    const numbers = fc.array(fc.float({min: -100, max: 100, noNaN: true}), {minLength: 2, maxLength: 40});
    fc.assert(
      fc.property(numbers, (x) => {
        const {transform, inverse} = fitStandardizer(x);
        closeTo(inverse(transform(x)), x, {rtol: 1e-5, atol: 1e-4});
      }),
      {seed: 2},
    );
  });

  it('refuses empty input, a wrong width and numbers that are not finite', () => {
    expect(() => fitStandardizer([], 2)).to.throw(ShapeError, /rows of 2 numbers, got 0/);
    expect(() => fitStandardizer([1, 2, 3], 2)).to.throw(ShapeError, /rows of 2/);
    expect(() => fitStandardizer([1, 2, 3, Number.NaN], 2)).to.throw(DataError, /got NaN in row 1, column 1/);
    expect(() => fitStandardizer([1, 2], 2).transform([1, 2, 3])).to.throw(ShapeError, /transform/);
  });
});
