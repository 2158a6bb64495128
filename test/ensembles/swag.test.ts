import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {multiSwag, type SwagPosterior, swag} from '../../ensembles/index.ts';
import {ConfigError} from '../../src/errors.ts';
import {assignWeights, unflattenWeights} from '../../src/models/index.ts';
import {createRng} from '../../src/random/index.ts';
import {closeTo} from '../support/close.ts';
import {expectNoLeak} from '../support/leaks.ts';
import {smallNet} from './nets.ts';

/** 1 input, a layer of 1 unit, a layer of 1 unit: four weights in two layers. */
const tiny = (): tfl.LayersModel =>
  tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [1]}), tfl.layers.dense({units: 1})]});

const VECTORS = [
  [1, 0, 2, -1],
  [2, 1, 1, 0],
  [4, 0.5, -1, 1],
  [3, 2, 0, 0.5],
  [5, 1, -2, 1.5],
] as const;

/** Shows the vectors to a collector one after the other. */
async function collectAll(model: tfl.LayersModel, options: {rank?: number; scale?: number}): Promise<SwagPosterior> {
  const collector = swag(model, {likelihood: 'gaussian', noiseScale: 1, ...options});
  for (const vector of VECTORS) {
    tf.tidy(() =>
      assignWeights(model.trainableWeights, unflattenWeights(tf.tensor1d([...vector]), model.trainableWeights)),
    );
    await collector.collect();
  }
  return collector.posterior();
}

/** The formula of the paper in plain numbers: mean, and covariance over all weights. */
function byHand(rank: number, scale: number): {mean: number[]; covariance: number[][]} {
  const size = 4;
  const means = VECTORS.map((_, t) =>
    Array.from(
      {length: size},
      (__, i) => VECTORS.slice(0, t + 1).reduce((sum, v) => sum + (v[i] as number), 0) / (t + 1),
    ),
  );
  const mean = means.at(-1) as number[];
  const square = (i: number): number => VECTORS.reduce((sum, v) => sum + (v[i] as number) ** 2, 0) / VECTORS.length;
  const columns = VECTORS.map((v, t) => v.map((value, i) => value - ((means[t] as number[])[i] as number))).slice(
    rank === 0 ? VECTORS.length : -rank,
  );
  const share = rank === 0 ? scale : scale / 2;
  const covariance = mean.map((_, i) =>
    mean.map((__, j) => {
      const low =
        columns.reduce((sum, d) => sum + (d[i] as number) * (d[j] as number), 0) / Math.max(columns.length - 1, 1);
      const diagonal = i === j ? square(i) - (mean[i] as number) ** 2 : 0;
      return share * (diagonal + low);
    }),
  );
  return {mean, covariance};
}

async function flat(weights: readonly tf.Tensor[]): Promise<number[]> {
  return (await Promise.all(weights.map((weight) => weight.data()))).flatMap((values) => Array.from(values));
}

describe('swag', () => {
  for (const [name, rank, scale] of [
    ['fewer deviations than the rank', 20, 1],
    ['the last deviations', 3, 1],
    ['the diagonal alone', 0, 1],
    ['another scale', 20, 0.3],
  ] as const) {
    it(`has the mean and the covariance of its formula across layers: ${name}`, async () => {
      const model = tiny();
      await expectNoLeak(async () => {
        const posterior = await collectAll(model, {rank, scale});
        const {mean, covariance} = byHand(rank, scale);
        closeTo(await flat(posterior.mean), mean, {rtol: 1e-6});
        closeTo(
          posterior.weightVariances(),
          covariance.map((row, i) => row[i] as number),
          {rtol: 1e-6},
        );
        const draws: number[][] = [];
        const rng = createRng(11);
        const count = 8000;
        for (let s = 0; s < count; s++) {
          const weights = posterior.sampleWeights(rng);
          draws.push(weights.flatMap((weight) => Array.from(weight.dataSync())));
          tf.dispose(weights);
        }
        for (let i = 0; i < 4; i++) {
          for (let j = 0; j <= i; j++) {
            const found =
              draws.reduce(
                (sum, w) => sum + ((w[i] as number) - (mean[i] as number)) * ((w[j] as number) - (mean[j] as number)),
                0,
              ) / count;
            const [expected, vi, vj] = [
              (covariance[i] as number[])[j] as number,
              (covariance[i] as number[])[i] as number,
              (covariance[j] as number[])[j] as number,
            ];
            const standardError = Math.sqrt((vi * vj + expected ** 2) / count);
            closeTo(found, expected, {atol: 4 * standardError});
          }
        }
        posterior.dispose();
      });
      model.dispose();
    });
  }

  it('collects at the times that were asked for, over several fits', async () => {
    const model = tiny();
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const [x, y] = [tf.zeros([6, 1]), tf.zeros([6, 1])];
    const options = {likelihood: 'gaussian', noiseScale: 1} as const;
    const collectors = [
      swag(model, {...options, start: 1, every: 2}),
      swag(model, {...options, unit: 'batch', start: 3}),
    ];
    await model.fit(x, y, {epochs: 3, batchSize: 3, callbacks: collectors});
    await model.fit(x, y, {epochs: 2, batchSize: 3, callbacks: collectors});
    expect(collectors.map(({count}) => count)).to.deep.equal([2, 7]);
    tf.dispose([x, y]);
    model.dispose();
  });

  it('computes the statistics of BatchNormalization for each draw', async () => {
    const model = smallNet(3, 'softmax', 0, true);
    const x = tf.randomNormal([300, 2], 1, 2, 'float32', 3);
    await expectNoLeak(async () => {
      const collector = swag(model);
      for (const shift of [0, 0.1, -0.3]) {
        tf.tidy(() =>
          assignWeights(
            model.trainableWeights,
            model.trainableWeights.map((w) => tf.add(w.read(), shift)),
          ),
        );
        await collector.collect();
      }
      expect(() => collector.posterior()).to.throw(ConfigError, 'BatchNormalization');
      const posterior = collector.posterior({inputs: x});
      for (const weights of [posterior.sampleWeights(createRng(1)), posterior.sampleWeights(createRng(2))]) {
        // Kernel, bias; gamma, beta, moving mean, moving variance; kernel, bias.
        const [kernel, bias, , , mean, variance] = weights as [
          tf.Tensor2D,
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
        ];
        const [means, variances] = tf.tidy(() => {
          const hidden = tf.tanh(tf.add(tf.matMul(x as tf.Tensor2D, kernel), bias));
          const parts = [tf.slice(hidden, 0, 256), tf.slice(hidden, 256, 44)].map((part) => tf.moments(part, 0));
          const average = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.add(tf.mul(a, 256 / 300), tf.mul(b, 44 / 300));
          const [one, two] = parts as [(typeof parts)[0], (typeof parts)[0]];
          return [average(one.mean, two.mean), average(one.variance, two.variance)];
        }) as [tf.Tensor, tf.Tensor];
        closeTo(await mean.data(), await means.data(), {rtol: 1e-4, atol: 1e-6});
        closeTo(await variance.data(), await variances.data(), {rtol: 1e-4, atol: 1e-6});
        tf.dispose([weights, means, variances]);
      }
      posterior.dispose();
    });
    x.dispose();
    model.dispose();
  });

  it("mixes runs: MultiSWAG has the spread of the runs' means too", async () => {
    const [one, two] = [tiny(), tiny()];
    await expectNoLeak(async () => {
      const first = await collectAll(one, {});
      const collector = swag(two, {likelihood: 'gaussian', noiseScale: 1});
      for (const vector of VECTORS) {
        const moved = vector.map((value) => value + 10);
        tf.tidy(() => assignWeights(two.trainableWeights, unflattenWeights(tf.tensor1d(moved), two.trainableWeights)));
        await collector.collect();
      }
      const posterior = multiSwag([first, collector.posterior()]);
      const {mean, covariance} = byHand(20, 1);
      closeTo(
        await flat(posterior.mean),
        mean.map((value) => value + 5),
        {rtol: 1e-6},
      );
      closeTo(
        posterior.weightVariances(),
        covariance.map((row, i) => (row[i] as number) + 25),
        {rtol: 1e-6},
      );
      const rng = createRng(4);
      let high = 0;
      for (let s = 0; s < 200; s++) {
        const weights = posterior.sampleWeights(rng);
        if (((weights[0] as tf.Tensor).dataSync()[0] as number) > 8) high++;
        tf.dispose(weights);
      }
      closeTo(high, 100, {atol: 4 * Math.sqrt(50)});
      posterior.dispose();
    });
    one.dispose();
    two.dispose();
  });

  it('refuses options out of range and too few vectors', async () => {
    const model = smallNet(3, 'softmax');
    const collector = swag(model);
    await collector.collect();
    expect(() => collector.posterior()).to.throw(ConfigError, 'at least 2 weight vectors, got 1');
    expect(() => swag(model, {rank: -1})).to.throw(ConfigError, 'rank');
    expect(() => swag(model, {scale: 0})).to.throw(ConfigError, 'scale');
    expect(() => swag(model, {every: 0})).to.throw(ConfigError, 'every');
    expect(() => multiSwag([])).to.throw(ConfigError, 'at least one');
    model.dispose();
  });
});
