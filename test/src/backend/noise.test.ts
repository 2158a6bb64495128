import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {normalTensor, uniformTensor} from '../../../src/backend/noise.ts';
import {createRng} from '../../../src/random/index.ts';
import type {Rng} from '../../../src/random/rng.ts';

describe('noise tensors', () => {
  it('hold the normals of the stream in float32', async () => {
    const tensor = normalTensor(createRng(4), [3, 5]);
    expect(tensor.shape).to.deep.equal([3, 5]);
    expect(tensor.dtype).to.equal('float32');
    expect(await tensor.data()).to.deep.equal(Float32Array.from(createRng(4).normals(15)));
    tensor.dispose();
  });

  it('hold the uniforms of the stream, cut to 24 bits', async () => {
    const tensor = uniformTensor(createRng(4), [7]);
    const expected = createRng(4)
      .uniforms(7)
      .map((u) => Math.floor(u * 2 ** 24) / 2 ** 24);
    expect(Array.from(await tensor.data())).to.deep.equal(Array.from(expected));
    tensor.dispose();
  });

  it('never round a uniform up to 1', async () => {
    const nearOne = {uniforms: (n: number) => new Float64Array(n).fill(1 - 2 ** -53)} as Rng;
    const tensor = uniformTensor(nearOne, [2]);
    expect(Math.max(...(await tensor.data()))).to.equal(1 - 2 ** -24);
    tensor.dispose();
  });

  it('make scalars and empty tensors, and one tensor per call', () => {
    const before = tf.memory().numTensors;
    const [scalar, empty] = [normalTensor(createRng(1), []), uniformTensor(createRng(1), [0, 3])];
    expect(tf.memory().numTensors - before).to.equal(2);
    expect(scalar.shape).to.deep.equal([]);
    expect(empty.shape).to.deep.equal([0, 3]);
    tf.dispose([scalar, empty]);
    expect(tf.memory().numTensors).to.equal(before);
  });

  it('are the same on cpu and wasm', async () => {
    const values: Array<ArrayLike<number>> = [];
    for (const backend of ['cpu', 'wasm']) {
      await tf.setBackend(backend);
      const tensor = normalTensor(createRng(8), [100]);
      values.push(await tensor.data());
      tensor.dispose();
    }
    expect(values[0]).to.deep.equal(values[1]);
  });
});
