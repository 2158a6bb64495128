import {expect} from 'chai';
import fc from 'fast-check';
import {ConfigError, DataError, ShapeError} from '../../../src/errors.ts';
import {
  type CalibrationNorm,
  calibrationError,
  confidenceHistogram,
  reliabilityCurve,
} from '../../../src/metrics/index.ts';
import {closeTo} from '../../support/close.ts';
import {F8, flat, oneHot, ROBUSTNESS} from './fixtures.ts';

const NORMS: CalibrationNorm[] = ['l1', 'l2', 'max'];

function expectNorms(options: object, expected: number[], atol: number, probs = F8.probs, labels = F8.labels): void {
  closeTo(
    NORMS.map((norm) => calibrationError(probs, labels, {...options, norm})),
    expected,
    {rtol: 0, atol},
  );
}

describe('golden values of the top-label calibration error', () => {
  it('equal width, three norms, three numbers of bins', () => {
    expectNorms({bins: 5}, [0.38875, 0.422261, 0.66], 5e-7);
    expectNorms({bins: 10}, [0.38875, 0.423984, 0.66], 5e-7);
    expectNorms({bins: 15}, [0.38875, 0.423984, 0.66], 5e-7);
    expectNorms({}, [0.38875, 0.423984, 0.66], 5e-7);
  });

  it('equal mass, three norms', () => {
    expectNorms({binning: 'equal-mass', bins: 4}, [0.27625, 0.3186, 0.5], 5e-7);
    expectNorms({binning: 'equal-mass', bins: 5}, [0.27625, 0.31958, 0.5], 5e-7);
  });

  it('robustness_metrics: five predictions in 30 bins, and two', () => {
    closeTo(calibrationError(ROBUSTNESS.probs, ROBUSTNESS.labels, {bins: 30}), 0.412713502, {atol: 1e-9, rtol: 0});
    const two = [
      [0.2, 0.8],
      [0.3, 0.7],
    ];
    closeTo(calibrationError(two, [1, 0]), 0.45);
    closeTo(calibrationError(two, [1, 0], {binning: 'equal-mass', bins: 2, norm: 'l2'}), 0.5147815, {atol: 5e-8});
  });

  it('TensorFlow Probability: three predictions in three bins', () => {
    closeTo(
      calibrationError(
        [
          [0.3, 0.7],
          [0.9, 0.1],
          [0.4, 0.6],
        ],
        [1, 0, 0],
        {bins: 3},
      ),
      1 / 3,
    );
  });

  it('Torch-Uncertainty: equal mass with ties in confidence', () => {
    const probs = [0.3, 0.24, 0.25, 0.2, 0.8].map((p) => [1 - p, p]);
    const labels = [0, 0, 0, 1, 1];
    const options = {binning: 'equal-mass', bins: 2} as const;
    // Sorted confidences .7 .75 .76 | .8 .8, of which one .8 is right.
    closeTo(calibrationError(probs, labels, options), (3 / 5) * (1 - (0.7 + 0.76 + 0.75) / 3) + (2 / 5) * 0.3);
    closeTo(calibrationError(probs, labels, {...options, norm: 'max'}), 0.3);
  });

  it('probly: equal confidences', () => {
    closeTo(
      calibrationError(
        [
          [0.8, 0.2],
          [0.8, 0.2],
        ],
        [0, 1],
        {bins: 10},
      ),
      0.3,
    );
    const three = Array.from({length: 4}, () => [0.75, 0.25]);
    expect(calibrationError(three, [0, 0, 0, 1], {bins: 10})).to.equal(0);
  });
});

describe('golden values of the binary calibration error', () => {
  it('Torch-Uncertainty', () => {
    closeTo(calibrationError([0.9, 0.8, 0.3, 0.2], [1, 1, 0, 0], {kind: 'binary', bins: 5}), 0.2);
  });

  it('torchmetrics, three norms', () => {
    const probs = [0.25, 0.25, 0.55, 0.75, 0.75];
    const expected = [0.29, 0.2918, 0.3167];
    const actual = NORMS.map((norm) => calibrationError(probs, [0, 0, 1, 1, 1], {kind: 'binary', bins: 2, norm}));
    closeTo(actual, expected, {rtol: 0, atol: 5e-5});
  });

  it('robustness_metrics in 30 bins, top label', () => {
    const p = [0.91, 0.32, 0.66, 0.67, 0.57, 0.98, 0.41, 0.19];
    closeTo(
      calibrationError(
        p.map((v) => [1 - v, v]),
        [1, 0, 1, 1, 0, 1, 0, 0],
        {bins: 30},
      ),
      0.18125,
    );
  });

  it('TensorFlow Probability: bins between quantiles', () => {
    const probs = [0.1, 0.05, 0.5, 0.2, 0.99, 0.99];
    const labels = [0, 0, 1, 0, 1, 1];
    const options = {kind: 'binary', binning: [0.05, 0.2, 0.5, 0.99]} as const;
    closeTo(calibrationError(probs, labels, options), 0.145);
    const curve = reliabilityCurve(probs, labels, options);
    expect(Array.from(curve.count)).to.deep.equal([2, 1, 3]);
    expect(Array.from(curve.accuracy)).to.deep.equal([0, 0, 1]);
    closeTo(curve.confidence, [0.075, 0.2, 2.48 / 3]);
    expect(Array.from(curve.edges)).to.deep.equal([0.05, 0.2, 0.5, 0.99]);
  });

  it('takes [N, 2] as well as P(y = 1), integers, booleans or one-hot', () => {
    const p = [0.9, 0.8, 0.3, 0.2];
    const y = [1, 0, 0, 1];
    const expected = calibrationError(p, y, {kind: 'binary'});
    const rows = p.map((v) => [1 - v, v]);
    closeTo(calibrationError(rows, y, {kind: 'binary'}), expected);
    closeTo(calibrationError(rows, oneHot(y, 2), {kind: 'binary'}), expected);
    closeTo(calibrationError(p, oneHot(y, 2), {kind: 'binary'}), expected);
    closeTo(calibrationError(Float64Array.from(p), Uint8Array.from(y), {kind: 'binary'}), expected);
  });
});

describe('golden values of the classwise calibration error', () => {
  it('F8 and probly', () => {
    closeTo(calibrationError(F8.probs, F8.labels, {kind: 'classwise', bins: 10}), (0.28875 + 0.165 + 0.19625) / 3);
    closeTo(calibrationError(F8.probs, F8.labels, {kind: 'classwise', bins: 5}), 0.1625);
    closeTo(
      calibrationError(
        [
          [0.8, 0.2],
          [0.8, 0.2],
        ],
        [0, 1],
        {kind: 'classwise', bins: 10},
      ),
      0.3,
    );
  });

  it('is the mean of the binary errors of its classes', () => {
    for (const binning of ['equal-width', 'equal-mass'] as const) {
      const perClass = [0, 1, 2].map((k) =>
        calibrationError(
          F8.probs.map((row) => row[k] ?? 0),
          F8.labels.map((y) => (y === k ? 1 : 0)),
          {kind: 'binary', binning, bins: 4, norm: 'l2'},
        ),
      );
      const [a = 0, b = 0, c = 0] = perClass;
      closeTo(
        calibrationError(F8.probs, F8.labels, {kind: 'classwise', binning, bins: 4, norm: 'l2'}),
        (a + b + c) / 3,
      );
    }
  });
});

describe('bins', () => {
  it('hold their lower edge; the last one its upper edge too', () => {
    const curve = reliabilityCurve([0, 0.25, 0.5, 0.75, 1, 1], [0, 0, 1, 1, 1, 1], {kind: 'binary', bins: 4});
    expect(Array.from(curve.count)).to.deep.equal([1, 1, 1, 3]);
    expect(Array.from(curve.edges)).to.deep.equal([0, 0.25, 0.5, 0.75, 1]);
  });

  it('take a confidence that rounding put above 1 into the last', () => {
    expect(reliabilityCurve([[1.0000001, 0]], [0], {bins: 3}).count[2]).to.equal(1);
  });

  it('have NaN means and no weight where they are empty', () => {
    const curve = reliabilityCurve([[0.9, 0.1]], [0], {bins: 2});
    expect(Array.from(curve.count)).to.deep.equal([0, 1]);
    expect(curve.confidence[0]).to.be.NaN;
    expect(curve.accuracy[0]).to.be.NaN;
    closeTo(calibrationError([[0.9, 0.1]], [0], {bins: 2}), 0.1);
  });

  it('of equal mass share the hits of ties across a cut', () => {
    const options = {kind: 'binary', binning: 'equal-mass', bins: 2} as const;
    // One of the two .5 goes to either bin; each brings half of the one hit.
    const curve = reliabilityCurve([0.1, 0.5, 0.5, 0.9], [0, 1, 0, 1], options);
    expect(Array.from(curve.count)).to.deep.equal([2, 2]);
    closeTo(curve.accuracy, [0.25, 0.75]);
    closeTo(curve.confidence, [0.3, 0.7]);
    closeTo(curve.edges, [0.1, 0.5, 0.9]);
    closeTo(reliabilityCurve([0.1, 0.5, 0.5, 0.9], [0, 0, 1, 1], options).accuracy, curve.accuracy);
  });

  it('of equal mass may outnumber the examples', () => {
    const curve = reliabilityCurve(
      [
        [0.9, 0.1],
        [0.3, 0.7],
      ],
      [0, 0],
      {binning: 'equal-mass', bins: 5},
    );
    expect(Array.from(curve.count)).to.deep.equal([1, 1, 0, 0, 0]);
    closeTo(
      calibrationError(
        [
          [0.9, 0.1],
          [0.3, 0.7],
        ],
        [0, 0],
        {binning: 'equal-mass', bins: 5},
      ),
      0.4,
    );
  });
});

describe('properties of the calibration error', () => {
  const cases = fc.array(fc.tuple(fc.integer({min: 0, max: 20}), fc.boolean()), {minLength: 1, maxLength: 60});
  const seeded = {seed: 3, numRuns: 200};

  it('the order of the examples never matters, ties or not', () => {
    fc.assert(
      fc.property(
        cases,
        fc.constantFrom('equal-width', 'equal-mass'),
        fc.integer({min: 1, max: 8}),
        (rows, binning, bins) => {
          const measure = (list: Array<[number, boolean]>) =>
            calibrationError(
              list.map(([p]) => p / 20),
              list.map(([, y]) => (y ? 1 : 0)),
              {kind: 'binary', binning: binning as 'equal-width' | 'equal-mass', bins},
            );
          closeTo(measure([...rows].reverse()), measure(rows), {rtol: 1e-12, atol: 1e-15});
        },
      ),
      seeded,
    );
  });

  it('norms are ordered l1 <= l2 <= max and lie in [0, 1]', () => {
    fc.assert(
      fc.property(cases, fc.integer({min: 1, max: 8}), (rows, bins) => {
        const [l1 = -1, l2 = -1, max = -1] = NORMS.map((norm) =>
          calibrationError(
            rows.map(([p]) => p / 20),
            rows.map(([, y]) => (y ? 1 : 0)),
            {kind: 'binary', bins, norm},
          ),
        );
        expect(l1).to.be.within(0, l2 + 1e-15);
        expect(l2).to.be.within(0, max + 1e-15);
        expect(max).to.be.at.most(1);
      }),
      seeded,
    );
  });
});

describe('what calibrationError refuses', () => {
  it('unknown options', () => {
    const run = (options: object) => () => calibrationError(F8.probs, F8.labels, options);
    expect(run({bins: 0})).to.throw(ConfigError, /positive integer for bins, got 0/);
    expect(run({bins: 2.5})).to.throw(ConfigError, /got 2.5/);
    expect(run({norm: 'l3'})).to.throw(ConfigError, /norm/);
    expect(run({kind: 'other'})).to.throw(ConfigError, /kind/);
    expect(run({binning: [0, 0.5, 0.5]})).to.throw(ConfigError, /ascending edges/);
    expect(run({binning: [0.5, 1]})).to.throw(DataError, /between the outer edges/);
    expect(run({binning: 'quantile'})).to.throw(ConfigError, /equal-mass/);
  });

  it('probabilities of the wrong form', () => {
    expect(() => calibrationError([0.5, 0.6], [0, 1])).to.throw(ShapeError, /kind: 'binary'/);
    expect(() => calibrationError([0.5, 0.6], [0, 1], {kind: 'classwise'})).to.throw(ShapeError, /kind: 'binary'/);
    expect(() => calibrationError(F8.probs, F8.labels, {kind: 'binary'})).to.throw(ShapeError, /top-label/);
    expect(() => calibrationError([0.5, 1.2], [0, 1], {kind: 'binary'})).to.throw(DataError, /sigmoid/);
    expect(() => calibrationError([0.5, Number.NaN], [0, 1], {kind: 'binary'})).to.throw(DataError, /NaN at index 1/);
    expect(() => calibrationError([0.5, 0.2], [0, 2], {kind: 'binary'})).to.throw(DataError, /got 2 at index 1/);
    expect(() => calibrationError([[0.5, 0.6]], [0], {kind: 'classwise'})).to.throw(DataError, /calibrationError/);
  });
});

describe('confidenceHistogram', () => {
  it('counts the largest probabilities', () => {
    const {count, edges} = confidenceHistogram(F8.probs, {bins: 5});
    expect(Array.from(count)).to.deep.equal([0, 1, 3, 2, 2]);
    closeTo(edges, [0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(confidenceHistogram(F8.probs).count.length).to.equal(15);
    expect(Array.from(confidenceHistogram(flat([[1, 0]]), {bins: 2}).count)).to.deep.equal([0, 1]);
  });

  it('refuses what is no distribution', () => {
    expect(() => confidenceHistogram([[0.2, 0.2]])).to.throw(DataError, /confidenceHistogram/);
    expect(() => confidenceHistogram(F8.probs, {bins: -1})).to.throw(ConfigError, /bins/);
  });
});
