import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {
  checkpointEnsemble,
  deepEnsemble,
  ensembleOf,
  entropyEnsemble,
  entropyMcmc,
  hmc,
  hyperEnsemble,
  mixupMp,
  multiSwag,
  sgld,
  snapshotEnsemble,
  swag,
} from '../../ensembles/index.ts';
import {betaNll} from '../../src/likelihoods/index.ts';
import type {PosteriorRow} from '../contracts/rows.ts';
import {efficientMethods} from './efficient/methods.ts';
import {inputs, smallNet, targets} from './nets.ts';

const classifier = (seed?: number): tfl.LayersModel => smallNet(3, 'softmax', seed);
const binary = (seed?: number): tfl.LayersModel => smallNet(1, 'sigmoid', seed);
const regressor = (seed?: number): tfl.LayersModel => smallNet(2, 'linear', seed);

function compiled(model: tfl.LayersModel, loss: tfl.ModelCompileArgs['loss']): tfl.LayersModel {
  model.compile({optimizer: 'sgd', loss});
  return model;
}

/** Compiled models from which posteriors are collected while they train. */
const collected = {
  normalized: (): tfl.LayersModel => compiled(smallNet(3, 'softmax', 0, true), 'sparseCategoricalCrossentropy'),
  classifier: (): tfl.LayersModel => compiled(classifier(), 'sparseCategoricalCrossentropy'),
  regressor: (): tfl.LayersModel => compiled(regressor(), 'meanSquaredError'),
} as const;

async function fitLabels(model: tfl.LayersModel, x: tf.Tensor, y: tf.Tensor, callback: tfl.Callback): Promise<void> {
  const labels = tf.cast(y, 'float32'); // sparseCategoricalCrossentropy takes no integers
  await model.fit(x, labels, {epochs: 2, batchSize: 4, callbacks: [callback], shuffle: false});
  labels.dispose();
}

const shared = {inputs, samplesWeights: true, ownsWeights: true} as const;

/** Every posterior of several weight vectors that the shared tests run on. */
export const ensembleMethods: readonly PosteriorRow[] = [
  {
    ...shared,
    name: 'ensembleOf categorical',
    kind: 'categorical',
    createModel: classifier,
    targets: targets.categorical,
    seesNoData: true,
    fit: async (model) => {
      const others = [classifier(1), classifier(2)];
      const posterior = ensembleOf([model, ...others]);
      for (const other of others) other.dispose();
      return posterior;
    },
  },
  {
    ...shared,
    name: 'deepEnsemble categorical',
    kind: 'categorical',
    createModel: classifier,
    targets: targets.categorical,
    fit: (_, x, y) =>
      deepEnsemble({
        create: ({member}) => compiled(classifier(member), 'categoricalCrossentropy'),
        members: 3,
      }).fit(x, y, {epochs: 2, batchSize: 5}),
  },
  {
    ...shared,
    name: 'deepEnsemble categorical, Bayesian bootstrap',
    kind: 'categorical',
    createModel: classifier,
    targets: targets.categorical,
    fit: (_, x, y) =>
      deepEnsemble({
        create: () => compiled(classifier(), 'categoricalCrossentropy'),
        members: 3,
        resample: 'bayesian-bootstrap',
      }).fit(x, y, {epochs: 2, batchSize: 5}),
  },
  {
    ...shared,
    name: 'mixupMp gaussian',
    kind: 'mixture',
    createModel: regressor,
    targets: targets.numbers,
    fit: (_, x, y) =>
      mixupMp({
        create: () => compiled(regressor(), 'meanSquaredError'),
        members: 3,
        likelihood: 'gaussian',
      }).fit(x, y, {epochs: 2, batchSize: 5}),
  },
  {
    ...shared,
    name: 'hyperEnsemble categorical, random',
    kind: 'categorical',
    createModel: classifier,
    targets: targets.categorical,
    fit: async (_, x, y) => {
      const {posterior} = await hyperEnsemble({
        create: ({configuration, member}) => compiled(classifier(member), configuration),
        configurations: ['categoricalCrossentropy', 'meanSquaredError'],
        members: 3,
        selection: 'random',
      }).fit(x, y, {epochs: 2, batchSize: 5});
      return posterior;
    },
  },
  {
    ...shared,
    name: 'deepEnsemble bernoulli',
    kind: 'bernoulli',
    createModel: binary,
    targets: targets.bernoulli,
    fit: (_, x, y) =>
      deepEnsemble({
        create: ({member}) => compiled(binary(member), 'binaryCrossentropy'),
        members: 3,
      }).fit(x, y, {epochs: 2, batchSize: 5}),
  },
  {
    ...shared,
    name: 'deepEnsemble gaussian',
    kind: 'mixture',
    createModel: regressor,
    targets: targets.numbers,
    fit: (_, x, y) =>
      deepEnsemble({
        create: ({member}) => compiled(regressor(member), 'meanSquaredError'),
        members: 3,
        likelihood: 'gaussian',
      }).fit(x, y, {epochs: 2, batchSize: 5}),
  },
  {
    ...shared,
    name: 'deepEnsemble heteroscedastic-gaussian',
    kind: 'mixture',
    createModel: () => smallNet(4, 'linear'),
    targets: targets.numbers,
    fit: (_, x, y) =>
      deepEnsemble({
        create: ({member}) => compiled(smallNet(4, 'linear', member), betaNll()),
        members: 3,
        likelihood: 'heteroscedastic-gaussian',
      }).fit(x, y, {epochs: 2, batchSize: 5}),
  },
  {
    ...shared,
    name: 'swag gaussian',
    kind: 'mixture',
    createModel: collected.regressor,
    targets: targets.numbers,
    seesNoData: true,
    fit: async (model, x, y) => {
      const collector = swag(model, {likelihood: 'gaussian', noiseScale: 0.5, start: 1, rank: 3});
      await model.fit(x, y, {epochs: 6, batchSize: 6, callbacks: [collector], shuffle: false});
      return collector.posterior();
    },
  },
  {
    ...shared,
    name: 'multiSwag categorical, with BatchNormalization',
    kind: 'categorical',
    createModel: collected.normalized,
    targets: targets.categorical,
    seesNoData: true,
    fit: async (model, x, y) => {
      const runs = [];
      for (let run = 0; run < 2; run++) {
        const collector = swag(model, {unit: 'batch'});
        await fitLabels(model, x, y, collector);
        runs.push(collector.posterior({inputs: x}));
      }
      return multiSwag(runs);
    },
  },
  {
    ...shared,
    name: 'snapshotEnsemble categorical, with BatchNormalization',
    kind: 'categorical',
    createModel: collected.normalized,
    targets: targets.categorical,
    seesNoData: true,
    fit: async (model, x, y) => {
      const collector = snapshotEnsemble(model, {cycleEpochs: 1, learningRate: 0.5});
      await fitLabels(model, x, y, collector);
      const posterior = collector.posterior();
      collector.dispose();
      return posterior;
    },
  },
  {
    ...shared,
    name: 'sgld categorical',
    kind: 'categorical',
    createModel: () => {
      const model = classifier();
      model.compile({optimizer: sgld(0.1, {trainSize: 12}), loss: 'sparseCategoricalCrossentropy'});
      return model;
    },
    targets: targets.categorical,
    seesNoData: true,
    fit: async (model, x, y) => {
      const collector = checkpointEnsemble(model, {unit: 'batch', last: 4});
      await fitLabels(model, x, y, collector);
      const posterior = collector.posterior();
      collector.dispose();
      return posterior;
    },
  },
  {
    ...shared,
    name: 'entropyMcmc gaussian, with BatchNormalization',
    kind: 'mixture',
    createModel: () => smallNet(2, 'linear', 0, true),
    targets: targets.numbers,
    seesNoData: true,
    fit: async (model, x, y) => {
      const optimizer = entropyMcmc(0.01, {trainSize: 12, anchorVariance: 0.01});
      model.compile({optimizer, loss: 'meanSquaredError'});
      const likelihood = {likelihood: 'gaussian', noiseScale: 0.5} as const;
      const collector = entropyEnsemble(model, optimizer, {
        ...likelihood,
        unit: 'batch',
        start: 2,
        every: 2,
        inputs: x,
      });
      await model.fit(x, y, {epochs: 2, batchSize: 4, callbacks: [collector], shuffle: false});
      const posterior = collector.posterior();
      collector.dispose();
      optimizer.dispose();
      return posterior;
    },
  },
  {
    ...shared,
    name: 'hmc categorical',
    kind: 'categorical',
    createModel: classifier,
    targets: targets.categorical,
    fit: (model, x, y) => hmc(model, {samples: 3, burnIn: 3, trajectory: 0.5}).fit(x, y),
  },
  {
    ...shared,
    name: 'hmc gaussian',
    kind: 'mixture',
    createModel: regressor,
    targets: targets.numbers,
    fit: (model, x, y) =>
      hmc(model, {likelihood: 'gaussian', noiseScale: 0.5, samples: 3, burnIn: 3, trajectory: 0.5}).fit(x, y),
  },
  ...efficientMethods,
];
