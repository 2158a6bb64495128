import {expect} from 'chai';
import {ConfigError, DataError, ShapeError} from '../../../src/errors.ts';
import {
  coverageGap,
  setCoverage,
  setSize,
  sizeStratifiedCoverage,
  worstSlabCoverage,
} from '../../../src/metrics/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';

const sets = [
  [1, 0, 0],
  [1, 1, 0],
  [0, 1, 1],
  [0, 0, 0],
  [1, 1, 1],
];
const labels = [0, 2, 1, 1, 2];

describe('metrics of prediction sets', () => {
  it('coverage and size', () => {
    closeTo(setCoverage(sets, labels), 3 / 5);
    closeTo(setSize(sets), 8 / 5);
    const flat = {data: Uint8Array.from(sets.flat()), shape: [5, 3] as [number, number]};
    closeTo(setCoverage(flat, labels), 3 / 5);
  });

  it('coverage gap over the classes that occur', () => {
    // Class 0: 1 of 1, class 1: 1 of 2, class 2: 1 of 2.
    closeTo(coverageGap(sets, labels, {level: 0.8}), (0.2 + 0.3 + 0.3) / 3);
    closeTo(coverageGap([[1, 0, 0]], [0], {level: 0.8}), 0.2);
  });

  it('size-stratified coverage', () => {
    const {strata, violation} = sizeStratifiedCoverage(sets, labels, {level: 0.8});
    expect(strata.slice(0, 3)).to.deep.equal([
      {from: 0, to: 1, count: 2, coverage: 0.5},
      {from: 2, to: 3, count: 3, coverage: 2 / 3},
      {from: 4, to: 10, count: 0, coverage: Number.NaN},
    ]);
    closeTo(violation, 0.3);
    const own = sizeStratifiedCoverage(sets, labels, {
      strata: [
        [0, 2],
        [3, 3],
      ],
    });
    expect(own.strata.map(({coverage}) => coverage)).to.deep.equal([0.5, 1]);
  });

  it('refuse what is no set', () => {
    expect(() => setCoverage([[0.5, 0.5]], [0])).to.throw(DataError, /^setCoverage: .*got 0.5 in row 0, column 0/);
    expect(() => setSize([[2]])).to.throw(DataError, /0 and 1 in sets/);
    expect(() => setCoverage(sets, [0])).to.throw(ShapeError, /labels of length 5/);
    expect(() => coverageGap(sets, labels, {level: 1})).to.throw(ConfigError, /between 0 and 1/);
    expect(() => sizeStratifiedCoverage(sets, labels, {strata: [[0, 1]]})).to.throw(
      DataError,
      /within the strata, got 2/,
    );
  });
});

describe('worst-slab coverage', () => {
  /** The lowest rate of any run of at least `needed` consecutive flags. */
  function bruteForce(flags: number[], needed: number): number {
    let worst = Infinity;
    for (let a = 0; a < flags.length; a++) {
      for (let b = a + needed; b <= flags.length; b++) {
        worst = Math.min(worst, flags.slice(a, b).reduce((sum, v) => sum + v, 0) / (b - a));
      }
    }
    return worst;
  }

  it('is the exact minimum along one direction', () => {
    for (let seed = 0; seed < 30; seed++) {
      const covered = Array.from(createRng(seed).uniforms(40), (u) => Number(u < 0.7));
      const x = covered.map((_, i) => [i]);
      for (const share of [0.1, 0.25, 1]) {
        const options = {rng: createRng(1), share, directions: 1, holdOut: 0};
        closeTo(worstSlabCoverage(x, covered, options), bruteForce(covered, 40 * share));
      }
    }
  });

  it('examples at one place belong together', () => {
    const options = {rng: createRng(1), share: 0.25, directions: 1, holdOut: 0};
    closeTo(worstSlabCoverage([[0], [0], [1], [1]], [0, 1, 1, 1], options), 0.5);
  });

  it('finds the region that is not covered, unbiased by a split', () => {
    const rng = createRng(7);
    const n = 4000;
    const data = rng.normals(2 * n);
    const x = {data, shape: [n, 2] as [number, number]};
    const fair = Uint8Array.from(rng.uniforms(n), (u) => Number(u < 0.9));
    const unfair = fair.map((hit, i) => ((data[2 * i] ?? 0) + (data[2 * i + 1] ?? 0) > 1.8 ? 0 : hit));
    const options = {directions: 60};
    expect(worstSlabCoverage(x, unfair, {rng: createRng(1), ...options})).to.be.below(0.35);
    const unbiased = worstSlabCoverage(x, fair, {rng: createRng(1), ...options});
    expect(unbiased).to.be.within(0.8, 0.97);
    expect(worstSlabCoverage(x, fair, {rng: createRng(1), ...options, holdOut: 0})).to.be.below(0.87);
  });

  it('refuses options out of range', () => {
    const rng = createRng(1);
    expect(() => worstSlabCoverage([[1]], [1], {rng, share: 0})).to.throw(ConfigError, /share above 0/);
    expect(() => worstSlabCoverage([[1]], [1], {rng, directions: 0})).to.throw(ConfigError, /directions, got 0/);
    expect(() => worstSlabCoverage([[1]], [1], {rng})).to.throw(DataError, /two examples to split/);
    expect(() => worstSlabCoverage([[1]], [1, 0], {rng})).to.throw(ShapeError, /covered of length 1/);
  });
});
