import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {type Laplace, laplace} from '../../laplace/index.ts';
import {ConfigError} from '../../src/errors.ts';
import {loadPosterior} from '../../src/io/index.ts';
import {closeTo} from '../support/close.ts';
import {expectRejection} from '../support/rejection.ts';
import {savedArtifacts} from '../support/saved-artifacts.ts';
import {smallData, smallNet} from './small-net.ts';

const [NOISE, MEAN, PRECISION] = [0.5, 0.3, 2];
const INPUTS = [0.5, -1, 2, 1.5, -0.5, 1];
const TARGETS = [0.9, -1.2, 2.6, 2.2, -0.1, 1.4];

/** y = w x + noise with w ~ N(mean, 1 / precision), the model at the posterior mean. */
function regression(from: number, to: number, mean: number, precision: number) {
  const [x, y] = [INPUTS.slice(from, to), TARGETS.slice(from, to)];
  const square = x.reduce((sum, value) => sum + value * value, 0) / NOISE ** 2;
  const product = x.reduce((sum, value, i) => sum + value * (y[i] as number), 0) / NOISE ** 2;
  const weight = Math.fround((precision * mean + product) / (precision + square));
  const model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [1], useBias: false})]});
  tf.tidy(() => model.setWeights([tf.tensor2d([[weight]])]));
  return {model, weight, x: tf.tensor2d(x, [x.length, 1]), y: tf.tensor2d(y, [y.length, 1])};
}

async function evidence(from: number, to: number, mean: number, precision: number) {
  const {model, weight, x, y} = regression(from, to, mean, precision);
  const posterior = await laplace(model, {
    likelihood: 'gaussian',
    noiseScale: NOISE,
    priorMean: [mean],
    priorPrecision: [precision],
    structure: 'full',
  }).fit(x, y);
  const found = {
    value: posterior.logMarginalLikelihood(),
    weight,
    precision: 1 / (posterior.weightVariances()[0] as number),
  };
  posterior.dispose();
  tf.dispose([x, y]);
  model.dispose();
  return found;
}

describe('laplace with a prior mean of each weight', () => {
  it('learns in two parts what it learns at once: log p(all) = log p(first) + log p(second | first)', async () => {
    const all = await evidence(0, 6, MEAN, PRECISION);
    const first = await evidence(0, 2, MEAN, PRECISION);
    const second = await evidence(2, 6, first.weight, first.precision);
    closeTo([first.value + second.value], [all.value], {rtol: 1e-6});
    closeTo([second.weight, second.precision], [all.weight, all.precision], {rtol: 1e-6});
  });

  it('enters evidence, tuning and files weight by weight', async () => {
    const model = smallNet(3, 'softmax');
    const data = smallData();
    const options = {weights: 'all', structure: 'diag'} as const;
    const weights = (await Promise.all(model.getWeights().map((weight) => weight.data()))).flatMap((part) => [...part]);
    const priorMean = weights.map((weight, i) => weight - 0.01 * (i % 3));
    const [plain, shifted] = await Promise.all([
      laplace(model, options).fit(data.x, data.yClass),
      laplace(model, {...options, priorMean: Float64Array.from(priorMean)}).fit(data.x, data.yClass),
    ]);
    const scatter = (mean: (i: number) => number): number =>
      weights.reduce((sum, weight, i) => sum + (weight - mean(i)) ** 2, 0);
    const gain = 0.5 * (scatter(() => 0) - scatter((i) => priorMean[i] as number));
    closeTo([shifted.logMarginalLikelihood() - plain.logMarginalLikelihood()], [gain], {rtol: 1e-6});

    for (const prior of ['layer', 'weight'] as const) {
      const {logMarginalLikelihood} = await shifted.tune({prior});
      const before = shifted.priorPrecision as readonly number[];
      const changed = before.map((value, i) => value * (i % 2 === 0 ? 1.05 : 0.95));
      expect(shifted.logMarginalLikelihood({priorPrecision: changed})).to.be.below(logMarginalLikelihood);
    }
    const saved = await savedArtifacts(shifted);
    const loaded = (await loadPosterior(tf.io.fromMemory(saved), {model})) as Laplace;
    closeTo([loaded.logMarginalLikelihood()], [shifted.logMarginalLikelihood()], {rtol: 0});
    for (const one of [plain, shifted, loaded, model]) one.dispose();
    tf.dispose({...data});
  });

  it('refuses as many as do not fit, and such as are no numbers', async () => {
    const model = smallNet(3, 'softmax');
    const data = smallData();
    expect(() => laplace(model, {priorMean: [1, 2]})).to.throw(ConfigError, 'expected priorMean to be a number or 12');
    expect(() => laplace(model, {priorMean: [Number.NaN]})).to.throw(ConfigError, 'got NaN');
    await expectRejection(
      laplace(model, {weights: {indices: [1, 2]}, priorMean: [0]}).fit(data.x, data.yClass),
      ConfigError,
      /laplace.fit: expected priorMean to be a number or 2/,
    );
    model.dispose();
    tf.dispose({...data});
  });
});
