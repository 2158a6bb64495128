import {readFileSync} from 'node:fs';
import {expect} from 'chai';
import {gammaP, gammaQ} from '../../../src/special/index.ts';
import {closeTo} from '../../support/close.ts';

const path = new URL('fixtures/incomplete-gamma.json', import.meta.url);
const rows: Array<[a: number, x: number, lower: number, upper: number]> = JSON.parse(readFileSync(path, 'utf8'));

describe('incomplete gamma functions', () => {
  it('agree with 400-digit values in both tails, shapes 0.001 to 100,000', () => {
    expect(rows.length).to.be.greaterThan(80);
    for (const [a, x, lower, upper] of rows) {
      // A tail below 1e-2 must be right by itself, not as 1 minus the other.
      closeTo(gammaP(a, x), lower, {rtol: 2e-12});
      if (x >= a + 1) closeTo(gammaQ(a, x), upper, {rtol: 2e-12});
      else closeTo(gammaQ(a, x), upper, {rtol: 1e-12, atol: 1e-15});
    }
  });

  it('at the ends and outside the domain', () => {
    expect([gammaP(2, 0), gammaQ(2, 0), gammaP(2, Infinity), gammaQ(2, Infinity)]).to.deep.equal([0, 1, 1, 0]);
    expect([gammaP(0, 1), gammaP(1, -1), gammaQ(-1, 1), gammaQ(1, Number.NaN)]).to.deep.equal(
      Array(4).fill(Number.NaN),
    );
  });

  it('of shape 1 are those of the exponential distribution', () => {
    closeTo(gammaQ(1, 700), Math.exp(-700), {rtol: 1e-12});
    closeTo(gammaP(1, 1e-8), -Math.expm1(-1e-8), {rtol: 1e-14});
  });
});
