import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers gradients
import {expect} from 'chai';
import {inverseAutoregressiveFlow} from '../../../inference/flows/index.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {normalTensor} from '../../../src/backend/noise.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {disturb} from './rows.ts';

describe('inverseAutoregressiveFlow', () => {
  before(async () => {
    await initBackend();
  });

  it('finds the way back through twenty columns, where guesses of columns not yet found would overflow', async () => {
    const rng = createRng('twenty');
    for (const options of [{}, {layers: 1, hidden: [32]}]) {
      const flow = disturb(inverseAutoregressiveFlow({dimension: 20, ...options}), rng.fork('weights'), 0.3);
      const noise = normalTensor<tf.Rank.R2>(rng.fork('noise'), [8, 20]);
      const there = flow.forward(noise);
      const back = flow.inverse?.(there.value) as typeof there;
      const again = flow.forward(back.value);
      closeTo(await again.value.data(), Array.from(await there.value.data()), {rtol: 1e-5, atol: 1e-4});
      tf.dispose([noise, ...[there, back, again].flatMap(({value, logDeterminant}) => [value, logDeterminant])]);
      flow.dispose();
    }
  });

  for (const contextDimension of [0, 2]) {
    it(`reads every column but the last with fewer hidden units than columns, C = ${contextDimension}`, async () => {
      const rng = createRng('few units');
      const dimension = 10;
      const flow = disturb(
        inverseAutoregressiveFlow({dimension, contextDimension, layers: 1, hidden: [4, 3], logScale: 0}),
        rng.fork('weights'),
      );
      const slope = tf.tidy(() => {
        const context = contextDimension > 0 ? tf.ones<tf.Rank.R2>([1, contextDimension]) : undefined;
        const last = (x: tf.Tensor) =>
          tf.sum(tf.slice(flow.forward(x as tf.Tensor2D, context).value, [0, dimension - 1], [1, 1]));
        return tf.grad(last)(tf.ones([1, dimension]));
      });
      expect((await slope.data()).every((value) => value !== 0)).to.equal(true);
      slope.dispose();
      flow.dispose();
    });
  }
});
