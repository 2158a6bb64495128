import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {ConfigError, FormatError, ModelMismatchError, ShapeError} from '../../../src/errors.ts';
import {createRng, initBackend} from '../../../src/index.ts';
import {checkpointTraining, resumeTraining, shuffledBatches} from '../../../src/training/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectRejection} from '../../support/rejection.ts';

function compiled(optimizer: tf.Optimizer, units = 3): tfl.LayersModel {
  const input = tfl.input({shape: [2]});
  const hidden = tfl.layers.dense({units, activation: 'tanh'}).apply(input);
  const model = tfl.model({inputs: input, outputs: tfl.layers.dense({units: 1}).apply(hidden) as tfl.SymbolicTensor});
  model.compile({optimizer, loss: 'meanSquaredError'});
  return model;
}

const x = (): tf.Tensor => tf.randomNormal([10, 2], 0, 1, 'float32', 3);
const y = (): tf.Tensor => tf.randomNormal([10, 1], 0, 1, 'float32', 4);

async function train(model: tfl.LayersModel, epochs: number, initialEpoch: number, callbacks: tfl.Callback[] = []) {
  const data = shuffledBatches(x(), y(), {batchSize: 4, rng: createRng(5), initialEpoch});
  await model.fitDataset(data, {epochs, initialEpoch, verbose: 0, callbacks});
}

/** A place in memory, as handlers. */
function memory(): {save: tf.io.IOHandler; load: () => tf.io.IOHandler; epochs: () => number} {
  const all: tf.io.ModelArtifacts[] = [];
  return {
    save: tf.io.withSaveHandler(async (artifacts) => {
      all.push(artifacts);
      return {modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts)};
    }),
    load: () => tf.io.fromMemory(all.at(-1) as tf.io.ModelArtifacts),
    epochs: () => all.length,
  };
}

async function weightsOf(model: tfl.LayersModel): Promise<number[]> {
  return (await Promise.all(model.getWeights().map((weight) => weight.data()))).flatMap((part) => Array.from(part));
}

describe('checkpointTraining and resumeTraining', () => {
  before(async () => {
    await initBackend({prefer: 'cpu'});
  });
  after(async () => {
    await tf.setBackend('wasm');
  });

  for (const [name, create] of Object.entries({
    sgd: () => tf.train.sgd(0.1),
    momentum: () => tf.train.momentum(0.1, 0.9),
    rmsprop: () => tf.train.rmsprop(0.01),
    adam: () => tf.train.adam(0.01),
    adagrad: () => tf.train.adagrad(0.1),
  })) {
    it(`goes on as if nothing had happened: ${name}`, async () => {
      const [whole, first, second] = [compiled(create()), compiled(create()), compiled(create())];
      first.setWeights(whole.getWeights());
      await train(whole, 5, 0);
      const place = memory();
      await train(first, 3, 0, [checkpointTraining(place.save, {every: 2})]);
      expect(place.epochs()).to.equal(1);
      const epoch = await resumeTraining(second, place.load());
      expect(epoch).to.equal(2);
      await train(second, 5, epoch);
      closeTo(await weightsOf(second), await weightsOf(whole), {rtol: 0});
    });
  }

  it('starts at the beginning where nothing has been saved', async () => {
    const model = compiled(tf.train.sgd(0.1));
    expect(await resumeTraining(model, '/nowhere/to/be/found')).to.equal(0);
    for (const message of [
      "Cannot find model with path 'run' in IndexedDB.",
      "In local storage, there is no model with name 'run'",
      'Request to http://a/run failed with status code 404. Please verify this URL points to the model JSON.',
    ]) {
      expect(await resumeTraining(model, {load: () => Promise.reject(new Error(message))}), message).to.equal(0);
    }
    const missing = Object.assign(new Error('no such file'), {code: 'ENOENT'});
    expect(await resumeTraining(model, {load: () => Promise.reject(missing)})).to.equal(0);
  });

  it('passes on what else goes wrong in loading, so that no good checkpoint is overwritten', async () => {
    const model = compiled(tf.train.sgd(0.1));
    for (const message of ['HTTP 503', 'Request to http://a/run failed with status code 500.', 'Failed to fetch']) {
      const load = () => Promise.reject(new Error(message));
      await expectRejection(resumeTraining(model, {load}), Error, new RegExp(message));
    }
    await expectRejection(resumeTraining(model, memory().save), ConfigError, /load method/);
  });

  it('refuses other models, optimizers and files, and models without an optimizer', async () => {
    const place = memory();
    await train(compiled(tf.train.adam(0.1)), 1, 0, [checkpointTraining(place.save)]);
    await expectRejection(
      resumeTraining(compiled(tf.train.adam(0.1), 4), place.load()),
      ModelMismatchError,
      /fingerprint/,
    );
    await expectRejection(resumeTraining(compiled(tf.train.sgd(0.1)), place.load()), ModelMismatchError, /SGD/);
    const other = tf.io.fromMemory({modelTopology: {}});
    await expectRejection(resumeTraining(compiled(tf.train.sgd(0.1)), other), FormatError, /resumeTraining/);
    const plain = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [2]})]});
    await expectRejection(resumeTraining(plain, place.load()), ConfigError, /compiled/);
    expect(() => checkpointTraining('run', {every: 0})).to.throw(ConfigError, /every/);
  });
});

describe('shuffledBatches', () => {
  /** The rows of each pass, in the order of the batches. */
  async function passes(initialEpoch: number, count: number): Promise<number[][]> {
    const rows = tf.tensor2d(Array.from({length: 5}, (_, i) => [i]));
    const data = shuffledBatches(rows, rows, {batchSize: 2, rng: createRng(1), initialEpoch});
    expect(data.size).to.equal(3);
    return Promise.all(
      Array.from({length: count}, async () => {
        const iterator = await data.iterator();
        const order: number[] = [];
        for (;;) {
          const {value, done} = await iterator.next();
          if (done) return order;
          expect(await value.ys.data()).to.deep.equal(await (value.xs as tf.Tensor).data());
          order.push(...(await value.ys.data()));
        }
      }),
    );
  }

  it('gives every pass an order of its own, the same when it begins later', async () => {
    const all = await passes(0, 3);
    for (const order of all) expect([...order].sort()).to.deep.equal([0, 1, 2, 3, 4]);
    expect(new Set(all.map(String)).size).to.equal(3);
    expect(await passes(1, 2)).to.deep.equal(all.slice(1));
  });

  it('refuses targets of another number of examples, and batches without any', () => {
    const inputs = {a: tf.zeros([8, 2]), b: tf.zeros([8, 3])};
    for (const given of [inputs.a, Object.values(inputs), inputs]) {
      expect(() => shuffledBatches(given, tf.zeros([6, 1]))).to.throw(ShapeError, /shuffledBatches.*\[6,1\]/);
    }
    for (const batchSize of [0, 1.5]) {
      expect(() => shuffledBatches(inputs, tf.zeros([8, 1]), {batchSize})).to.throw(
        ConfigError,
        /shuffledBatches.*batchSize/,
      );
    }
  });
});
