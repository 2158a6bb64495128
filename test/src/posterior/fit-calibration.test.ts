import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {fitTemperature} from '../../../src/calibration/index.ts';
import {ConfigError, DataError} from '../../../src/errors.ts';
import {calibrated} from '../../../src/io/index.ts';
import {bernoulli, categorical, gaussian} from '../../../src/likelihoods/index.ts';
import {type Calibration, fitCalibration, type Posterior} from '../../../src/posterior/index.ts';
import {sharedRows, sketchRows} from '../../../src/posterior/row-sketch.ts';
import {createRng} from '../../../src/random/index.ts';
import {onWarning} from '../../../src/warn.ts';
import {closeTo} from '../../support/close.ts';
import {posteriorOf} from '../../support/latent-posterior.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {expectRejection} from '../../support/rejection.ts';

const n = 600;
const rng = createRng(11);
const normals = rng.normals(3 * n);
const logits = Array.from({length: n}, (_, i) => Array.from(normals.subarray(3 * i, 3 * i + 3)));
const uniforms = rng.uniforms(n);
/** Labels drawn from softmax(logits). */
const labels = logits.map((row, i) => {
  const weights = row.map(Math.exp);
  let left = (uniforms[i] as number) * weights.reduce((a, b) => a + b);
  return weights.findIndex((weight) => (left -= weight) < 0);
});

describe('fitCalibration', () => {
  let x: tf.Tensor;
  before(() => {
    x = tf.tensor2d(logits);
  });
  after(() => x.dispose());

  const overconfident = posteriorOf(categorical(), (input) => ({mean: tf.mul(input, 3)}));
  /** Two members that err to either side. */
  const ensemble = posteriorOf(categorical(), (input) =>
    tf.tidy(() => ({draws: tf.stack([tf.add(tf.mul(input, 3), [[2, 0, 0]]), tf.sub(tf.mul(input, 3), [[2, 0, 0]])])})),
  );

  const logLikelihood = async (posterior: Posterior): Promise<number> => {
    const predictive = await posterior.predict(x);
    const y = tf.tensor1d(labels, 'int32');
    const logProb = predictive.logProb(y);
    const values = Float64Array.from(await logProb.data());
    tf.dispose([y, logProb]);
    predictive.dispose();
    return values.reduce((a, b) => a + b, 0) / n;
  };

  it('finds the temperature before as after averaging, the same for a point estimate', () =>
    expectNoLeak(async () => {
      const before = await fitCalibration(overconfident, {x, y: labels}, {averaging: 'before'});
      const after = await fitCalibration(overconfident, {x, y: labels});
      if (!('temperature' in before) || !('temperature' in after)) throw new Error('expected temperatures');
      const exact = fitTemperature(
        logits.map((row) => row.map((f) => Math.fround(3 * f))),
        labels,
      );
      expect(exact).to.be.within(2.6, 3.4);
      closeTo(after.temperature, exact, {rtol: 1e-5});
      closeTo(before.temperature, exact, {rtol: 2e-3});
      expect([before.method, 'averaging' in before && before.averaging]).to.deep.equal(['temperature', 'before']);
    }));

  it('each place of averaging is best for itself', () =>
    expectNoLeak(async () => {
      for (const averaging of ['before', 'after'] as const) {
        const calibration = await fitCalibration(ensemble, {x, y: labels}, {averaging});
        if (calibration.method !== 'temperature') throw new Error('expected a temperature');
        const fitted = await logLikelihood(calibrated(ensemble, calibration));
        for (const factor of [0.9, 1.1]) {
          const off = {...calibration, temperature: factor * calibration.temperature};
          expect(await logLikelihood(calibrated(ensemble, off)), averaging).to.be.below(fitted);
        }
        expect(await logLikelihood(ensemble)).to.be.below(fitted);
      }
    }));

  it('before averaging tempers each member, after averaging their mean', () =>
    expectNoLeak(async () => {
      const temper = async (averaging: 'before' | 'after'): Promise<ArrayLike<number>> => {
        const one = tf.tensor2d([[1, 0, -1]]);
        const predictive = await calibrated(ensemble, {temperature: 2, averaging}).predict(one);
        if (predictive.kind !== 'categorical') throw new Error('expected classes');
        const probs = await predictive.probs.data();
        one.dispose();
        predictive.dispose();
        return probs;
      };
      const softmax = (row: number[]): number[] => {
        const weights = row.map(Math.exp);
        return weights.map((w) => w / weights.reduce((a, b) => a + b));
      };
      const members = [
        [5, 0, -3],
        [1, 0, -3],
      ];
      const mean = (rows: number[][]): number[] =>
        [0, 1, 2].map((k) => ((rows[0]?.[k] ?? 0) + (rows[1]?.[k] ?? 0)) / 2);
      closeTo(await temper('before'), mean(members.map((row) => softmax(row.map((f) => f / 2)))), {rtol: 1e-5});
      closeTo(await temper('after'), softmax(mean(members.map(softmax)).map((p) => Math.log(p) / 2)), {rtol: 1e-5});
    }));

  it('leaves ignored labels out and refuses sets without any', () =>
    expectNoLeak(async () => {
      const some = labels.map((label, i) => (i < 300 ? label : -100));
      const half = tf.slice(x, 0, 300);
      for (const options of [{method: 'isotonic'}, {averaging: 'before'}, {}] as const) {
        const whole = await fitCalibration(overconfident, {x, y: some}, options);
        const part = await fitCalibration(overconfident, {x: half, y: labels.slice(0, 300)}, options);
        const plain = ({rows: _, ...rest}: Calibration): object => rest;
        if ('temperature' in whole && 'temperature' in part) closeTo(whole.temperature, part.temperature, {rtol: 3e-3});
        else expect(plain(whole)).to.deep.equal(plain(part));
        const none = labels.map(() => -100);
        await expectRejection(fitCalibration(overconfident, {x, y: none}, options), DataError, /with a label/);
      }
      half.dispose();
    }));

  it('returns the coldest temperature with a warning where predictions are certain and right', () =>
    expectNoLeak(async () => {
      const warnings: string[] = [];
      const restore = onWarning((message) => warnings.push(message));
      try {
        const certain = posteriorOf(categorical(), (input) => ({mean: tf.mul(input, 1e6)}));
        const top = logits.map((row) => row.indexOf(Math.max(...row)));
        const calibration = await fitCalibration(certain, {x, y: top}, {averaging: 'before'});
        expect(calibration).to.include({method: 'temperature', temperature: 0.02});
        expect(warnings).to.have.length(1);
        expect(warnings[0]).to.match(/^fitCalibration: .*certain and right/);
      } finally {
        restore();
      }
    }));

  it('keeps the temperature before averaging between its bounds', () =>
    expectNoLeak(async () => {
      for (const [scale, bound] of [
        [0.001, 0.02],
        [1000, 50],
      ] as const) {
        const far = posteriorOf(categorical(), (input) => ({mean: tf.mul(input, scale)}));
        const calibration = await fitCalibration(far, {x, y: labels}, {averaging: 'before'});
        if (!('temperature' in calibration)) throw new Error('expected a temperature');
        closeTo(calibration.temperature, bound, {rtol: 2e-3});
        expect(calibration.temperature).to.be.within(0.02, 50);
      }
    }));

  it('before averaging tempers sure yes-or-no members alike on both sides', () =>
    expectNoLeak(async () => {
      const yes = posteriorOf(bernoulli(), (input) => ({draws: tf.tidy(() => tf.stack([input, input]))}));
      for (const f of [3, 20, 60]) {
        const both = tf.tensor2d([[f], [-f]]);
        const predictive = await calibrated(yes, {temperature: 10, averaging: 'before'}).predict(both);
        if (predictive.kind !== 'bernoulli') throw new Error('expected bernoulli');
        const [plus = 0, minus = 0] = await predictive.probs.data();
        closeTo(plus, 1 - minus, {rtol: 1e-5});
        closeTo(plus, 1 / (1 + Math.exp(-Math.min(f, 25 * Math.log(2)) / 10)), {rtol: 1e-5});
        predictive.dispose();
        both.dispose();
      }
    }));

  it('calibrates yes-or-no outputs as two classes', () =>
    expectNoLeak(async () => {
      const yes = posteriorOf(bernoulli(), (input) =>
        tf.tidy(() => ({mean: tf.slice(tf.mul(input, 4), [0, 0], [-1, 1])})),
      );
      const y = logits.map((row, i) => Number((uniforms[i] as number) < 1 / (1 + Math.exp(-(row[0] as number)))));
      const calibration = await fitCalibration(yes, {x, y}, {method: 'platt'});
      if (calibration.method !== 'platt') throw new Error('expected platt');
      expect(calibration.maps).to.have.length(1);
      closeTo(calibration.maps[0]?.slope ?? 0, 0.25, {rtol: 0.25});
      const predictive = await calibrated(yes, calibration).predict(x);
      if (predictive.kind !== 'bernoulli') throw new Error('expected bernoulli');
      const [logProbs, complements] = [await predictive.logProbs.data(), await predictive.logComplements.data()];
      closeTo(
        Array.from(logProbs, (v, i) => Math.exp(v) + Math.exp(complements[i] as number)),
        Array.from(logProbs, () => 1),
        {rtol: 1e-5},
      );
      predictive.dispose();
    }));

  it('scales standard deviations and recalibrates quantiles of numbers', () =>
    expectNoLeak(async () => {
      const numbers = posteriorOf(gaussian({noiseScale: 0.5}), (input) =>
        tf.tidy(() => ({mean: tf.slice(input, [0, 0], [-1, 1])})),
      );
      const y = logits.map(([a = 0, b = 0]) => a + b); // noise of standard deviation 1
      const scaling = await fitCalibration(numbers, {x, y});
      if (scaling.method !== 'variance-scaling') throw new Error('expected variance scaling');
      closeTo(scaling.factor, 2, {rtol: 0.1});
      const scaled = await calibrated(numbers, scaling).predict(x);
      const {variance, mean} = await (scaled as Extract<typeof scaled, {kind: 'gaussian'}>).toArrays();
      closeTo(variance.data[0] as number, (0.5 * scaling.factor) ** 2, {rtol: 1e-5});
      closeTo(mean.data[3] as number, logits[3]?.[0] as number, {rtol: 1e-5});
      scaled.dispose();
      const pit = await fitCalibration(numbers, {x, y}, {method: 'pit'});
      const recalibrated = await calibrated(numbers, pit).predict(x);
      if (recalibrated.kind !== 'recalibrated') throw new Error('expected recalibrated');
      const [low, high] = [recalibrated.quantile(0.05), recalibrated.quantile(0.95)];
      const [from, to] = [await low.data(), await high.data()];
      const inside = y.filter((value, i) => value >= (from[i] as number) && value <= (to[i] as number)).length;
      expect(inside / n).to.be.within(0.87, 0.93); // of the base's intervals about 0.59
      tf.dispose([low, high]);
      recalibrated.dispose();
    }));

  it('refuses methods of another kind', async () => {
    const numbers = posteriorOf(gaussian({noiseScale: 1}), (input) => ({mean: tf.clone(input)}));
    await expectNoLeak(async () => {
      const data = {x, y: labels};
      await expectRejection(fitCalibration(overconfident, data, {method: 'pit'}), ConfigError, /'pit'/);
      await expectRejection(
        fitCalibration(overconfident, data, {method: 'beta', averaging: 'after'}),
        ConfigError,
        /averaging/,
      );
      for (const averaging of ['before', 'after'] as const) {
        await expectRejection(fitCalibration(numbers, {x, y: x}, {averaging}), ConfigError, /classes only/);
      }
      await expectRejection(fitCalibration(numbers, {x, y: x}, {method: 'beta'}), ConfigError, /'beta'/);
      await expectRejection(fitCalibration(numbers, {x, y: x}, {method: 'pit'}), ConfigError, /one output/);
      await expectRejection(calibrated(numbers, {temperature: 2}).predict(x), ConfigError, /classes/);
      await expectRejection(
        calibrated(numbers, {method: 'irm', map: {x: [0, 1], y: [0, 1]}}).predict(x),
        ConfigError,
        /'irm'/,
      );
      const factor: Calibration = {method: 'variance-scaling', factor: 2};
      await expectRejection(calibrated(overconfident, factor).predict(x), ConfigError, /for numbers/);
    });
    expect(() => calibrated(numbers, {method: 'variance-scaling', factor: 0})).to.throw(ConfigError, /positive/);
  });
});

describe('sketchRows', () => {
  it('knows rows again in any company, and no others', async () => {
    const all = Array.from(createRng(5).normals(5000 * 3));
    const sketch = async (from: number, to: number) => {
      const x = tf.tensor2d(all.slice(3 * from, 3 * to), [to - from, 3]);
      const result = await sketchRows(x, 'test');
      x.dispose();
      return result;
    };
    const few = await sketch(0, 100);
    expect(few.count).to.equal(100);
    expect(sharedRows(few, await sketch(50, 200))).to.equal(50);
    expect(sharedRows(few, await sketch(100, 200))).to.equal(0);
    const many = await sketch(0, 4000);
    expect(many.hashes).to.have.length(1024);
    expect(sharedRows(many, await sketch(4000, 5000))).to.equal(0);
    // An estimate from about 1024 hashes.
    expect(sharedRows(many, await sketch(2000, 5000))).to.be.within(1800, 2200);
    expect(sharedRows(await sketch(0, 10), many)).to.be.within(0, 10);
  });
});
