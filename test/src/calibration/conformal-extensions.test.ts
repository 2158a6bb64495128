import {expect} from 'chai';
import {
  clusteredConformalQuantiles,
  conformalDistribution,
  conformalDistributionQuantiles,
  conformalQuantile,
  conformalRiskControl,
  jackknifePlus,
} from '../../../src/calibration/index.ts';
import {ConfigError, DataError} from '../../../src/errors.ts';
import {kolmogorovSmirnovTest} from '../../../src/metrics/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';

const DRAWS = 2000;

/** Share of simulated draws in which `covers` holds, against an expectation, in standard errors. */
function deviations(expected: number, covers: (draw: number) => boolean): number {
  let hits = 0;
  for (let d = 0; d < DRAWS; d++) if (covers(d)) hits++;
  return Math.abs(hits / DRAWS - expected) / Math.sqrt((expected * (1 - expected)) / DRAWS);
}

describe('conformalRiskControl', () => {
  it('takes the least careful threshold that is careful enough', () => {
    const losses = [
      [1, 0.5, 0.25, 0],
      [1, 1, 0, 0],
      [0.5, 0.5, 0.5, 0],
    ];
    // (N mean + 1) / (N + 1): 3.5/4, 3/4, 1.75/4, 1/4.
    expect(conformalRiskControl(losses, {risk: 0.5})).to.deep.equal({index: 2, risk: 0.25});
    expect(conformalRiskControl(losses, {risk: 0.75}).index).to.equal(1);
    expect(() => conformalRiskControl(losses, {risk: 0.2})).to.throw(DataError, /got none/);
    expect(() => conformalRiskControl([[0, 1]], {risk: 0.9})).to.throw(DataError, /rise along a row/);
    expect(() => conformalRiskControl([[2]], {risk: 0.9})).to.throw(DataError, /at most 1/);
    expect(() => conformalRiskControl([[0]], {risk: 0})).to.throw(ConfigError, /risk/);
  });

  it('with the loss of conformal prediction gives its threshold, so that coverage is k / (n + 1)', () => {
    const rng = createRng(1);
    for (const n of [9, 19, 30]) {
      const k = Math.ceil((n + 1) * 0.9 - 1e-9);
      const off = deviations(k / (n + 1), () => {
        const scores = rng.uniforms(n + 1);
        const held = scores.subarray(0, n).slice().sort();
        const losses = Array.from(held, (score) => Array.from(held, (threshold) => Number(score > threshold)));
        const {index} = conformalRiskControl(losses, {risk: 0.1});
        expect(held[index]).to.equal(conformalQuantile(held, {level: 0.9}));
        return (scores[n] as number) <= (held[index] as number);
      });
      expect(off, `n = ${n}`).to.be.below(3);
    }
  });

  it('keeps the expected loss of a new example below the risk where losses are no indicators', () => {
    const rng = createRng(2);
    let total = 0;
    for (let d = 0; d < DRAWS; d++) {
      const [base, scale] = [rng.uniforms(31), rng.uniforms(31)];
      const loss = (i: number): number[] =>
        Array.from({length: 21}, (_, l) => (scale[i] as number) * Math.max(0, (base[i] as number) - l / 20));
      const held = Array.from({length: 30}, (_, i) => loss(i));
      total += loss(30)[conformalRiskControl(held, {risk: 0.1}).index] as number;
    }
    expect(total / DRAWS).to.be.below(0.1);
    expect(total / DRAWS).to.be.above(0.03);
  });
});

describe('conformalDistribution', () => {
  it('counts residuals below, ties by the uniform', () => {
    const residuals = [3, 1, 2, 2];
    closeTo(conformalDistribution(residuals, [0, 1.5, 2, 9]), [0.1, 0.3, 0.5, 0.9]);
    const {rng, u} = {rng: createRng(3), u: createRng(3).uniforms(1)[0] as number};
    closeTo(conformalDistribution(residuals, [2], {rng}), [(1 + 3 * u) / 5]);
    expect(Array.from(conformalDistributionQuantiles(residuals, [0.2, 0.5, 0.8, 0.81]))).to.deep.equal([
      1,
      2,
      3,
      Infinity,
    ]);
    expect(() => conformalDistributionQuantiles(residuals, [1])).to.throw(ConfigError, /level/);
    expect(() => conformalDistributionQuantiles(residuals, [])).to.throw(ConfigError, /at least one level/);
  });

  it('is uniform at new targets, even with ties and few residuals', () => {
    const rng = createRng(4);
    const pit = Float64Array.from({length: DRAWS}, (_, d) => {
      const values = Array.from(rng.uniforms(8), (u) => Math.floor(5 * u));
      return conformalDistribution(values.slice(0, 7), values.slice(7), {rng: rng.fork(d)})[0] as number;
    });
    expect(kolmogorovSmirnovTest(pit).pValue).to.be.above(0.01);
  });

  it('its quantiles cover ceil((n + 1) p) / (n + 1)', () => {
    const rng = createRng(5);
    for (const n of [9, 19, 30, 100]) {
      const k = Math.ceil((n + 1) * 0.8 - 1e-9);
      const off = deviations(k / (n + 1), () => {
        const normals = rng.normals(n + 1);
        const [bound = 0] = conformalDistributionQuantiles(normals.subarray(0, n), [0.8]);
        return (normals[n] as number) <= bound;
      });
      expect(off, `n = ${n}`).to.be.below(3);
    }
  });
});

describe('clusteredConformalQuantiles', () => {
  const labels = Array.from({length: 1200}, (_, i) => i % 12);
  const scores = Array.from(createRng(6).uniforms(1200), (u, i) => (i % 12 < 6 ? u : 5 + u));

  it('finds the classes that are alike and gives each cluster the quantile of its own examples', () => {
    const {perClass, clusters} = clusteredConformalQuantiles(scores, labels, {classes: 12, clusters: 2, share: 0.5});
    expect(new Set(clusters.subarray(0, 6)).size).to.equal(1);
    expect(new Set(clusters.subarray(6)).size).to.equal(1);
    expect(clusters[0]).to.not.equal(clusters[6]);
    expect(perClass[0]).to.be.within(0.8, 1);
    expect(perClass[11]).to.be.within(5.8, 6);
  });

  it('covers within each cluster', () => {
    const rng = createRng(7);
    const hits = [0, 0];
    const runs = 200;
    for (let d = 0; d < runs; d++) {
      const draw = Array.from(rng.uniforms(240), (u, i) => (i % 4 < 2 ? u : 5 + u));
      const own = draw.map((_, i) => i % 4);
      const {perClass} = clusteredConformalQuantiles(draw.slice(4), own.slice(4), {
        classes: 4,
        clusters: 2,
        share: 0.4,
        rng: rng.fork(d),
      });
      for (let i = 0; i < 4; i++) {
        const side = i < 2 ? 0 : 1;
        hits[side] = (hits[side] as number) + Number((draw[i] as number) <= (perClass[i] as number));
      }
    }
    for (const hit of hits) {
      expect(hit / (2 * runs)).to.be.above(0.9 - 3 * Math.sqrt(0.09 / (2 * runs)));
      expect(hit / (2 * runs)).to.be.below(0.97);
    }
  });

  it('gives classes that are too rare the threshold of all', () => {
    const rare = [...labels, 12, 12, 12];
    const more = [...scores, 0.1, 0.2, 0.3];
    const {perClass, clusters} = clusteredConformalQuantiles(more, rare, {classes: 14, clusters: 2, share: 0.5});
    expect([clusters[12], clusters[13]]).to.deep.equal([-1, -1]);
    expect(perClass[12]).to.be.within(5.5, 6);
    expect(perClass[13]).to.equal(perClass[12]);
    expect(() => clusteredConformalQuantiles(scores, labels, {classes: 12, share: 1})).to.throw(ConfigError, /share/);
    expect(() => clusteredConformalQuantiles(scores, labels, {classes: 12, level: 1})).to.throw(ConfigError, /level/);
  });
});

describe('CV+', () => {
  it('covers at least 2 level - 1, and about level, with folds', () => {
    const rng = createRng(8);
    let hits = 0;
    for (let d = 0; d < DRAWS; d++) {
      const y = rng.normals(21);
      const folds = Array.from({length: 20}, (_, i) => i % 4);
      const means = [0, 1, 2, 3].map((f) => {
        const kept = folds.flatMap((fold, i) => (fold === f ? [] : [y[i] as number]));
        return kept.reduce((a, b) => a + b) / kept.length;
      });
      const residuals = folds.map((f, i) => (y[i] as number) - (means[f] as number));
      const {lower, upper} = jackknifePlus(residuals, [means], {folds, level: 0.9});
      hits += Number((lower[0] as number) <= (y[20] as number) && (y[20] as number) <= (upper[0] as number));
    }
    expect(hits / DRAWS).to.be.within(0.87, 0.95);
  });
});
