import {expect} from 'chai';
import fc from 'fast-check';
import {ConfigError, DataError} from '../../../src/errors.ts';
import {levelCalibrationError, setCalibrationCurve} from '../../../src/metrics/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {F8, flat} from './fixtures.ts';

describe('calibration of sets', () => {
  it('is its definition on three rows, ties entering together', () => {
    const probs = [
      [0.6, 0.3, 0.1],
      [0.4, 0.4, 0.2],
      [0.1, 0.2, 0.7],
    ];
    const {expected, observed} = setCalibrationCurve(probs, [1, 0, 2], {levels: [0, 0.3, 0.65, 0.9, 1]});
    closeTo(expected, [0, (0.6 + 0.8 + 0.7) / 3, (0.9 + 0.8 + 0.7) / 3, (0.9 + 1 + 0.9) / 3, 1]);
    closeTo(observed, [0, 2 / 3, 1, 1, 1]);
  });

  it('lies on the diagonal where labels come from the probabilities, and below it for an overconfident model', () => {
    const n = 3000;
    const rng = createRng(9);
    const data = rng.normals(4 * n).map((z) => Math.exp(1.5 * z));
    const u = rng.uniforms(n);
    const labels: number[] = [];
    const sharp = new Float64Array(4 * n);
    for (let i = 0; i < n; i++) {
      const row = data.subarray(4 * i, 4 * i + 4);
      const sum = row.reduce((a, b) => a + b, 0);
      row.forEach((v, k) => {
        row[k] = v / sum;
      });
      let [label, below] = [0, row[0] ?? 0];
      while (label < 3 && below < (u[i] ?? 0)) below += row[++label] ?? 0;
      labels.push(label);
      const squares = row.reduce((a, b) => a + b * b, 0);
      row.forEach((v, k) => {
        sharp[4 * i + k] = (v * v) / squares;
      });
    }
    const shape: [number, number] = [n, 4];
    const fair = setCalibrationCurve({data, shape}, labels);
    // The standard error of a share over 3000 examples is at most 0.0092.
    expect(levelCalibrationError(fair, {norm: 'max'})).to.be.below(0.03);
    const over = setCalibrationCurve({data: sharp, shape}, labels);
    expect(levelCalibrationError(over, {norm: 'max'})).to.be.above(0.1);
    over.observed.forEach((share, j) => {
      expect(share).to.be.below(over.expected[j] ?? 0);
    });
  });

  it('neither the order of examples nor that of classes matters, and a weight of 2 is the row twice', () => {
    const weights = [2, 1, 0, 1, 3, 1, 1, 2];
    const rows = weights.flatMap((w, i) => Array.from({length: w}, () => i));
    const curve = setCalibrationCurve(F8.probs, F8.labels, {weights});
    const repeated = setCalibrationCurve(
      rows.reverse().map((i) => [...(F8.probs[i] ?? [])].reverse()),
      rows.map((i) => 2 - (F8.labels[i] ?? 0)),
    );
    closeTo(curve.expected, repeated.expected);
    closeTo(curve.observed, repeated.observed);
    closeTo(setCalibrationCurve(flat(F8.probs), F8.labels).expected, setCalibrationCurve(F8.probs, F8.labels).expected);
  });

  it('claims at least its level, and both rise', () => {
    const counts = fc
      .array(fc.integer({min: 0, max: 5}), {minLength: 4, maxLength: 4})
      .filter((c) => c.some((v) => v > 0));
    fc.assert(
      fc.property(fc.array(counts, {minLength: 1, maxLength: 10}), (list) => {
        const probs = list.map((c) => c.map((v) => v / c.reduce((a, b) => a + b, 0)));
        const {expected, observed} = setCalibrationCurve(
          probs,
          probs.map((_, i) => i % 4),
        );
        expected.forEach((claim, j) => {
          expect(claim).to.be.at.least((j + 1) / 20 - 1e-9);
          expect(claim).to.be.at.least((expected[j - 1] ?? 0) - 1e-12);
          expect(observed[j]).to.be.at.least(observed[j - 1] ?? 0);
        });
      }),
      {seed: 4, numRuns: 25},
    );
  });

  it('refuses levels and rows that are none', () => {
    expect(() => setCalibrationCurve(F8.probs, F8.labels, {levels: [1.2]})).to.throw(ConfigError, /got 1.2/);
    expect(() => setCalibrationCurve(F8.probs, F8.labels, {levels: []})).to.throw(ConfigError, /none/);
    expect(() => setCalibrationCurve([[0.5, 0.6]], [0])).to.throw(DataError, /setCalibrationCurve.*sum to 1/);
  });
});
