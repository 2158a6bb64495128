import type {MessagePort} from 'node:worker_threads';
import {openThreads, type ThreadPool} from '../../src/backend/threads.ts';
import {ConfigError, DataError, ShapeError} from '../../src/errors.ts';
import type {EpochReport, MemberAnswer, MemberTask, MemberTrial} from './member-task.ts';

type Threads = typeof import('node:worker_threads');

const ERRORS = {ConfigError, DataError, ShapeError} as const;

/** Threads that train members. */
export class WorkerPool {
  readonly #pool: ThreadPool;
  readonly #filename: string;
  readonly #threads: Threads;

  private constructor(pool: ThreadPool, filename: string, threads: Threads) {
    this.#pool = pool;
    this.#filename = filename;
    this.#threads = threads;
  }

  /** Starts them, or says in words why they cannot be had. */
  static async open(count: number): Promise<WorkerPool | string> {
    const pool = await openThreads(count);
    if (typeof pool === 'string') return pool;
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const filename = new URL(`./worker.${extension}`, import.meta.url).href;
    return new WorkerPool(pool, filename, process.getBuiltinModule('node:worker_threads'));
  }

  /** Why a worker cannot train this; empty where it can. */
  async try(trial: MemberTrial): Promise<string> {
    try {
      return (await this.#pool.run(trial, {filename: this.#filename, name: 'tryMember'})) as string;
    } catch (error) {
      return messageOf(error);
    }
  }

  /** Trains one member; every epoch's report has been awaited when it ends. Throws an error that names the member. */
  async train(
    task: Omit<MemberTask, 'port'>,
    onEpoch: (report: EpochReport) => Promise<void>,
  ): Promise<readonly Float32Array[]> {
    const {port1, port2} = new this.#threads.MessageChannel();
    let reported = Promise.resolve();
    port1.on('message', (report: EpochReport) => {
      reported = reported.then(() => onEpoch(report));
      reported.catch(() => undefined); // awaited below
    });
    const options = {filename: this.#filename, name: 'trainMemberTask', transferList: [port2]};
    try {
      const answer: MemberAnswer = await this.#pool.run({...task, port: port2}, options).catch(asFailure);
      for (const report of waiting(this.#threads, port1)) reported = reported.then(() => onEpoch(report));
      await reported;
      if ('weights' in answer) return answer.weights;
      throw failureOf(answer.failure, task.member);
    } finally {
      port1.close();
    }
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

function asFailure(error: unknown): MemberAnswer {
  return {failure: {name: 'Error', message: messageOf(error)}};
}

function failureOf({name, message}: {name: string; message: string}, member: number): Error {
  const kind = ERRORS[name as keyof typeof ERRORS] ?? Error;
  return new kind(
    `deepEnsemble.fit: expected the worker to train member ${member}, got the failure '${message}'. ` +
      'Members that were done before it are kept where checkpoints has a place: fit again to go on from there.',
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Messages that have come but were not handed over yet. */
function* waiting(threads: Threads, port: MessagePort): Generator<EpochReport> {
  for (let found = threads.receiveMessageOnPort(port); found; found = threads.receiveMessageOnPort(port)) {
    yield found.message as EpochReport;
  }
}
