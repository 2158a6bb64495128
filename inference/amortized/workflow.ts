import * as tf from '@tensorflow/tfjs-core';
import {ConfigError, ShapeError} from '../../src/errors.ts';
import {countInputs} from '../../src/models/index.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import {checkCounts} from '../flows/stack.ts';
import type {DatasetOutcome} from './dataset-outcome.ts';
import {type DataSets, mapTensors} from './simulator.ts';
import {OutcomeFile, outcomeHeader} from './workflow-file.ts';
import type {AmortizedSampler} from './workflow-networks.ts';
import {type AmortizedWorkflowOptions, describeSettings, settingsOf} from './workflow-options.ts';
import type {AmortizedWorkflow} from './workflow-run.ts';
import {takeSteps} from './workflow-steps.ts';
import {type TakeSets, WorkflowThreads} from './workflow-threads.ts';

/**
 * Finds the posteriors of many data sets: by networks trained on simulations where these can be trusted, and by slower and surer
 * steps where not.
 *
 * 1. Draws of the amortized posterior. Accepted unless the data set's summaries lie far from those of training
 *    ({@link outOfDistribution}).
 * 2. Importance weights p(theta, data) / q(theta | data), Pareto-smoothed. Accepted where k-hat is at most its threshold
 *    ({@link paretoSmooth}).
 * 3. {@link chees} with 16 superchains of 8 chains, or {@link nuts}, from distinct draws chosen by the weights, with theta's
 *    columns divided by the standard deviations of the draws. Accepted where nested R-hat, or R-hat, is below 1.01.
 *
 * Source: Li, Vehtari, Bürkner, Radev, Acerbi and Schmitt (2026).
 *
 * @param amortized the networks, trained and checked.
 * @param options the density and the tests of the steps.
 *
 * @throws ConfigError if an option is out of range or the dimensions differ.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {createRng, initBackend, type Rng} from 'tfjs-bayes';
 * import {amortizedWorkflow, createModel, normal, outcomeMoments, outOfDistribution} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const model = createModel<tf.Tensor>({
 *   parameters: {mu: normal(0, 1)},
 *   observe: ({mu}, y) => ({y: {distribution: normal(tf.expandDims(mu as tf.Tensor, 1), 1), value: y}}),
 * });
 * // Stands for a trained amortizedPosterior: too wide by a fifth.
 * const summaries = (y: tf.Tensor) => tf.mean(y, 1, true) as tf.Tensor2D;
 * const amortized = {
 *   dimension: 1,
 *   summaries,
 *   sample: (y: tf.Tensor, {draws, rng}: {draws: number; rng: readonly Rng[]}) => {
 *     const z = tf.concat(rng.map((stream) => tf.tensor2d(Float32Array.from(stream.normals(draws)), [1, draws])));
 *     const theta = tf.add(tf.mul(summaries(y), 0.9), tf.mul(z, 1.2 * Math.sqrt(0.1)));
 *     const logDensity = tf.reshape(tf.mul(tf.square(z), -0.5), [-1]) as tf.Tensor1D;
 *     return {theta: tf.reshape(theta, [-1, 1]) as tf.Tensor2D, logDensity};
 *   },
 * };
 * const trained = tf.randomNormal([500, 1], 0, Math.sqrt(1 + 1 / 9), 'float32', 1) as tf.Tensor2D;
 * const workflow = amortizedWorkflow(amortized, {model, outOfDistribution: await outOfDistribution(trained), correct: 'all'});
 * const [outcome] = await workflow.run(tf.ones([1, 9]), {rng: createRng(1)});
 * if (outcome) console.log(outcome.step, outcomeMoments(outcome, 1));   // importance, mean about 0.9, sd about 0.316
 * ```
 */
export function amortizedWorkflow(amortized: AmortizedSampler, options: AmortizedWorkflowOptions): AmortizedWorkflow {
  const chosen = settingsOf(options);
  const settings = describeSettings(chosen);
  if (amortized.dimension !== chosen.model.dimension) {
    throw new ConfigError(
      `amortizedWorkflow: expected a model of ${amortized.dimension} columns like the networks, got ` +
        `${chosen.model.dimension}. Use the model that the networks were trained on.`,
    );
  }
  return {
    settings,
    run: async (dataSets, run = {}) => {
      const {rng = createRng(0), file, retry = false, workers = 1, worker, onProgress} = run;
      const {together = chosen.paired ? 32 : 4} = run;
      checkCounts('run', {workers: [workers, 1], together: [together, 1]});
      const indices = checkIndices(run.indices, countInputs(dataSets, 'run'));
      const opened = file === undefined ? undefined : await openFile(file, {settings, rng, dataSets, retry});
      const done = new Map<number, DatasetOutcome>();
      for (const outcome of opened?.found ?? []) done.set(outcome.index, outcome);
      if (retry) for (const {index, status} of [...done.values()]) if (status !== 'accepted') done.delete(index);
      const left = indices.flatMap((index, place) => (done.has(index) ? [] : [place]));
      const threads =
        workers > 1 && left.length > 0 ? await WorkflowThreads.open(workers, worker, {settings, rng}) : undefined;
      const take: TakeSets =
        threads?.take ?? ((part, numbers) => takeSteps(amortized, chosen, part, {indices: numbers, rng}));
      const size = threads === undefined ? together : Math.min(together, Math.ceil(left.length / workers));
      const parts = Array.from({length: Math.ceil(left.length / size)}, (_, i) => left.slice(i * size, (i + 1) * size));
      let finished = indices.length - left.length;
      const work = async () => {
        for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
          const some = takeSets(dataSets, part);
          const latest = await take(
            some,
            part.map((place) => indices[place] as number),
          ).finally(() => tf.dispose(some));
          await opened?.file.append(latest);
          for (const outcome of latest) done.set(outcome.index, outcome);
          finished += latest.length;
          onProgress?.({done: finished, total: indices.length, latest});
        }
      };
      try {
        await Promise.all(Array.from({length: threads === undefined ? 1 : workers}, work));
      } finally {
        await threads?.close();
      }
      return indices.map((index) => done.get(index) as DatasetOutcome);
    },
  };
}

async function openFile(
  path: string,
  {settings, rng, dataSets, retry}: {settings: string; rng: Rng; dataSets: DataSets; retry: boolean},
) {
  return OutcomeFile.open(path, await outcomeHeader(settings, rng, dataSets), retry);
}

function checkIndices(indices: readonly number[] | undefined, count: number): readonly number[] {
  if (count === 0) {
    throw new ShapeError(
      'run: expected data sets along the first axis, got none. Pass [n, ...], also for a single one.',
    );
  }
  if (indices === undefined) return Array.from({length: count}, (_, i) => i);
  if (indices.length === count && new Set(indices).size === count) return indices;
  throw new ShapeError(
    `run: expected ${count} distinct indices, one for each data set, got ${indices.length}. Number them anew.`,
  );
}

function takeSets(dataSets: DataSets, places: readonly number[]): DataSets {
  return tf.tidy(() => {
    const index = tf.tensor1d([...places], 'int32');
    return mapTensors(dataSets, (sets) => tf.gather(sets, index));
  });
}
