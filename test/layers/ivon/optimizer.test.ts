import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {type IvonOptions, type IvonPosterior, ivon} from '../../../layers/index.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {ConfigError, DataError, FormatError, NotFittedError, ShapeError} from '../../../src/errors.ts';
import {loadPosterior} from '../../../src/io/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {onWarning} from '../../../src/warn.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {expectRejection} from '../../support/rejection.ts';

const OPTIONS: IvonOptions = {ess: 20, hessInit: 0.5, beta2: 0.99};
const normal = (seed: number) => tfl.initializers.randomNormal({stddev: 0.5, seed});

function classifier(): tfl.Sequential {
  return tfl.sequential({
    layers: [
      tfl.layers.dense({units: 4, activation: 'tanh', inputShape: [2], kernelInitializer: normal(1)}),
      tfl.layers.batchNormalization(),
      tfl.layers.dense({units: 3, activation: 'softmax', kernelInitializer: normal(2)}),
    ],
  });
}

interface Data {
  readonly x: tf.Tensor;
  readonly y: tf.Tensor;
}

const dataset = (): Data =>
  tf.tidy(() => {
    const labels = tf.tensor1d(
      Array.from({length: 20}, (_, i) => (i * 7) % 3),
      'int32',
    );
    return {x: tf.randomNormal([20, 2], 0, 1, 'float32', 3), y: tf.cast(tf.oneHot(labels, 3), 'float32')};
  });

const train = (model: tfl.LayersModel, {x, y}: Data, epochs: number): Promise<tfl.History> =>
  model.fit(x, y, {epochs, batchSize: 5, shuffle: false, verbose: 0});

async function values(tensors: readonly tf.Tensor[]): Promise<number[]> {
  const parts = await Promise.all(tensors.map((tensor) => tensor.data()));
  return parts.flatMap((part) => Array.from(part));
}

/** A variable w with the loss 1/2 curvature (w - center)^2, and a second one that the loss does not touch. */
function quadratic(curvature = 1, center = 2): {w: tf.Variable; other: tf.Variable; loss: () => tf.Scalar} {
  const [w, other] = tf.tidy(() => [tf.variable(tf.tensor1d([1, 1])), tf.variable(tf.tensor1d([5]))]);
  const loss = () =>
    tf.tidy(() => tf.mul<tf.Scalar>(tf.sum(tf.square(tf.sub(w as tf.Variable, center))), 0.5 * curvature));
  return {w: w as tf.Variable, other: other as tf.Variable, loss};
}

describe('ivon', () => {
  let data: Data;
  before(async () => {
    await initBackend();
    data = dataset();
  });
  after(() => {
    tf.dispose([data.x, data.y]);
  });

  describe('minimize', () => {
    it('evaluates at sampled weights and gives back the mean, bit for bit, when the loss throws', () =>
      expectNoLeak(async () => {
        const {w, other, loss} = quadratic();
        const optimizer = ivon(0.1, {...OPTIONS, accumulate: 2});
        optimizer.minimize(loss, false, [w]);
        const mean = await values([w]);
        let seen: tf.Tensor | undefined;
        const failing = () => {
          seen = tf.keep(tf.clone(w));
          throw new RangeError('no loss today');
        };
        expect(() => optimizer.minimize(failing, false, [w])).to.throw(RangeError, /no loss today/);
        expect(await values([seen as tf.Tensor])).to.not.deep.equal(mean);
        expect(await values([w])).to.deep.equal(mean);

        // What was accumulated before the error is gone: two more calls make the first update.
        optimizer.minimize(loss, false, [w]);
        expect(optimizer.iterations).to.equal(0);
        optimizer.minimize(loss, false, [w]);
        expect(optimizer.iterations).to.equal(1);
        expect(await values([w])).to.not.deep.equal(mean);
        optimizer.dispose();
        tf.dispose([seen as tf.Tensor, w, other]);
      }));

    it('returns the mean loss of its samples', () =>
      expectNoLeak(async () => {
        const {w, other, loss} = quadratic();
        const seen: tf.Scalar[] = [];
        const noted = () => {
          const cost = loss();
          seen.push(tf.clone(cost));
          tf.keep(seen.at(-1) as tf.Scalar);
          return cost;
        };
        const optimizer = ivon(0.1, {...OPTIONS, samples: 3});
        const cost = optimizer.minimize(noted, true, [w]) as tf.Scalar;
        const costs = await values(seen);
        expect(new Set(costs).size).to.equal(3);
        closeTo(await cost.data(), [costs.reduce((sum, one) => sum + one, 0) / 3], {rtol: 1e-6});
        optimizer.dispose();
        tf.dispose([...seen, cost, w, other]);
      }));

    it('leaves variables without a gradient and variables that are not trainable alone', () =>
      expectNoLeak(async () => {
        const {w, other, loss} = quadratic();
        const frozen = tf.tidy(() => tf.variable(tf.tensor1d([7]), false));
        const optimizer = ivon(0.1, OPTIONS);
        let during: tf.Tensor | undefined;
        const looking = () => {
          during = tf.keep(tf.clone(frozen));
          return tf.tidy(() => tf.add<tf.Scalar>(loss(), tf.sum(frozen)));
        };
        optimizer.minimize(looking, false, [w, other, frozen]);
        expect(await values([during as tf.Tensor, frozen, other])).to.deep.equal([7, 7, 5]);
        const hessian = optimizer.hessian(other);
        closeTo(await hessian.data(), [0.5], {rtol: 1e-6});
        expect(() => optimizer.hessian(frozen)).to.throw(NotFittedError, /trained/);
        optimizer.dispose();
        tf.dispose([during as tf.Tensor, hessian, w, other, frozen]);
      }));

    it('samples every trainable variable where it gets no list', () =>
      expectNoLeak(async () => {
        const {w, other, loss} = quadratic();
        const optimizer = ivon(0.1, OPTIONS);
        optimizer.minimize(loss);
        expect(await values([w])).to.not.deep.equal([1, 1]);
        expect(await values([other])).to.deep.equal([5]);
        optimizer.dispose();
        tf.dispose([w, other]);
      }));

    it('lets the gradients be changed between computeGradients and applyGradients', () =>
      expectNoLeak(async () => {
        const {w, other, loss} = quadratic();
        const optimizer = ivon(0.1, {...OPTIONS, weightDecay: 0});
        const {value, grads} = optimizer.computeGradients(loss, [w]);
        const none = {[w.name]: tf.zerosLike(w)};
        optimizer.applyGradients(none);
        closeTo(await values([w]), [1, 1], {rtol: 0});
        tf.dispose([value, grads, none]);
        expect(() => optimizer.applyGradients({[w.name]: w})).to.throw(ConfigError, /computeGradients/);
        optimizer.dispose();
        tf.dispose([w, other]);
      }));
  });

  it('finds the curvature of a quadratic and the posterior that belongs to it', () =>
    expectNoLeak(async () => {
      const [size, curvatures] = [200, [0.3, 1, 4]] as const;
      const variables = curvatures.map(() => tf.tidy(() => tf.variable(tf.ones([size]))));
      const loss = () =>
        tf.tidy(() =>
          tf.addN(variables.map((w, i) => tf.mul(tf.sum(tf.square(tf.sub(w, 2))), 0.5 * (curvatures[i] as number)))),
        ) as tf.Scalar;
      const near = (w: tf.Variable) => ({hessInit: 1.3 * (curvatures[variables.indexOf(w)] as number)});
      const shared = {ess: 1000, weightDecay: 0.01, rng: createRng(1), perVariable: near};
      const fast = ivon(0.05, {...shared, beta2: 0.99});
      for (let step = 0; step < 300; step++) fast.minimize(loss, false, variables);
      const slow = ivon(0.05, {...shared, beta2: 0.999});
      const saved = await fast.getWeights();
      await slow.setWeights(saved);
      tf.dispose(saved.map(({tensor}) => tensor));
      const sums = curvatures.map(() => 0);
      for (let step = 0; step < 2200; step++) {
        slow.minimize(loss, false, variables);
        if (step < 1600 || step % 30 > 0) continue;
        for (const [i, w] of variables.entries()) {
          const mean = tf.tidy(() => tf.mean(slow.hessian(w)));
          sums[i] = (sums[i] as number) + ((await mean.data())[0] as number) / 20;
          mean.dispose();
        }
      }
      closeTo(sums, curvatures, {rtol: 0.01});
      for (const w of variables) {
        const [variance, hessian] = [slow.variance(w), slow.hessian(w)];
        const h = await hessian.data();
        closeTo(
          await variance.data(),
          Array.from(h, (one) => 1 / (1000 * (one + 0.01))),
          {rtol: 1e-5},
        );
        tf.dispose([variance, hessian]);
      }
      fast.dispose();
      slow.dispose();
      tf.dispose(variables);
    })).timeout(20000);

  it('never lets the precision fall below half of what it was', () =>
    expectNoLeak(async () => {
      const {w, other} = quadratic();
      const optimizer = ivon(0.01, {ess: 1, hessInit: 1, beta2: 0.5, weightDecay: 0.1, rng: createRng(2)});
      const concave = () => tf.tidy(() => tf.neg<tf.Scalar>(tf.sum(tf.square(w))));
      let before = [1.1, 1.1];
      for (let step = 0; step < 50; step++) {
        optimizer.minimize(concave, false, [w]);
        const hessian = optimizer.hessian(w);
        const after = Array.from(await hessian.data(), (h) => h + 0.1);
        hessian.dispose();
        for (const [i, one] of after.entries()) expect(one).to.be.at.least(0.4999 * (before[i] as number));
        before = after;
      }
      optimizer.dispose();
      tf.dispose([w, other]);
    }));

  it('follows schedules and options of single variables', () =>
    expectNoLeak(async () => {
      const {w, other, loss} = quadratic();
      const asked: number[] = [];
      const optimizer = ivon(
        (step) => {
          asked.push(step);
          return step === 0 ? 0 : 0.1;
        },
        {
          ...OPTIONS,
          ess: (step) => 100 * (step + 1),
          perVariable: ({name}) => (name === other.name ? {learningRate: 0, hessInit: 3} : undefined),
        },
      );
      optimizer.minimize(loss, false, [w, other]);
      const hessian = optimizer.hessian(other);
      closeTo(await hessian.data(), [3], {rtol: 1e-6});
      expect(await values([w, other])).to.deep.equal([1, 1, 5]);
      expect(optimizer.ess).to.equal(200);
      const both = () => tf.tidy(() => tf.add<tf.Scalar>(loss(), tf.sum(tf.square(other))));
      optimizer.minimize(both, false, [w, other]);
      expect(asked).to.deep.equal([0, 1]);
      expect(await values([other])).to.deep.equal([5]);
      expect(await values([w])).to.not.deep.equal([1, 1]);
      optimizer.learningRate = 0;
      const before = await values([w]);
      optimizer.minimize(both, false, [w, other]);
      expect(await values([w])).to.deep.equal(before);
      optimizer.dispose();
      tf.dispose([hessian, w, other]);
    }));

  it('refuses options that make no sense', () => {
    const {w, other, loss} = quadratic();
    const wrong: [number, IvonOptions, RegExp][] = [
      [-1, OPTIONS, /learningRate/],
      [0.1, {...OPTIONS, ess: 0}, /ess/],
      [0.1, {} as IvonOptions, /ess.*undefined/],
      [0.1, {...OPTIONS, hessInit: 0}, /hessInit/],
      [0.1, {...OPTIONS, beta1: 1}, /beta1/],
      [0.1, {...OPTIONS, beta2: 1.1}, /beta2/],
      [0.1, {...OPTIONS, weightDecay: -1}, /weightDecay/],
      [0.1, {...OPTIONS, clipRadius: 0}, /clipRadius/],
      [0.1, {...OPTIONS, samples: 0}, /samples/],
      [0.1, {...OPTIONS, accumulate: 1.5}, /accumulate/],
      [0.1, {...OPTIONS, hessApprox: 'gradsq' as 'price'}, /hessApprox/],
    ];
    for (const [rate, options, message] of wrong) expect(() => ivon(rate, options)).to.throw(ConfigError, message);
    const scheduled = ivon(0.1, {...OPTIONS, ess: () => Number.NaN});
    expect(() => scheduled.minimize(loss, false, [w])).to.throw(ConfigError, /ess/);
    closeTo(w.dataSync(), [1, 1], {rtol: 0});
    scheduled.dispose();
    tf.dispose([w, other]);
  });

  describe('with LayersModel.fit', () => {
    it('trains, and leaves metrics of every sample readable and none behind', () =>
      expectNoLeak(async () => {
        const model = classifier();
        const optimizer = ivon(0.3, {...OPTIONS, samples: 3});
        model.compile({optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy']});
        const {history} = await train(model, data, 15);
        const losses = history.loss as number[];
        expect(losses.at(-1)).to.be.below((losses[0] as number) - 0.1);
        const scores = (await model.trainOnBatch(data.x, data.y)) as number[];
        expect(scores.length).to.equal(1 + 3);
        expect(scores.every(Number.isFinite)).to.equal(true);
        optimizer.dispose();
        model.dispose();
      }));

    it('works beside convolutions, embeddings, BatchNorm and several inputs', () =>
      expectNoLeak(async () => {
        const [image, word] = [tfl.input({shape: [4, 4, 1]}), tfl.input({shape: [2]})];
        const features = [
          tfl.layers.conv2d({filters: 2, kernelSize: 2}),
          tfl.layers.batchNormalization(),
          tfl.layers.flatten(),
        ].reduce((at, layer) => layer.apply(at) as tfl.SymbolicTensor, image);
        const embedded = tfl.layers
          .flatten()
          .apply(tfl.layers.embedding({inputDim: 5, outputDim: 2}).apply(word)) as tfl.SymbolicTensor;
        const joined = tfl.layers.concatenate().apply([features, embedded]);
        const output = tfl.layers.dense({units: 1}).apply(joined) as tfl.SymbolicTensor;
        const model = tfl.model({inputs: [image, word], outputs: output});
        const optimizer = ivon(0.1, OPTIONS);
        model.compile({optimizer, loss: 'meanSquaredError'});
        const xs = [
          tf.randomNormal([8, 4, 4, 1], 0, 1, 'float32', 1),
          tf.tensor2d(
            Array.from({length: 16}, (_, i) => i % 4),
            [8, 2],
          ),
        ];
        const y = tf.randomNormal([8, 1], 0, 1, 'float32', 2);
        const before = await Promise.all(model.trainableWeights.map((weight) => values([weight.read()])));
        await model.fit(xs, y, {epochs: 2, batchSize: 4, verbose: 0});
        for (const [i, weight] of model.trainableWeights.entries()) {
          expect(await values([weight.read()]), weight.name).to.not.deep.equal(before[i]);
        }
        const posterior = await optimizer.posterior(model, {likelihood: 'gaussian'});
        const predictive = await posterior.predict(xs, {samples: 5});
        expect(predictive.kind).to.equal('mixture');
        predictive.dispose();
        posterior.dispose();
        optimizer.dispose();
        tf.dispose([...xs, y]);
        model.dispose();
      }));

    it('continues bit for bit from getWeights, under other variable names', () =>
      expectNoLeak(async () => {
        const straight = classifier();
        const optimizer = ivon(0.3, {...OPTIONS, rng: createRng(5)});
        straight.compile({optimizer, loss: 'categoricalCrossentropy'});
        await train(straight, data, 2);
        const saved = await optimizer.getWeights();
        expect(saved[0]?.name).to.equal('iter');
        const copy = classifier();
        copy.setWeights(straight.getWeights());
        const again = ivon(0.3, OPTIONS);
        await again.setWeights(saved);
        tf.dispose(saved.slice(0, 3).map(({tensor}) => tensor));
        copy.compile({optimizer: again, loss: 'categoricalCrossentropy'});
        await train(straight, data, 2);
        await train(copy, data, 2);
        expect(again.iterations).to.equal(16);
        expect(await values(copy.getWeights())).to.deep.equal(await values(straight.getWeights()));
        optimizer.dispose();
        again.dispose();
        straight.dispose();
        copy.dispose();
      }));

    it('continues bit for bit from a posterior that was saved and loaded', () =>
      expectNoLeak(async () => {
        const model = classifier();
        const optimizer = ivon(0.3, {...OPTIONS, rng: createRng(5)});
        model.compile({optimizer, loss: 'categoricalCrossentropy'});
        await train(model, data, 2);
        const posterior = await optimizer.posterior(model);
        let saved: tf.io.ModelArtifacts = {};
        await posterior.save(
          tf.io.withSaveHandler(async (artifacts) => {
            saved = artifacts;
            return {modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts)};
          }),
        );
        await train(model, data, 2);
        const straight = await values(model.getWeights());
        const other = ivon(0.3, OPTIONS);
        const loaded = (await loadPosterior(tf.io.fromMemory(saved), {model})) as IvonPosterior;
        other.resume(loaded);
        loaded.dispose();
        expect(other.iterations).to.equal(8);
        model.compile({optimizer: other, loss: 'categoricalCrossentropy'});
        await train(model, data, 2);
        expect(await values(model.getWeights())).to.deep.equal(straight);
        posterior.dispose();
        optimizer.dispose();
        other.dispose();
        model.dispose();
      }));

    it('is saved with the model and loaded by tfjs', async () => {
      const model = classifier();
      const optimizer = ivon(0.3, {...OPTIONS, clipRadius: 2, hessApprox: 'squared-gradient'});
      model.compile({optimizer, loss: 'categoricalCrossentropy'});
      await train(model, data, 2);
      let artifacts: tf.io.ModelArtifacts = {};
      await model.save(
        tf.io.withSaveHandler(async (saved) => {
          artifacts = saved;
          return {modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(saved)};
        }),
        {includeOptimizer: true},
      );
      // What a handler stores is JSON.
      artifacts = {...artifacts, trainingConfig: JSON.parse(JSON.stringify(artifacts.trainingConfig))};
      const loaded = await tfl.loadLayersModel(tf.io.fromMemory(artifacts));
      expect(loaded.optimizer.getConfig()).to.deep.equal(optimizer.getConfig());
      await train(model, data, 2);
      await train(loaded, data, 2);
      expect(await values(loaded.getWeights())).to.deep.equal(await values(model.getWeights()));
    });
  });

  it('says what a saved optimizer leaves out', () => {
    const heard: string[] = [];
    const restore = onWarning((message) => heard.push(message));
    try {
      const optimizer = ivon((step) => 1 / (1 + step), {...OPTIONS, clipRadius: Number.POSITIVE_INFINITY});
      expect(optimizer.getConfig()).to.include({learningRate: 1, clipRadius: null});
      expect(heard.join()).to.match(/schedules/);
    } finally {
      restore();
    }
  });

  it('refuses the state of another optimizer or another model', async () => {
    const adam = tf.train.adam(0.1);
    const optimizer = ivon(0.1, OPTIONS);
    await expectRejection(optimizer.setWeights(await adam.getWeights()), FormatError, /getWeights/);
    const {w, other, loss} = quadratic();
    optimizer.minimize(loss, false, [w]);
    const saved = await optimizer.getWeights();
    const fresh = ivon(0.1, OPTIONS);
    await fresh.setWeights(saved);
    expect(() => fresh.minimize(loss, false, [other])).to.throw(ShapeError, /\[2\]/);
    expect(() => fresh.minimize(loss)).to.throw(ConfigError, /1 variables/);
    tf.dispose([w, other]);
    optimizer.dispose();
    fresh.dispose();
  });

  it('gives no posterior of weights that it has not trained or that are not finite', () =>
    expectNoLeak(async () => {
      const model = classifier();
      const optimizer = ivon(0.3, OPTIONS);
      await expectRejection(optimizer.posterior(model), NotFittedError, /Train/);
      model.compile({optimizer, loss: 'categoricalCrossentropy'});
      const poisoned = tf.fill([20, 2], Number.NaN);
      await train(model, {x: poisoned, y: data.y}, 1);
      await expectRejection(optimizer.posterior(model), DataError, /diverged/);
      poisoned.dispose();
      optimizer.dispose();
      model.dispose();
    }));
});
