import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {
  fitVbllHead,
  type VbllHead,
  vbllClassification,
  vbllGenerativeClassification,
  vbllPosterior,
  vbllRegression,
} from '../../../layers/index.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {ConfigError, DataError, ModelMismatchError, ShapeError} from '../../../src/errors.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {expectRejection} from '../../support/rejection.ts';

const modelOf = (head: VbllHead): tfl.LayersModel =>
  tfl.sequential({
    layers: [
      tfl.layers.dense({
        units: 4,
        activation: 'tanh',
        inputShape: [2],
        kernelInitializer: tfl.initializers.glorotNormal({seed: 2}),
      }),
      head,
    ],
  });
const points = (n: number): tf.Tensor2D => tf.randomNormal([n, 2], 0, 1, 'float32', 3) as tf.Tensor2D;

describe('vbllPosterior', () => {
  before(async () => {
    await initBackend();
  });

  it('draws whole functions: the same at an input wherever it stands, with the predicted moments', async () => {
    const posterior = vbllPosterior(modelOf(vbllRegression({units: 1, trainSize: 9, seed: 1})));
    const x = points(3);
    const rng = createRng(5);
    const count = 3000;
    const sums = [0, 0, 0];
    const squares = [0, 0, 0];
    for (let s = 0; s < count; s++) {
      const f = posterior.drawFunction(rng);
      const outputs = f.outputs(x);
      (await outputs.data()).forEach((value, i) => {
        sums[i] = (sums[i] as number) + value / count;
        squares[i] = (squares[i] as number) + value ** 2 / count;
      });
      tf.dispose(outputs);
      f.dispose();
    }
    const predictive = await posterior.predict(x);
    if (predictive.kind !== 'gaussian') throw new Error(predictive.kind);
    const [mean, variance] = [await predictive.mean.data(), await predictive.epistemicVariance.data()];
    for (let i = 0; i < 3; i++) {
      const v = variance[i] as number;
      closeTo(sums[i] as number, mean[i] as number, {rtol: 0, atol: 4.5 * Math.sqrt(v / count)});
      const sampled = (squares[i] as number) - (sums[i] as number) ** 2;
      closeTo(sampled, v, {rtol: 0, atol: 4.5 * v * Math.sqrt(2 / count)});
    }
    const f = posterior.drawFunction(createRng(1));
    const [whole, last] = [f.outputs(x), f.outputs(tf.slice(x, 2, 1))];
    closeTo((await whole.data()).slice(2), await last.data(), {rtol: 1e-6});
    const slope = tf.tidy(() => tf.grad((at) => tf.sum(f.outputs(at)))(x));
    expect((await slope.data()).every((value) => value !== 0)).to.equal(true);
    f.dispose();
    predictive.dispose();
    tf.dispose([x, whole, last, slope]);
  });

  it('predicts classes as an average over seeded draws of the logits would', async () => {
    const head = vbllClassification({units: 3, trainSize: 9, noiseScale: 0.01, seed: 1});
    const posterior = vbllPosterior(modelOf(head));
    const x = points(5);
    const predictive = await posterior.predict(x);
    const draws = await posterior.sampleOutputs(x, {samples: 4000, rng: createRng(2)});
    if (predictive.kind !== 'categorical') throw new Error(predictive.kind);
    const averaged = tf.tidy(() => tf.mean(tf.softmax(draws), 0));
    closeTo(await predictive.probs.data(), await averaged.data(), {rtol: 0, atol: 0.01});
    predictive.dispose();
    tf.dispose([x, draws, averaged]);
  });

  it('scores what is far from the training data by the density of its features', async () => {
    const head = vbllGenerativeClassification({units: 2, trainSize: 40, seed: 1});
    const model = tfl.sequential({
      layers: [tfl.layers.dense({units: 2, useBias: false, inputShape: [2], kernelInitializer: 'identity'}), head],
    });
    const rows = tf.tidy(() =>
      tf.cast(
        tf.oneHot(
          tf.tensor1d(
            Array.from({length: 40}, (_, i) => i % 2),
            'int32',
          ),
          2,
        ),
        'float32',
      ),
    );
    const x = tf.tidy(() => {
      const centre = tf.sub(tf.mul(rows, 4), 2);
      return tf.add(centre, tf.mul(tf.randomNormal([40, 2], 0, 1, 'float32', 6), 0.3));
    });
    (model.layers[0] as tfl.layers.Layer).trainable = false;
    model.compile({optimizer: tf.train.adam(0.05), loss: head.loss});
    await model.fit(x, rows, {epochs: 60, batchSize: 40, shuffle: false, verbose: 0});
    const posterior = vbllPosterior(model);
    const far = tf.tensor2d([
      [9, -9],
      [7, 7],
    ]);
    await expectNoLeak(async () => {
      const known = await posterior.oodScore(x, {score: 'feature-density', batchSize: 16});
      const unknown = await posterior.oodScore(far, {score: 'feature-density'});
      expect(known.length).to.equal(40);
      expect(Math.min(...unknown)).to.be.above(Math.max(...known));
      // A point beyond its own class is no doubtful case for the largest probability.
      const doubt = await posterior.oodScore(far);
      expect(doubt[0]).to.be.below(-0.99);
    });
    const density = await posterior.oodScore(far, {score: 'feature-density'});
    const exact = tf.tidy(() => tf.neg(tf.sub(tf.logSumExp(model.predict(far) as tf.Tensor, 1), Math.log(2))));
    closeTo(density, await exact.data(), {rtol: 1e-5});
    tf.dispose([rows, x, far, exact]);
  });

  it('refuses scores and updates that the head does not have', async () => {
    const x = points(2);
    const regression = vbllPosterior(modelOf(vbllRegression({units: 1, trainSize: 9})));
    await expectRejection(regression.oodScore(x), ConfigError, /epistemicVariance/);
    await expectRejection(regression.oodScore(x, {score: 'feature-density'}), ConfigError, /generative/);
    const y = tf.ones([2, 1]);
    await expectRejection(regression.update(x, y), ConfigError, /dense-precision/);
    const model = modelOf(vbllRegression({units: 1, trainSize: 9, covariance: 'dense-precision'}));
    const posterior = vbllPosterior(model);
    const wide = tf.ones([2, 3]);
    await expectNoLeak(async () => {
      await posterior.update(x, y);
      await expectRejection(posterior.update(x, wide), ShapeError, /\[2, 1\]/);
    });
    (await posterior.predict(x)).dispose();
    tf.tidy(() => model.setWeights(model.getWeights().map((weight) => tf.add(weight, 0.1))));
    await expectRejection(posterior.update(x, y), ModelMismatchError, /trained or changed/);
    tf.dispose([x, y, wide]);
  });
});

describe('fitVbllHead', () => {
  before(async () => {
    await initBackend();
  });

  it('starts at the last layer, leaves the model as it is and ends no worse than it', async () => {
    const model = tfl.sequential({
      layers: [
        tfl.layers.dense({
          units: 8,
          activation: 'relu',
          inputShape: [2],
          kernelInitializer: tfl.initializers.glorotNormal({seed: 1}),
        }),
        tfl.layers.dense({
          units: 2,
          activation: 'softmax',
          kernelInitializer: tfl.initializers.glorotNormal({seed: 2}),
          biasInitializer: tfl.initializers.constant({value: 0.3}),
        }),
      ],
    });
    const x = points(200);
    const y = tf.tidy(() => tf.cast(tf.greater(tf.sum(x, 1), 0), 'int32'));
    const before = await Promise.all(model.getWeights().map(async (weight) => Array.from(await weight.data())));
    const losses: number[] = [];
    const callbacks = {onEpochEnd: (_: number, {loss}: {loss: number}) => void losses.push(loss)};
    await expectNoLeak(async () => {
      const posterior = await fitVbllHead(model, x, y, {epochs: 40, batchSize: 64, callbacks});
      const predictive = await posterior.predict(x);
      if (predictive.kind !== 'categorical') throw new Error(predictive.kind);
      const truth = await y.data();
      const {labels} = await predictive.toArrays();
      const right = labels.filter((label, i) => label === truth[i]).length;
      expect(right / 200).to.be.above(0.93);
      predictive.dispose();
      posterior.dispose();
    });
    expect(losses.length).to.equal(40);
    expect(losses.at(-1)).to.be.below((losses[0] as number) - 0.1);
    const after = await Promise.all(model.getWeights().map(async (weight) => Array.from(await weight.data())));
    expect(after).to.deep.equal(before);

    const start = await fitVbllHead(model, x, y, {epochs: 1, learningRate: 1e-12});
    const logits = tf.tidy(() => {
      const mean = start.head.gaussianWeights[0]?.read() as tf.Tensor2D;
      const hidden = (model.layers[0] as tfl.layers.Layer).apply(x) as tf.Tensor2D;
      return tf.softmax(tf.matMul(tf.concat([hidden, tf.ones([200, 1])], 1), mean));
    });
    const given = model.predict(x) as tf.Tensor;
    closeTo(await logits.data(), await given.data(), {rtol: 1e-4, atol: 1e-5});
    start.dispose();
    tf.dispose([x, y, logits, given]);
  });

  it('repeats with the same seed', async () => {
    const x = points(30);
    const y = tf.tidy(() => tf.sum(x, 1, true));
    const train = () =>
      fitVbllHead((at) => tf.tanh(at as tf.Tensor), x, y, {
        head: vbllRegression({units: 1, trainSize: 30, seed: 4}),
        epochs: 3,
        batchSize: 8,
        rng: createRng(1),
      });
    const [a, b] = [await train(), await train()];
    const [first, second] = [await a.predict(x), await b.predict(x)];
    if (first.kind !== 'gaussian' || second.kind !== 'gaussian') throw new Error(first.kind);
    closeTo(await second.mean.data(), await first.mean.data(), {rtol: 0});
    await expectRejection(a.save('nowhere'), ConfigError, /function/);
    for (const one of [a, b, first, second]) one.dispose();
    tf.dispose([x, y]);
  });

  it('leaves a head that it was given to its owner after an error', async () => {
    const x = points(4);
    const [y, wide] = [tf.ones([4, 1]), tf.ones([4, 3])];
    const head = vbllRegression({units: 1, trainSize: 4, seed: 1});
    const features = (at: unknown) => tf.clone(at as tf.Tensor);
    await expectRejection(fitVbllHead(features, x, wide, {head}), ShapeError, /\[4, 1\]/);
    const posterior = await fitVbllHead(features, x, y, {head, epochs: 1});
    (await posterior.predict(x)).dispose();
    posterior.dispose();
    tf.dispose([x, y, wide]);
  });

  it('says what it refuses', async () => {
    const x = points(4);
    const y = tf.ones([4, 1]);
    const linear = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [2]})]});
    const sigmoid = tfl.sequential({layers: [tfl.layers.dense({units: 1, activation: 'sigmoid', inputShape: [2]})]});
    await expectNoLeak(async () => {
      await expectRejection(fitVbllHead(linear, x, y), ConfigError, /likelihood/);
      await expectRejection(fitVbllHead(sigmoid, x, y), ConfigError, /'bernoulli'/);
      await expectRejection(
        fitVbllHead((at) => tf.clone(at as tf.Tensor), x, y),
        ConfigError,
        /expected a head/,
      );
      await expectRejection(fitVbllHead(linear, x, y, {epochs: -1}), ConfigError, /epochs/);
      const poisoned = tf.tidy(() => tf.div(x, tf.zerosLike(x)));
      await expectRejection(fitVbllHead(linear, poisoned, y, {likelihood: 'gaussian'}), DataError, /finite/);
      const head = vbllRegression({units: 1, trainSize: 4, inputShape: [7]});
      tf.tidy(() => {
        head.apply(tf.zeros([1, 7]));
      });
      await expectRejection(fitVbllHead(linear, x, y, {head}), ShapeError, /3 features, got one for 7/);
      head.dispose();
      poisoned.dispose();
    });
    tf.dispose([x, y]);
  });
});
