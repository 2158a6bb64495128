import * as tf from '@tensorflow/tfjs-core';
import {DataError, ShapeError} from '../src/errors.ts';
import type {Json} from '../src/io/index.ts';
import type {Likelihood} from '../src/likelihoods/index.ts';
import {countInputs, type Inputs, readWeights, sliceInputs} from '../src/models/index.ts';
import {createRng} from '../src/random/index.ts';
import {Checkpoints} from './checkpoints.ts';
import {checkCount} from './checks.ts';
import type {LabelledExamples} from './data-side/inputs.ts';
import type {DataVariation} from './data-side/variation.ts';
import type {DeepEnsembleOptions, EnsembleFitOptions} from './deep-ensemble-options.ts';
import {buildMember, type EnsembleRun, reportProgress, trainHere} from './ensemble-run.ts';
import {createHost, type EnsembleFields, type Host, memberOutputs} from './host.ts';
import {leavesNoiseOpen, likelihoodOf, withResidualNoise} from './likelihood.ts';
import {disposeModel} from './member-model.ts';
import {trainSideBySide} from './parallel/side-by-side.ts';

const CALLER = 'deepEnsemble.fit';

/** What an `EnsemblePosterior` is made of, and what its noise comes from. */
export interface TrainedEnsemble extends EnsembleFields {
  /** The mean squared residual of each member on the training data; undefined where the noise was not left open. */
  readonly meanSquares: readonly number[] | undefined;
}

/**
 * Trains what `deepEnsemble` describes, each member on its own variation of the data; what it gives makes an `EnsemblePosterior`.
 * The checkpoint of a member is that of its entry in `configurations`.
 */
export async function trainEnsemble(
  options: DeepEnsembleOptions,
  x: Inputs,
  y: tf.Tensor,
  {epochs = 1, batchSize = 32, ...others}: EnsembleFitOptions,
  variation: DataVariation | undefined,
  configurations?: readonly Json[],
): Promise<TrainedEnsemble> {
  checkCount(epochs, 'epochs', 1, CALLER);
  checkCount(batchSize, 'batchSize', 1, CALLER);
  const {members: size = 5, rng = createRng('deep ensemble'), output} = options;
  const {checkpoints, validationData} = others;
  const first = await buildMember(options, rng, 0);
  const members: tf.Tensor[][] = [];
  const prepared: tf.Tensor[] = [];
  try {
    const host = createHost(first, 'deepEnsemble', output);
    const likelihood = likelihoodOf(options, host.net.head, 'deepEnsemble');
    const examples = async (inputs: Inputs, given: tf.Tensor): Promise<LabelledExamples> => {
      const checked = await checkTargets(host, likelihood, inputs, given);
      prepared.push(checked);
      if (first.loss !== 'sparseCategoricalCrossentropy') return {x: inputs, y: checked};
      const labels = tf.cast(given, 'float32'); // what tfjs wants labels to be
      prepared.push(labels);
      return {x: inputs, y: labels};
    };
    const run: EnsembleRun = {
      options,
      fitOptions: {epochs, batchSize, ...others},
      size,
      rng,
      variation,
      first,
      host,
      training: await examples(x, y),
      validation: validationData && (await examples(...validationData)),
      done: new Float64Array(size),
    };
    const store =
      checkpoints === undefined
        ? undefined
        : new Checkpoints(checkpoints, host, (member) => ({
            stream: Array.from(rng.fork('run').getState()),
            architecture: host.architecture,
            examples: countInputs(x),
            epochs,
            batchSize,
            ...(variation && {variation: {...variation}}),
            ...(configurations && {configuration: configurations[member] ?? null}),
          }));
    await obtainMembers(run, store, members);
    const noisy = leavesNoiseOpen(options, likelihood);
    const meanSquares = noisy ? await residualsOf(host, members, x, prepared[0] as tf.Tensor) : undefined;
    return {
      host,
      likelihood: meanSquares ? withResidualNoise(likelihood, meanSquares) : likelihood,
      members,
      meanSquares,
      output,
      onDispose: () => disposeModel(first),
    };
  } catch (error) {
    tf.dispose(members);
    disposeModel(first);
    throw error;
  } finally {
    tf.dispose(prepared);
  }
}

/** Fills `members` with weights, from their checkpoints or from training. */
async function obtainMembers(run: EnsembleRun, store: Checkpoints | undefined, members: tf.Tensor[][]): Promise<void> {
  const missing: number[] = [];
  for (let member = 0; member < run.size; member++) {
    const found = await store?.load(member);
    if (found === undefined) missing.push(member);
    else {
      members[member] = found;
      await reportProgress(run, member, {epoch: run.fitOptions.epochs, resumed: true, logs: {}});
    }
  }
  const side = await trainSideBySide(run, missing);
  try {
    await eachWithin(side?.atOnce ?? 1, missing, async (member) => {
      const weights = await (side?.train(member) ?? trainHere(run, member));
      members[member] = weights;
      await checkFinite(weights, member);
      await store?.save(member, weights);
    });
  } finally {
    await side?.close();
  }
}

/** Works on several items at once, in their order. The first failure lets nothing new begin, and is thrown at the end. */
async function eachWithin<T>(atOnce: number, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  const failures: unknown[] = [];
  const lane = async (): Promise<void> => {
    for (const item of waiting) {
      if (failures.length > 0) return;
      await work(item).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({length: atOnce}, lane));
  if (failures.length > 0) throw failures[0];
}

async function checkTargets(host: Host, likelihood: Likelihood, x: Inputs, y: tf.Tensor): Promise<tf.Tensor> {
  const count = countInputs(x);
  if (y.shape[0] !== count) {
    throw new ShapeError(
      `${CALLER}: expected y with ${count} examples on its first axis like x, got [${y.shape}]. ` +
        'Give one target for each example.',
    );
  }
  const inner = tf.tidy(() => host.net.outputs(sliceInputs(x, 0, 1)).shape.slice(1));
  return likelihood.prepareTargets(y, [count, ...inner], CALLER);
}

async function checkFinite(weights: readonly tf.Tensor[], member: number): Promise<void> {
  const values = await readWeights(weights);
  if (values.every((value) => Number.isFinite(value))) return;
  throw new DataError(
    `${CALLER}: expected finite weights after training member ${member}, got NaN or infinities. ` +
      'Look for them in x and y, or lower the learning rate.',
  );
}

/** The mean squared residual of each member. */
async function residualsOf(
  host: Host,
  members: readonly tf.Tensor[][],
  x: Inputs,
  y: tf.Tensor,
): Promise<readonly number[]> {
  const meanSquares = tf.tidy(() => {
    const squares = tf.square(tf.sub(memberOutputs(host, members, x), y));
    return tf.mean(tf.reshape(squares, [members.length, -1]), 1);
  });
  const values = Array.from(await meanSquares.data());
  meanSquares.dispose();
  return values;
}
