import {expect} from 'chai';
import fc from 'fast-check';
import {DataError} from '../../../src/errors.ts';
import {meanAccumulator, meanInterval} from '../../../src/metrics/index.ts';
import {closeTo} from '../../support/close.ts';

describe('meanAccumulator', () => {
  it('is meanInterval of all numbers at once, in batches, merged and weighted', () => {
    const batches = fc.array(fc.array(fc.double({min: -1e3, max: 1e3, noNaN: true}), {minLength: 1, maxLength: 9}), {
      minLength: 2,
      maxLength: 6,
    });
    fc.assert(
      fc.property(batches, (groups) => {
        const [whole, other] = [meanAccumulator(), meanAccumulator()];
        groups.forEach((group, g) => {
          (g % 2 === 0 ? whole : other).update(group);
        });
        whole.merge(structuredClone(other.state()));
        const all = groups.flat();
        const expected = meanInterval(all);
        const actual = whole.result();
        closeTo([actual.estimate, actual.low, actual.high], [expected.estimate, expected.low, expected.high], {
          rtol: 1e-9,
          atol: 1e-9,
        });
        const weights = all.map((_, i) => (i % 3) + 1);
        const weighted = meanAccumulator();
        weighted.update(all, {weights});
        const twice = meanInterval(all.flatMap((v, i) => Array.from({length: weights[i] ?? 0}, () => v)));
        closeTo(weighted.result().standardError, twice.standardError, {rtol: 1e-9, atol: 1e-9});
      }),
      {seed: 51, numRuns: 100},
    );
  });

  it('keeps its digits far from zero, and refuses what is no state', () => {
    const mean = meanAccumulator();
    for (let b = 0; b < 100; b++) mean.update([1e9 + 1, 1e9 - 1]);
    closeTo(mean.result().standardError, Math.sqrt(200 / 199 / 200), {rtol: 1e-9});
    expect(() => meanAccumulator().result()).to.throw(DataError, /more than one/);
    expect(() => mean.merge({weight: -1, mean: 0, squares: 0})).to.throw(DataError, /got -1/);
    mean.update([5], {weights: [0]});
    expect(mean.state().weight).to.equal(200);
  });
});
