import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {laplace} from '../../laplace/index.ts';
import {initBackend} from '../../src/backend/index.ts';
import {createRng} from '../../src/random/index.ts';
import {onWarning} from '../../src/warn.ts';
import {closeTo} from '../support/close.ts';
import {expectNoLeak} from '../support/leaks.ts';
import {smallData, smallNet} from './small-net.ts';

describe('laplace predictions', () => {
  let data: ReturnType<typeof smallData>;
  before(async () => {
    await initBackend();
    data = smallData();
  });
  after(() => {
    tf.dispose(data as unknown as tf.TensorContainer);
  });

  it('has the joint covariance of laplace-torch', async () => {
    const model = smallNet(2);
    const options = {
      likelihood: 'gaussian',
      weights: 'all',
      structure: 'full',
      priorPrecision: 0.5,
      noiseScale: 0.7,
    } as const;
    const posterior = await laplace(model, options).fit(data.x, data.yReal);
    const {mean, covariance} = posterior.linearized(data.xTest, {joint: true});
    expect(covariance.shape).to.deep.equal([4, 4]);
    const upper = [
      [0.6124798456, -0.2189058325, 0.1872620308, -0.0283529564],
      [0.5835891294, -0.0300929749, 0.166395094],
      [0.4855228886, -0.0853355522],
      [0.4297542095],
    ];
    const values = (await covariance.array()) as number[][];
    upper.forEach((row, i) => {
      closeTo((values[i] as number[]).slice(i), row, {rtol: 1e-5});
      closeTo(
        values.slice(i).map((other) => other[i] as number),
        row,
        {rtol: 1e-5},
      );
    });
    tf.dispose([mean, covariance]);
    for (const used of [posterior, model]) used.dispose();
  });

  for (const weights of ['last-layer', 'all', {indices: [0, 5, 12, 20]}] as const) {
    for (const structure of ['full', 'kron', 'diag'] as const) {
      if (typeof weights === 'object' && structure === 'kron') continue;
      const name = typeof weights === 'object' ? 'subnetwork' : weights;
      it(`variances alone are the diagonal, and a joint covariance holds each input's own: ${name}, ${structure}`, () =>
        expectNoLeak(async () => {
          const model = smallNet(3, 'softmax');
          const posterior = await laplace(model, {weights, structure}).fit(data.x, data.yClass);
          const {mean, covariance} = posterior.linearized(data.x);
          const joint = posterior.linearized(data.x, {joint: true});
          const each = (await covariance.array()) as number[][][];
          const whole = (await joint.covariance.array()) as number[][];
          closeTo(await joint.mean.data(), await mean.data(), {rtol: 1e-6});
          each.forEach((block, n) => {
            const own = whole.slice(3 * n, 3 * n + 3).flatMap((row) => row.slice(3 * n, 3 * n + 3));
            closeTo(own, block.flat(), {rtol: 1e-5, atol: 1e-6});
          });
          const correlated = await posterior.predict(data.x, {link: 'probit'});
          const diagonal = await posterior.predict(data.x, {link: 'probit', covariance: 'diagonal', batchSize: 4});
          if (correlated.kind !== 'categorical' || diagonal.kind !== 'categorical') throw new TypeError('kind');
          closeTo(await diagonal.probs.data(), await correlated.probs.data(), {rtol: 1e-5});
          tf.dispose([mean, covariance, joint.mean, joint.covariance]);
          for (const used of [correlated, diagonal, posterior, model]) used.dispose();
        }));
    }
  }

  it('draws one function for Thompson sampling: the same at every input, differentiable, of the joint covariance', () =>
    expectNoLeak(async () => {
      const model = smallNet(2);
      const options = {likelihood: 'gaussian', noiseScale: 0.5, weights: 'all', structure: 'full'} as const;
      const posterior = await laplace(model, options).fit(data.x, data.yReal);
      const sample = posterior.thompsonSample({rng: createRng(1)});
      const [all, some] = tf.tidy(() => [sample.outputs(data.x), sample.outputs(tf.slice(data.x, 2, 3))]);
      closeTo((await (all as tf.Tensor).data()).slice(4, 10), await (some as tf.Tensor).data(), {rtol: 1e-5});
      const drawn = await posterior.sampleOutputs(data.x, {samples: 1, rng: createRng(1)});
      closeTo(await (all as tf.Tensor).data(), await drawn.data(), {rtol: 1e-6});
      const slope = tf.tidy(() => tf.sum(tf.grad((x: tf.Tensor) => tf.sum(sample.outputs(x)))(data.x)));
      const step = 1e-2;
      const [up, down] = tf.tidy(() => [
        tf.sum(sample.outputs(tf.add(data.x, step))),
        tf.sum(sample.outputs(tf.sub(data.x, step))),
      ]);
      const numeric =
        (((await (up as tf.Tensor).data())[0] as number) - ((await (down as tf.Tensor).data())[0] as number)) /
        (2 * step);
      closeTo((await slope.data())[0] as number, numeric, {rtol: 5e-3, atol: 5e-3});

      const draws = 400;
      const rng = createRng(2);
      const {mean, covariance} = posterior.linearized(data.xTest, {joint: true});
      const [means, expected] = [await mean.data(), await covariance.data()];
      const sums = new Float64Array(16);
      for (let s = 0; s < draws; s++) {
        const one = posterior.thompsonSample({rng});
        const outputs = one.outputs(data.xTest);
        const change = (await outputs.data()).map((value, i) => value - (means[i] as number));
        sums.forEach((sum, k) => {
          sums[k] = sum + ((change[k >> 2] as number) * (change[k & 3] as number)) / draws;
        });
        outputs.dispose();
        one.dispose();
      }
      sums.forEach((value, k) => {
        const [a, b, c] = [expected[5 * (k >> 2)], expected[5 * (k & 3)], expected[k]] as [number, number, number];
        expect(Math.abs(value - c)).to.be.below(5 * Math.sqrt((a * b + c * c) / draws));
      });
      tf.dispose([all, some, drawn, slope, up, down, mean, covariance] as tf.Tensor[]);
      for (const used of [sample, posterior, model]) used.dispose();
    }));

  for (const structure of ['full', 'kron', 'diag'] as const) {
    it(`holds the gradients of one position at a time (${structure})`, () =>
      expectNoLeak(async () => {
        const [examples, positions, classes] = [16, 12, 5];
        const model = tfl.sequential({
          layers: [
            tfl.layers.dense({units: 16, activation: 'tanh', inputShape: [positions, 4]}),
            tfl.layers.dense({units: classes, activation: 'softmax'}),
          ],
        });
        const weights = model.countParams();
        const x = tf.randomNormal([examples, positions, 4], 0, 1, 'float32', 1);
        const y = tf.zeros([examples, positions], 'int32');
        const posterior = await laplace(model, {weights: 'all', structure}).fit(x, y);
        posterior.weightVariances();
        const before = tf.memory().numBytes;
        const {peakBytes} = await tf.profile(() => {
          tf.dispose({...posterior.linearized(x)});
        });
        expect(peakBytes - before).to.be.below(4 * examples * positions * classes * weights);
        for (const used of [x, y, posterior, model]) used.dispose();
      }));
  }

  it('says where a bridge changes the most probable class', async () => {
    const model = smallNet(3, 'softmax');
    const posterior = await laplace(model, {weights: 'all', structure: 'diag', priorPrecision: 0.01}).fit(
      data.x,
      data.yClass,
    );
    const warnings: string[] = [];
    const restore = onWarning((message) => warnings.push(message));
    (await posterior.predict(data.x, {link: 'probit'})).dispose();
    expect(warnings).to.deep.equal([]);
    const bridge = await posterior.predict(data.x, {link: 'bridge'});
    restore();
    if (bridge.kind !== 'categorical') throw new TypeError(bridge.kind);
    const {mean, covariance} = posterior.linearized(data.x);
    const [chosen, trained] = tf.tidy(() => [tf.argMax(bridge.probs, -1), tf.argMax(mean, -1)]) as [
      tf.Tensor,
      tf.Tensor,
    ];
    const [a, b] = [await chosen.data(), await trained.data()];
    const changed = a.filter((label, i) => label !== b[i]).length;
    expect(changed).to.be.above(0);
    expect(warnings.join()).to.match(new RegExp(`'bridge' changed the most probable class of ${changed} of 6`));
    tf.dispose([mean, covariance, chosen, trained]);
    for (const used of [bridge, posterior, model]) used.dispose();
  });
});
