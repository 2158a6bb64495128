import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {
  type VbllHead,
  vbllClassification,
  vbllHeteroscedasticClassification,
  vbllHeteroscedasticRegression,
  vbllPosterior,
  vbllStudentTClassification,
  vbllStudentTRegression,
} from '../../../layers/index.ts';
import {ConfigError} from '../../../src/errors.ts';
import {rawOfVariance, varianceOfRaw} from '../../../src/likelihoods/mean-variance.ts';
import {createRng} from '../../../src/random/index.ts';
import {lgamma, studentTCdf} from '../../../src/special/index.ts';
import {closeTo} from '../../support/close.ts';
import {totalLoss} from './golden-case.ts';

const LOG_TWO_PI = Math.log(2 * Math.PI);
const logNormal = (value: number, mean: number, variance: number): number =>
  -0.5 * ((value - mean) ** 2 / variance + LOG_TWO_PI + Math.log(variance));

/** The integral of f over a line, from end to end of where it matters. */
function integral(from: number, to: number, f: (at: number) => number, steps = 400): number {
  const step = (to - from) / steps;
  let sum = 0;
  for (let i = 0; i < steps; i++) sum += step * f(from + (i + 0.5) * step);
  return sum;
}

/** E f(w) for w ~ N(mean, variance). */
const normalMean = (mean: number, variance: number, f: (w: number) => number): number =>
  integral(-9, 9, (z) => Math.exp(logNormal(z, 0, 1)) * f(mean + Math.sqrt(variance) * z), 180);

const logGamma = (x: number, a: number, b: number): number =>
  a * Math.log(b) - lgamma(a) + (a - 1) * Math.log(x) - b * x;

/** E f(precision) for a precision ~ Gamma(a, b), on a line of logarithms. */
const gammaMean = (a: number, b: number, f: (precision: number) => number): number =>
  integral(-8, 6, (t) => Math.exp(logGamma(Math.exp(t), a, b) + t) * f(Math.exp(t)));

function set(head: VbllHead, D: number, weights: tf.TensorLike[]): void {
  tf.tidy(() => {
    head.apply(tf.zeros([1, D]));
    head.setWeights(weights.map((one) => tf.tensor(one)));
  });
}

const [PHI, Y, MEAN, SD, TRAIN] = [1.3, 0.4, 0.6, 0.5, 7];

describe('Student-t regression against numerical integration', () => {
  const [A, B] = [2.2, 0.7];
  const PRIOR = {priorPrecision: 1.6, dof: 1.5, wishartScale: 0.4};
  const create = (): VbllHead => {
    const head = vbllStudentTRegression({units: 1, trainSize: TRAIN, ...PRIOR});
    set(head, 1, [[[MEAN]], [[Math.log(SD)]], [[0]], [Math.log(A)], [Math.log(B)]]);
    return head;
  };

  it('trains the evidence lower bound of weights and noise together', async () => {
    const head = create();
    const [phi, y] = [tf.tensor2d([[PHI]]), tf.tensor2d([[Y]])];
    const expected = gammaMean(A, B, (precision) => {
      const variance = SD ** 2 / precision;
      return normalMean(MEAN, variance, (w) => {
        const fit = logNormal(Y, w * PHI, 1 / precision);
        const q = logNormal(w, MEAN, variance) + logGamma(precision, A, B);
        const prior =
          logNormal(w, 0, 1 / (PRIOR.priorPrecision * precision)) + logGamma(precision, PRIOR.dof, PRIOR.wishartScale);
        return (q - prior) / TRAIN - fit;
      });
    });
    closeTo(await totalLoss(head, phi, y), expected, {rtol: 1e-5});
    tf.dispose([phi, y]);
    head.dispose();
  });

  it('predicts the Gaussian with its precision integrated out', async () => {
    const head = create();
    const model = tfl.sequential({layers: [tfl.layers.activation({activation: 'linear', inputShape: [1]}), head]});
    const [phi, y] = [tf.tensor2d([[PHI]]), tf.tensor2d([[Y]])];
    const predictive = await vbllPosterior(model).predict(phi);
    const log = predictive.logProb(y);
    const density = gammaMean(A, B, (precision) =>
      Math.exp(logNormal(Y, MEAN * PHI, ((SD * PHI) ** 2 + 1) / precision)),
    );
    closeTo(await log.data(), [Math.log(density)], {rtol: 1e-5});
    tf.dispose([phi, y, log]);
    predictive.dispose();
    head.dispose();
  });

  it('draws functions with weights and noise together: Student-t outputs', async () => {
    const head = create();
    const model = tfl.sequential({layers: [tfl.layers.activation({activation: 'linear', inputShape: [1]}), head]});
    const phi = tf.tensor2d([[PHI]]);
    const count = 400;
    const draws = await vbllPosterior(model).sampleOutputs(phi, {samples: count, rng: createRng(8)});
    const scale = SD * PHI * Math.sqrt(B / A);
    const sorted = Array.from(await draws.data(), (f) => studentTCdf((f - MEAN * PHI) / scale, 2 * A));
    sorted.sort((a, b) => a - b);
    const distance = Math.max(...sorted.map((p, i) => Math.abs(p - (i + 0.5) / count)));
    expect(distance).to.be.below(1.63 / Math.sqrt(count)); // Kolmogorov, 1 %
    tf.dispose([phi, draws]);
    head.dispose();
  });
});

describe('Heteroscedastic regression against numerical integration', () => {
  const [NOISE_MEAN, NOISE_SD] = [-0.7, 0.3];
  const PRIOR = {priorPrecision: 1.6, noisePriorPrecision: 3};
  const create = (): VbllHead => {
    const head = vbllHeteroscedasticRegression({units: 1, trainSize: TRAIN, ...PRIOR});
    set(head, 1, [[[MEAN]], [[Math.log(SD)]], [[0]], [[NOISE_MEAN]], [[Math.log(NOISE_SD)]], [[0]]]);
    return head;
  };

  it('trains the evidence lower bound of weights and noise together', async () => {
    const head = create();
    const [phi, y] = [tf.tensor2d([[PHI]]), tf.tensor2d([[Y]])];
    const expected = normalMean(NOISE_MEAN, NOISE_SD ** 2, (v) => {
      const noise = Math.exp(v * PHI);
      return normalMean(MEAN, SD ** 2 * noise, (w) => {
        const q = logNormal(w, MEAN, SD ** 2 * noise) + logNormal(v, NOISE_MEAN, NOISE_SD ** 2);
        const prior = logNormal(w, 0, noise / PRIOR.priorPrecision) + logNormal(v, 0, 1 / PRIOR.noisePriorPrecision);
        return (q - prior) / TRAIN - logNormal(Y, w * PHI, noise);
      });
    });
    closeTo(await totalLoss(head, phi, y), expected, {rtol: 1e-5});
    tf.dispose([phi, y]);
    head.dispose();
  });

  it('predicts the mixture over the noise, and draws means with their variances', async () => {
    const head = create();
    const model = tfl.sequential({layers: [tfl.layers.activation({activation: 'linear', inputShape: [1]}), head]});
    const [phi, y] = [tf.tensor2d([[PHI]]), tf.tensor2d([[Y]])];
    const posterior = vbllPosterior(model);
    const predictive = await posterior.predict(phi);
    const log = predictive.logProb(y);
    const density = normalMean(NOISE_MEAN, NOISE_SD ** 2, (v) =>
      Math.exp(logNormal(Y, MEAN * PHI, ((SD * PHI) ** 2 + 1) * Math.exp(v * PHI))),
    );
    closeTo(await log.data(), [Math.log(density)], {rtol: 1e-5});

    const draws = await posterior.sampleOutputs(phi, {samples: 400, rng: createRng(8)});
    expect(draws.shape).to.deep.equal([400, 1, 2]);
    const ofDraws = posterior.likelihood.predictive({draws});
    const sampled = ofDraws.logProb(y);
    closeTo(await sampled.data(), [Math.log(density)], {atol: 0.08});
    tf.dispose([phi, y, log, draws, sampled]);
    predictive.dispose();
    ofDraws.dispose();
    head.dispose();
  });

  it('writes variances as raw outputs and back', async () => {
    const variances = tf.tensor1d([2e-6, 1e-4, 0.01, 1, 30, 1e4]);
    const back = tf.tidy(() => varianceOfRaw(rawOfVariance(variances)));
    closeTo(await back.data(), await variances.data(), {rtol: 2e-3});
    tf.dispose([variances, back]);
  });
});

describe('VBLL bounds of the expected log-probability', () => {
  const phi = [[0.8]];
  const y = [[1, 0]];
  const means = [0.9 * 0.8, -0.4 * 0.8] as const;

  async function loss(head: VbllHead, features = phi, targets = y): Promise<number[]> {
    const each = tf.tidy(() => head.loss(tf.tensor2d(targets), head.apply(tf.tensor2d(features)) as tf.Tensor));
    const values = Array.from(await each.data());
    each.dispose();
    return values;
  }

  /** E log p(first class): the margin between two Gaussian logits is Gaussian. */
  const exact = (variances: readonly [number, number]): number =>
    normalMean(means[0] - means[1], variances[0] + variances[1], (margin) => -Math.log1p(Math.exp(-margin)));

  it('tilts: Jensen at a tilt of 1/2, and a bound at any', async () => {
    const logSds = [-0.4, 0.1];
    const variances = logSds.map((log) => Math.exp(2 * log) * 0.64 + 0.25) as [number, number];
    const weights = [[[0.9, -0.4]], [logSds]] as const;
    const noise = [Math.log(0.5), Math.log(0.5)];
    const jensen = vbllClassification({units: 2, trainSize: 10});
    set(jensen, 1, [noise, ...weights]);
    const [ofJensen] = (await loss(jensen)) as [number];
    const tilted = vbllClassification({units: 2, trainSize: 10, bound: 'reduced-knowles-minka'});
    set(tilted, 1, [noise, [0.5], ...weights]);
    closeTo(await loss(tilted), [ofJensen], {rtol: 1e-6});
    for (const tilt of [0.1, 0.3, 0.8]) {
      set(tilted, 1, [noise, [tilt], ...weights]);
      const [bound] = (await loss(tilted)) as [number];
      const a = 0.5 - tilt;
      const quadratic = variances.reduce((sum, v) => sum + 0.5 * a * a * v, 0);
      const logSumExp = Math.log(means.reduce((sum, m, k) => sum + Math.exp(m + tilt * (variances[k] as number)), 0));
      closeTo(bound, quadratic + logSumExp - means[0], {rtol: 1e-5});
      expect(-bound).to.be.below(exact(variances));
    }
    jensen.dispose();
    tilted.dispose();
  });

  it('of Student-t logits: tilted below the expectation, and half by Monte Carlo on average right', async () => {
    const [A, B] = [3, 0.8];
    const create = (bound: 'reduced-knowles-minka' | 'semi-monte-carlo'): VbllHead => {
      const head = vbllStudentTClassification({units: 2, trainSize: 1e9, bound, seed: 4});
      const tilt = bound === 'semi-monte-carlo' ? [] : [[0.2]];
      const noise = [
        [Math.log(A - 1), Math.log(A - 1)],
        [Math.log(B), Math.log(B)],
      ];
      set(head, 1, [[[0.9, -0.4]], [[-1, -0.6]], ...tilt, ...noise]);
      return head;
    };
    const spreads = [-1, -0.6].map((log) => Math.exp(2 * log) * 0.64 + 1) as [number, number];
    const overNoises = (f: (variances: [number, number]) => number): number =>
      gammaMean(A, B, (first) => gammaMean(A, B, (second) => f([spreads[0] / first, spreads[1] / second])));
    const tilted = create('reduced-knowles-minka');
    const [bound] = (await loss(tilted)) as [number];
    const at = (variances: [number, number]): number => {
      let quadratic = 0;
      let sum = 0;
      variances.forEach((v, k) => {
        const a = 0.5 - (0.2 * (spreads[k] as number)) / v;
        quadratic += 0.5 * a * a * v;
        sum += Math.exp((means[k] as number) + 0.2 * (spreads[k] as number));
      });
      return quadratic + Math.log(sum) - means[0];
    };
    closeTo(bound, overNoises(at), {rtol: 2e-3}); // E[s^2] has a heavy tail under the grid

    const half = create('semi-monte-carlo');
    const count = 4000;
    const values = await loss(
      half,
      Array.from({length: count}, () => [0.8]),
      Array.from({length: count}, () => [1, 0]),
    );
    const mean = values.reduce((sum, value) => sum + value / count, 0);
    const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2 / count, 0) / count);
    const jensen = ([first, second]: [number, number]): number => {
      const top = Math.max(means[0] + first / 2, means[1] + second / 2);
      const sum = Math.exp(means[0] + first / 2 - top) + Math.exp(means[1] + second / 2 - top);
      return top + Math.log(sum) - means[0];
    };
    closeTo(mean, overNoises(jensen), {atol: 4 * (spread / Math.sqrt(count)) + 0.002});
    tilted.dispose();
    half.dispose();
  });

  it('of logits with noise that depends on the input: tilted, in expectation over the noise', async () => {
    const head = vbllHeteroscedasticClassification({units: 2, trainSize: 1e9});
    const [tilt, logMeans, logSd] = [0.2, [-0.3, 0.2], Math.log(0.4)];
    set(head, 1, [[[0.9, -0.4]], [[-1, -0.6]], [tilt], [logMeans], [[logSd, logSd]]]);
    const [bound] = (await loss(head)) as [number];
    const spreads = [-1, -0.6].map((log) => Math.exp(2 * log) * 0.64 + 1);
    const quadratic = spreads.reduce((sum, c, k) => {
      const each = normalMean((logMeans[k] as number) * 0.8, (0.4 * 0.8) ** 2, (log) => {
        const a = 0.5 - tilt / Math.exp(log);
        return 0.5 * a * a * c * Math.exp(log);
      });
      return sum + each;
    }, 0);
    const logSumExp = Math.log(spreads.reduce((sum, c, k) => sum + Math.exp((means[k] as number) + tilt * c), 0));
    closeTo(bound, quadratic + logSumExp - means[0], {rtol: 1e-5});
    head.dispose();
  });

  it('refuses bounds and noise that a head does not have', () => {
    const base = {units: 2, trainSize: 10};
    expect(() => vbllStudentTClassification({...base, bound: 'jensen'})).to.throw(ConfigError, 'expected bound');
    expect(() => vbllClassification({...base, bound: 'semi-monte-carlo'})).to.throw(ConfigError, 'expected bound');
    expect(() => vbllStudentTClassification({...base, dof: 1})).to.throw(ConfigError, 'dof above 1');
    expect(() => vbllStudentTRegression({...base, noiseScale: 1})).to.throw(ConfigError, 'learns its noise');
  });
});
