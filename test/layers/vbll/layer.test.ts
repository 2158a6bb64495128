import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {
  type VbllHead,
  vbllClassification,
  vbllGenerativeClassification,
  vbllHeteroscedasticClassification,
  vbllHeteroscedasticRegression,
  vbllPosterior,
  vbllRegression,
  vbllStudentTClassification,
  vbllStudentTRegression,
} from '../../../layers/index.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {ConfigError, NotFittedError, ShapeError} from '../../../src/errors.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {totalLoss} from './golden-case.ts';

const N = 30;

function under(head: VbllHead): tfl.Sequential {
  const kernelInitializer = tfl.initializers.glorotNormal({seed: 3});
  return tfl.sequential({
    layers: [tfl.layers.dense({units: 6, activation: 'tanh', inputShape: [2], kernelInitializer}), head],
  });
}

/** Inputs, numbers and one-hot rows that the inputs explain. */
function data(): {x: tf.Tensor2D; y: tf.Tensor2D; rows: tf.Tensor2D} {
  return tf.tidy(() => {
    const x = tf.randomNormal([N, 2], 0, 1, 'float32', 7) as tf.Tensor2D;
    const first = tf.slice(x, [0, 0], [N, 1]);
    const label = tf.cast(tf.greater(first, 0), 'float32');
    const noise = tf.randomNormal([N, 1], 0, 0.1, 'float32', 8);
    return {x, y: tf.add(tf.sin(first), noise), rows: tf.concat([label, tf.sub(1, label)], 1)};
  }) as {x: tf.Tensor2D; y: tf.Tensor2D; rows: tf.Tensor2D};
}

const HEADS: Record<string, (options: {seed: number; covariance?: 'low-rank'}) => VbllHead> = {
  regression: (options) => vbllRegression({units: 1, trainSize: N, ...options}),
  'low-rank regression': (options) => vbllRegression({units: 1, trainSize: N, covariance: 'low-rank', ...options}),
  'precision regression': (options) =>
    vbllRegression({units: 1, trainSize: N, covariance: 'dense-precision', ...options}),
  classification: (options) => vbllClassification({units: 2, trainSize: N, ...options}),
  'dense classification': (options) => vbllClassification({units: 2, trainSize: N, covariance: 'dense', ...options}),
  'generative classification': (options) => vbllGenerativeClassification({units: 2, trainSize: N, ...options}),
  'tilted classification': (options) =>
    vbllClassification({units: 2, trainSize: N, bound: 'reduced-knowles-minka', ...options}),
  'Student-t regression': (options) => vbllStudentTRegression({units: 1, trainSize: N, ...options}),
  'heteroscedastic regression': (options) => vbllHeteroscedasticRegression({units: 1, trainSize: N, ...options}),
  'Student-t classification': (options) => vbllStudentTClassification({units: 2, trainSize: N, ...options}),
  'heteroscedastic classification': (options) =>
    vbllHeteroscedasticClassification({units: 2, trainSize: N, ...options}),
};

describe('VBLL heads as layers', () => {
  before(async () => {
    await initBackend();
  });

  for (const [name, create] of Object.entries(HEADS)) {
    const targets = (sets: ReturnType<typeof data>): tf.Tensor2D => (name.endsWith('regression') ? sets.y : sets.rows);

    it(`${name}: fit lowers exactly the sum of the head's loss and the layer's own`, async () => {
      const head = create({seed: 1});
      const model = under(head);
      const sets = data();
      model.compile({optimizer: tf.train.adam(0.02), loss: head.loss});
      const logs: number[] = [];
      const features = tfl.model({inputs: model.inputs, outputs: model.layers[0]?.output as tfl.SymbolicTensor});
      const phi = features.predict(sets.x) as tf.Tensor;
      const before = await totalLoss(head, phi, targets(sets));
      const options = {batchSize: N, shuffle: false, verbose: 0} as const;
      await model.fit(sets.x, targets(sets), {epochs: 1, ...options}); // makes what the optimizer keeps
      await expectNoLeak(async () => {
        const {history} = await model.fit(sets.x, targets(sets), {epochs: 25, ...options});
        logs.push(...(history.loss as number[]));
      });
      expect(logs[0]).to.be.below(before);
      expect(logs.at(-1)).to.be.below((logs[0] as number) - 0.05);

      const evaluated = model.evaluate(sets.x, targets(sets), {batchSize: N}) as tf.Scalar;
      const trained = features.predict(sets.x) as tf.Tensor;
      const [own] = await tf.tidy(() => head.calculateLosses()[0] as tf.Scalar).data();
      const whole = await totalLoss(head, trained, targets(sets));
      closeTo((await evaluated.data())[0] as number, whole - (own as number), {rtol: 1e-5, atol: 1e-5});
      tf.dispose([phi, trained, evaluated, sets.x, sets.y, sets.rows]);
    });

    it(`${name}: a saved model predicts the same when it is loaded`, async () => {
      const model = under(create({seed: 2}));
      const {x, y, rows} = data();
      let saved: tf.io.ModelArtifacts = {};
      await model.save(
        tf.io.withSaveHandler(async (artifacts) => {
          saved = artifacts;
          return {modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts)};
        }),
      );
      const loaded = await tfl.loadLayersModel(tf.io.fromMemory(saved));
      const [before, after] = [await vbllPosterior(model).predict(x), await vbllPosterior(loaded).predict(x)];
      closeTo(
        await after.logProb(name.endsWith('regression') ? y : rows).data(),
        await before.logProb(name.endsWith('regression') ? y : rows).data(),
        {rtol: 0},
      );
      before.dispose();
      after.dispose();
      tf.dispose([x, y, rows]);
    });
  }

  it('the first epoch reports the loss at the initial weights', async () => {
    const head = vbllRegression({units: 1, trainSize: N, seed: 4});
    const model = tfl.sequential({layers: [tfl.layers.dense({units: 3, inputShape: [2]}), head]});
    const {x, y, rows} = data();
    const phi = (model.layers[0] as tfl.layers.Layer).apply(x) as tf.Tensor;
    const expected = await totalLoss(head, phi, y);
    model.compile({optimizer: 'sgd', loss: head.loss});
    const {history} = await model.fit(x, y, {epochs: 1, batchSize: N, verbose: 0});
    closeTo((history.loss as number[])[0] as number, expected, {rtol: 1e-5});
    tf.dispose([x, y, rows, phi]);
  });

  it('weighs examples by classWeight, and keeps the meaning of accuracy', async () => {
    const head = vbllClassification({units: 2, trainSize: N, seed: 4});
    const model = under(head);
    const {x, y, rows} = data();
    const expected = tf.tidy(() => {
      const each = head.loss(rows, model.apply(x, {training: true}) as tf.Tensor);
      return tf.add(
        tf.mean(tf.mul(each, tf.reshape(tf.mul(tf.slice(rows, [0, 0], [N, 1]), 3), [N]))),
        head.calculateLosses()[0] as tf.Scalar,
      );
    });
    model.compile({optimizer: 'sgd', loss: head.loss, metrics: ['accuracy']});
    const {history} = await model.fit(x, rows, {
      epochs: 1,
      batchSize: N,
      verbose: 0,
      classWeight: {0: 3, 1: 0},
    });
    closeTo((history.loss as number[])[0] as number, (await expected.data())[0] as number, {rtol: 1e-5});
    const [, accuracy] = model.evaluate(x, rows) as tf.Scalar[];
    const right = tf.tidy(() =>
      tf.mean(tf.cast(tf.equal(tf.argMax(model.predict(x) as tf.Tensor, 1), tf.argMax(rows, 1)), 'float32')),
    );
    closeTo(await (accuracy as tf.Scalar).data(), await right.data(), {rtol: 1e-6});
    tf.dispose([x, y, rows, expected, right]);
  });

  it('treats a sequence as so many examples, and a row of zeros as none', async () => {
    const head = vbllClassification({units: 2, trainSize: 6, seed: 5});
    const phi = tf.randomNormal([2, 3, 4], 0, 1, 'float32', 1);
    const y = tf.tensor3d([1, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0], [2, 3, 2]);
    const [sequence, flat] = tf.tidy(() => {
      const outputs = head.apply(phi) as tf.Tensor;
      expect(outputs.shape).to.deep.equal([2, 3, 2]);
      const each = head.loss(tf.reshape(y, [6, 2]), head.apply(tf.reshape(phi, [6, 4])) as tf.Tensor);
      return [head.loss(y, outputs), tf.mean(tf.reshape(each, [2, 3]), 1)];
    }) as [tf.Tensor, tf.Tensor];
    closeTo(await sequence.data(), await flat.data(), {rtol: 1e-6});
    const ignored = tf.tidy(() => {
      const features = tf.reshape(phi, [6, 4]);
      return tf.gather(
        head.loss(tf.reshape(y, [6, 2]), head.apply(features) as tf.Tensor),
        tf.tensor1d([2, 5], 'int32'),
      );
    });
    closeTo(await ignored.data(), [0, 0], {rtol: 0});
    tf.dispose([phi, y, sequence, flat, ignored]);
  });

  it('does not train a fixed noise', async () => {
    const head = vbllRegression({units: 2, trainSize: N, noiseScale: 0.3, seed: 1});
    tfl.sequential({layers: [tfl.layers.dense({units: 3, inputShape: [2]}), head]});
    expect(head.trainableWeights.length).to.equal(3);
    closeTo(await tf.tidy(() => head.noise.variance()).data(), [0.09, 0.09], {rtol: 1e-6});
    expect((await tf.tidy(() => head.noise.logPrior()).data())[0]).to.equal(0);
  });

  it('starts the noise at log sd = 1/2 log wishartScale', async () => {
    const head = vbllRegression({units: 3, trainSize: N, wishartScale: 0.04, inputShape: [2]});
    tfl.sequential({layers: [head]});
    closeTo(await head.noise.logScale.data(), new Array(3).fill(Math.log(0.2)), {rtol: 1e-6});
  });

  it('says what it refuses', async () => {
    expect(() => vbllRegression({units: 1, trainSize: 0})).to.throw(ConfigError, /trainSize/);
    expect(() => vbllRegression({units: 0, trainSize: 9})).to.throw(ConfigError, /units/);
    expect(() => vbllRegression({units: 1, trainSize: 9, priorPrecision: -1})).to.throw(ConfigError, /priorPrecision/);
    expect(() => vbllGenerativeClassification({units: 2, trainSize: 9, covariance: 'dense'})).to.throw(
      ConfigError,
      /expected covariance to be one of 'diagonal', got 'dense'/,
    );
    const head = vbllClassification({units: 2, trainSize: 9});
    expect(() => head.noise).to.throw(NotFittedError);
    const [x, labels, rows] = [tf.ones([3, 2]), tf.tensor1d([0, 1, 0]), tf.ones([3, 2])];
    const output = head.apply(x) as tf.Tensor;
    expect(() => head.loss(labels, output)).to.throw(ShapeError, /oneHot/);
    expect(() => head.loss(rows, tf.clone(output))).to.throw(ConfigError, /in the same step/);
    const plain = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [2]})]});
    expect(() => vbllPosterior(plain)).to.throw(ConfigError, /VBLL head/);
  });

  it('trains inside a nested model and under a custom loop as on its own', async () => {
    const {x, y, rows} = data();
    const losses: number[] = [];
    for (const nested of [false, true]) {
      const head = vbllRegression({units: 1, trainSize: N, seed: 4});
      const inner = under(head);
      const input = tfl.input({shape: [2]});
      const model = nested ? tfl.model({inputs: input, outputs: inner.apply(input) as tfl.SymbolicTensor}) : inner;
      model.compile({optimizer: 'sgd', loss: head.loss});
      const {history} = await model.fit(x, y, {epochs: 2, batchSize: N, shuffle: false, verbose: 0});
      losses.push((history.loss as number[])[1] as number);

      const optimizer = tf.train.sgd(0.01);
      await expectNoLeak(() => {
        optimizer.minimize(() => tf.mean(head.loss(y, model.apply(x, {training: true}) as tf.Tensor)));
      });
    }
    closeTo(losses[1] as number, losses[0] as number, {rtol: 1e-6});
    tf.dispose([x, y, rows]);
  });
});
