import {threadFlags} from './thread-flags.ts';

/** Node's threads with a queue of tasks. */
export type ThreadPool = import('piscina').Piscina;

/**
 * Starts threads, each of which can have a tensor backend of its own, or says in words why they cannot be had. They import
 * TypeScript where the process does.
 */
export async function openThreads(count: number): Promise<ThreadPool | string> {
  if (globalThis.process?.getBuiltinModule?.('node:worker_threads') === undefined) {
    return 'worker threads need Node 20.16 or newer';
  }
  const specifier = 'piscina'; // no literal: bundlers for browsers would follow it
  try {
    const {Piscina} = (await import(
      /* webpackIgnore: true */ /* @vite-ignore */ specifier
    )) as typeof import('piscina');
    const execArgv = threadFlags();
    const pool = new Piscina({minThreads: count, maxThreads: count, ...(execArgv && {execArgv})});
    pool.on('error', () => undefined); // of a thread without a task: the next task meets it
    return pool;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
