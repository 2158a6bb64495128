import {expect} from 'chai';
import type {ConformityRule} from '../../../src/calibration/index.ts';
import {
  classConformalQuantiles,
  conformalQuantile,
  conformalSets,
  conformityScores,
  setMembers,
} from '../../../src/calibration/index.ts';
import {ConfigError, DataError, ShapeError} from '../../../src/errors.ts';
import {coverageGap, setCoverage, setSize} from '../../../src/metrics/index.ts';
import {createRng, type Rng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';

const row = [0.1, 0.5, 0.25, 0.15];
const all = (rule: ConformityRule) => Array.from(conformityScores([row, row, row, row], [0, 1, 2, 3], rule));

/** A stream whose uniform numbers are all the same. */
function constant(u: number): Rng {
  return {...createRng(1), uniforms: (n) => new Float64Array(n).fill(u)};
}

/** Probabilities that are true: labels are drawn from them. */
function truthful(n: number, classes: number, seed: number) {
  const rng = createRng(seed);
  const data = rng.normals(n * classes).map((z) => Math.exp(1.5 * z));
  const labels = new Int32Array(n);
  const u = rng.uniforms(n);
  for (let i = 0; i < n; i++) {
    const probs = data.subarray(i * classes, (i + 1) * classes);
    const sum = probs.reduce((total, p) => total + p, 0);
    for (let k = 0; k < classes; k++) probs[k] = (probs[k] ?? 0) / sum;
    let left = u[i] ?? 0;
    while ((left -= probs[labels[i] ?? 0] ?? 1) > 0) labels[i] = (labels[i] ?? 0) + 1;
  }
  return {probs: {data, shape: [n, classes] as [number, number]}, labels};
}

describe('nonconformity scores', () => {
  it('by their definitions', () => {
    closeTo(all({}), [0.9, 0.5, 0.75, 0.85]);
    closeTo(all({score: 'margin'}), [0.4, -0.25, 0.25, 0.35]);
    closeTo(all({score: 'aps'}), [1, 0.5, 0.75, 0.9]);
    closeTo(all({score: 'aps', rng: constant(0.4)}), [0.94, 0.2, 0.6, 0.81]);
    closeTo(all({score: 'raps', penalty: 0.1, freeRanks: 2}), [1.2, 0.5, 0.75, 1]);
    closeTo(all({score: 'saps', penalty: 0.2}), [1.1, 0.5, 0.7, 0.9]);
    closeTo(all({score: 'saps', penalty: 0.2, rng: constant(0.5)}), [1, 0.25, 0.6, 0.8]);
  });

  it('the first of equal classes ranks first; equal margins are 0', () => {
    closeTo(
      conformityScores(
        [
          [0.5, 0.5],
          [0.5, 0.5],
        ],
        [0, 1],
        {score: 'aps'},
      ),
      [0.5, 1],
    );
    closeTo(conformityScores([[0.5, 0.5]], [1], {score: 'margin'}), [0]);
    closeTo(conformityScores([[1]], [0], {score: 'margin'}), [-1]);
  });

  it('uniform numbers are drawn in order, the same for the same seed', () => {
    const rule = (seed: number) => ({score: 'aps', rng: createRng(seed)}) as const;
    expect(conformityScores([row, row], [1, 1], rule(1))).to.deep.equal(conformityScores([row, row], [1, 1], rule(1)));
    expect(conformityScores([row, row], [1, 1], rule(1))).not.to.deep.equal(
      conformityScores([row, row], [1, 1], rule(2)),
    );
    const u = createRng(1).uniforms(2);
    closeTo(
      conformityScores([row, row], [1, 1], rule(1)),
      u.map((v) => 0.5 * v),
    );
  });
});

describe('prediction sets', () => {
  it('hold the classes at or below the threshold, for any kind of threshold', () => {
    expect(setMembers(conformalSets([row], 0.75))).to.deep.equal([[1, 2]]);
    expect(setMembers(conformalSets([row], Infinity))).to.deep.equal([[0, 1, 2, 3]]);
    expect(setMembers(conformalSets([row], -Infinity))).to.deep.equal([[]]);
    expect(setMembers(conformalSets([row], {perClass: [0.9, 0.4, 0.8, Infinity]}))).to.deep.equal([[0, 2, 3]]);
    expect(setMembers(conformalSets([row, row], {perExample: [0.5, 0.85]}))).to.deep.equal([[1], [1, 2, 3]]);
  });

  it('of all labels at their own score as the threshold hold just the classes up to that label', () => {
    for (const score of ['lac', 'aps', 'raps', 'saps', 'margin'] as const) {
      const rule = {score};
      conformityScores([row, row, row, row], [1, 2, 3, 0], rule).forEach((threshold, rank) => {
        expect(setSize(conformalSets([row], threshold, rule))).to.equal(rank + 1);
      });
    }
  });

  it('of the scores that add up probabilities keep the most probable class unless drawn', () => {
    const sure = [0.01, 0.98, 0.01];
    for (const score of ['aps', 'raps', 'saps'] as const) {
      expect(setMembers(conformalSets([sure], 0.9, {score})), score).to.deep.equal([[1]]);
      expect(setMembers(conformalSets([sure], {perClass: [0, 0, 0]}, {score})), score).to.deep.equal([[1]]);
      expect(setMembers(conformalSets([sure], 0.9, {score, rng: constant(0.99)})), score).to.deep.equal([[]]);
    }
    expect(setMembers(conformalSets([sure], 0.01))).to.deep.equal([[]]);
  });

  it('cover as often as asked for, whatever the score, also of a wrong model', () => {
    const {probs, labels} = truthful(12000, 6, 5);
    // Overconfident: the true probabilities, sharpened.
    const sharp = probs.data.map((p) => p ** 2);
    for (let i = 0; i < 12000; i++) {
      const part = sharp.subarray(i * 6, (i + 1) * 6);
      const sum = part.reduce((total, p) => total + p, 0);
      for (let k = 0; k < 6; k++) part[k] = (part[k] ?? 0) / sum;
    }
    const half = (data: Float64Array, from: number) => ({
      data: data.subarray(from * 6, (from + 6000) * 6),
      shape: [6000, 6] as [number, number],
    });
    for (const score of ['lac', 'aps', 'raps', 'saps', 'margin'] as const) {
      const rule = {score, rng: createRng(2)};
      const threshold = conformalQuantile(conformityScores(half(sharp, 0), labels.subarray(0, 6000), rule), {
        level: 0.9,
      });
      const coverage = setCoverage(conformalSets(half(sharp, 6000), threshold, rule), labels.subarray(6000));
      // Both halves vary.
      expect(Math.abs(coverage - 0.9)).to.be.below(4 * Math.sqrt((2 * 0.09) / 6000));
    }
  });

  it('randomized APS of true probabilities needs no calibration: its scores are uniform', () => {
    const {probs, labels} = truthful(5000, 5, 9);
    const scores = conformityScores(probs, labels, {score: 'aps', rng: createRng(3)}).sort();
    const distance = scores.reduce((worst, s, i) => Math.max(worst, Math.abs(s - (i + 0.5) / 5000)), 0);
    expect(distance).to.be.below(1.63 / Math.sqrt(5000));
  });

  it('class-conditional thresholds close the gap between classes', () => {
    const {probs, labels} = truthful(20000, 4, 6);
    // A model blind to class 3: its probability is cut to a tenth.
    for (let i = 0; i < 20000; i++) {
      const part = probs.data.subarray(i * 4, (i + 1) * 4);
      part[3] = (part[3] ?? 0) / 10;
      const sum = part.reduce((total, p) => total + p, 0);
      for (let k = 0; k < 4; k++) part[k] = (part[k] ?? 0) / sum;
    }
    const fit = {data: probs.data.subarray(0, 40000), shape: [10000, 4] as [number, number]};
    const test = {data: probs.data.subarray(40000), shape: [10000, 4] as [number, number]};
    const scores = conformityScores(fit, labels.subarray(0, 10000));
    const marginal = conformalSets(test, conformalQuantile(scores));
    const perClass = classConformalQuantiles(scores, labels.subarray(0, 10000), {classes: 4});
    const conditional = conformalSets(test, {perClass});
    expect(coverageGap(marginal, labels.subarray(10000))).to.be.above(0.05);
    expect(coverageGap(conditional, labels.subarray(10000))).to.be.below(0.015);
  });

  it('refuse what is no distribution, rule or threshold', () => {
    expect(() => conformityScores([[0.5, 0.4]], [0])).to.throw(DataError, /^conformityScores: .*sum 0.9/);
    expect(() => conformityScores([[0.5, Number.NaN]], [0])).to.throw(DataError, /in row 0/);
    expect(() => conformityScores([row], [4])).to.throw(DataError, /labels from 0 to 3/);
    expect(() => conformityScores([row], [0], {score: 'thr' as 'lac'})).to.throw(ConfigError, /got 'thr'/);
    expect(() => conformalSets([row], 1, {score: 'raps', penalty: -1})).to.throw(
      ConfigError,
      /^conformalSets: .*penalty/,
    );
    expect(() => conformalSets([row], Number.NaN)).to.throw(DataError, /got NaN/);
    expect(() => conformalSets([row], {perClass: [1]})).to.throw(ShapeError, /perClass of length 4/);
    expect(() => conformalSets([row], {perExample: [1, 1]})).to.throw(ShapeError, /perExample of length 1/);
  });
});
