import * as tf from '@tensorflow/tfjs-core';
import {type BackendName, initBackend} from '../../src/backend/index.ts';
import {openThreads, type ThreadPool} from '../../src/backend/threads.ts';
import {ConfigError, DataError, ShapeError} from '../../src/errors.ts';
import type {Rng} from '../../src/random/index.ts';
import {warn} from '../../src/warn.ts';
import type {DatasetOutcome} from './dataset-outcome.ts';
import type {DataSets} from './simulator.ts';
import type {SentTensor, WorkflowAnswer, WorkflowTask} from './workflow-worker.ts';

/** Errors lose their class between threads. */
const ERRORS = {ConfigError, DataError, ShapeError} as const;

/** Finds the outcomes of some data sets, which it is given with their numbers. */
export type TakeSets = (dataSets: DataSets, indices: readonly number[]) => Promise<DatasetOutcome[]>;

/** Threads that find outcomes. */
export class WorkflowThreads {
  readonly #pool: ThreadPool;
  readonly #filename: string;
  readonly #shared: Pick<WorkflowTask, 'backend' | 'module' | 'settings' | 'state'>;

  private constructor(pool: ThreadPool, shared: Pick<WorkflowTask, 'backend' | 'module' | 'settings' | 'state'>) {
    this.#pool = pool;
    this.#shared = shared;
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.#filename = new URL(`./workflow-worker.${extension}`, import.meta.url).href;
  }

  /** Starts threads, or nothing where there cannot be any, which it says. */
  static async open(
    count: number,
    worker: URL | string | undefined,
    {settings, rng}: {settings: string; rng: Rng},
  ): Promise<WorkflowThreads | undefined> {
    if (worker === undefined) {
      throw new ConfigError(
        `run: expected worker, the URL of a module that exports create, for ${count} workers, got none. ` +
          'A network and a density cannot be sent to other threads: pass a module that makes the workflow.',
      );
    }
    const backend = (await initBackend()).name;
    const pool = backend === 'other' ? 'a thread cannot have this backend' : await openThreads(count);
    if (typeof pool !== 'string') {
      const shared = {backend: backend as BackendName, module: String(worker), settings, state: rng.getState()};
      return new WorkflowThreads(pool, shared);
    }
    warn(`run: goes through the data sets in one thread, because ${pool}. Leave workers out.`);
    return undefined;
  }

  /** Sends data sets to a thread. */
  take: TakeSets = async (dataSets, indices) => {
    const task: WorkflowTask = {...this.#shared, dataSets: await send(dataSets), indices};
    const answer: WorkflowAnswer = await this.#pool.run(task, {filename: this.#filename, name: 'takeTask'});
    if ('outcomes' in answer) return answer.outcomes;
    const {name, message} = answer.failure;
    throw new (ERRORS[name as keyof typeof ERRORS] ?? Error)(message);
  };

  /** Ends the threads. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

async function send(dataSets: DataSets): Promise<WorkflowTask['dataSets']> {
  if (dataSets instanceof tf.Tensor) return sendTensor(dataSets);
  const entries = await Promise.all(
    Object.entries(dataSets).map(async ([name, tensor]) => [name, await sendTensor(tensor)] as const),
  );
  return {byName: Object.fromEntries(entries)};
}

async function sendTensor(tensor: tf.Tensor): Promise<SentTensor> {
  return {values: (await tensor.data()).slice(), shape: tensor.shape, dtype: tensor.dtype};
}
