import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {registerChainedMethods} from '../../../src/backend/chained-methods.ts';
import {expectNoLeak} from '../../support/leaks.ts';

type Chained = tf.Tensor & Record<string, (...args: unknown[]) => tf.Tensor>;

describe('chained tensor methods', () => {
  before(registerChainedMethods);

  for (const [name, args, shape, values] of [
    ['add', () => [1], [2, 2], [2, 3, 4, 5]],
    ['sum', () => [0, true], [1, 2], [4, 6]],
    ['flatten', () => [], [4], [1, 2, 3, 4]],
    ['as1D', () => [], [4], [1, 2, 3, 4]],
    ['as3D', () => [2, 1, 2], [2, 1, 2], [1, 2, 3, 4]],
    ['reshapeAs', () => [tf.zeros([4, 1])], [4, 1], [1, 2, 3, 4]],
    ['toInt', () => [], [2, 2], [1, 2, 3, 4]],
    ['asType', () => ['int32'], [2, 2], [1, 2, 3, 4]],
    ['concat', () => [tf.ones([1, 2]), 0], [3, 2], [1, 2, 3, 4, 1, 1]],
    ['stack', () => [tf.ones([2, 2])], [2, 2, 2], [1, 2, 3, 4, 1, 1, 1, 1]],
    ['where', () => [tf.tensor2d([1, 0, 0, 1], [2, 2], 'bool'), tf.zeros([2, 2])], [2, 2], [1, 0, 0, 4]],
    ['transpose', () => [], [2, 2], [1, 3, 2, 4]],
  ] as [string, () => unknown[], number[], number[]][]) {
    it(name, () =>
      expectNoLeak(async () => {
        const x = tf.tensor2d([1, 2, 3, 4], [2, 2]) as unknown as Chained;
        const others = args();
        const y = (x[name] as (...a: unknown[]) => tf.Tensor)(...others);
        expect(y.shape).to.deep.equal(shape);
        expect(Array.from(await y.data())).to.deep.equal(values);
        tf.dispose([x, y, others as tf.Tensor[]]);
      }),
    );
  }

  it('leave a method alone that is there', () => {
    const prototype = tf.Tensor.prototype as unknown as Record<string, unknown>;
    const mine = (): string => 'mine';
    const before = prototype.square;
    prototype.square = mine;
    registerChainedMethods();
    expect(prototype.square).to.equal(mine);
    prototype.square = before;
  });

  it('refuse a disposed tensor', () => {
    const x = tf.scalar(1) as unknown as Chained;
    x.dispose?.();
    expect(() => x.square?.()).to.throw('disposed');
  });
});
