import {execFileSync} from 'node:child_process';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {laplace} from '../laplace/index.ts';
import {initBackend} from '../src/backend/index.ts';
import {createRng, normalTensor, uniformTensor} from '../src/index.ts';
import type {BenchRow} from './support/row.ts';

const EXAMPLES = 6400;

function mlp(): tfl.LayersModel {
  return tfl.sequential({
    layers: [
      tfl.layers.dense({units: 256, activation: 'relu', inputShape: [784]}),
      tfl.layers.dense({units: 256, activation: 'relu'}),
      tfl.layers.dense({units: 10, activation: 'softmax'}),
    ],
  });
}

async function milliseconds<T>(work: () => Promise<T>): Promise<[number, T]> {
  const start = performance.now();
  const result = await work();
  return [performance.now() - start, result];
}

/** laplace-torch's figures for the same work, from the interpreter that BENCH_PYTHON names; none without it. */
function peerFigures(): Record<string, number> {
  const python = process.env.BENCH_PYTHON;
  if (!python) return {};
  return JSON.parse(execFileSync(python, [join(import.meta.dirname, 'peers/laplace_torch.py')], {encoding: 'utf8'}));
}

/** Laplace approximations of an MLP 784-256-256-10 on 6400 inputs, against laplace-torch on one thread. */
export async function run(): Promise<BenchRow[]> {
  await initBackend({prefer: 'wasm'});
  const x = uniformTensor(createRng(1), [EXAMPLES, 784]) as tf.Tensor2D;
  const y = tf.tidy(() => tf.argMax(normalTensor(createRng(2), [EXAMPLES, 10]), 1)) as tf.Tensor1D;
  const model = mlp();
  const few = tf.slice(x, 0, 200);
  await laplace(model).fit(few, tf.slice(y, 0, 200)); // warms the code up

  const [allKronFit, all] = await milliseconds(async () => {
    const posterior = await laplace(model, {weights: 'all'}).fit(x, y);
    posterior.logMarginalLikelihood();
    return posterior;
  });
  const [firstPredict] = await milliseconds(async () => (await all.predict(few)).dispose());
  const [allKronPredict] = await milliseconds(async () => (await all.predict(few)).dispose());
  const [lastKronFit] = await milliseconds(async () => laplace(model).fit(x, y));
  const [lastFullFit, full] = await milliseconds(async () => laplace(model, {structure: 'full'}).fit(x, y));
  const [lastFullTune] = await milliseconds(() => full.tune());

  const ours: Record<string, readonly [number, string]> = {
    allKronFit: [allKronFit, 'all weights, kron: fit and first log marginal likelihood'],
    allKronPredict: [allKronPredict, `all weights, kron: predict 200 (the first time ${firstPredict.toFixed(0)} ms)`],
    lastKronFit: [lastKronFit, 'last layer, kron: fit'],
    lastFullFit: [lastFullFit, 'last layer, full: fit'],
    lastFullTune: [lastFullTune, 'last layer, full: tune'],
  };
  const peers = peerFigures();
  return Object.entries(ours).map(([key, [time, name]]) => ({
    name,
    ours: time,
    unit: 'ms',
    ...(peers[key] !== undefined && {reference: peers[key], note: 'laplace-torch, one thread'}),
  }));
}
