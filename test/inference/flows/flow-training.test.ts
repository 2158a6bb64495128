import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers gradients
import {expect} from 'chai';
import {
  affineCouplingFlow,
  affineFlow,
  composeFlows,
  flowLogDensity,
  flowSample,
  inverseAutoregressiveFlow,
  splineCouplingFlow,
} from '../../../inference/flows/index.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {normalTensor} from '../../../src/backend/noise.ts';
import {ConfigError} from '../../../src/errors.ts';
import {createRng} from '../../../src/random/index.ts';
import {disturb, rows} from './rows.ts';

describe('training of flows', () => {
  before(async () => {
    await initBackend();
  });

  it('gives every weight a gradient, but for those that a mask takes', async () => {
    for (const {name, make, conditional} of rows) {
      const flow = disturb(make(3, conditional ? 2 : 0), createRng(1));
      const context = conditional ? normalTensor<tf.Rank.R2>(createRng(2), [20, 2]) : undefined;
      const {value, grads} = tf.variableGrads(() => {
        const draws = flowSample(flow, {count: 20, rng: createRng(3), ...(context && {context})});
        return tf.mean(tf.add(tf.sum(tf.square(draws.value), 1), draws.logDensity)) as tf.Scalar;
      }, [...flow.variables]);
      for (const variable of flow.variables) {
        const gradient = await (grads[variable.name] as tf.Tensor).data();
        expect(
          gradient.some((g) => g !== 0),
          `${name} ${variable.shape}`,
        ).to.equal(true);
        expect(gradient.every(Number.isFinite), `${name} ${variable.shape}`).to.equal(true);
      }
      tf.dispose([value, grads, ...(context ? [context] : [])] as tf.Tensor[]);
      flow.dispose();
    }
  });

  for (const {name, make} of [
    ...rows.filter((row) => ['affine coupling', 'spline coupling'].includes(row.name)),
    {
      name: 'masked autoregressive by its inverse',
      make: (dimension: number) => inverseAutoregressiveFlow({dimension, layers: 2, hidden: [8], logScale: 0}),
    },
  ]) {
    it(`${name}: fits a banana by maximum likelihood`, async () => {
      const rng = createRng('banana');
      const count = 256;
      const banana = tf.tidy(() => {
        const noise = normalTensor<tf.Rank.R2>(rng, [2 * count, 2]);
        const [x, e] = tf.split(noise, 2, 1) as [tf.Tensor2D, tf.Tensor2D];
        return tf.concat2d([x, tf.add(tf.square(x), tf.mul(e, 0.3))], 1);
      });
      const [train, test] = tf.split(banana, 2) as [tf.Tensor2D, tf.Tensor2D];
      // -log of the density that the banana was made with: ln(2 pi) + ln 0.3 + 1 on average.
      const entropy = Math.log(2 * Math.PI) + Math.log(0.3) + 1;
      const flow = composeFlows([make(2, 0), affineFlow({dimension: 2})]);
      const loss = (points: tf.Tensor2D) => tf.neg(tf.mean(flowLogDensity(flow, points))) as tf.Scalar;
      const optimizer = tf.train.adam(0.03);
      for (let step = 0; step < 80; step++) {
        optimizer.minimize(() => loss(train), false, [...flow.variables]);
      }
      const reached = tf.tidy(() => loss(test));
      expect((await reached.data())[0]).to.be.within(entropy - 0.15, entropy + 0.25);
      optimizer.dispose();
      tf.dispose([banana, train, test, reached]);
      flow.dispose();
    });
  }
});

describe('a conditioner of zeros', () => {
  it('is refused, with the reason', () => {
    for (const make of [
      () => inverseAutoregressiveFlow({dimension: 3, weightScale: 0}),
      () => affineCouplingFlow({dimension: 3, weightScale: 0}),
      () => splineCouplingFlow({dimension: 3, weightScale: 0}),
    ]) {
      expect(make).to.throw(ConfigError, /weightScale above 0, got 0.*gradient of every weight is exactly zero/);
    }
  });

  it('would give exactly zero gradient to every weight but the last biases', async () => {
    const flow = inverseAutoregressiveFlow({dimension: 4, layers: 2, hidden: [8, 8], activation: 'relu'});
    for (const variable of flow.variables) {
      const zeros = tf.zeros(variable.shape);
      variable.assign(zeros);
      zeros.dispose();
    }
    const {value, grads} = tf.variableGrads(() => {
      const {value: theta, logDensity} = flowSample(flow, {count: 32, rng: createRng(1)});
      return tf.mean(tf.add(tf.sum(tf.square(tf.sub(theta, 2)), 1), logDensity)) as tf.Scalar;
    }, [...flow.variables]);
    const largest = await Promise.all(
      flow.variables.map(async (variable) =>
        Math.max(...Array.from(await (grads[variable.name] as tf.Tensor).data(), Math.abs)),
      ),
    );
    // Each layer: kernel, bias, kernel, bias, kernel, bias.
    expect(largest.map((gradient) => gradient > 0)).to.deep.equal(Array.from({length: 12}, (_, i) => i % 6 === 5));
    tf.dispose([value, grads] as unknown as tf.TensorContainer);
    flow.dispose();
  });
});
