import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {ShapeError} from '../../../src/errors.ts';
import {
  assignWeights,
  flattenWeights,
  readWeights,
  unflattenWeights,
  weightOffsets,
  weightSizes,
  withWeights,
} from '../../../src/models/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {stack, wave} from './models.ts';

function model(): tfl.Sequential {
  return stack(
    tfl.layers.dense({units: 4, activation: 'tanh', inputShape: [3]}),
    tfl.layers.dense({units: 2, useBias: false}),
  );
}

describe('weights', () => {
  it('go into one flat vector and back', async () => {
    const weights = model().trainableWeights;
    expect(weightSizes(weights)).to.deep.equal([12, 4, 8]);
    expect(weightOffsets(weights)).to.deep.equal([0, 12, 16, 24]);
    const flat = flattenWeights(weights);
    const read = await readWeights(weights);
    expect(read).to.be.instanceOf(Float64Array);
    closeTo(await flat.data(), read, {rtol: 0});
    closeTo(read.subarray(12, 16), await (weights[1] as tfl.LayerVariable).read().data(), {rtol: 0});
    const back = unflattenWeights(flat, weights);
    expect(back.map((tensor) => tensor.shape)).to.deep.equal([[3, 4], [4], [4, 2]]);
    closeTo(await flattenWeights(back).data(), read, {rtol: 0});
    expect(() => unflattenWeights(tf.zeros([23]), weights)).to.throw(ShapeError, /24 numbers, got 23/);
  });

  it('change for one synchronous section only', async () => {
    const net = model();
    const other = net.trainableWeights.map((weight) => wave(weight.shape as number[], 9));
    const x = wave([5, 3], 0);
    const before = await (net.predict(x) as tf.Tensor).data();
    const inside = withWeights(net.trainableWeights, other, () => net.predict(x) as tf.Tensor);
    expect(await readWeights(net.trainableWeights)).to.not.deep.equal(await readWeights(other));
    closeTo(await (net.predict(x) as tf.Tensor).data(), before, {rtol: 0});
    assignWeights(net.trainableWeights, other);
    closeTo(await inside.data(), await (net.predict(x) as tf.Tensor).data(), {rtol: 0});
  });

  it('are restored after an error, and nothing leaks', async () => {
    const net = model();
    const other = net.trainableWeights.map((weight) => wave(weight.shape as number[], 9));
    const x = wave([5, 3], 0);
    const before = await (net.predict(x) as tf.Tensor).data();
    await expectNoLeak(() => {
      expect(() =>
        withWeights(net.trainableWeights, other, () => {
          throw new Error('on purpose');
        }),
      ).to.throw('on purpose');
      withWeights(net.trainableWeights, other, () => net.predict(x) as tf.Tensor).dispose();
      assignWeights(
        net.trainableWeights,
        net.trainableWeights.map((weight) => weight.read()),
      );
    });
    closeTo(await (net.predict(x) as tf.Tensor).data(), before, {rtol: 0});
  });

  it('let gradients flow to the tensors that stand in', async () => {
    const net = model();
    const x = wave([5, 3], 0);
    const [k1, b1, k2] = net.trainableWeights.map((weight) => wave(weight.shape as number[], 9)) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    const actual = tf.grad((kernel) =>
      withWeights(net.trainableWeights, [kernel, b1, k2], () => net.apply(x) as tf.Tensor),
    )(k1);
    const expected = tf.grad((kernel) => tf.dot(tf.tanh(tf.add(tf.dot(x, kernel), b1)), k2))(k1);
    closeTo(await actual.data(), await expected.data(), {rtol: 1e-5, atol: 1e-6});
  });

  it('keep the assigned values when the caller disposes the tensors', async () => {
    const net = model();
    const other = net.trainableWeights.map((weight) => wave(weight.shape as number[], 9));
    const expected = await readWeights(other);
    assignWeights(net.trainableWeights, other);
    tf.dispose(other);
    closeTo(await readWeights(net.trainableWeights), expected, {rtol: 0});
  });

  it('refuse tensors of the wrong number or shape and stay as they were', async () => {
    const {trainableWeights} = model();
    const before = await readWeights(trainableWeights);
    const wrong = [tf.zeros([3, 4]), tf.zeros([4]), tf.zeros([2, 4])];
    for (const change of [
      assignWeights,
      (...args: Parameters<typeof assignWeights>) => withWeights(...args, () => 0),
    ]) {
      expect(() => change(trainableWeights, wrong)).to.throw(ShapeError, /\[4, 2\] for weight '.*', got \[2, 4\]/);
      expect(() => change(trainableWeights, [])).to.throw(ShapeError, /3 tensors, got 0/);
    }
    closeTo(await readWeights(trainableWeights), before, {rtol: 0});
  });
});
