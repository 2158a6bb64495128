import {expect} from 'chai';
import {correct, distinctRows, resample} from '../../../inference/amortized/workflow-importance.ts';
import {outcomeMoments} from '../../../inference/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';

const logWeights = Float64Array.of(0.5, 0.25, 0.125, 0.125, 0).map(Math.log);
const rows = Float32Array.of(0, 10, 1, 11, 2, 12, 3, 13, 4, 14);

describe('resample', () => {
  it('takes each row as often as its weight says, give or take one', () => {
    const counts = new Map<number, number>();
    const thousand = Float64Array.from({length: 1000}, (_, i) => Math.log(((i % 4) + 1) / 2500));
    const draws = Float32Array.from({length: 1000}, (_, i) => i);
    for (const row of resample(draws, thousand, createRng(1))) counts.set(row, (counts.get(row) ?? 0) + 1);
    thousand.forEach((weight, i) => {
      const wanted = 1000 * Math.exp(weight);
      expect(Math.abs((counts.get(i) ?? 0) - wanted)).to.be.below(1);
    });
  });

  it('keeps rows whole and leaves those of weight 0 out', () => {
    const chosen = resample(rows, logWeights, createRng(2));
    expect(chosen.length).to.equal(rows.length);
    for (let i = 0; i < chosen.length; i += 2) {
      expect(chosen[i + 1]).to.equal((chosen[i] as number) + 10);
      expect(chosen[i]).to.be.below(4);
    }
  });
});

describe('distinctRows', () => {
  it('takes rows once, the likely ones first, and never one of weight 0', () => {
    const first = new Float64Array(5);
    for (let seed = 0; seed < 4000; seed++) {
      const chosen = distinctRows(logWeights, 5, createRng(seed));
      expect([...chosen].sort()).to.deep.equal([0, 1, 2, 3]);
      first[chosen[0] as number] = (first[chosen[0] as number] as number) + 1 / 4000;
    }
    closeTo(first, [0.5, 0.25, 0.125, 0.125, 0], {rtol: 0, atol: 4 * Math.sqrt(0.25 / 4000)});
  });
});

describe('correct', () => {
  it('calls weights of infinite spread unreliable and counts NaN as no weight', () => {
    const proposal = new Float32Array(100);
    expect(correct(new Float64Array(100).fill(Number.NaN), proposal).shape).to.equal(Infinity);
    const some = correct(
      Float64Array.from({length: 100}, (_, i) => (i < 10 ? Number.NaN : i / 1000)),
      proposal,
    );
    expect([...some.logWeights.subarray(0, 10)].every((weight) => weight === -Infinity)).to.equal(true);
    expect(some.shape).to.be.below(some.threshold);
  });
});

describe('outcomeMoments', () => {
  it('weighs the draws', () => {
    const {mean, sd} = outcomeMoments({draws: rows, logWeights}, 2);
    const average = 0.25 + 0.25 + 0.375;
    const spread = Math.sqrt(0.25 + 0.5 + 1.125 - average ** 2);
    closeTo(mean, [average, 10 + average], {rtol: 1e-12});
    closeTo(sd, [spread, spread], {rtol: 1e-12});
  });

  it('has none where there are no draws', () => {
    const {mean, sd} = outcomeMoments({draws: new Float32Array(0)}, 2);
    expect([...mean, ...sd].every(Number.isNaN)).to.equal(true);
  });
});
