import {expect} from 'chai';
import fc from 'fast-check';
import {
  adaptiveConformal,
  classConformalQuantiles,
  conformalQuantile,
  conformalRank,
  weightedConformalQuantiles,
} from '../../../src/calibration/index.ts';
import {ConfigError, DataError, ShapeError} from '../../../src/errors.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';

const tenths = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

describe('conformal quantile', () => {
  it('golden ranks: expected coverage is k / (n + 1), and no score suffices where k > n', () => {
    const coverage = (n: number, alpha: number) => conformalRank(n, {level: 1 - alpha}) / (n + 1);
    expect(conformalRank(8, {level: 0.9})).to.equal(9);
    closeTo(
      [9, 15, 19, 20, 30, 100].map((n) => coverage(n, 0.1)),
      [0.9, 0.9375, 0.9, 19 / 21, 28 / 31, 91 / 101],
    );
    closeTo(coverage(99, 0.05), 0.95);
    expect(conformalQuantile(tenths, {level: 0.9})).to.equal(0.9);
    expect(conformalQuantile(tenths, {level: 0.8})).to.equal(0.8);
    expect(conformalQuantile(tenths.slice(0, 8), {level: 0.9})).to.equal(Infinity);
  });

  it('is exact for every n below 400 and every percentage, where float64 overshoots 231 times', () => {
    let traps = 0;
    for (let n = 1; n < 400; n++) {
      for (let percent = 1; percent <= 99; percent++) {
        const exact = Math.ceil(((n + 1) * (100 - percent)) / 100);
        expect(conformalRank(n, {level: 1 - percent / 100})).to.equal(exact);
        if (n > 1 && Math.ceil((n + 1) * (1 - percent / 100)) !== exact) traps++;
      }
    }
    expect(traps).to.be.within(200, 260);
    expect(conformalRank(9, {level: 1 - 0.7})).to.equal(3);
    expect(conformalRank(19, {level: 1 - 0.85})).to.equal(3);
    expect(conformalRank(35, {level: 0.8})).to.equal(29);
    expect(conformalRank(1e9 - 1, {level: 0.9})).to.equal(9e8);
  });

  it('covers k / (n + 1) of new scores: 2000 draws, three standard errors', () => {
    const draws = 2000;
    for (const n of [9, 19, 30, 100]) {
      const rng = createRng(n);
      let covered = 0;
      for (let d = 0; d < draws; d++) {
        const [fresh = Number.NaN] = rng.normals(1);
        if (fresh <= conformalQuantile(rng.normals(n), {level: 0.9})) covered++;
      }
      const expected = conformalRank(n, {level: 0.9}) / (n + 1);
      const standardError = Math.sqrt((expected * (1 - expected)) / draws);
      expect(Math.abs(covered / draws - expected)).to.be.below(3 * standardError);
    }
  });

  it('is one of the scores, whatever their order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({min: -5, max: 5, noNaN: true}), {minLength: 1, maxLength: 40}),
        fc.double({min: 0.01, max: 0.99, noNaN: true}),
        (scores, level) => {
          const threshold = conformalQuantile(scores, {level});
          expect(conformalQuantile(scores.toReversed(), {level})).to.equal(threshold);
          if (threshold === Infinity) expect(level).to.be.above(scores.length / (scores.length + 1) - 1e-9);
          else expect(scores.filter((s) => s <= threshold).length).to.be.at.least((scores.length + 1) * level - 1e-6);
        },
      ),
      {seed: 3, numRuns: 200},
    );
  });

  it('per class: each from its own scores', () => {
    const scores = [...tenths, ...tenths.map((s) => 10 * s), 7];
    const labels = [...Array(9).fill(0), ...Array(9).fill(1), 2];
    expect(Array.from(classConformalQuantiles(scores, labels, {classes: 4, level: 0.8}))).to.deep.equal([
      0.8,
      8,
      Infinity,
      Infinity,
    ]);
  });

  it('weighted: equal weights change nothing, weight 2 is a duplicated row, an own weight too large gives Infinity', () => {
    for (const level of [0.3, 0.5, 0.8, 0.9, 0.95]) {
      const expected = conformalQuantile(tenths, {level});
      expect(weightedConformalQuantiles(tenths, Array(9).fill(3), [3], {level})[0]).to.equal(expected);
      const [doubled] = weightedConformalQuantiles([1, 2, 3, 4], [1, 2, 1, 2], [1], {level});
      expect(doubled).to.equal(conformalQuantile([1, 2, 2, 3, 4, 4], {level}));
    }
    expect(Array.from(weightedConformalQuantiles([1, 2, 3], [1, 1, 8], [1, 200], {level: 0.5}))).to.deep.equal([
      3,
      Infinity,
    ]);
  });

  it('weighted: restores the coverage that a covariate shift takes away', () => {
    // Inputs uniform on [0, 1], noise of scale x; test inputs have density 2 x.
    const rng = createRng(8);
    let plain = 0;
    let weighted = 0;
    const repeats = 1500;
    for (let r = 0; r < repeats; r++) {
      const x = rng.uniforms(60);
      const scores = rng.normals(60).map((z, i) => Math.abs(z) * (x[i] ?? 0));
      const fresh = Math.sqrt(rng.uniforms(1)[0] ?? 0);
      const score = Math.abs(rng.normals(1)[0] ?? 0) * fresh;
      if (score <= conformalQuantile(scores, {level: 0.8})) plain++;
      if (score <= (weightedConformalQuantiles(scores, x, [fresh], {level: 0.8})[0] ?? 0)) weighted++;
    }
    const standardError = Math.sqrt((0.8 * 0.2) / repeats);
    expect(weighted / repeats).to.be.within(0.8 - 3 * standardError, 0.83 + 3 * standardError);
    expect(plain / repeats).to.be.below(0.8 - 4 * standardError);
  });

  it('refuse levels and scores out of range', () => {
    expect(() => conformalRank(0)).to.throw(ConfigError, /positive integer for count, got 0/);
    expect(() => conformalQuantile([1], {level: 1})).to.throw(
      ConfigError,
      /^conformalQuantile: .*between 0 and 1, got 1/,
    );
    expect(() => conformalQuantile([])).to.throw(DataError, /at least one example/);
    expect(() => conformalQuantile([Number.NaN])).to.throw(DataError, /got NaN/);
    expect(() => weightedConformalQuantiles([1], [-1], [1])).to.throw(DataError, /at least 0 in weights/);
    expect(() => weightedConformalQuantiles([1], [1, 2], [1])).to.throw(ShapeError, /weights of length 1/);
    expect(() => classConformalQuantiles([1], [3], {classes: 2})).to.throw(DataError, /labels from 0 to 1/);
  });
});

describe('adaptive conformal inference', () => {
  it('moves the level by its rule', () => {
    const stream = adaptiveConformal({level: 0.9, stepSize: 0.1});
    stream.update(true);
    closeTo(stream.level, 0.9 - 0.1 * 0.1);
    stream.update(false);
    closeTo(stream.level, 0.89 + 0.1 * 0.9);
    expect(stream.target).to.equal(0.9);
  });

  it('holds its bound on any stream, however much the scores grow', () => {
    for (const growth of [0, 0.01, 1]) {
      const rng = createRng(3);
      const stream = adaptiveConformal({level: 0.8, stepSize: 0.05});
      const past = [0];
      let covered = 0;
      const steps = 1000;
      for (let t = 0; t < steps; t++) {
        const score = Math.abs(rng.normals(1)[0] ?? 0) + growth * t;
        const hit = score <= stream.threshold(past.slice(-100));
        stream.update(hit);
        covered += Number(hit);
        past.push(score);
      }
      expect(Math.abs(covered / steps - 0.8)).to.be.at.most((0.8 + 0.05) / (0.05 * steps) + 1e-12);
    }
  });

  it('covers everything from level 1 on and nothing from 0 down', () => {
    const stream = adaptiveConformal({level: 0.5, stepSize: 2});
    stream.update(false);
    expect(stream.threshold([1])).to.equal(Infinity);
    stream.update(true);
    stream.update(true);
    expect(stream.threshold([1])).to.equal(-Infinity);
    expect(() => stream.threshold([])).to.throw(DataError, /at least one example/);
    expect(() => adaptiveConformal({stepSize: 0})).to.throw(ConfigError, /positive stepSize/);
    expect(() => adaptiveConformal({level: 0})).to.throw(ConfigError, /between 0 and 1/);
  });
});
