import {expect} from 'chai';
import {binomialQuantile} from '../../../src/special/index.ts';

/** By adding up the masses. */
function summed(n: number, p: number, level: number): number {
  let mass = (1 - p) ** n;
  let below = mass;
  let k = 0;
  while (below < level && k < n) {
    mass *= ((n - k) / (k + 1)) * (p / (1 - p));
    below += mass;
    k++;
  }
  return k;
}

describe('binomialQuantile', () => {
  it('is the smallest count whose distribution function reaches the level', () => {
    for (const n of [1, 2, 7, 40, 60]) {
      for (const p of [0.01, 0.3, 0.5, 0.97]) {
        for (const level of [0.025, 0.5, 0.975]) expect(binomialQuantile(n, p, level)).to.equal(summed(n, p, level));
      }
    }
  });

  it('knows events that never or always happen', () => {
    expect(binomialQuantile(9, 0, 0.975)).to.equal(0);
    expect(binomialQuantile(9, 1, 0.025)).to.equal(9);
  });
});
