import {expect} from 'chai';
import fc from 'fast-check';
import {ConfigError, DataError, ShapeError} from '../../../src/errors.ts';
import {
  crpsGaussian,
  gaussianNegativeLogLikelihood,
  intervalCoverage,
  intervalWidth,
  regressionAccumulator,
  rootMeanSquaredError,
  sharpness,
} from '../../../src/metrics/index.ts';
import {closeTo} from '../../support/close.ts';
import {R8} from './fixtures.ts';

const value = fc.double({min: -5, max: 5, noNaN: true});
const rows = fc.array(
  fc.tuple(value, fc.double({min: 0.1, max: 3, noNaN: true}), value, fc.integer({min: 0, max: 3})),
  {minLength: 3, maxLength: 20},
);

describe('regressionAccumulator', () => {
  it('is each metric of all examples at once, in merged and weighted batches', () => {
    fc.assert(
      fc.property(rows, fc.integer({min: 1, max: 2}), (list, cut) => {
        fc.pre(list.some(([, , , w]) => w > 0));
        const scores = regressionAccumulator({level: 0.8});
        const second = regressionAccumulator({level: 0.8});
        const parts = [list.slice(0, cut), list.slice(cut)];
        parts.forEach((part, g) => {
          const [m, s, y, weights] = [0, 1, 2, 3].map((c) => part.map((r) => r[c] ?? 0));
          (g === 0 ? scores : second).update(m ?? [], s ?? [], y ?? [], {weights: weights ?? []});
        });
        scores.merge(structuredClone(second.state()));
        const repeated = list.flatMap((r) => Array.from({length: r[3]}, () => r));
        const [m = [], s = [], y = []] = [0, 1, 2].map((c) => repeated.map((r) => r[c] ?? 0));
        const result = scores.result();
        const tolerance = {rtol: 1e-11, atol: 1e-12};
        closeTo(result.weight, repeated.length);
        closeTo(result.rootMeanSquaredError, rootMeanSquaredError(m, y), tolerance);
        closeTo(result.negativeLogLikelihood, gaussianNegativeLogLikelihood(m, s, y), tolerance);
        closeTo(result.crps, crpsGaussian(m, s, y), tolerance);
        closeTo(result.intervalCoverage, intervalCoverage(m, s, y, {level: 0.8}), tolerance);
        closeTo(result.intervalWidth, intervalWidth(s, {level: 0.8}), tolerance);
        closeTo(result.sharpness, sharpness(s), tolerance);
      }),
      {seed: 71, numRuns: 80},
    );
  });

  it('golden values of eight predictions', () => {
    const scores = regressionAccumulator();
    expect(scores.result().crps).to.be.NaN;
    R8.mean.forEach((m, i) => {
      scores.update([m], [R8.std[i] ?? 0], [R8.targets[i] ?? 0]);
    });
    const result = scores.result();
    const atol = 5e-8;
    closeTo(result.rootMeanSquaredError, 0.5024938, {atol});
    closeTo(result.negativeLogLikelihood, 0.5385262, {atol});
    closeTo(result.crps, 0.2678945, {atol});
    closeTo(result.sharpness, 0.5114318, {atol});
  });

  it('keeps what it had where a batch is refused, and merges only its own level', () => {
    const scores = regressionAccumulator();
    scores.update([0], [1], [1]);
    const before = scores.result();
    expect(() => scores.update([0], [0], [1])).to.throw(DataError, /above 0 in std/);
    expect(() => scores.update([0, 1], [1], [1, 2])).to.throw(ShapeError, /std of length 2/);
    expect(() => scores.update([0], [1], [1], {weights: [-1]})).to.throw(DataError, /^regressionAccumulator: .*-1/);
    scores.update([9], [1], [0], {weights: [0]});
    expect(scores.result()).to.deep.equal(before);
    expect(() => scores.merge(regressionAccumulator({level: 0.5}))).to.throw(ConfigError, /level 0.95, got 0.5/);
    expect(() => regressionAccumulator({level: 2})).to.throw(ConfigError, /got 2/);
  });
});
