import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {laplace} from '../laplace/index.ts';
import {createRng, initBackend, uniformTensor} from '../src/index.ts';
import type {BenchRow} from './support/row.ts';

const [FITTED, PREDICTED] = [1280, 1000];
const BOUND_MB = 1536;

/** The most memory this process has held so far. */
function peakMegabytes(): number {
  return process.resourceUsage().maxRSS / 1024;
}

/** Peak memory of the all-weights Kronecker predictive of an MLP 784-256-256-10 at 1000 inputs in one go. */
export async function run(): Promise<BenchRow[]> {
  await initBackend({prefer: 'wasm'});
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({units: 256, activation: 'relu', inputShape: [784]}),
      tfl.layers.dense({units: 256, activation: 'relu'}),
      tfl.layers.dense({units: 10, activation: 'softmax'}),
    ],
  });
  const x = uniformTensor(createRng(1), [FITTED, 784]) as tf.Tensor2D;
  const y = tf.tidy(() => tf.mod(tf.range(0, FITTED, 1, 'int32'), 10));
  const posterior = await laplace(model, {weights: 'all'}).fit(x, y);
  const afterFit = peakMegabytes();
  const few = uniformTensor(createRng(2), [PREDICTED, 784]);
  const start = performance.now();
  (await posterior.predict(few, {batchSize: PREDICTED})).dispose();
  const note = `${afterFit.toFixed(0)} MB after the fit; predicted in ${(performance.now() - start).toFixed(0)} ms`;
  return [
    {
      name: `all weights, kron: peak memory with ${PREDICTED} inputs predicted (bound)`,
      ours: peakMegabytes(),
      reference: BOUND_MB,
      unit: 'MB',
      note,
    },
  ];
}
