import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import type {UpdateFactors} from '../../../layers/ivon/arithmetic.ts';
import {tensorArithmetic} from '../../../layers/ivon/tensor-arithmetic.ts';
import {wasmArithmetic} from '../../../layers/ivon/wasm-arithmetic.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {onEachBackend} from '../../support/each-backend.ts';
import {expectNoLeak} from '../../support/leaks.ts';

const PRICE: UpdateFactors = {
  beta1: 0.9,
  beta2: 0.99,
  gradient: 0.5,
  curvatureOfPrecision: 2,
  curvature: 0,
  shift: 1e-3,
  momentum: 0.3,
  decay: 0.02,
  radius: Number.POSITIVE_INFINITY,
};
const FACTORS: Readonly<Record<string, UpdateFactors>> = {
  price: PRICE,
  'price, clipped': {...PRICE, gradient: 1, radius: 0.05},
  'squared gradients': {...PRICE, curvatureOfPrecision: 0, curvature: 1.5},
};

/** Five vectors: normal, normal, normal, above 0.5, normal. */
function vectors(size: number): number[][] {
  const rng = createRng(size);
  const draw = (): number[] => Array.from(Float32Array.from(rng.normals(size)));
  return [draw(), draw(), draw(), draw().map((one) => Math.fround(0.5 + Math.abs(one))), draw()];
}

/** Our own loops on wasm, which the cpu backend checks in tensor operations. */
const arithmetic = () => wasmArithmetic() ?? tensorArithmetic;

describe("IVON's arithmetic", () => {
  onEachBackend((backend) => {
    it('is the loops of our own exactly on wasm', () => {
      expect(wasmArithmetic() !== undefined).to.equal(backend === 'wasm');
    });

    // On wasm whole vectors of four, single floats, and both.
    for (const size of [1, 4, 11, 1000]) {
      it(`samples ${size} weights`, () =>
        expectNoLeak(async () => {
          const [mean, normals, , precision] = vectors(size) as [number[], number[], number[], number[]];
          const inputs = [tf.tensor1d(mean), tf.tensor1d(precision)] as const;
          const {noise, sampled} = tf.tidy(() => arithmetic().sample(...inputs, Float64Array.from(normals), 0.3));
          const expected = normals.map((eps, i) => (0.3 * eps) / Math.sqrt(precision[i] as number));
          closeTo(await noise.data(), expected, {rtol: 1e-6});
          closeTo(
            await sampled.data(),
            expected.map((one, i) => one + (mean[i] as number)),
            {rtol: 1e-6, atol: 1e-7},
          );
          tf.dispose([...inputs, noise, sampled]);
        }));

      for (const [name, factors] of Object.entries(FACTORS)) {
        it(`updates ${size} weights: ${name}`, () =>
          expectNoLeak(async () => {
            const [mean, gradient, curvature, precision, momentum] = vectors(size).map((one) => tf.tensor1d(one)) as [
              ...[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor],
            ];
            const inputs = {mean, gradient, curvature, precision, momentum};
            const results = tf.tidy(() => arithmetic().update(inputs, factors));
            const [m, g, c, p, a] = vectors(size) as [number[], number[], number[], number[], number[]];
            const expected = m.map((at, i) => {
              const [w, old] = [c[i] as number, p[i] as number];
              const average = factors.beta1 * (a[i] as number) + factors.gradient * (g[i] as number);
              const product = old * (factors.curvatureOfPrecision * w + factors.beta2);
              const moved = product + factors.curvature * w + factors.shift;
              const stiffness = 0.5 * (moved ** 2 / old + old);
              const step = (factors.momentum * average + factors.decay * at) / stiffness;
              const clipped = Math.min(Math.max(step, -factors.radius), factors.radius);
              return {mean: at - clipped, precision: stiffness, momentum: average};
            });
            for (const key of ['mean', 'precision', 'momentum'] as const) {
              closeTo(
                await results[key].data(),
                expected.map((one) => one[key]),
                {rtol: 1e-5, atol: 1e-6},
              );
            }
            expect(await mean.array()).to.deep.equal(m);
            tf.dispose([inputs, results] as tf.TensorContainer);
          }));
      }
    }
  });
});
