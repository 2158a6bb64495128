import {expect} from 'chai';
import {ConfigError, DataError} from '../../../src/errors.ts';
import {reliabilityBands, reliabilityCurve} from '../../../src/metrics/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {F8} from './fixtures.ts';

const binary = {kind: 'binary', bins: 5} as const;
const N = 300;

function draw(seed: number, truth: (p: number) => number): {p: Float64Array; y: number[]} {
  const rng = createRng(seed);
  const p = rng.uniforms(N);
  const u = rng.uniforms(N);
  return {p, y: Array.from(p, (v, i) => Number((u[i] ?? 0) < truth(v)))};
}

describe('bands around a reliability curve', () => {
  it('are binomial quantiles around the confidence, or around the accuracy', () => {
    // Ten examples of 0.3, six of which are 1: cumulative probabilities of Binomial(10, 0.3) are 0.028 at 0 and 0.149 at 1;
    // 0.953 at 5 and 0.989 at 6. Of Binomial(10, 0.6): 0.012 at 2, 0.055 at 3; 0.954 at 8, 0.994 at 9.
    const p = Array<number>(10).fill(0.3);
    const y = p.map((_, i) => Number(i < 6));
    const consistency = reliabilityBands(p, y, {kind: 'binary', bins: 1});
    closeTo([consistency.low[0] ?? -1, consistency.high[0] ?? -1], [0, 0.6]);
    const bootstrap = reliabilityBands(p, y, {kind: 'binary', bins: 1, band: 'bootstrap'});
    closeTo([bootstrap.low[0] ?? -1, bootstrap.high[0] ?? -1], [0.3, 0.9]);
    const doubled = reliabilityBands(p, y, {kind: 'binary', bins: 1, weights: p.map(() => 1000)});
    expect((doubled.high[0] ?? 0) - (doubled.low[0] ?? 0)).to.be.below(0.02);
  });

  it('agree with resampling', () => {
    const {p, y} = draw(1, (v) => v ** 2);
    for (const band of ['consistency', 'bootstrap'] as const) {
      const {low, high} = reliabilityBands(p, y, {...binary, band, level: 0.8});
      const outside = new Float64Array(5);
      const draws = 1500;
      const rng = createRng(2);
      for (let d = 0; d < draws; d++) {
        const rows = Array.from(rng.uniforms(N), (u) => Math.floor(u * N));
        const u = rng.uniforms(N);
        const outcomes = rows.map((i, j) => (band === 'bootstrap' ? (y[i] ?? 0) : Number((u[j] ?? 0) < (p[i] ?? 0))));
        const {accuracy} = reliabilityCurve(
          rows.map((i) => p[i] ?? 0),
          outcomes,
          binary,
        );
        accuracy.forEach((a, b) => {
          outside[b] = (outside[b] ?? 0) + Number(a < (low[b] ?? 0) || a > (high[b] ?? 0)) / draws;
        });
      }
      // Counts vary between resamples, and quantiles of counts are closed: about 0.2 outside, with steps of some 0.05.
      for (const share of outside) expect(share).to.be.within(0.1, 0.27);
    }
  });

  it('hold a calibrated model as often as they say, and not one that is wrong', () => {
    let [inside, bins, wrong] = [0, 0, 0];
    for (let seed = 0; seed < 100; seed++) {
      const {p, y} = draw(seed, (v) => v);
      const {accuracy, low, high} = reliabilityBands(p, y, binary);
      accuracy.forEach((a, b) => {
        bins++;
        inside += Number(a >= (low[b] ?? 0) && a <= (high[b] ?? 0));
      });
      const bad = draw(seed, (v) => v ** 3);
      const curve = reliabilityBands(bad.p, bad.y, binary);
      wrong += Number(curve.accuracy.some((a, b) => a < (curve.low[b] ?? 0)));
    }
    // Standard error of a share of 0.95 over 500: 0.0097; closed ends of counts cover a little more.
    expect(inside / bins).to.be.within(0.92, 0.99);
    expect(wrong).to.equal(100);
  });

  it('keep the curve, with NaN where bins are empty', () => {
    const {low, high, ...curve} = reliabilityBands(F8.probs, F8.labels, {bins: 4});
    expect(curve).to.deep.equal(reliabilityCurve(F8.probs, F8.labels, {bins: 4}));
    expect([low[0], high[0]]).to.deep.equal([Number.NaN, Number.NaN]);
    low.slice(1).forEach((end, b) => {
      expect(end).to.be.at.most(high[b + 1] ?? -1);
    });
  });

  it('refuse what they do not know', () => {
    const call = (options: object) => () => reliabilityBands(F8.probs, F8.labels, options);
    expect(call({band: 'prediction'})).to.throw(ConfigError, /reliabilityBands: .*prediction/);
    expect(call({level: 1})).to.throw(ConfigError, /got 1/);
    expect(call({weights: [-1, 1, 1, 1, 1, 1, 1, 1]})).to.throw(DataError, /-1/);
  });
});
