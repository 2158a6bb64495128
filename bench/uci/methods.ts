import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {laplace} from '../../laplace/index.ts';
import {fitVbllHead, ivon, vbllPosterior, vbllRegression} from '../../layers/index.ts';
import {createRng, gaussian, type Posterior, type Rng} from '../../src/index.ts';
import {type Forecast, likeliestNoise, logLikelihood, rmse} from './scores.ts';
import type {Rows, Task} from './task.ts';
import {cosine, fallingAdam, linear, network, type Schedule, scheduleFor, seedOf, train} from './train.ts';

/** Names of the methods, in the order of the table. */
export const METHODS = ['MAP', 'last-layer Laplace', 'VBLL', 'IVON', 'VBLL on IVON features', 'ensemble of 5'] as const;
export type Method = (typeof METHODS)[number];

/** Scores of a method on a split, in the units of the targets. */
export interface Scores {
  readonly logLikelihood: number;
  readonly rmse: number;
  /** On the validation rows, of what was learnt from the other training rows. */
  readonly validation: number;
}

const LEARNING_RATE = 0.05;
const WEIGHT_DECAYS = [1e-5, 1e-4, 1e-3];
const MEMBERS = 5;
const DRAWS = 50;
/** `hessian` in units of 1 / noise variance. */
const IVON = {learningRate: 0.2, hessian: 0.1, beta2: 0.995, clipRadius: 0.1} as const;
const [HEAD_STEPS, HEAD_BATCH] = [500, 256];

/** What is chosen on validation rows, once for a split. */
interface Choice {
  readonly weightDecay: number;
  readonly noiseScale: number;
}

/** Every method on a split: chosen on validation rows, learnt again from all training rows, judged on test rows. */
export async function runSplit({choose, test}: {choose: Task; test: Task}, rng: Rng): Promise<Record<Method, Scores>> {
  const schedule = scheduleFor(test.learn.targets.length);
  const tried = WEIGHT_DECAYS.map((weightDecay) => {
    const members = [mapNet(choose.learn, schedule, weightDecay, rng.fork('member 0'))];
    const {noiseScale, score} = likeliestNoise(forecastOfNets(members, choose.judge), choose.judge.targets);
    return {weightDecay, noiseScale, score, members};
  });
  const best = tried.reduce((a, b) => (b.score > a.score ? b : a));
  for (const {members} of tried) if (members !== best.members) disposeAll(members);

  const learnMembers = (rows: Rows, count: number, from: number): tfl.LayersModel[] =>
    Array.from({length: count}, (_, m) => mapNet(rows, schedule, best.weightDecay, rng.fork(`member ${from + m}`)));
  const chosen = [...best.members, ...learnMembers(choose.learn, MEMBERS - 1, 1)];
  const final = learnMembers(test.learn, MEMBERS, 0);
  const ivons = {
    choose: await ivonForecasts(choose, schedule, best, rng.fork('ivon')),
    test: await ivonForecasts(test, schedule, best, rng.fork('ivon')),
  };
  const scored = (validation: Forecast, judged: Forecast): Scores => {
    const {noiseScale, score} = likeliestNoise(validation, choose.judge.targets);
    return {
      logLikelihood: logLikelihood(judged, test.judge.targets, noiseScale) - Math.log(test.unit),
      rmse: rmse(judged, test.judge.targets) * test.unit,
      validation: score - Math.log(choose.unit),
    };
  };
  const onBoth = async (forecast: (task: Task, nets: readonly tfl.LayersModel[]) => Promise<Forecast> | Forecast) =>
    scored(await forecast(choose, chosen), await forecast(test, final));
  const scores = {
    MAP: await onBoth(({judge}, nets) => forecastOfNets(nets.slice(0, 1), judge)),
    'last-layer Laplace': await onBoth((task, [net]) => laplaceForecast(task, net as tfl.LayersModel, best)),
    VBLL: await onBoth((task) => vbllForecast(task, schedule, best, rng.fork('vbll'))),
    IVON: scored(ivons.choose.draws, ivons.test.draws),
    'VBLL on IVON features': scored(ivons.choose.head, ivons.test.head),
    'ensemble of 5': await onBoth(({judge}, nets) => forecastOfNets(nets, judge)),
  };
  disposeAll([...chosen, ...final]);
  return scores;
}

function mapNet(rows: Rows, schedule: Schedule, weightDecay: number, rng: Rng): tfl.LayersModel {
  const model = network(rows.x.shape[1], schedule.hidden, linear(rng), rng);
  const kernels = model.trainableWeights.filter(({shape}) => shape.length === 2);
  const {optimizer, onStep} = fallingAdam(LEARNING_RATE);
  const loss = (x: tf.Tensor2D, y: tf.Tensor2D): tf.Scalar => {
    const errors = tf.mean<tf.Scalar>(tf.squaredDifference(y, model.apply(x, {training: true}) as tf.Tensor));
    return kernels.reduce((sum, w) => tf.add(sum, tf.mul(tf.sum<tf.Scalar>(tf.square(w.read())), weightDecay)), errors);
  };
  train(model, rows, schedule, {optimizer, loss, rng, onStep});
  optimizer.dispose();
  return model;
}

function forecastOfNets(nets: readonly tfl.LayersModel[], {x, targets}: Rows): Forecast {
  const means = nets.map((net) => {
    const predicted = tf.tidy(() => net.apply(x) as tf.Tensor);
    const values = predicted.dataSync() as Float32Array;
    predicted.dispose();
    return values;
  });
  return {means, variances: means.map(() => new Float32Array(targets.length))};
}

async function forecastOf(posterior: Posterior, {x}: Rows): Promise<Forecast> {
  const predictive = await posterior.predict(x);
  if (predictive.kind !== 'gaussian') throw new Error(`bench uci: expected a gaussian, got ${predictive.kind}`);
  const [mean, variance] = await Promise.all([predictive.mean.data(), predictive.epistemicVariance.data()]);
  predictive.dispose();
  return {means: [mean as Float32Array], variances: [variance as Float32Array]};
}

async function laplaceForecast({learn, judge}: Task, net: tfl.LayersModel, {noiseScale}: Choice): Promise<Forecast> {
  const likelihood = gaussian({noiseScale});
  const posterior = await laplace(net, {likelihood, structure: 'full'}).fit(learn.x, learn.y);
  await posterior.tune();
  const forecast = await forecastOf(posterior, judge);
  posterior.dispose();
  return forecast;
}

async function vbllForecast({learn, judge}: Task, schedule: Schedule, choice: Choice, rng: Rng): Promise<Forecast> {
  const trainSize = learn.targets.length;
  const {weightDecay, noiseScale} = choice;
  const head = vbllRegression({units: 1, trainSize, noiseScale, seed: seedOf(rng)});
  const model = network(learn.x.shape[1], schedule.hidden, head, rng);
  const [kernel] = model.trainableWeights;
  const {optimizer, onStep} = fallingAdam(LEARNING_RATE);
  const loss = (x: tf.Tensor2D, y: tf.Tensor2D): tf.Scalar => {
    const data = tf.mean<tf.Scalar>(head.loss(y, model.apply(x, {training: true}) as tf.Tensor));
    const decay = tf.mul(
      tf.sum<tf.Scalar>(tf.square((kernel as tfl.LayerVariable).read())),
      weightDecay / (2 * noiseScale ** 2),
    );
    return model.calculateLosses().reduce<tf.Scalar>((sum, one) => tf.add(sum, one), tf.add(data, decay));
  };
  train(model, learn, schedule, {optimizer, loss, rng, onStep});
  optimizer.dispose();
  const forecast = await forecastOf(vbllPosterior(model), judge);
  model.dispose();
  return forecast;
}

/** Adam's counterpart by IVON: its posterior by draws, and a VBLL head on the features at its mean. */
async function ivonForecasts(
  {learn, judge}: Task,
  schedule: Schedule,
  {noiseScale}: Choice,
  rng: Rng,
): Promise<{draws: Forecast; head: Forecast}> {
  const ess = learn.targets.length;
  const likelihood = gaussian({noiseScale});
  const model = network(learn.x.shape[1], schedule.hidden, linear(rng), rng);
  const optimizer = ivon((step) => IVON.learningRate * cosine(step / schedule.steps), {
    ess,
    hessInit: IVON.hessian / noiseScale ** 2,
    beta2: IVON.beta2,
    clipRadius: IVON.clipRadius,
    weightDecay: 1 / ess, // prior N(0, 1)
    rescaleLearningRate: false,
    rng: rng.fork('noise'),
  });
  const loss = (x: tf.Tensor2D, y: tf.Tensor2D): tf.Scalar =>
    likelihood.loss(y, model.apply(x, {training: true}) as tf.Tensor);
  train(model, learn, schedule, {optimizer, loss, rng});
  const posterior = await optimizer.posterior(model, {likelihood});
  const outputs = await posterior.sampleOutputs(judge.x, {samples: DRAWS, rng: createRng('draws')});
  const values = (await outputs.data()) as Float32Array;
  const rows = judge.targets.length;
  const means = Array.from({length: DRAWS}, (_, s) => values.slice(s * rows, (s + 1) * rows));
  outputs.dispose();

  // The default head starts at the last layer that it replaces, and trains its noise.
  const epochs = Math.max(1, Math.round(HEAD_STEPS / Math.ceil(ess / HEAD_BATCH)));
  const options = {likelihood: 'gaussian', epochs, batchSize: HEAD_BATCH, rng};
  const fitted = await fitVbllHead(model, learn.x, learn.y, options);
  const ofHead = await forecastOf(fitted, judge);
  for (const owner of [fitted, posterior, optimizer, model]) owner.dispose();
  return {draws: {means, variances: means.map(() => new Float32Array(rows))}, head: ofHead};
}

function disposeAll(nets: readonly tfl.LayersModel[]): void {
  for (const net of nets) net.dispose();
}
