import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {ConfigError, DataError, ShapeError} from '../src/errors.ts';
import type {Likelihood} from '../src/likelihoods/index.ts';
import {countInputs, type Inputs, readWeights, sliceInputs} from '../src/models/index.ts';
import {createRng, type Rng} from '../src/random/index.ts';
import {Checkpoints} from './checkpoints.ts';
import {checkCount} from './checks.ts';
import type {DeepEnsembleOptions, EnsembleFitOptions, EnsembleProgress} from './deep-ensemble-options.ts';
import {EnsemblePosterior} from './ensemble-posterior.ts';
import {createHost, type Host, memberOutputs, snapshot} from './host.ts';
import {leavesNoiseOpen, likelihoodOf} from './likelihood.ts';
import {type LabelledExamples, type MemberCallback, trainMember} from './train-member.ts';

const CALLER = 'deepEnsemble.fit';

/** All that the members of one run share. */
interface Run {
  readonly options: DeepEnsembleOptions;
  readonly fitOptions: EnsembleFitOptions & {readonly epochs: number; readonly batchSize: number};
  readonly rng: Rng;
  /** The first member's model, which lends its layers to the posterior. */
  readonly first: LayersModel;
  readonly host: Host;
  readonly training: LabelledExamples;
  readonly validation: LabelledExamples | undefined;
  readonly store: Checkpoints | undefined;
}

/** Trains what `deepEnsemble` describes, one member after the other. */
export async function trainEnsemble(
  options: DeepEnsembleOptions,
  x: Inputs,
  y: tf.Tensor,
  {epochs = 1, batchSize = 32, ...others}: EnsembleFitOptions,
): Promise<EnsemblePosterior> {
  checkCount(epochs, 'epochs', 1, CALLER);
  checkCount(batchSize, 'batchSize', 1, CALLER);
  const {members: size = 5, rng = createRng('deep ensemble'), output} = options;
  const {checkpoints, validationData} = others;
  const first = await build(options, rng, 0);
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
    const run: Run = {
      options,
      fitOptions: {epochs, batchSize, ...others},
      rng,
      first,
      host,
      training: await examples(x, y),
      validation: validationData && (await examples(...validationData)),
      store:
        checkpoints === undefined
          ? undefined
          : new Checkpoints(checkpoints, host, {
              stream: Array.from(rng.fork('run').getState()),
              architecture: host.architecture,
              examples: countInputs(x),
              epochs,
              batchSize,
            }),
    };
    for (let member = 0; member < size; member++) members.push(await obtainMember(run, member));
    const noisy = leavesNoiseOpen(options, likelihood);
    return new EnsemblePosterior({
      host,
      likelihood: noisy ? await withResidualNoise(host, likelihood, members, x, prepared[0] as tf.Tensor) : likelihood,
      members,
      output,
      onDispose: () => disposeModel(first),
    });
  } catch (error) {
    tf.dispose(members);
    disposeModel(first);
    throw error;
  } finally {
    tf.dispose(prepared);
  }
}

/** A member's weights, from its checkpoint or from training. */
async function obtainMember(run: Run, member: number): Promise<tf.Tensor[]> {
  const {options, fitOptions, rng, first, host, store} = run;
  const found = await store?.load(member);
  if (found) {
    await report(run, member, {epoch: fitOptions.epochs, resumed: true, logs: {}});
    return found;
  }
  const model = member === 0 ? first : await build(options, rng, member);
  const weights: tf.Tensor[] = [];
  try {
    const {variables} = member === 0 ? host : sameArchitecture(model, host, member, options.output);
    await trainMember(model, run.training, rng.fork(member).fork('batches'), {
      epochs: fitOptions.epochs,
      batchSize: fitOptions.batchSize,
      verbose: fitOptions.verbose ?? 0,
      validation: run.validation,
      callbacks: [fitOptions.callbacks?.(member) ?? []].flat() as MemberCallback[],
      onEpochEnd: (epoch, logs) => report(run, member, {epoch: epoch + 1, resumed: false, logs}),
    });
    weights.push(...snapshot(variables));
    await checkFinite(weights, member);
    await store?.save(member, weights);
    return weights;
  } catch (error) {
    tf.dispose(weights);
    throw error;
  } finally {
    if (model !== first) disposeModel(model);
  }
}

async function build({create}: DeepEnsembleOptions, rng: Rng, member: number): Promise<LayersModel> {
  return create({member, rng: rng.fork(member).fork('create')});
}

async function report(
  {options, fitOptions}: Run,
  member: number,
  state: Pick<EnsembleProgress, 'epoch' | 'resumed' | 'logs'>,
): Promise<void> {
  const {members = 5} = options;
  const {epochs, onProgress} = fitOptions;
  await onProgress?.({member, members, epochs, fraction: (member + state.epoch / epochs) / members, ...state});
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

function sameArchitecture(model: LayersModel, host: Host, member: number, output?: string): Host {
  const own = createHost(model, 'deepEnsemble', output);
  if (own.architecture === host.architecture) return own;
  throw new ConfigError(
    `${CALLER}: expected create to build the same architecture for every member, got another for member ${member}. ` +
      'Join different architectures with mixture([...]).',
  );
}

async function checkFinite(weights: readonly tf.Tensor[], member: number): Promise<void> {
  const values = await readWeights(weights);
  if (values.every((value) => Number.isFinite(value))) return;
  throw new DataError(
    `${CALLER}: expected finite weights after training member ${member}, got NaN or infinities. ` +
      'Look for them in x and y, or lower the learning rate.',
  );
}

/** Noise of the size of the members' residuals: the maximum-likelihood estimate, averaged over members. */
async function withResidualNoise(
  host: Host,
  likelihood: Likelihood,
  members: readonly tf.Tensor[][],
  x: Inputs,
  y: tf.Tensor,
): Promise<Likelihood> {
  const meanSquare = tf.tidy(() => tf.mean(tf.square(tf.sub(memberOutputs(host, members, x), y))));
  const noiseScale = Math.sqrt((await meanSquare.data())[0] as number);
  meanSquare.dispose();
  return likelihood.withNoiseScale?.(Math.max(noiseScale, Number.MIN_VALUE)) ?? likelihood;
}

function disposeModel(model: LayersModel): void {
  model.optimizer?.dispose(); // an optimizer given as an object is not the model's to dispose, but was made by create
  model.dispose();
}
