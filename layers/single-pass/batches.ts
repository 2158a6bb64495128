import * as tf from '@tensorflow/tfjs-core';
import {batchesOf, countInputs, type Inputs, sliceInputs} from '../../src/models/index.ts';

/** What `evaluate` makes of the inputs, batch by batch and joined along the examples. The caller disposes it. */
export function inBatches(x: Inputs, batchSize = 256, evaluate: (part: Inputs) => tf.Tensor): tf.Tensor {
  const batches = batchesOf(countInputs(x), batchSize);
  return tf.tidy(() => tf.concat(batches.map(({start, size}) => tf.tidy(() => evaluate(sliceInputs(x, start, size))))));
}
