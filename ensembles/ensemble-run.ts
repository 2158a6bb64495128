import type * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Rng} from '../src/random/index.ts';
import type {LabelledExamples} from './data-side/inputs.ts';
import type {DataVariation} from './data-side/variation.ts';
import type {DeepEnsembleOptions, EnsembleFitOptions, EnsembleProgress} from './deep-ensemble-options.ts';
import {createHost, type Host, snapshot} from './host.ts';
import {checkCompiled, checkSameArchitecture, disposeModel} from './member-model.ts';
import {type MemberCallback, trainMember} from './train-member.ts';

/** All that the members of one run share. */
export interface EnsembleRun {
  readonly options: DeepEnsembleOptions;
  readonly fitOptions: EnsembleFitOptions & {readonly epochs: number; readonly batchSize: number};
  readonly size: number;
  readonly rng: Rng;
  readonly variation: DataVariation | undefined;
  /** The first member's model, which lends its layers to the posterior. */
  readonly first: LayersModel;
  readonly host: Host;
  readonly training: LabelledExamples;
  readonly validation: LabelledExamples | undefined;
  /** Epochs of each member that are done. */
  readonly done: Float64Array;
}

/** A member's model as `create` builds it. */
export async function buildMember({create}: DeepEnsembleOptions, rng: Rng, member: number): Promise<LayersModel> {
  return create({member, rng: creationStream(rng, member)});
}

/** The stream that `create` gets. */
export function creationStream(rng: Rng, member: number): Rng {
  return rng.fork(member).fork('create');
}

/** The stream that a member's data come from. */
export function dataStream(rng: Rng, member: number): Rng {
  return rng.fork(member).fork('batches');
}

/** A member's weights, trained in this thread. */
export async function trainHere(run: EnsembleRun, member: number): Promise<tf.Tensor[]> {
  const {fitOptions} = run;
  return withMemberModel(run, member, async (model, {variables}) => {
    await trainMember(model, run.training, dataStream(run.rng, member), {
      epochs: fitOptions.epochs,
      batchSize: fitOptions.batchSize,
      verbose: fitOptions.verbose ?? 0,
      validation: run.validation,
      variation: run.variation,
      callbacks: [fitOptions.callbacks?.(member) ?? []].flat() as MemberCallback[],
      onEpochEnd: (epoch, logs) => reportProgress(run, member, {epoch: epoch + 1, resumed: false, logs}),
    });
    return snapshot(variables);
  });
}

/** Runs `body` on a member's untrained model, checked, and disposes the model unless it is the first. */
export async function withMemberModel<T>(
  {options, rng, first, host}: EnsembleRun,
  member: number,
  body: (model: LayersModel, host: Host) => Promise<T>,
): Promise<T> {
  const model = member === 0 ? first : await buildMember(options, rng, member);
  try {
    checkCompiled(model);
    const own = member === 0 ? host : createHost(model, 'deepEnsemble', options.output);
    checkSameArchitecture(own, host.architecture, member);
    return await body(model, own);
  } finally {
    if (model !== first) disposeModel(model);
  }
}

/** Tells how far a member, and with it the run, has come. */
export async function reportProgress(
  {size, fitOptions: {epochs, onProgress}, done}: EnsembleRun,
  member: number,
  state: Pick<EnsembleProgress, 'epoch' | 'resumed' | 'logs'>,
): Promise<void> {
  done[member] = state.epoch;
  const fraction = done.reduce((sum, epoch) => sum + epoch, 0) / (size * epochs);
  await onProgress?.({member, members: size, epochs, fraction, ...state});
}
