import {resolve} from 'node:path';
import {pathToFileURL} from 'node:url';
import type {BenchRow} from './row.ts';

/** Runs the benchmark file named on the command line in this process and sends its rows to the parent. */
const file = pathToFileURL(resolve(process.argv[2] ?? '')).href;
try {
  const {run} = (await import(file)) as {run?: () => Promise<BenchRow[]>};
  const rows = run === undefined ? null : await run();
  process.send?.(rows, () => process.exit(0));
} catch (error) {
  console.error(error instanceof Error ? error.stack : error); // thrown on, the wasm module would print its own source
  process.exit(1);
}
