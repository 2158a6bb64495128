import {expect} from 'chai';
import {
  bulkEss,
  ecdfBand,
  formatSummary,
  mcseMean,
  mcseQuantile,
  mcseSd,
  nestedRHat,
  paretoSmooth,
  posteriorPredictiveCheck,
  psisLoo,
  rHat,
  sbcRank,
  sbcUniformity,
  summarizeDraws,
  tailEss,
} from '../../../src/diagnostics/index.ts';
import {DataError, ShapeError} from '../../../src/errors.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';

/** Four slow waves, for which the values below were computed by another implementation. */
const waves = [0, 1, 2, 3].map((c) =>
  Float64Array.from({length: 100}, (_, t) => Math.sin(0.37 * (t + 1) * (c + 1)) + 0.05 * c),
);

describe('diagnostics of chains', () => {
  it('agree with the reference on four waves', () => {
    closeTo(rHat(waves), 1.0087234813, {rtol: 1e-9});
    closeTo(bulkEss(waves), 203.011491, {rtol: 1e-8});
    closeTo(tailEss(waves), 265.508149, {rtol: 1e-8});
    closeTo(nestedRHat(waves, {superchains: 2}), 1.0052770189, {rtol: 1e-10});
    const first = waves.map((chain) => chain.slice(0, 1));
    closeTo(nestedRHat(first, {superchains: 2}), 2.1485650162, {rtol: 1e-10});
  });

  it('see chains that differ in place or in scale', () => {
    const rng = createRng(3);
    const same = [0, 1, 2, 3].map(() => rng.normals(400));
    expect(rHat(same)).to.be.below(1.01);
    expect(rHat(same.map((chain, c) => (c === 0 ? chain.map((z) => z + 1) : chain)))).to.be.above(1.1);
    expect(rHat(same.map((chain, c) => (c === 0 ? chain.map((z) => 3 * z) : chain)))).to.be.above(1.1);
  });

  it('give an autoregression its known effective sample size and errors', () => {
    const rng = createRng(4);
    const rho = 0.8;
    const chains = [0, 1, 2, 3].map(() => {
      const noise = rng.normals(8000);
      let x = 0;
      return noise.map((z) => (x = rho * x + Math.sqrt(1 - rho * rho) * z));
    });
    const expected = (32000 * (1 - rho)) / (1 + rho);
    closeTo(bulkEss(chains), expected, {rtol: 0.08});
    closeTo(mcseMean(chains), 1 / Math.sqrt(expected), {rtol: 0.06});
    const squares = (32000 * (1 - rho * rho)) / (1 + rho * rho);
    closeTo(mcseSd(chains), 1 / Math.sqrt(2 * squares), {rtol: 0.1});
    const independent = [0, 1, 2, 3].map(() => rng.normals(5000));
    closeTo(mcseQuantile(independent, 0.5), Math.sqrt(Math.PI / 2 / 20000), {rtol: 0.1});
  });

  it('refuse what they cannot judge', () => {
    expect(() =>
      rHat([
        [1, 2, 3, 4],
        [1, 2],
      ]),
    ).to.throw(ShapeError, /rHat: expected chains of 4 draws/);
    expect(() => bulkEss([[1, 2, 3, 4, 5, 6, 7, Number.NaN]])).to.throw(DataError, /finite/);
    expect(() => nestedRHat(waves, {superchains: 3})).to.throw(/divisor/);
  });

  it('are written as a table', () => {
    const values = createRng(1).normals(4 * 100 * 2);
    const rows = summarizeDraws({chains: 4, draws: 100, parameters: {beta: {shape: [2], values}}});
    expect(rows.map(({name}) => name)).to.deep.equal(['beta[0]', 'beta[1]']);
    const first = values.filter((_, i) => i % 2 === 0);
    closeTo(rows[0]?.mean ?? 0, first.reduce((sum, value) => sum + value, 0) / 400, {rtol: 1e-10});
    const lines = formatSummary(rows).split('\n');
    expect(lines).to.have.length(3);
    expect(new Set(lines.map((line) => line.length)).size).to.equal(1);
  });
});

describe('Pareto-smoothed importance sampling', () => {
  const ratios = (k: number) => Float64Array.from({length: 1000}, (_, i) => -k * Math.log(1 - (i + 0.5) / 1000));

  it('agrees with the reference', () => {
    const light = paretoSmooth(ratios(0.3));
    closeTo(light.shape, 0.3235606438, {rtol: 1e-9});
    closeTo(light.ess, 832.378368, {rtol: 1e-8});
    const heavy = paretoSmooth(ratios(0.8));
    closeTo(heavy.shape, 0.7574598327, {rtol: 1e-9});
    closeTo(heavy.ess, 71.96347, {rtol: 1e-7});
    closeTo(Math.exp(Math.max(...heavy.logWeights)), 0.0925640548, {rtol: 1e-8});
    closeTo(heavy.threshold, 2 / 3, {rtol: 1e-12});
    expect(light.shape).to.be.below(light.threshold);
    expect(heavy.shape).to.be.above(heavy.threshold);
  });

  it('keeps the order of the draws and takes NaN for no weight', () => {
    const values = ratios(0.5);
    const order = createRng(5).permutation(1000);
    const shuffled = Float64Array.from(order, (i) => values[i] as number);
    const plain = paretoSmooth(values).logWeights;
    closeTo(
      paretoSmooth(shuffled).logWeights,
      Float64Array.from(order, (i) => plain[i] as number),
      {rtol: 1e-12},
    );
    expect(paretoSmooth([Number.NaN, 0, 0, 0]).logWeights[0]).to.equal(-Infinity);
    expect(() => paretoSmooth([Number.NaN])).to.throw(DataError);
  });

  it('leaves one out as the conjugate posterior does', () => {
    const y = createRng(6).normals(20);
    const precision = 21;
    const mean = y.reduce((sum, value) => sum + value, 0) / precision;
    const draws = createRng(7)
      .normals(20000)
      .map((z) => mean + z / Math.sqrt(precision));
    const half = 0.5 * Math.log(2 * Math.PI);
    const terms = Array.from(y, (value) => draws.map((at) => -0.5 * (value - at) ** 2 - half));
    const {elpd, pointwise, unreliable, effectiveParameters} = psisLoo(terms);
    const exact = y.map((value) => {
      const others = (mean * precision - value) / (precision - 1);
      const variance = 1 + 1 / (precision - 1);
      return -0.5 * ((value - others) ** 2 / variance + Math.log(variance)) - half;
    });
    closeTo(pointwise, exact, {atol: 0.01});
    closeTo(
      elpd,
      exact.reduce((sum, value) => sum + value, 0),
      {atol: 0.05},
    );
    expect(unreliable).to.deep.equal([]);
    expect(effectiveParameters).to.be.within(0.3, 2);
  });
});

describe('simulation-based calibration', () => {
  it('ranks the truth', () => {
    expect(sbcRank(2, [1, 2, 2, 3])).to.equal(2);
    expect(sbcRank(-1, [0, 1])).to.equal(0);
    expect(() => sbcRank(Number.NaN, [1])).to.throw(DataError);
  });

  it('accepts uniform ranks and refuses those of a narrow posterior', () => {
    const ranksWith = (spread: number) => {
      const rng = createRng(8);
      return Array.from({length: 400}, () => {
        const truth = rng.normals(1)[0] as number;
        const y = truth + (rng.normals(1)[0] as number);
        return sbcRank(
          truth,
          rng.normals(99).map((z) => y / 2 + spread * Math.SQRT1_2 * z),
        );
      });
    };
    expect(sbcUniformity(ranksWith(1), {draws: 99, bins: 10}).pValue).to.be.above(0.01);
    expect(sbcUniformity(ranksWith(0.5), {draws: 99, bins: 10}).pValue).to.be.below(1e-6);
    expect(() => sbcUniformity([1], {draws: 99, bins: 7})).to.throw(/divisor/);
  });

  it('bands hold 95% of uniform distribution functions, all points together', () => {
    const band = ecdfBand(80, {points: 20});
    const rng = createRng(9);
    let inside = 0;
    const trials = 4000;
    for (let i = 0; i < trials; i++) {
      const values = rng.uniforms(80);
      const stays = band.points.every((z, k) => {
        const share = values.filter((value) => value <= z).length / 80;
        return share >= (band.lower[k] as number) - 1e-12 && share <= (band.upper[k] as number) + 1e-12;
      });
      if (stays) inside++;
    }
    const error = Math.sqrt((0.95 * 0.05) / trials);
    expect(inside / trials).to.be.within(0.95 - 3 * error, 0.975);
    expect(band.pointwiseError).to.be.within(0.003, 0.05);
  });
});

describe('the band of SBC ranks', () => {
  it('fits ranks over S where the points divide S + 1', () => {
    for (const [draws, points] of [
      [99, 20],
      [7, 4],
    ] as const) {
      const {points: at} = ecdfBand(40, {points});
      const ranks = Array.from({length: draws + 1}, (_, rank) => rank);
      const shares = Array.from(at, (z) => ranks.filter((rank) => rank / draws <= z).length / ranks.length);
      closeTo(shares, at, {atol: 1e-12});
    }
  });
});

describe('posterior predictive checks', () => {
  it('show the statistic that the model misses', () => {
    const rng = createRng(10);
    const replicated = Array.from({length: 300}, () => rng.normals(40));
    const skewed = rng.normals(40).map((z) => Math.exp(z));
    const rows = posteriorPredictiveCheck(skewed, replicated);
    expect(rows.map(({name}) => name)).to.deep.equal(['mean', 'sd', 'min', 'max']);
    expect(rows[0]?.pValue).to.be.below(0.01);
    expect(rows[2]?.pValue).to.equal(0);
    expect(() => posteriorPredictiveCheck([1], [[1, 2]])).to.throw(ShapeError);
  });
});
