import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {ConfigError, ShapeError} from '../../../src/errors.ts';
import {batchesOf, countInputs, sliceInputs, toModelInputs} from '../../../src/models/index.ts';
import {apply, connect, stack} from './models.ts';

function twoInputs(): tfl.LayersModel {
  const image = tfl.input({shape: [4, 4, 1], name: 'image'});
  const age = tfl.input({shape: [1], name: 'age'});
  const merged = apply(tfl.layers.concatenate(), [apply(tfl.layers.flatten(), image), age]);
  return connect([image, age], apply(tfl.layers.dense({units: 2}), merged));
}

describe('inputs', () => {
  it('counts and slices tensors, lists and maps alike', async () => {
    const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
    const y = tf.tensor1d([7, 8, 9]);
    expect([countInputs(x), countInputs([x, y]), countInputs({x, y})]).to.deep.equal([3, 3, 3]);
    expect(Array.from(await (sliceInputs(x, 1, 2) as tf.Tensor).data())).to.deep.equal([3, 4, 5, 6]);
    expect(Array.from(await ((sliceInputs([x, y], 2, 1) as tf.Tensor[])[1] as tf.Tensor).data())).to.deep.equal([9]);
    const part = sliceInputs({x, y}, 0, 1) as tf.NamedTensorMap;
    expect(Object.keys(part)).to.deep.equal(['x', 'y']);
    expect(Array.from(await (part.x as tf.Tensor).data())).to.deep.equal([1, 2]);
  });

  it('refuses inputs without a common number of examples', () => {
    expect(() => countInputs([tf.zeros([2, 1]), tf.zeros([3, 1])])).to.throw(ShapeError, /\[2,1\], \[3,1\]/);
    expect(() => countInputs([])).to.throw(ShapeError, /no tensor/);
    expect(() => countInputs(tf.scalar(1))).to.throw(ShapeError);
  });

  it('refuses what is no tensor, saying what it is and naming the caller', () => {
    const model = stack(tfl.layers.dense({units: 1, inputShape: [3]}));
    const bad: [unknown, RegExp][] = [
      [
        [[1, 2, 3]],
        /: expected a tf.Tensor, a list .* got an Array that holds an Array at '0'. Make one with tf.tensor2d/,
      ],
      [[1, 2, 3], /got an Array that holds a number at '0'/],
      [[tf.zeros([1, 3]), undefined], /got an Array that holds undefined at '1'/],
      [{image: [1, 2]}, /got an Object that holds an Array at 'image'/],
      [new Float32Array(3), /got a Float32Array\. Make/],
      [undefined, /got undefined/],
      [null, /got null/],
      [3, /got a number/],
      ['x', /got a string/],
    ];
    for (const [x, message] of bad) {
      expect(() => countInputs(x as tf.Tensor, 'laplace.fit'))
        .to.throw(ConfigError, message)
        .with.property('message')
        .match(/^laplace\.fit: /);
      expect(() => countInputs(x as tf.Tensor)).to.throw(ConfigError, /^countInputs: /);
      expect(() => sliceInputs(x as tf.Tensor, 0, 1))
        .to.throw(ConfigError, /^sliceInputs: /)
        .with.property('message')
        .match(message);
      expect(() => toModelInputs(model, x as tf.Tensor, 'net.outputs')).to.throw(ConfigError, message);
    }
  });

  it('cuts examples into batches', () => {
    expect(batchesOf(5, 2)).to.deep.equal([
      {start: 0, size: 2},
      {start: 2, size: 2},
      {start: 4, size: 1},
    ]);
    expect(batchesOf(0, 2)).to.deep.equal([]);
    expect(() => batchesOf(5, 0)).to.throw(ConfigError, /batchSize, got 0/);
    expect(() => batchesOf(5, 1.5, 'laplace.fit')).to.throw(ConfigError, /^laplace\.fit: expected a positive integer/);
  });

  it('orders a map of inputs as the model does', () => {
    const model = twoInputs();
    const [image, age] = [tf.zeros([2, 4, 4, 1]), tf.zeros([2, 1])];
    expect(toModelInputs(model, {age, image}, 'f')).to.deep.equal([image, age]);
    expect(toModelInputs(model, [image, age], 'f')).to.deep.equal([image, age]);
  });

  it('takes the only input of a sequential model that was never used', () => {
    const model = stack(tfl.layers.dense({units: 1, inputShape: [3]}));
    expect(toModelInputs(model, tf.zeros([2, 3]), 'f').length).to.equal(1);
  });

  it('says which input is wrong and what the model expects', () => {
    const model = twoInputs();
    const [image, age] = [tf.zeros([2, 4, 4, 1]), tf.zeros([2, 1])];
    expect(() => toModelInputs(model, image, 'f')).to.throw(
      ConfigError,
      /f: expected 2 input tensors \(image, age\), got 1/,
    );
    expect(() => toModelInputs(model, {image, agee: age}, 'f')).to.throw(
      ConfigError,
      /'image', 'age', got 'image', 'agee'/,
    );
    expect(() => toModelInputs(model, {image}, 'f')).to.throw(ConfigError, /got 'image'/);
    expect(() => toModelInputs(model, {image, age, name: age}, 'f')).to.throw(ConfigError, /no other/);
    expect(() => toModelInputs(model, [tf.zeros([2, 4, 5, 1]), age], 'f')).to.throw(
      ShapeError,
      /'image' of shape \[N, 4, 4, 1\], got \[2, 4, 5, 1\]/,
    );
    expect(() => toModelInputs(model, [image, tf.zeros([2])], 'f')).to.throw(
      ShapeError,
      /'age' of shape \[N, 1\], got \[2\]/,
    );
    expect(() => toModelInputs(model, [image, tf.zeros([3, 1])], 'f')).to.throw(ShapeError, /2 in 'image', 3 in 'age'/);
  });
});
