import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import {normalTensor} from '../src/backend/noise.ts';
import {createRng} from '../src/random/index.ts';
import {medianTimes} from './support/median-times.ts';
import type {BenchRow} from './support/row.ts';

const COUNT = 200000;

/** Drawing 200,000 numbers, in turns with `tf.randomNormal` or `tf.randomUniform` on the wasm backend. */
export async function run(): Promise<BenchRow[]> {
  await tf.setBackend('wasm');
  const rng = createRng(1);
  const stockNormal = () => tf.randomNormal([COUNT]).dispose();
  const stockUniform = () => tf.randomUniform([COUNT]).dispose();
  const out = new Float64Array(COUNT);
  const row = (name: string, ours: () => unknown, stock: () => unknown, note: string): BenchRow => {
    const [time, reference] = medianTimes(60, [ours, stock]) as [number, number];
    return {name, ours: time, reference, unit: 'ms', note};
  };
  return [
    row('200k normals', () => rng.normals(COUNT, out), stockNormal, 'tf.randomNormal, wasm; target 0.25'),
    row('200k normals in a new array', () => rng.normals(COUNT), stockNormal, 'tf.randomNormal, wasm'),
    row('200k normals as a tensor', () => normalTensor(rng, [COUNT]).dispose(), stockNormal, 'tf.randomNormal, wasm'),
    row('200k uniforms', () => rng.uniforms(COUNT), stockUniform, 'tf.randomUniform, wasm'),
  ];
}
