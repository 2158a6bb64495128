import {expect} from 'chai';
import {ConfigError, DataError, ShapeError} from '../../../src/errors.ts';
import {meanRanks} from '../../../src/evaluation/index.ts';
import {closeTo} from '../../support/close.ts';

// AUC of four settings of C4.5 on fourteen data sets (Demsar 2006, table 6).
const auc = [
  [0.763, 0.768, 0.771, 0.798],
  [0.599, 0.591, 0.59, 0.569],
  [0.954, 0.971, 0.968, 0.967],
  [0.628, 0.661, 0.654, 0.657],
  [0.882, 0.888, 0.886, 0.898],
  [0.936, 0.931, 0.916, 0.931],
  [0.661, 0.668, 0.609, 0.685],
  [0.583, 0.583, 0.563, 0.625],
  [0.775, 0.838, 0.866, 0.875],
  [1, 1, 1, 1],
  [0.94, 0.962, 0.965, 0.962],
  [0.619, 0.666, 0.614, 0.669],
  [0.972, 0.981, 0.9751, 0.975],
  [0.957, 0.978, 0.946, 0.97],
];

describe('meanRanks', () => {
  it('reproduces the example of Demsar (2006)', () => {
    const {ranks, friedman, imanDavenport, imanDavenportP, groups} = meanRanks(auc, {better: 'higher'});
    closeTo(
      ranks.map((rank) => Number(rank.toFixed(3))),
      [3.143, 2, 2.893, 1.964],
    );
    closeTo(friedman, 9.28, {rtol: 1e-3});
    closeTo(imanDavenport, 3.69, {rtol: 1e-3});
    expect(imanDavenportP).to.be.within(0.015, 0.025);
    expect(groups).to.deep.equal([[3, 1, 2, 0]]);
    expect(meanRanks(auc, {better: 'higher', level: 0.9}).groups).to.deep.equal([
      [3, 1, 2],
      [2, 0],
    ]);
  });

  it('uses the critical values of the Studentized range', () => {
    // Table 5 of the same paper, at 0.05 and 0.1, for 2 to 10 models.
    const q95 = [1.96, 2.343, 2.569, 2.728, 2.85, 2.949, 3.031, 3.102, 3.164];
    const q90 = [1.645, 2.052, 2.291, 2.459, 2.589, 2.693, 2.78, 2.855, 2.92];
    q95.forEach((q, i) => {
      const k = i + 2;
      const rows = [0, 1].map(() => Array.from({length: k}, (_, j) => j));
      const scale = Math.sqrt((k * (k + 1)) / 12);
      expect(meanRanks(rows).criticalDifference / scale).to.be.within(q - 0.001, q + 0.001);
      const other = meanRanks(rows, {level: 0.9}).criticalDifference / scale;
      expect(other).to.be.within((q90[i] as number) - 0.001, (q90[i] as number) + 0.001);
    });
  });

  it('ranks the same by costs as by gains, and tells what always wins apart', () => {
    const costs = auc.map((row) => row.map((value) => -value));
    expect(meanRanks(costs)).to.deep.equal(meanRanks(auc, {better: 'higher'}));
    const clear = meanRanks(Array.from({length: 30}, (_, i) => [1 + i, 2 + i, 3 + i]));
    expect(clear.ranks).to.deep.equal([1, 2, 3]);
    expect(clear.imanDavenport).to.equal(Infinity);
    expect(clear.imanDavenportP).to.equal(0);
    expect(clear.groups).to.deep.equal([[0], [1], [2]]);
  });

  it('refuses gaps, NaN and too little', () => {
    expect(() => meanRanks([[1, 2]])).to.throw(DataError, /two data sets/);
    expect(() => meanRanks([[1], [2]])).to.throw(DataError, /two models/);
    expect(() =>
      meanRanks([
        [1, 2],
        [Number.NaN, 1],
      ]),
    ).to.throw(DataError, /NaN/);
    expect(() => meanRanks([[1, 2], [1]])).to.throw(ShapeError, /gaps/);
    expect(() => meanRanks(auc, {level: 1})).to.throw(ConfigError, /level/);
    expect(() => meanRanks(auc, {better: 'best' as 'lower'})).to.throw(ConfigError, /'best'/);
  });
});
