import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {checkpointEnsemble, ema, snapshotEnsemble, swa} from '../../ensembles/index.ts';
import {ConfigError} from '../../src/errors.ts';
import {closeTo} from '../support/close.ts';
import {expectNoLeak} from '../support/leaks.ts';
import {inputs, smallNet, targets} from './nets.ts';

/** Remembers the weights after each batch or epoch. */
function recorder(model: tfl.LayersModel, unit: 'batch' | 'epoch') {
  const seen: number[][] = [];
  const record = async (): Promise<void> => {
    seen.push(
      (await Promise.all(model.getWeights().map((weight) => weight.data()))).flatMap((part) => Array.from(part)),
    );
  };
  return {
    seen,
    callback: new tfl.CustomCallback(unit === 'batch' ? {onBatchEnd: record} : {onEpochEnd: record}, 'never'),
  };
}

async function flat(weights: readonly tf.Tensor[]): Promise<number[]> {
  return (await Promise.all(weights.map((weight) => weight.data()))).flatMap((values) => Array.from(values));
}

function compiled(normalized = false): tfl.LayersModel {
  const model = smallNet(2, 'linear', 0, normalized);
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  return model;
}

const fitOptions = {epochs: 4, batchSize: 5, shuffle: false} as const;

describe('swa and ema', () => {
  it("swa is the mean of the weights it saw, and becomes the model's on request", async () => {
    const [model, x, y] = [compiled(), inputs(), targets.numbers()];
    const {seen, callback} = recorder(model, 'epoch');
    await expectNoLeak(async () => {
      const averaging = swa(model, {start: 1});
      await model.fit(x, y, {...fitOptions, callbacks: [callback, averaging]});
      const expected = (seen[0] as number[]).map((_, i) =>
        [1, 2, 3].reduce((sum, t) => sum + ((seen[t] as number[])[i] as number) / 3, 0),
      );
      closeTo(await flat(averaging.average), expected, {rtol: 1e-5, atol: 1e-7});
      closeTo(await flat(model.getWeights()), seen[3] as number[], {rtol: 0});
      averaging.apply();
      closeTo(await flat(model.getWeights()), expected, {rtol: 1e-5, atol: 1e-7});
      averaging.dispose();
    });
    tf.dispose([x, y]);
    model.dispose();
  });

  it('ema weighs by powers of its decay', async () => {
    const [model, x, y] = [compiled(), inputs(), targets.numbers()];
    const {seen, callback} = recorder(model, 'batch');
    await expectNoLeak(async () => {
      const averaging = ema(model, {decay: 0.7});
      await model.fit(x, y, {...fitOptions, callbacks: [callback, averaging]});
      expect(seen.length).to.equal(12);
      const powers = seen.map((_, t) => 0.7 ** (seen.length - 1 - t));
      const total = powers.reduce((sum, power) => sum + power, 0);
      const expected = (seen[0] as number[]).map((_, i) =>
        seen.reduce((sum, weights, t) => sum + ((weights[i] as number) * (powers[t] as number)) / total, 0),
      );
      closeTo(await flat(averaging.average), expected, {rtol: 1e-5, atol: 1e-7});
      averaging.dispose();
    });
    tf.dispose([x, y]);
    model.dispose();
  });

  it('swa asks for inputs where BatchNormalization needs them, and then normalizes them', async () => {
    const [model, x, y] = [compiled(true), inputs(), targets.numbers()];
    const averaging = swa(model);
    await model.fit(x, y, {...fitOptions, callbacks: [averaging]});
    expect(() => averaging.apply()).to.throw(ConfigError, 'BatchNormalization');
    averaging.apply({inputs: x});
    const [hidden, normalization] = model.layers as [tfl.layers.Layer, tfl.layers.Layer];
    const [mean, variance, gamma, beta] = tf.tidy(() => {
      const outputs = normalization.apply(hidden.apply(x)) as tf.Tensor;
      const moments = tf.moments(outputs, 0);
      const [scale, shift] = normalization.getWeights() as [tf.Tensor, tf.Tensor];
      return [moments.mean, moments.variance, tf.square(scale), tf.clone(shift)];
    }) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    closeTo(await mean.data(), await beta.data(), {atol: 1e-5});
    closeTo(await variance.data(), await gamma.data(), {rtol: 0.02});
    averaging.dispose();
    expect(() => averaging.average).to.throw(ConfigError, 'got 0');
    expect(() => ema(model, {decay: 1})).to.throw(ConfigError, 'decay');
    tf.dispose([x, y, mean, variance, gamma, beta]);
    model.dispose();
  });
});

describe('checkpointEnsemble and snapshotEnsemble', () => {
  it('keeps the last weight vectors as members', async () => {
    const [model, x, y] = [compiled(), inputs(), targets.numbers()];
    const {seen, callback} = recorder(model, 'epoch');
    await expectNoLeak(async () => {
      const collector = checkpointEnsemble(model, {likelihood: 'gaussian', noiseScale: 1, last: 2});
      expect(() => collector.posterior()).to.throw(ConfigError, 'got 0');
      await model.fit(x, y, {...fitOptions, callbacks: [callback, collector]});
      const posterior = collector.posterior();
      collector.dispose();
      expect(collector.count).to.equal(0);
      expect(await Promise.all(posterior.members.map(flat))).to.deep.equal(seen.slice(-2));
      posterior.dispose();
    });
    tf.dispose([x, y]);
    model.dispose();
  });

  for (const optimizer of ['sgd', 'adam'] as const) {
    it(`lets the learning rate of ${optimizer} fall in cosine cycles, and keeps each cycle's end`, async () => {
      const model = smallNet(2, 'linear');
      model.compile({optimizer, loss: 'meanSquaredError'});
      const [x, y] = [inputs(), targets.numbers()];
      const {seen, callback} = recorder(model, 'epoch');
      const rates: number[] = [];
      const rate = new tfl.CustomCallback(
        {onBatchEnd: async () => void rates.push((model.optimizer as unknown as {learningRate: number}).learningRate)},
        'never',
      );
      const collector = snapshotEnsemble(model, {
        cycleEpochs: 2,
        learningRate: 0.2,
        likelihood: 'gaussian',
        noiseScale: 1,
      });
      await model.fit(x, y, {...fitOptions, callbacks: [callback, collector, rate]});
      const cycle = [0, 1, 2, 3, 4, 5].map((step) => 0.1 * (Math.cos((Math.PI * step) / 6) + 1));
      closeTo(rates, [...cycle, ...cycle], {rtol: 1e-6});
      const posterior = collector.posterior();
      expect(await Promise.all(posterior.members.map(flat))).to.deep.equal([seen[1], seen[3]]);
      posterior.dispose();
      collector.dispose();
      tf.dispose([x, y]);
      model.dispose();
    });
  }
});
