import * as tf from '@tensorflow/tfjs-core';
import type {Callback, LayersModel} from '@tensorflow/tfjs-layers';
import {
  batchEnsemble,
  checkpointEnsemble,
  cyclical,
  ensembleOf,
  lastLayerEnsemble,
  masksembles,
  memberPosterior,
  packedEnsemble,
  sghmc,
  sgld,
  snapshotEnsemble,
  swa,
  swag,
} from '../../../ensembles/index.ts';
import {laplace} from '../../../laplace/index.ts';
import {ivon, toBayesian, variational, vbllClassification, vbllPosterior} from '../../../layers/index.ts';
import {type Posterior, pointEstimate} from '../../../src/posterior/index.ts';
import {digitNet, trainEpochs} from '../digit-net.ts';
import {toTensor} from '../images.ts';
import {meanScores} from './judge.ts';
import type {Method, Outcome, Task} from './method.ts';

const MEMBERS = 5;
const SAMPLES = 32;
const BATCH = 128;
const CROSS_ENTROPY = 'categoricalCrossentropy';

const stepsPerEpoch = ({train}: Task): number => Math.ceil(train.labels.length / BATCH);

/** Judges a posterior and disposes it. */
async function outcome(
  task: Task,
  posterior: Posterior,
  {samples = 1, passes = samples, memory}: {samples?: number; passes?: number; memory: number},
): Promise<Outcome> {
  const scores = await task.judge(posterior, samples);
  posterior.dispose();
  return {scores, passes, memory};
}

const train = (task: Task, model: LayersModel, epochs = task.epochs, ...callbacks: Callback[]) =>
  trainEpochs(model, task.train, {
    epochs,
    rng: task.rng,
    onProgress: task.onBatch,
    callbacks,
  });

/** IVON with the learning rate warmed up over the first epoch and then lowered along a cosine. */
function warmCosine(peak: number, warm: number, total: number): (step: number) => number {
  return (step) =>
    step < warm
      ? (peak * (step + 1)) / warm
      : (peak / 2) * (1 + Math.cos((Math.PI * Math.min(step - warm, total - warm)) / (total - warm)));
}

/** An ensemble of four in one model, trained like the one net: each row of a batch trains one of its members. */
function efficientMembers(name: string, convert: (model: LayersModel) => LayersModel): Method {
  return {
    name,
    run: async (task) => {
      const one = digitNet(1);
      const model = convert(one);
      model.compile({optimizer: tf.train.adam(0.001), loss: CROSS_ENTROPY});
      await train(task, model);
      return outcome(task, memberPosterior(model), {passes: 4, memory: model.countParams() / one.countParams()});
    },
  };
}

/** Every method of the table, in its order. */
export const METHODS: readonly Method[] = [
  {
    name: 'one net, Adam',
    run: async (task) => ({...(await outcome(task, pointEstimate(await task.member(0)), {memory: 1})), members: 1}),
  },
  {
    name: 'mean of the five nets alone',
    run: async (task) => {
      const all: Outcome[] = [];
      for (let m = 0; m < MEMBERS; m++) {
        all.push(await outcome(task, pointEstimate(await task.member(m)), {memory: 1}));
      }
      return {scores: meanScores(all.map(({scores}) => scores)), passes: 1, memory: 1, members: 1};
    },
  },
  {
    name: 'deep ensemble of five',
    run: async (task) => {
      const nets: LayersModel[] = [];
      for (let m = 0; m < MEMBERS; m++) nets.push(await task.member(m));
      const result = await outcome(task, ensembleOf(nets), {passes: MEMBERS, memory: MEMBERS});
      return {...result, members: MEMBERS};
    },
  },
  {
    name: 'Laplace, last layer',
    run: async (task) => {
      const model = await task.member(0);
      const [x, y] = [toTensor(task.train.pixels), tf.tensor1d(task.train.labels, 'int32')];
      const posterior = await laplace(model).fit(x, y);
      tf.dispose([x, y]);
      await posterior.tune();
      const weights = model.countParams();
      const [inputs, classes] = [65, 10]; // the bias is one more input
      const memory = 1 + (inputs ** 2 + classes ** 2) / weights;
      return {...(await outcome(task, posterior, {passes: 1, memory})), members: 1};
    },
  },
  {
    name: 'SWA',
    run: async (task) => {
      const model = await task.member(0);
      model.compile({optimizer: tf.train.sgd(0.05), loss: CROSS_ENTROPY});
      const average = swa(model, {unit: 'batch', every: Math.ceil(stepsPerEpoch(task) / 10)});
      await train(task, model, 2, average);
      average.apply();
      average.dispose();
      return {...(await outcome(task, pointEstimate(model), {memory: 1})), members: 1};
    },
  },
  {
    name: 'SWAG',
    run: async (task) => {
      const model = await task.member(0);
      model.compile({optimizer: tf.train.sgd(0.05), loss: CROSS_ENTROPY});
      const collector = swag(model, {unit: 'batch', every: Math.ceil(stepsPerEpoch(task) / 10)});
      await train(task, model, 2, collector);
      const posterior = collector.posterior();
      return {...(await outcome(task, posterior, {samples: SAMPLES, memory: 2 + 20})), members: 1};
    },
  },
  {
    name: 'snapshots of one run',
    run: async (task) => {
      const model = digitNet(1);
      model.compile({optimizer: tf.train.sgd(0.2), loss: CROSS_ENTROPY});
      const collector = snapshotEnsemble(model, {cycleEpochs: 1, learningRate: 0.2});
      await train(task, model, task.epochs, collector);
      const posterior = collector.posterior();
      return outcome(task, posterior, {passes: posterior.size, memory: posterior.size});
    },
  },
  {
    name: 'cyclical SGHMC',
    run: async (task) => {
      const [model, steps] = [digitNet(1), stepsPerEpoch(task)];
      const cycle = cyclical({learningRate: 0.02, cycleSteps: steps, samplingPart: 0.1});
      const optimizer = sghmc(cycle.learningRate, {
        trainSize: task.train.labels.length,
        temperature: cycle.temperature,
        rng: task.rng,
      });
      model.compile({optimizer, loss: CROSS_ENTROPY});
      const collector = checkpointEnsemble(model, {unit: 'batch', every: steps});
      await train(task, model, task.epochs, collector);
      const posterior = collector.posterior();
      return outcome(task, posterior, {passes: posterior.size, memory: posterior.size});
    },
  },
  {
    name: 'SGLD, last two epochs',
    run: async (task) => {
      const [model, steps] = [digitNet(1), stepsPerEpoch(task)];
      model.compile({
        optimizer: sgld(0.2, {trainSize: task.train.labels.length, rng: task.rng}),
        loss: CROSS_ENTROPY,
      });
      const times = {unit: 'batch', start: (task.epochs - 2) * steps, every: Math.ceil(steps / 8)} as const;
      const collector = checkpointEnsemble(model, times);
      await train(task, model, task.epochs, collector);
      const posterior = collector.posterior();
      return outcome(task, posterior, {passes: posterior.size, memory: posterior.size});
    },
  },
  efficientMembers('BatchEnsemble of four', (model) => batchEnsemble(model, {members: 4, start: 'signs', seed: 1})),
  efficientMembers('Masksembles of four', (model) => masksembles(model, {members: 4, seed: 1})),
  efficientMembers('packed ensemble of four', (model) => packedEnsemble(model, {members: 4, alpha: 2, seed: 1})),
  efficientMembers('four last layers', (model) => lastLayerEnsemble(model, {members: 4, seed: 1})),
  {
    name: 'IVON',
    run: async (task) => {
      const [model, steps] = [digitNet(1), stepsPerEpoch(task)];
      const optimizer = ivon(warmCosine(IVON.learningRate, steps / 2, steps * task.epochs), {
        ess: task.train.labels.length,
        hessInit: IVON.hessInit,
        beta2: IVON.beta2,
        weightDecay: IVON.weightDecay,
        rng: task.rng,
      });
      model.compile({optimizer, loss: CROSS_ENTROPY});
      await train(task, model);
      return outcome(task, await optimizer.posterior(model), {samples: SAMPLES, memory: 2});
    },
  },
  {
    name: 'Flipout, two epochs from one net',
    run: async (task) => {
      const trainSize = task.train.labels.length;
      const model = toBayesian(await task.member(0), {trainSize, estimator: 'flipout', moped: {delta: 0.2}});
      model.compile({optimizer: tf.train.adam(0.001), loss: CROSS_ENTROPY});
      await train(task, model, 2);
      return {...(await outcome(task, variational(model), {samples: SAMPLES, memory: 2})), members: 1};
    },
  },
  {
    name: 'VBLL',
    run: async (task) => {
      const head = vbllClassification({units: 10, trainSize: task.train.labels.length, seed: 1});
      const model = digitNet(1, head);
      model.compile({optimizer: tf.train.adam(0.001), loss: head.loss});
      await train(task, model);
      const memory = 1 + (64 * 10) / model.countParams();
      return outcome(task, vbllPosterior(model), {passes: 1, memory});
    },
  },
];

/** Chosen on digits held out of training. */
const IVON = {learningRate: 2, hessInit: 0.02, beta2: 0.9995, weightDecay: 1e-5};
