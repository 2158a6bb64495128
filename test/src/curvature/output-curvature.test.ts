import * as tf from '@tensorflow/tfjs-core';
import {OutputCurvature} from '../../../src/curvature/output-curvature.ts';
import {bernoulli, categorical, gaussian, type Likelihood} from '../../../src/likelihoods/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';

describe('OutputCurvature', () => {
  for (const likelihood of [categorical(), bernoulli(), gaussian()] as readonly Likelihood[]) {
    for (const kind of ['ggn', 'mc-fisher', 'empirical-fisher', 'hessian'] as const) {
      it(`${likelihood.name}, ${kind}: sum and diagonals are those of the matrices, without masked rows`, () =>
        expectNoLeak(async () => {
          const f = tf.randomNormal([4, 2, 3], 0, 2, 'float32', 1);
          const y = likelihood.sample(f, createRng(2));
          const counted = tf.tensor1d([1, 1, 0, 1, 0, 1, 1, 1]);
          const make = () => {
            const choice = kind === 'mc-fisher' ? {kind, samples: 3, rng: createRng(5)} : {kind};
            return new OutputCurvature(likelihood, {f, y, counted}, choice);
          };
          const [matrices, sum, diagonal] = [make().matrices(), make().sum(), make().diagonal()];
          const each = await matrices.array();
          const at = (n: number, i: number, j: number): number => each[n]?.[i]?.[j] as number;
          const indices = [0, 1, 2];
          const rows = [0, 1, 2, 3, 4, 5, 6, 7];
          closeTo(
            await sum.data(),
            indices.flatMap((i) => indices.map((j) => rows.reduce((s, n) => s + at(n, i, j), 0))),
            {rtol: 1e-5, atol: 1e-6},
          );
          closeTo(
            await diagonal.data(),
            rows.flatMap((n) => indices.map((i) => at(n, i, i))),
            {rtol: 1e-5, atol: 1e-7},
          );
          closeTo(each[2]?.flat() as number[], new Array(9).fill(0));
          tf.dispose([f, y, counted, matrices, sum, diagonal]);
        }));
    }
  }

  it('bounds its memory with a thousand outputs, whatever the likelihood', () =>
    expectNoLeak(async () => {
      const f = tf.zeros([16, 1000]);
      const counted = tf.ones([16]) as tf.Tensor1D;
      for (const likelihood of [categorical(), bernoulli()] as readonly Likelihood[]) {
        const held: number[] = [];
        const fisher = (logits: tf.Tensor): tf.Tensor => {
          held.push((logits.shape[0] as number) * 1e6);
          return likelihood.fisher(logits);
        };
        const curvature = new OutputCurvature({...likelihood, fisher}, {f, y: f, counted}, {kind: 'ggn'});
        const [sum, diagonal] = [curvature.sum(), curvature.diagonal()];
        const expected = likelihood.name === 'categorical' ? 0.001 * 0.999 : 0.25;
        closeTo((await sum.data())[0] as number, 16 * expected, {rtol: 1e-4});
        closeTo((await diagonal.data())[7] as number, expected, {rtol: 1e-4});
        closeTo(Math.max(0, ...held) <= 2 ** 22 ? 1 : 0, 1);
        tf.dispose([sum, diagonal]);
      }
      tf.dispose([f, counted]);
    }));
});
