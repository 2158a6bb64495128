import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {structuredSgmcmc} from '../../../ensembles/index.ts';
import {ConfigError} from '../../../src/errors.ts';
import {closeTo} from '../../support/close.ts';

const trainSize = 10;
/** A stored past of one moment, before the variables move on. */
const frozen = {trainSize, priorPrecision: 0, temperature: 0, every: 1000, memory: 1} as const;

/** Both entries multiplied. */
const product = (a: tf.Tensor): tf.Scalar => tf.sum(tf.mul(tf.slice(a, 0, 1), tf.slice(a, 1, 1)));

describe('structuredSgmcmc', () => {
  it('gives each block the gradient that it has beside the past of the others', async () => {
    const a = tf.variable(tf.tensor1d([1, 2]), true, 'first_layer/kernel');
    const b = tf.variable(tf.tensor1d([3]), true, 'first_layer/bias');
    const c = tf.variable(tf.scalar(5), true, 'second_layer/kernel');
    const f = (): tf.Scalar => tf.mul(tf.mul(tf.sum(tf.mul(a, tf.tensor1d([1, 10]))), tf.sum(b)), c) as tf.Scalar;
    const past = {a: [1, 2], b: 3, c: 5};
    const now = {a: [2, 4], b: -1, c: 7};
    const sum = ([p, q]: number[]): number => (p as number) + 10 * (q as number);
    const expected = {
      layer: {a: [now.b * past.c, 10 * now.b * past.c], b: sum(now.a) * past.c, c: sum(past.a) * past.b},
      tensor: {a: [past.b * past.c, 10 * past.b * past.c], b: sum(past.a) * past.c, c: sum(past.a) * past.b},
      neuron: {a: [past.b * past.c, 10 * past.b * past.c], b: sum(past.a) * past.c, c: sum(past.a) * past.b},
    } as const;
    for (const blocks of ['layer', 'tensor', 'neuron'] as const) {
      a.assign(tf.tensor1d(past.a));
      b.assign(tf.tensor1d([past.b]));
      c.assign(tf.scalar(past.c));
      const optimizer = structuredSgmcmc(1e-9, {...frozen, blocks});
      optimizer.minimize(f, false, [a, b, c]);
      a.assign(tf.tensor1d(now.a));
      b.assign(tf.tensor1d([now.b]));
      c.assign(tf.scalar(now.c));
      const {grads} = optimizer.computeGradients(f, [a, b, c]);
      closeTo(await (grads[a.name] as tf.Tensor).data(), expected[blocks].a, {rtol: 1e-5});
      closeTo(await (grads[b.name] as tf.Tensor).data(), [expected[blocks].b], {rtol: 1e-5});
      closeTo(await (grads[c.name] as tf.Tensor).data(), [expected[blocks].c], {rtol: 1e-5});
      expect([...(await a.data()), ...(await b.data()), ...(await c.data())]).to.deep.equal([...now.a, now.b, now.c]);
      optimizer.dispose();
    }
    tf.dispose([a, b, c]);
  });

  it('couples the units of one tensor only through their past when they are blocks', async () => {
    const a = tf.variable(tf.tensor1d([1, 2]));
    const f = (): tf.Scalar => product(a);
    const optimizer = structuredSgmcmc(1e-9, {...frozen, blocks: 'neuron'});
    optimizer.minimize(f, false, [a]);
    a.assign(tf.tensor1d([10, 20]));
    const {grads, value} = optimizer.computeGradients(f, [a]);
    closeTo(await (grads[a.name] as tf.Tensor).data(), [2, 1], {rtol: 1e-5});
    closeTo(await value.data(), [(10 * 2 + 1 * 20) / 2], {rtol: 1e-5});
    optimizer.dispose();
    a.dispose();
  });

  it('moves the trainable variables that a function contains where none are named', async () => {
    const a = tf.variable(tf.tensor1d([1, 2]), true, 'mine/a');
    const others = [tf.variable(tf.tensor1d([3, 4]), true, 'theirs/b'), tf.variable(tf.scalar(5), false, 'fixed/c')];
    for (const options of [{}, {keep: 0.5}] as const) {
      a.assign(tf.tensor1d([1, 2]));
      const optimizer = structuredSgmcmc(0.01, {trainSize, every: 1, blocks: 'tensor', ...options});
      let calls = 0;
      const f = (): tf.Scalar => {
        calls++;
        return tf.mul(product(a), others[1] as tf.Variable) as tf.Scalar;
      };
      for (let step = 0; step < 4; step++) optimizer.minimize(f);
      expect(calls).to.equal(5);
      expect([...(await a.data())]).to.not.deep.equal([1, 2]);
      expect([...(await (others[0] as tf.Variable).data())]).to.deep.equal([3, 4]);
      expect([...(await (others[1] as tf.Variable).data())]).to.deep.equal([5]);
      const late = tf.variable(tf.scalar(1), true, 'late/d');
      optimizer.minimize(() => tf.mul(f(), late));
      expect((await late.data())[0]).to.not.equal(1);
      optimizer.dispose();
      late.dispose();
    }
    tf.dispose([a, ...others]);
  });

  it('is sgld until its start, and with dropout that keeps everything', async () => {
    const a = tf.variable(tf.tensor1d([1, 2]));
    const f = (): tf.Scalar => product(a);
    for (const options of [
      {...frozen, start: 5},
      {...frozen, keep: 1},
    ]) {
      a.assign(tf.tensor1d([1, 2]));
      const optimizer = structuredSgmcmc(1e-9, {...options, blocks: 'neuron'});
      optimizer.minimize(f, false, [a]);
      a.assign(tf.tensor1d([10, 20]));
      closeTo(await (optimizer.computeGradients(f, [a]).grads[a.name] as tf.Tensor).data(), [20, 10], {rtol: 1e-5});
      optimizer.dispose();
    }
    a.dispose();
  });

  it('gives the variables back their values where the loss throws', async () => {
    const a = tf.variable(tf.tensor1d([1, 2]));
    const optimizer = structuredSgmcmc(1e-9, {...frozen, blocks: 'neuron'});
    optimizer.minimize(() => product(a), false, [a]);
    a.assign(tf.tensor1d([10, 20]));
    const failing = (): tf.Scalar => {
      throw new RangeError('of the loss');
    };
    expect(() => optimizer.computeGradients(failing, [a])).to.throw(RangeError);
    expect([...(await a.data())]).to.deep.equal([10, 20]);
    optimizer.dispose();
    a.dispose();
  });

  it('refuses options out of range', () => {
    expect(() => structuredSgmcmc(0.1, {trainSize, keep: 0})).to.throw(ConfigError, 'keep');
    expect(() => structuredSgmcmc(0.1, {trainSize, memory: 0})).to.throw(ConfigError, 'memory');
    expect(() => structuredSgmcmc(0.1, {trainSize, blocks: 'unit' as 'neuron'})).to.throw(ConfigError, 'blocks');
    expect(() => structuredSgmcmc(0.1, {trainSize, friction: 2})).to.throw(ConfigError, 'friction');
  });
});
