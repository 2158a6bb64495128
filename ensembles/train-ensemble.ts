import * as tf from '@tensorflow/tfjs-core';
import type {Json} from '../src/io/index.ts';
import {countInputs, type Inputs} from '../src/models/index.ts';
import {createRng} from '../src/random/index.ts';
import {Checkpoints} from './checkpoints.ts';
import {checkCount} from './checks.ts';
import {exampleWeights} from './data-side/example-weights.ts';
import type {LabelledExamples} from './data-side/inputs.ts';
import type {DataVariation} from './data-side/variation.ts';
import type {DeepEnsembleOptions, EnsembleFitOptions} from './deep-ensemble-options.ts';
import {buildMember, type EnsembleRun} from './ensemble-run.ts';
import {createHost, type EnsembleFields, type Host, memberOutputs} from './host.ts';
import {leavesNoiseOpen, likelihoodOf, withResidualNoise} from './likelihood.ts';
import {disposeModel} from './member-model.ts';
import {obtainMembers} from './obtain-members.ts';
import {targetsFor} from './targets.ts';

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
      const checked = await targetsFor(host, likelihood, {x: inputs, y: given}, CALLER);
      prepared.push(checked);
      if (first.loss !== 'sparseCategoricalCrossentropy') return {x: inputs, y: checked};
      const labels = tf.cast(given, 'float32'); // what tfjs wants labels to be
      prepared.push(labels);
      return {x: inputs, y: labels};
    };
    const training = await examples(x, y);
    const weights = await exampleWeights(others, prepared[0] as tf.Tensor, likelihood);
    if (weights) prepared.push(weights);
    const run: EnsembleRun = {
      options,
      fitOptions: {epochs, batchSize, ...others},
      size,
      rng,
      variation,
      first,
      host,
      training: {...training, weights},
      validation: validationData && (await examples(...validationData)),
      done: new Float64Array(size),
    };
    const weighed = weights && Array.from(await weights.data());
    const store =
      checkpoints === undefined
        ? undefined
        : new Checkpoints(checkpoints, host, (member) => ({
            stream: Array.from(rng.fork('run').getState()),
            architecture: host.architecture,
            examples: countInputs(x),
            epochs,
            batchSize,
            ...(weighed && {weights: weighed}),
            ...(variation && {variation: {...variation}}),
            ...(configurations && {configuration: configurations[member] ?? null}),
          }));
    await obtainMembers(run, store, members);
    const noisy = leavesNoiseOpen(options, likelihood);
    const meanSquares = noisy ? await residualsOf(host, members, {x, y: prepared[0] as tf.Tensor, weights}) : undefined;
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

/** The mean squared residual of each member, weighted like the loss. */
async function residualsOf(
  host: Host,
  members: readonly tf.Tensor[][],
  {x, y, weights}: LabelledExamples,
): Promise<readonly number[]> {
  const meanSquares = tf.tidy(() => {
    const squares = tf.square(tf.sub(memberOutputs(host, members, x), y));
    const ofEach = tf.mean(tf.reshape(squares, [members.length, y.shape[0] as number, -1]), 2);
    return tf.mean(weights ? tf.mul(ofEach, tf.div(weights, tf.mean(weights))) : ofEach, 1);
  });
  const values = Array.from(await meanSquares.data());
  meanSquares.dispose();
  return values;
}
