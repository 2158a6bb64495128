import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';

/** Runs `work` and fails if it left a tensor behind. */
export async function expectNoLeak<T>(work: () => T | Promise<T>): Promise<T> {
  const before = tf.memory().numTensors;
  const result = await work();
  expect(tf.memory().numTensors - before, 'tensors left behind').to.equal(0);
  return result;
}
