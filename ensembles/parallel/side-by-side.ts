import * as tf from '@tensorflow/tfjs-core';
import {type BackendName, initBackend} from '../../src/backend/index.ts';
import {ConfigError} from '../../src/errors.ts';
import {warn} from '../../src/warn.ts';
import {creationStream, dataStream, type EnsembleRun, reportProgress, withMemberModel} from '../ensemble-run.ts';
import {type MemberTrial, type ModelSource, packExamples} from './member-task.ts';
import {packModel} from './model-parcel.ts';
import {WorkerPool} from './worker-pool.ts';

/** Trains members in other threads. */
export interface SideBySide {
  /** Members trained at once. */
  readonly atOnce: number;
  /** A member's weights. */
  train(member: number): Promise<tf.Tensor[]>;
  /** Ends the threads. */
  close(): Promise<void>;
}

/** Workers for the members, or nothing where there is to be none, which it says if some were asked for. */
export async function trainSideBySide(run: EnsembleRun, members: readonly number[]): Promise<SideBySide | undefined> {
  const {options, fitOptions} = run;
  const [trialMember] = members;
  const atOnce = Math.min(options.workers ?? 1, members.length);
  if (atOnce < 2 || trialMember === undefined) return undefined;
  if (fitOptions.callbacks && options.worker === undefined) return serially('callbacks are functions');
  const backend = await backendInUse();
  if (backend === undefined) return serially('a worker gets its kernels from initBackend, which was not called here');
  const source = await sourceOf(run, trialMember);
  if (typeof source === 'string') return serially(source);
  const pool = await WorkerPool.open(atOnce);
  if (typeof pool === 'string') return serially(pool);
  try {
    const shared = {backend, architecture: run.host.architecture, output: options.output};
    const obstacle = await pool.try({...shared, member: trialMember, model: source});
    if (obstacle === '') return workersOf(run, pool, {atOnce, shared});
    await pool.close();
    if (options.worker === undefined) return serially(obstacle);
    throw unusable(options.worker, obstacle);
  } catch (error) {
    await pool.close();
    throw error;
  }
}

async function workersOf(
  run: EnsembleRun,
  pool: WorkerPool,
  {atOnce, shared}: {atOnce: number; shared: Omit<MemberTrial, 'member' | 'model'>},
): Promise<SideBySide> {
  const {fitOptions, host, rng, variation} = run;
  const {epochs, batchSize, verbose = 0} = fitOptions;
  const training = await packExamples(run.training);
  const validation = run.validation && (await packExamples(run.validation));
  const same = {...shared, training, validation, variation, epochs, batchSize, verbose};
  return {
    atOnce,
    close: () => pool.close(),
    train: async (member) => {
      const model = await sourceOf(run, member);
      if (typeof model === 'string') throw unusable(`member ${member}`, model);
      const task = {...same, member, model, order: dataStream(rng, member).getState()};
      const weights = await pool.train(task, (epoch) => reportProgress(run, member, {...epoch, resumed: false}));
      return host.variables.map(({shape}, i) =>
        tf.keep(tf.tensor(weights[i] as Float32Array, shape as number[], 'float32')),
      );
    },
  };
}

/** Where a worker gets a member's model from, or in words why it cannot. */
async function sourceOf(run: EnsembleRun, member: number): Promise<ModelSource | string> {
  const {options, fitOptions, rng} = run;
  if (options.worker === undefined) {
    return withMemberModel(run, member, async (model) => {
      const parcel = await packModel(model);
      return typeof parcel === 'string' ? parcel : {parcel};
    });
  }
  return {
    module: String(options.worker),
    state: creationStream(rng, member).getState(),
    needsCallbacks: fitOptions.callbacks !== undefined,
  };
}

/** The name for a worker's `initBackend`; nothing where it would not give the kernels that are in use here. */
async function backendInUse(): Promise<BackendName | undefined> {
  if (tf.getBackend() === 'wasm' && tf.getKernel('Conv2DBackpropFilter', 'wasm') === undefined) return undefined;
  const {name} = await initBackend();
  return name === 'other' ? undefined : name;
}

function serially(reason: string): undefined {
  warn(
    `deepEnsemble.fit: trains the members one after another, because ${reason}. To train them at once, pass as worker ` +
      'the URL of a module that exports create, or leave workers out.',
  );
}

function unusable(what: URL | string, obstacle: string): ConfigError {
  return new ConfigError(
    `deepEnsemble.fit: expected ${what} to be fit for a worker, got '${obstacle}'. ` +
      'Export create, the function that deepEnsemble is given, from a module that imports all it needs.',
  );
}
