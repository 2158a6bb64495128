import {expect} from 'chai';
import {DataError, ShapeError} from '../../../src/errors.ts';
import {corruptionMeans} from '../../../src/metrics/index.ts';
import {closeTo} from '../../support/close.ts';

const values = {blur: [0.1, 0.3, 0.5], noise: [0.2, 0.6], fog: [0.1]};
const reference = {blur: [0.2, 0.4, 0.6], noise: [0.5, 0.5], fog: [0.4]};

describe('corruptionMeans', () => {
  it('averages over severities first, then over corruptions', () => {
    const result = corruptionMeans(values, {clean: 0.05});
    closeTo(Object.values(result.perCorruption), [0.3, 0.4, 0.1]);
    expect(Object.keys(result.perCorruption)).to.deep.equal(['blur', 'noise', 'fog']);
    closeTo(result.mean, 0.8 / 3);
    closeTo(result.increase ?? -1, 0.8 / 3 - 0.05);
    closeTo(result.perSeverity, [0.4 / 3]);
    expect(result.largest.corruption).to.equal('noise');
    closeTo(result.largest.mean, 0.4);
    expect(result.relativeToReference).to.equal(undefined);
    expect(result.relativeIncrease).to.equal(undefined);
  });

  it('compares with a reference model by ratios of sums', () => {
    const result = corruptionMeans(values, {reference, clean: 0.05, referenceClean: 0.1});
    closeTo(result.relativeToReference ?? -1, (0.9 / 1.2 + 0.8 / 1 + 0.1 / 0.4) / 3);
    closeTo(result.relativeIncrease ?? -1, (0.75 / 0.9 + 0.7 / 0.8 + 0.05 / 0.3) / 3);
    closeTo(corruptionMeans(reference, {reference}).relativeToReference ?? -1, 1);
  });

  it('refuses what it cannot average or compare', () => {
    expect(() => corruptionMeans({})).to.throw(DataError, /at least one corruption/);
    expect(() => corruptionMeans({blur: [Number.NaN]})).to.throw(DataError, /values.blur, got NaN/);
    expect(() => corruptionMeans({blur: []})).to.throw(DataError, /values.blur/);
    expect(() => corruptionMeans(values, {clean: Infinity})).to.throw(DataError, /clean/);
    expect(() => corruptionMeans(values, {reference: {blur: [1]}})).to.throw(
      ShapeError,
      /3 severities of 'blur'.*got 1/,
    );
    expect(() => corruptionMeans({fog: [1]}, {reference: {}})).to.throw(ShapeError, /'fog'.*none/);
    expect(() => corruptionMeans({fog: [1]}, {reference: {fog: [0]}})).to.throw(DataError, /sum of 0/);
  });
});
