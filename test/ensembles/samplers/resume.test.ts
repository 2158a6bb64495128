import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {
  entropyEnsemble,
  entropyMcmc,
  type SamplerOptimizer,
  sghmc,
  sgld,
  sgnht,
  structuredSgmcmc,
} from '../../../ensembles/index.ts';
import {ConfigError, FormatError, ShapeError} from '../../../src/errors.ts';
import {readWeights} from '../../../src/models/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {checkpointTraining, resumeTraining, shuffledBatches} from '../../../src/training/index.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {expectRejection} from '../../support/rejection.ts';
import {inputs, smallNet, targets} from '../nets.ts';

const trainSize = 12;
const samplers: Record<string, (seed: number) => SamplerOptimizer> = {
  'sgld, preconditioned': (seed) => sgld(0.01, {trainSize, adaptSteps: 5, rng: createRng(seed)}),
  'sghmc, adapted': (seed) =>
    sghmc(0.01, {trainSize, adaptSteps: 20, adaptation: 'springenberg', rng: createRng(seed)}),
  sgnht: (seed) => sgnht(0.05, {trainSize, rng: createRng(seed)}),
  entropyMcmc: (seed) => entropyMcmc(0.05, {trainSize, anchorVariance: 0.05, rng: createRng(seed)}),
  'structuredSgmcmc with dropout': (seed) =>
    structuredSgmcmc(0.05, {
      trainSize,
      blocks: 'neuron',
      keep: 0.5,
      every: 2,
      memory: 3,
      friction: 0.5,
      rng: createRng(seed),
    }),
};

function compiled(optimizer: tf.Optimizer, normalized = false): tfl.LayersModel {
  const model = smallNet(3, 'softmax', 0, normalized);
  model.compile({optimizer, loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy']});
  return model;
}

async function train(
  model: tfl.LayersModel,
  {epochs, initialEpoch = 0, callbacks = []}: {epochs: number; initialEpoch?: number; callbacks?: tfl.Callback[]},
): Promise<void> {
  const [x, labels] = [inputs(), targets.categorical()];
  const y = tf.cast(labels, 'float32');
  const data = shuffledBatches(x, y, {batchSize: 5, rng: createRng('order'), initialEpoch});
  await model.fitDataset(data as Parameters<tfl.LayersModel['fitDataset']>[0], {
    epochs,
    initialEpoch,
    verbose: 0,
    callbacks,
  });
  tf.dispose([x, labels, y]);
}

describe('samplers that were interrupted', () => {
  for (const [name, make] of Object.entries(samplers)) {
    it(`${name}: goes on along the same trajectory`, async () => {
      const whole = compiled(make(1));
      await train(whole, {epochs: 5});
      let saved: tf.io.ModelArtifacts = {};
      const place = tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return {modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts)};
      });
      await train(compiled(make(1)), {epochs: 3, callbacks: [checkpointTraining(place)]});
      const again = compiled(make(2));
      const initialEpoch = await resumeTraining(again, tf.io.fromMemory(saved));
      await train(again, {epochs: 5, initialEpoch});
      expect(await readWeights(again.weights)).to.deep.equal(await readWeights(whole.weights));
      const other = compiled(make(2));
      await train(other, {epochs: 5});
      expect(await readWeights(other.weights)).to.not.deep.equal(await readWeights(whole.weights));
    });
  }

  it('keeps no tensors beyond its state', async () => {
    for (const make of Object.values(samplers)) {
      await expectNoLeak(async () => {
        const optimizer = make(1);
        const model = compiled(optimizer);
        await train(model, {epochs: 2});
        optimizer.dispose();
        model.dispose();
      });
    }
  });

  it('refuses the state of another optimizer or another model', async () => {
    const optimizer = sgnht(0.05, {trainSize});
    await train(compiled(optimizer), {epochs: 1});
    const state = await optimizer.getWeights();
    await expectRejection(sgld(0.1, {trainSize}).setWeights(state), FormatError, /sgld\.setWeights.*Other optimizers/);
    const fresh = sgnht(0.05, {trainSize});
    await fresh.setWeights(state);
    expect(fresh.steps).to.equal(3);
    expect((await fresh.getWeights()).map(({name}) => name)).to.deep.equal(state.map(({name}) => name));
    const [one, two] = [tf.variable(tf.zeros([2])), tf.variable(tf.zeros([3]))];
    const loss = (): tf.Scalar => tf.add(tf.sum(tf.square(one)), tf.sum(tf.square(two))) as tf.Scalar;
    expect(() => fresh.minimize(loss, false, [one, two])).to.throw(ConfigError, '4 variables');
    const [three, four] = [tf.variable(tf.zeros([2])), tf.variable(tf.zeros([3]))];
    const sum = (): tf.Scalar =>
      tf.addN([one, two, three, four].map((variable) => tf.sum(tf.square(variable)))) as tf.Scalar;
    expect(() => fresh.minimize(sum, false, [one, two, three, four])).to.throw(ShapeError, 'shape');
    tf.dispose([one, two, three, four]);
    fresh.dispose();
  });
});

describe('entropyEnsemble', () => {
  it('keeps weights and anchors, with statistics of their own, and leaves the model as it was', async () => {
    const optimizer = entropyMcmc(0.05, {trainSize, anchorVariance: 0.05, rng: createRng(1)});
    const model = compiled(optimizer, true);
    expect(() => entropyEnsemble(model, optimizer)).to.throw(ConfigError, 'BatchNormalization');
    const x = inputs();
    const collector = entropyEnsemble(model, optimizer, {start: 1, inputs: x});
    await train(model, {epochs: 3, callbacks: [collector]});
    const posterior = collector.posterior();
    expect(posterior.size).to.equal(4);
    const [own, anchor] = posterior.members.slice(2) as [tf.Tensor[], tf.Tensor[]];
    expect(await readWeights(own)).to.deep.equal(await readWeights(model.layers.flatMap((layer) => layer.weights)));
    const kernel = model.trainableWeights[0] as tfl.LayerVariable;
    const kept = optimizer.anchor(kernel) as tf.Tensor;
    expect(await (anchor[0] as tf.Tensor).data()).to.deep.equal(await kept.data());
    const statistics = model.layers[1]?.weights.length as number;
    for (const index of [2 + statistics - 2, 2 + statistics - 1]) {
      expect(await (anchor[index] as tf.Tensor).data()).to.not.deep.equal(await (own[index] as tf.Tensor).data());
    }
    posterior.dispose();
    collector.dispose();
    optimizer.dispose();
    x.dispose();
    model.dispose();
  });
});
