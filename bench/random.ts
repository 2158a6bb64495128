import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import {normalTensor} from '../src/backend/noise.ts';
import {createRng} from '../src/random/index.ts';
import {medianTimes} from './support/median-times.ts';
import type {BenchRow} from './support/row.ts';

const COUNT = 200000;

/** Drawing 200,000 numbers against `tf.randomNormal` and `tf.randomUniform` on the wasm backend. */
export async function run(): Promise<BenchRow[]> {
  await tf.setBackend('wasm');
  const rng = createRng(1);
  const stockNormal = () => tf.randomNormal([COUNT]).dispose();
  const stockUniform = () => tf.randomUniform([COUNT]).dispose();
  const out = new Float64Array(COUNT);
  const [normals, fresh, tensors, uniforms, reference, uniformReference] = medianTimes(30, [
    () => rng.normals(COUNT, out),
    () => rng.normals(COUNT),
    () => normalTensor(rng, [COUNT]).dispose(),
    () => rng.uniforms(COUNT),
    stockNormal,
    stockUniform,
  ]) as [number, number, number, number, number, number];
  return [
    {name: '200k normals', ours: normals, reference, unit: 'ms', note: 'tf.randomNormal, wasm; target 0.25'},
    {name: '200k normals in a new array', ours: fresh, reference, unit: 'ms', note: 'tf.randomNormal, wasm'},
    {name: '200k normals as a tensor', ours: tensors, reference, unit: 'ms', note: 'tf.randomNormal, wasm'},
    {name: '200k uniforms', ours: uniforms, reference: uniformReference, unit: 'ms', note: 'tf.randomUniform, wasm'},
  ];
}
