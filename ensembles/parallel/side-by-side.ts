import * as tf from '@tensorflow/tfjs-core';
import {type BackendName, initBackend} from '../../src/backend/index.ts';
import {ConfigError} from '../../src/errors.ts';
import {warn} from '../../src/warn.ts';
import {creationStream, dataStream, type EnsembleRun, reportProgress, withMemberModel} from '../ensemble-run.ts';
import {type MemberTask, type ModelSource, packExamples} from './member-task.ts';
import {packModel} from './model-parcel.ts';
import {WorkerPool} from './worker-pool.ts';

/** Trains members in other threads. */
export interface SideBySide {
  /** Number of threads. */
  readonly threads: number;
  /** A member's weights; undefined where it turns out that no thread can train members, which it has said then. */
  train(member: number): Promise<tf.Tensor[] | undefined>;
  /** Ends the threads. */
  close(): Promise<void>;
}

/**
 * Threads for all members but the one that is trained here, or nothing where there are to be none, which it says if some were
 * asked for. They start while the first member is trained; only a module of the user's own is tried before.
 */
export async function trainSideBySide(run: EnsembleRun, members: readonly number[]): Promise<SideBySide | undefined> {
  const {options, fitOptions} = run;
  const [trialMember] = members;
  const threads = Math.min(options.workers ?? 1, members.length) - 1;
  if (threads < 1 || trialMember === undefined) return undefined;
  if (fitOptions.callbacks && options.worker === undefined) return serially('callbacks are functions');
  const backend = await backendInUse();
  if (backend === undefined) return serially('a worker gets its kernels from initBackend, which was not called here');
  const source = await sourceOf(run, trialMember);
  if (typeof source === 'string') return serially(source);
  const pool = await WorkerPool.open(threads);
  if (typeof pool === 'string') return serially(pool);
  try {
    const shared = {backend, architecture: run.host.architecture, output: options.output};
    const trial = pool.try({...shared, member: trialMember, model: source});
    const task = await taskOfAll(run, shared);
    const {worker} = options;
    if (worker !== undefined) {
      const obstacle = await trial;
      if (obstacle !== '') throw unusable(worker, obstacle);
    }
    const ready = trial.then((obstacle) => obstacle === '' || serially(obstacle));
    return {
      threads,
      close: () => pool.close(),
      train: async (member) => ((await ready) ? trainInThread(run, pool, task, member) : undefined),
    };
  } catch (error) {
    await pool.close();
    throw error;
  }
}

type TaskOfAll = Omit<MemberTask, 'member' | 'model' | 'order' | 'port'>;

/** What the tasks of all members have in common, the examples in memory that threads share. */
async function taskOfAll(
  {fitOptions: {epochs, batchSize, verbose = 0}, variation, ...examples}: EnsembleRun,
  shared: Pick<TaskOfAll, 'backend' | 'architecture' | 'output'>,
): Promise<TaskOfAll> {
  const training = await packExamples(examples.training);
  const validation = examples.validation && (await packExamples(examples.validation));
  return {...shared, training, validation, variation, epochs, batchSize, verbose};
}

async function trainInThread(
  run: EnsembleRun,
  pool: WorkerPool,
  taskOfAll: TaskOfAll,
  member: number,
): Promise<tf.Tensor[]> {
  const model = await sourceOf(run, member);
  if (typeof model === 'string') throw unusable(`member ${member}`, model);
  const task = {...taskOfAll, member, model, order: dataStream(run.rng, member).getState()};
  const weights = await pool.train(task, (epoch) => reportProgress(run, member, {...epoch, resumed: false}));
  return run.host.variables.map(({shape}, i) =>
    tf.keep(tf.tensor(weights[i] as Float32Array, shape as number[], 'float32')),
  );
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
