import {expect} from 'chai';
import fc from 'fast-check';
import {
  applyClassCalibration,
  applyHistogramBinning,
  applyIsotonicPooled,
  applySpline,
  applyTemperature,
  classCalibrationMethods,
  fitBayesianBinning,
  fitClassCalibration,
  fitIsotonicPooled,
  fitRegressionCalibration,
  fitSpline,
  fitTemperature,
  vennAbers,
} from '../../../src/calibration/index.ts';
import {ConfigError, DataError, ShapeError} from '../../../src/errors.ts';
import {brierScore, calibrationError} from '../../../src/metrics/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {lgamma} from '../../../src/special/index.ts';
import {closeTo} from '../../support/close.ts';

/** Labels drawn from softmax(logits), and what a net three times too sure says of them. */
function overconfident(seed: number, n: number, classes: number) {
  const rng = createRng(seed);
  const noise = rng.normals(n * classes);
  const uniforms = rng.uniforms(n);
  const logits = Array.from({length: n}, (_, i) => Array.from(noise.subarray(i * classes, (i + 1) * classes)));
  const truth = applyTemperature(logits, 1);
  const labels = Array.from(uniforms, (u, i) => {
    let left = u;
    for (let k = 0; k < classes - 1; k++) {
      left -= truth.data[i * classes + k] as number;
      if (left < 0) return k;
    }
    return classes - 1;
  });
  return {probs: applyTemperature(logits, 1 / 3), labels, truth};
}

function argmaxes({data, shape: [rows, columns]}: {data: ArrayLike<number>; shape: readonly [number, number]}) {
  return Array.from({length: rows}, (_, i) => {
    const row = Array.from({length: columns}, (_c, k) => data[i * columns + k] as number);
    return row.indexOf(Math.max(...row));
  });
}

describe('fitClassCalibration', () => {
  const held = overconfident(1, 3000, 3);
  const fresh = overconfident(2, 3000, 3);
  const before = calibrationError(fresh.probs, fresh.labels);

  for (const method of classCalibrationMethods) {
    it(`${method} calibrates fresh predictions, from probabilities as from logits`, () => {
      const own = method === 'venn-abers' ? overconfident(1, 600, 3) : held;
      const calibration = fitClassCalibration(own.probs, own.labels, {method});
      expect(calibration.method).to.equal(method);
      const few = {data: fresh.probs.data.subarray(0, 900), shape: [300, 3] as const};
      const some = method === 'venn-abers' ? few : fresh.probs;
      const labels = fresh.labels.slice(0, some.shape[0]);
      const after = applyClassCalibration(some, calibration);
      for (let i = 0; i < after.shape[0]; i++) {
        const row = after.data.subarray(3 * i, 3 * i + 3);
        closeTo(row[0] as number, 1 - (row[1] as number) - (row[2] as number), {rtol: 0, atol: 1e-12});
      }
      // Against noise of about 0.01 in 3000 and 0.03 in 300.
      expect(calibrationError(after, labels)).to.be.below(method === 'venn-abers' ? 0.12 : 0.05);
      expect(before).to.be.above(0.2);
      // Isotonic maps may give a label the probability 0, for which the Brier score is the judge.
      expect(brierScore(after, labels)).to.be.below(brierScore(some, labels));
      const json = JSON.parse(JSON.stringify(calibration));
      expect(Array.from(applyClassCalibration(few, json).data)).to.deep.equal(
        Array.from(applyClassCalibration(few, calibration).data),
      );
      const logits = {data: few.data.map((p) => Math.log(p) + 5), shape: few.shape};
      if (method !== 'vector' && method !== 'matrix') {
        closeTo(
          applyClassCalibration(logits, calibration, {scale: 'logits'}).data,
          applyClassCalibration(few, calibration).data,
          {rtol: 1e-6, atol: 2e-3},
        );
      }
    });
  }

  it('gives what the function of each method gives', () => {
    const {probs, labels} = held;
    const logs = {data: probs.data.map(Math.log), shape: probs.shape};
    const temperature = fitTemperature(logs, labels);
    expect(fitClassCalibration(probs, labels)).to.deep.equal({method: 'temperature', temperature});
    closeTo(temperature, 3, {rtol: 0.15});
    const two = overconfident(3, 400, 2);
    const platt = fitClassCalibration(two.probs, two.labels, {method: 'platt'});
    expect('maps' in platt && platt.maps).to.have.length(1);
    const column = Array.from({length: 400}, (_, i) => two.probs.data[2 * i + 1] as number);
    const venn = applyClassCalibration(
      [[0.4, 0.6]],
      fitClassCalibration(two.probs, two.labels, {method: 'venn-abers'}),
    );
    const [expected = 0] = vennAbers(column, two.labels, [0.6]).probs;
    closeTo(venn.data, [1 - expected, expected]);
  });

  it('temperature and irm keep the predicted class, isotonic does not', () => {
    const wanted = argmaxes(fresh.probs);
    const changed = (method: 'temperature' | 'irm' | 'isotonic') => {
      const calibration = fitClassCalibration(held.probs, held.labels, {method});
      const now = argmaxes(applyClassCalibration(fresh.probs, calibration));
      return now.filter((label, i) => label !== wanted[i]).length;
    };
    expect(changed('temperature')).to.equal(0);
    expect(changed('irm')).to.equal(0);
    expect(changed('isotonic')).to.be.above(0);
  });

  it('refuses unknown methods and other numbers of classes', () => {
    expect(() => fitClassCalibration([[0.5, 0.5]], [0], {method: 'magic' as 'beta'})).to.throw(ConfigError, /'magic'/);
    expect(() => fitClassCalibration([[0.5, 0.6]], [0])).to.throw(DataError, /fitClassCalibration/);
    expect(() => fitClassCalibration([[1, 2]], [0], {scale: 'odds' as 'logits'})).to.throw(ConfigError, /'odds'/);
    const beta = fitClassCalibration(held.probs, held.labels, {method: 'beta'});
    expect(() => applyClassCalibration([[0.5, 0.5]], beta)).to.throw(ShapeError, /expected 3 columns/);
  });
});

describe('fitBayesianBinning', () => {
  it('averages histograms by their marginal likelihood', () => {
    // Eight examples: one to eight bins are tried, 8^(1/3) = 2. Done here by the formulas, histogram by histogram.
    const probs = [0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9];
    const labels = [0, 0, 1, 0, 1, 0, 1, 1];
    let [total, sum] = [0, 0];
    for (let bins = 1; bins <= 8; bins++) {
      const edges = Array.from({length: bins - 1}, (_, b) => {
        const at = Math.round(((b + 1) * 8) / bins);
        return ((probs[at - 1] as number) + (probs[at] as number)) / 2;
      });
      const a = 2 / bins;
      let log = 0;
      let at15 = 0;
      for (let b = 0; b < bins; b++) {
        const [low, high] = [edges[b - 1] ?? 0, edges[b] ?? 1];
        const own = labels.filter((_, i) => (probs[i] as number) >= low && (probs[i] as number) < high);
        const ones = own.filter((label) => label === 1).length;
        const [alpha, beta] = [(a * (low + high)) / 2, a * (1 - (low + high) / 2)];
        log += lgamma(a) - lgamma(own.length + a) + lgamma(ones + alpha) - lgamma(alpha);
        log += lgamma(own.length - ones + beta) - lgamma(beta);
        if (low <= 0.12 && 0.12 < high) at15 = (ones + alpha) / (own.length + a);
      }
      total += Math.exp(log);
      sum += Math.exp(log) * at15;
    }
    closeTo(applyHistogramBinning([0.12], fitBayesianBinning(probs, labels)), [sum / total], {rtol: 1e-6});
  });

  it('does not depend on the order, and keeps ties together', () => {
    const probs = [0.2, 0.2, 0.2, 0.7, 0.7, 0.9];
    const labels = [0, 1, 0, 1, 0, 1];
    const expected = fitBayesianBinning(probs, labels);
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5], {minLength: 6}), (order) => {
        const map = fitBayesianBinning(
          order.map((i) => probs[i] as number),
          order.map((i) => labels[i] as number),
        );
        closeTo(map.values, expected.values, {rtol: 1e-12});
      }),
      {seed: 1, numRuns: 20},
    );
    expect(expected.values.every((v) => v > 0 && v < 1)).to.equal(true);
  });
});

describe('fitSpline', () => {
  it('is exact where the cumulative share is a line, and near where the truth is smooth', () => {
    const n = 20000;
    const uniforms = createRng(4).uniforms(2 * n);
    const probs = Array.from({length: n}, (_, i) => uniforms[2 * i] as number);
    const labels = probs.map((p, i) => Number((uniforms[2 * i + 1] as number) < p * p));
    const at = [0.1, 0.3, 0.5, 0.7, 0.9];
    const fitted = applySpline(at, fitSpline(probs, labels));
    // Six knots: standard error of a share over about a sixth of the examples, several times.
    at.forEach((p, i) => {
      expect(Math.abs((fitted[i] as number) - p * p)).to.be.below(0.03);
    });
    const alternating = Array.from({length: 40}, (_, i) => (i + 0.5) / 40);
    const half = fitSpline(
      alternating.flatMap((p) => [p, p]),
      alternating.flatMap(() => [0, 1]),
    );
    closeTo(
      half.y,
      half.y.map(() => 0.5),
      {rtol: 1e-6},
    );
  });

  it('keeps at most 512 corners, in range, and refuses one knot', () => {
    const {probs, labels} = overconfident(5, 2000, 2);
    const column = Array.from({length: 2000}, (_, i) => probs.data[2 * i + 1] as number);
    const map = fitSpline(column, labels, {knots: 9});
    expect(map.x.length).to.equal(512);
    expect(Math.min(...map.y)).to.be.at.least(0);
    expect(Math.max(...map.y)).to.be.at.most(1);
    expect(fitSpline([0.5, 0.5], [0, 1]).y).to.have.length(1);
    expect(() => fitSpline([0.5], [1], {knots: 1})).to.throw(ConfigError, /knots/);
  });
});

describe('fitIsotonicPooled', () => {
  it('pools all classes and keeps their order', () => {
    const probs = [
      [0.7, 0.3],
      [0.6, 0.4],
      [0.2, 0.8],
    ];
    // Sorted: .2 no, .3 no, .4 yes, .6 no, .7 yes, .8 yes.
    const map = fitIsotonicPooled(probs, [0, 1, 1]);
    expect(map).to.deep.equal({x: [0.2, 0.3, 0.4, 0.6, 0.7, 0.8], y: [0, 0, 0.5, 0.5, 1, 1]});
    const {data} = applyIsotonicPooled([[0.55, 0.45]], map);
    expect(data[0]).to.be.above(data[1] as number);
    closeTo(data, [0.5, 0.5], {rtol: 1e-5});
  });
});

describe('fitRegressionCalibration', () => {
  it('pit maps go through (pit_i, i / (N + 1)) at about the root of N points, rising', () => {
    const pit = Array.from({length: 99}, (_, i) => ((i + 1) / 100) ** 2);
    const calibration = fitRegressionCalibration(
      {mean: pit.map(() => 0), std: pit.map(() => 1), targets: pit.map(() => 1), pit},
      {method: 'pit'},
    );
    if (calibration.method !== 'pit') throw new Error('expected pit');
    const {x, y} = calibration.map;
    expect(x.length).to.equal(12);
    closeTo(
      y,
      x.map((p) => Math.sqrt(p)),
      {rtol: 1e-12},
    );
    expect(x.every((p, i) => i === 0 || p > (x[i - 1] as number))).to.equal(true);
    expect(y.every((p, i) => i === 0 || p > (y[i - 1] as number))).to.equal(true);
  });

  it('variance scaling is the root of the mean squared z; unknown methods are refused', () => {
    const held = {mean: [0, 1], std: [1, 2], targets: [3, 5], pit: [0.9, 0.9]};
    expect(fitRegressionCalibration(held)).to.deep.equal({method: 'variance-scaling', factor: Math.sqrt(13 / 2)});
    expect(() => fitRegressionCalibration(held, {method: 'x' as 'pit'})).to.throw(ConfigError, /'x'/);
  });
});
