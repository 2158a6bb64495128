import {readFileSync} from 'node:fs';
import {expect} from 'chai';
import {
  applyBetaScaling,
  applyHistogramBinning,
  applyLinearScaling,
  applyPlattScaling,
  applyTemperature,
  fitBetaScaling,
  fitDirichletScaling,
  fitHistogramBinning,
  fitMatrixScaling,
  fitPlattScaling,
  fitTemperature,
  fitVectorScaling,
} from '../../../src/calibration/index.ts';
import {ConfigError, DataError, ShapeError} from '../../../src/errors.ts';
import {calibrationError, negativeLogLikelihood} from '../../../src/metrics/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {onWarning} from '../../../src/warn.ts';
import {closeTo} from '../../support/close.ts';

const path = new URL('fixtures/recalibration.json', import.meta.url);
const fixture = JSON.parse(readFileSync(path, 'utf8'));
const {logits, labels} = fixture;

function softmax(rows: number[][]) {
  return applyTemperature(rows, 1);
}

function warningsOf(work: () => void): string[] {
  const warnings: string[] = [];
  const restore = onWarning((message) => warnings.push(message));
  try {
    work();
  } finally {
    restore();
  }
  return warnings;
}

describe('vector, matrix and Dirichlet scaling', () => {
  it('reach the optimum that SciPy finds', () => {
    const vector = fitVectorScaling(logits, labels);
    closeTo(applyLinearScaling(fixture.new, vector).data, fixture.vector.probs.flat(), {rtol: 2e-7});
    closeTo(negativeLogLikelihood(applyLinearScaling(logits, vector), labels), fixture.vector.value, {rtol: 1e-13});
    const matrix = fitMatrixScaling(logits, labels, {offDiagonal: 0.05, bias: 0.02});
    closeTo(applyLinearScaling(fixture.new, matrix).data, fixture.matrix.probs.flat(), {rtol: 2e-7});
    const free = fitMatrixScaling(logits, labels, {offDiagonal: 0, bias: 0});
    closeTo(applyLinearScaling(fixture.new, free).data, fixture.free.probs.flat(), {rtol: 2e-7});
    closeTo(negativeLogLikelihood(applyLinearScaling(logits, free), labels), fixture.free.value, {rtol: 1e-13});
    const dirichlet = fitDirichletScaling(softmax(logits), labels, {offDiagonal: 0.05, bias: 0.02});
    closeTo(applyLinearScaling(softmax(fixture.new), dirichlet).data, fixture.dirichlet.probs.flat(), {rtol: 2e-7});
  });

  it('vector scaling contains temperature scaling, matrix scaling contains vector scaling', () => {
    const nll = (probs: Parameters<typeof negativeLogLikelihood>[0]) => negativeLogLikelihood(probs, labels);
    const temperature = nll(applyTemperature(logits, fitTemperature(logits, labels)));
    const vector = nll(applyLinearScaling(logits, fitVectorScaling(logits, labels)));
    const matrix = nll(applyLinearScaling(logits, fitMatrixScaling(logits, labels, {offDiagonal: 0, bias: 0})));
    expect(vector).to.be.below(temperature);
    expect(matrix).to.be.below(vector);
  });

  it('penalties pull towards a diagonal without shift; a stored scaling predicts the same', () => {
    const strong = fitMatrixScaling(logits, labels, {offDiagonal: 1e6, bias: 1e6});
    strong.weights.forEach((row, j) => {
      row.forEach((w, k) => {
        if (j !== k) closeTo(w, 0, {atol: 1e-5});
      });
    });
    closeTo(strong.bias, [0, 0, 0], {atol: 1e-5});
    const restored = JSON.parse(JSON.stringify(strong));
    expect(applyLinearScaling(logits, restored)).to.deep.equal(applyLinearScaling(logits, strong));
  });

  it('do not depend on the order of examples or the form of labels', () => {
    const turned = fitVectorScaling(logits.toReversed(), labels.toReversed());
    const oneHot = labels.map((label: number) => [0, 1, 2].map((k) => Number(k === label)));
    const same = fitVectorScaling(logits, oneHot);
    expect(same).to.deep.equal(fitVectorScaling(logits, labels));
    closeTo(applyLinearScaling(logits, turned).data, applyLinearScaling(logits, same).data, {rtol: 1e-6});
  });

  it('recover a distortion of calibrated logits', () => {
    const rng = createRng(3);
    const n = 20000;
    const z = rng.normals(n * 3);
    const u = rng.uniforms(n);
    const target = new Int32Array(n);
    const distorted = new Float64Array(n * 3);
    for (let i = 0; i < n; i++) {
      const weights = [0, 1, 2].map((k) => Math.exp(z[3 * i + k] ?? 0));
      let left = (u[i] ?? 0) * weights.reduce((sum, w) => sum + w, 0);
      let label = 0;
      while ((left -= weights[label] ?? 0) > 0 && label < 2) label++;
      target[i] = label;
      [2, 0.5, 1].forEach((factor, k) => {
        distorted[3 * i + k] = ((z[3 * i + k] ?? 0) - 0.3 * k) * factor;
      });
    }
    const x = {data: distorted, shape: [n, 3] as [number, number]};
    const {weights, bias} = fitVectorScaling(x, target);
    // Standard errors are about 0.02.
    closeTo(weights[0] ?? [], [0.5, 2, 1], {rtol: 0.08});
    closeTo([(bias[1] ?? 0) - (bias[0] ?? 0), (bias[2] ?? 0) - (bias[0] ?? 0)], [0.3, 0.6], {atol: 0.08});
    const options = {kind: 'classwise'} as const;
    const before = calibrationError(
      softmax(Array.from({length: n}, (_, i) => Array.from(distorted.subarray(3 * i, 3 * i + 3)))),
      target,
      options,
    );
    const after = calibrationError(applyLinearScaling(x, {kind: 'vector', weights, bias}), target, options);
    expect(after).to.be.below(0.2 * before);
  });

  it('warn where labels can be separated, and refuse what they cannot fit', () => {
    const warnings = warningsOf(() =>
      fitVectorScaling(
        [
          [3, 0],
          [0, 3],
        ],
        [0, 1],
      ),
    );
    expect(warnings.join()).to.match(/^fitVectorScaling: the labels can be separated perfectly/);
    expect(() => fitMatrixScaling(logits, labels, {bias: -1})).to.throw(ConfigError, /got 0.01 and -1/);
    expect(() => fitVectorScaling([[Number.NaN, 1]], [0])).to.throw(
      DataError,
      /^fitVectorScaling: expected finite logits/,
    );
    expect(() => fitDirichletScaling([[1, 1]], [0])).to.throw(DataError, /^fitDirichletScaling: .*sum 2/);
    expect(() => applyLinearScaling([[1, 2, 3]], {kind: 'vector', weights: [[1, 1]], bias: [0, 0]})).to.throw(
      ShapeError,
      /expected 2 columns in inputs/,
    );
  });
});

describe('Platt and beta scaling', () => {
  const {probs, labels: y, inverted, lopsided, platt, beta, betaInverted, betaLopsided} = fixture.binary;
  const scores = probs.map((p: number) => Math.log(p / (1 - p)));

  it('Platt scaling agrees with scikit-learn', () => {
    const {slope, intercept} = fitPlattScaling(scores, y);
    closeTo([slope, intercept], platt, {rtol: 1e-5});
    closeTo(
      applyPlattScaling([0, 2], {slope, intercept}),
      [intercept, 2 * slope + intercept].map((f) => 1 / (1 + Math.exp(-f))),
    );
  });

  it('Platt scaling of separated scores stays finite', () => {
    const {slope} = fitPlattScaling([-1, -2, 1, 2], [0, 0, 1, 1]);
    expect(slope).to.be.within(0.5, 5);
  });

  it('beta scaling agrees with a bounded minimization, also on its faces', () => {
    for (const [target, oracle] of [
      [y, beta],
      [inverted, betaInverted],
      [lopsided, betaLopsided],
    ]) {
      const {a, b, c} = fitBetaScaling(probs, target);
      closeTo([a, b, c], oracle.coefficients, {rtol: 2e-5, atol: 2e-6});
      const p = applyBetaScaling(probs, {a, b, c});
      const loss = target.reduce(
        (sum: number, t: number, i: number) => sum - Math.log(t === 1 ? (p[i] ?? 0) : 1 - (p[i] ?? 0)),
        0,
      );
      closeTo(loss / target.length, oracle.value, {rtol: 1e-9});
    }
    expect(fitBetaScaling(probs, inverted)).to.include({a: 0, b: 0});
  });

  it('a = b = 1 and c = 0 change nothing, and certainty stays finite', () => {
    closeTo(applyBetaScaling([0.01, 0.5, 0.9], {a: 1, b: 1, c: 0}), [0.01, 0.5, 0.9]);
    closeTo(applyBetaScaling([0, 1], {a: 1, b: 1, c: 0}), [1e-12, 1], {rtol: 1e-9});
  });

  it('refuse labels and probabilities out of range', () => {
    expect(() => fitPlattScaling([1], [2])).to.throw(DataError, /^fitPlattScaling: expected 0 and 1 in labels, got 2/);
    expect(() => fitBetaScaling([1.5], [1])).to.throw(DataError, /from 0 to 1 in probs, got 1.5/);
    expect(() => fitBetaScaling([0.5, 0.5], [1])).to.throw(ShapeError, /labels of length 2/);
    const warnings = warningsOf(() => fitBetaScaling([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1]));
    expect(warnings.join()).to.match(/^fitBetaScaling: the labels can be separated/);
  });
});

describe('histogram binning', () => {
  it('of equal masses and equal widths', () => {
    const p = [0.05, 0.1, 0.2, 0.3, 0.7, 0.9];
    const y = [0, 1, 0, 0, 1, 1];
    const mass = fitHistogramBinning(p, y, {bins: 3});
    closeTo(mass.edges, [0.15, 0.5]);
    closeTo(mass.values, [0.5, 0, 1]);
    const width = fitHistogramBinning(p, y, {bins: 5, binning: 'equal-width'});
    closeTo(width.edges, [0.2, 0.4, 0.6, 0.8]);
    closeTo(width.values, [0.5, 0, 0.5, 1, 1]);
    closeTo(applyHistogramBinning([0, 0.2, 0.5, 1], width), [0.5, 0, 0.5, 1]);
  });

  it('keeps ties together', () => {
    const {edges, values} = fitHistogramBinning([0.5, 0.5, 0.5, 0.5, 0.9], [0, 1, 0, 1, 1], {bins: 5});
    expect(edges.length).to.be.below(4);
    expect(applyHistogramBinning([0.5, 0.9], {edges, values})).to.deep.equal(Float64Array.of(0.5, 1));
  });

  it('calibrates what it was fitted on', () => {
    const rng = createRng(4);
    const q = rng.uniforms(2000);
    const y = rng.uniforms(2000).map((u, i) => Number(u < (q[i] ?? 0) ** 2));
    const p = applyHistogramBinning(q, fitHistogramBinning(q, y));
    expect(new Set(p).size).to.equal(10);
    for (const value of new Set(p)) {
      const own = y.filter((_, i) => p[i] === value);
      closeTo(own.reduce((sum, v) => sum + v, 0) / own.length, value);
    }
  });

  it('refuses bins and binnings that do not exist', () => {
    expect(() => fitHistogramBinning([0.5], [1], {bins: 0})).to.throw(ConfigError, /bins, got 0/);
    expect(() => fitHistogramBinning([0.5], [1], {binning: 'x' as 'equal-mass'})).to.throw(ConfigError, /got 'x'/);
    expect(() => applyHistogramBinning([2], {edges: [], values: [0.5]})).to.throw(DataError, /got 2 at index 0/);
  });
});
