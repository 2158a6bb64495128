import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {type LaplaceOptions, laplace} from '../../laplace/index.ts';
import {initBackend} from '../../src/backend/index.ts';
import {DataError, ModelMismatchError} from '../../src/errors.ts';
import {createRng} from '../../src/random/index.ts';
import {closeTo} from '../support/close.ts';
import {expectNoLeak} from '../support/leaks.ts';
import {expectRejection} from '../support/rejection.ts';
import {smallData, smallNet} from './small-net.ts';

/** Counts calls of `read().data()` of one weight: whether the values of the weights are looked at. */
async function countReads(model: LayersModel, work: () => Promise<void>): Promise<number> {
  const variable = model.trainableWeights[0]?.read() as tf.Tensor;
  const data = variable.data.bind(variable);
  let reads = 0;
  variable.data = ((): Promise<unknown> => {
    reads++;
    return data();
  }) as typeof variable.data;
  await work();
  Reflect.deleteProperty(variable, 'data');
  return reads;
}

function assignSame(model: LayersModel, change = 0): void {
  tf.tidy(() => model.setWeights(model.getWeights().map((weight) => tf.add(weight, change))));
}

describe('laplace posterior state', () => {
  let data: ReturnType<typeof smallData>;
  before(async () => {
    await initBackend();
    data = smallData();
  });
  after(() => {
    tf.dispose(data as unknown as tf.TensorContainer);
  });

  it('a fit that fails after its pass leaves the earlier fit as it was', () =>
    expectNoLeak(async () => {
      const model = smallNet(2);
      const posterior = await laplace(model, {likelihood: 'gaussian'}).fit(data.x, data.yReal);
      const [evidence, noiseScale, mean] = [
        posterior.logMarginalLikelihood(),
        posterior.noiseScale,
        posterior.mean.map((tensor) => tensor.id),
      ];
      const exact = tf.tidy(() => model.predict(data.x) as tf.Tensor);
      await posterior.fit(data.x, exact).then(
        () => expect.fail('expected a rejection: residuals of zero have no noise'),
        (error: unknown) => expect(error).to.be.instanceOf(Error),
      );
      expect(posterior.logMarginalLikelihood()).to.equal(evidence);
      expect(posterior.noiseScale).to.equal(noiseScale);
      expect(posterior.mean.map((tensor) => tensor.id)).to.deep.equal(mean);
      (await posterior.predict(data.xTest)).dispose();
      for (const used of [exact, posterior, model]) used.dispose();
    }));

  it('updates started together wait for each other', () =>
    expectNoLeak(async () => {
      const model = smallNet(3, 'softmax');
      const halves = [0, 3].map((start) => ({x: tf.slice(data.x, start, 3), y: tf.slice(data.yClass, start, 3)}));
      const whole = await laplace(model).fit(data.x, data.yClass);
      await whole.update(data.x, data.yClass);
      const grown = laplace(model);
      const wrong = tf.tensor1d([7, 0, 0], 'int32');
      const [first, second] = halves as [{x: tf.Tensor; y: tf.Tensor}, {x: tf.Tensor; y: tf.Tensor}];
      const turns = await Promise.allSettled([
        grown.fit(data.x, data.yClass, {batchSize: 1}),
        grown.update(first.x, wrong),
        grown.update(first.x, first.y, {batchSize: 1}),
        grown.update(second.x, second.y),
      ]);
      expect(turns.map(({status}) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
      expect(grown.examples).to.equal(12);
      closeTo(grown.logMarginalLikelihood(), whole.logMarginalLikelihood(), {rtol: 1e-6});
      for (const {x, y} of halves) tf.dispose([x, y]);
      for (const used of [wrong, whole, grown, model]) used.dispose();
    }));

  it('a prediction made while a fit replaces the posterior is of one of the two, and leaves nothing behind', () =>
    expectNoLeak(async () => {
      const model = smallNet(3, 'softmax');
      const posterior = await laplace(model).fit(data.x, data.yClass);
      assignSame(model);
      const [predictive] = await Promise.all([posterior.predict(data.xTest), posterior.fit(data.x, data.yClass)]);
      for (const used of [predictive, posterior, model]) used.dispose();
    }));

  for (const weights of ['last-layer', 'all'] as const) {
    it(`notices at once that the model was trained on: ${weights}`, () =>
      expectNoLeak(async () => {
        const model = smallNet(3, 'softmax');
        const posterior = await laplace(model, {weights}).fit(data.x, data.yClass);
        const sample = posterior.thompsonSample();
        assignSame(model, 0.5);
        const stale: (() => unknown)[] = [
          () => posterior.linearized(data.xTest),
          () => posterior.sampleWeights(createRng(1)),
          () => posterior.weightVariances(),
          () => posterior.thompsonSample(),
          () => sample.outputs(data.xTest),
        ];
        for (const use of stale) expect(use).to.throw(ModelMismatchError, /trained or changed since. Call fit/);
        await expectRejection(posterior.predict(data.xTest), ModelMismatchError, /laplace.predict: .*trained/);
        await expectRejection(
          posterior.sampleOutputs(data.xTest, {samples: 2}),
          ModelMismatchError,
          /laplace.sampleOutputs: .*trained/,
        );
        await posterior.fit(data.x, data.yClass);
        posterior.weightVariances();
        for (const used of [sample, posterior, model]) used.dispose();
      }));
  }

  it('a frozen weight that changes counts, too', async () => {
    const model = smallNet(3, 'softmax');
    (model.layers[0] as {trainable: boolean}).trainable = false;
    const posterior = await laplace(model).fit(data.x, data.yClass);
    assignSame(model, 0.5);
    expect(() => posterior.weightVariances()).to.throw(ModelMismatchError);
    await expectRejection(posterior.predict(data.xTest), ModelMismatchError, /trained/);
    for (const used of [posterior, model]) used.dispose();
  });

  it('reads the weights only where they were written since, and takes the same values for the same model', async () => {
    const model = smallNet(3, 'softmax');
    const posterior = await laplace(model).fit(data.x, data.yClass);
    const predict = async (): Promise<void> => (await posterior.predict(data.xTest)).dispose();
    expect(await countReads(model, predict)).to.equal(0);
    assignSame(model);
    expect(() => posterior.weightVariances()).to.throw(ModelMismatchError, /same values/);
    expect(await countReads(model, predict)).to.equal(1);
    posterior.weightVariances();
    expect(await countReads(model, predict)).to.equal(0);
    for (const used of [posterior, model]) used.dispose();
  });

  it('refuses a fit during which the model changes', () =>
    expectNoLeak(async () => {
      const model = smallNet(3, 'softmax');
      const posterior = laplace(model);
      const callbacks = {onBatchEnd: () => assignSame(model, 0.5)};
      await expectRejection(
        posterior.fit(data.x, data.yClass, {callbacks}),
        ModelMismatchError,
        /laplace.fit: .*during the fit/,
      );
      for (const used of [posterior, model]) used.dispose();
    }));

  it('tuning on validation data leaves the prior alone until it is done', async () => {
    const model = smallNet(3, 'softmax');
    const posterior = await laplace(model, {priorPrecision: 3}).fit(data.x, data.yClass);
    const seen = new Set<unknown>();
    const tuning = posterior.tune({method: 'validation', validationData: [data.x, data.yClass]});
    for (let turn = 0; turn < 500; turn++) {
      seen.add(posterior.priorPrecision);
      await Promise.resolve();
    }
    const {priorPrecision} = await tuning;
    expect([...seen].filter((value) => value !== priorPrecision)).to.deep.equal([3]);
    expect(posterior.priorPrecision).not.to.equal(3);
    for (const used of [posterior, model]) used.dispose();
  });

  it('keeps prior precisions of its own, from any kind of array', async () => {
    const model = smallNet(3, 'softmax');
    const given = [1, 2];
    const posterior = await laplace(model, {priorPrecision: given}).fit(data.x, data.yClass);
    const evidence = posterior.logMarginalLikelihood();
    given[0] = 50;
    expect(posterior.priorPrecision).to.deep.equal([1, 2]);
    posterior.priorPrecision = Float64Array.of(1, 2);
    expect(posterior.logMarginalLikelihood()).to.equal(evidence);
    expect(posterior.logMarginalLikelihood({priorPrecision: Float32Array.of(1, 2)})).to.equal(evidence);
    const held = posterior.priorPrecision as number[];
    expect(() => (held[0] = 50)).to.throw(TypeError);
    const options: LaplaceOptions = {priorPrecision: Float64Array.of(1, 2)};
    expect(laplace(model, options).priorPrecision).to.deep.equal([1, 2]);
    for (const used of [posterior, model]) used.dispose();
  });

  it('a trial leaves what it does not name', async () => {
    const model = smallNet(2);
    const posterior = await laplace(model, {likelihood: 'gaussian'}).fit(data.x, data.yReal);
    const trial = {priorPrecision: undefined, noiseScale: undefined} as unknown as {priorPrecision: number};
    expect(posterior.logMarginalLikelihood(trial)).to.equal(posterior.logMarginalLikelihood());
    for (const used of [posterior, model]) used.dispose();
  });

  it('a failing prediction leaves nothing behind', () =>
    expectNoLeak(async () => {
      const model = smallNet(3, 'softmax');
      const posterior = await laplace(model).fit(data.x, data.yClass);
      const [missing, huge] = [
        tf.tensor2d([[Number.NaN, 1]]),
        tf.tensor2d(
          [
            [1, 1],
            [1, -1],
          ].map((row) => row.map((v) => v / 0)),
        ),
      ];
      for (const x of [missing, huge]) {
        await expectRejection(posterior.predict(x), DataError, /laplace.predict: expected finite .* in x/);
        await expectRejection(posterior.sampleOutputs(x, {samples: 2}), DataError, /sampleOutputs: expected finite/);
      }
      for (const used of [missing, huge, posterior, model]) used.dispose();
    }));
});
