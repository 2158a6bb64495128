import {appendFileSync, existsSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {createRng, initBackend} from '../src/index.ts';
import {readLines} from './support/json-lines.ts';
import {runAsProgram} from './support/program.ts';
import {METHODS, runSplit} from './uci/methods.ts';
import {type Result, scoreTable} from './uci/table.ts';
import {disposeTask, readSets, tasksOf, type UciSet} from './uci/task.ts';

/**
 * `npm run bench:uci -- --data DIR [--out FILE] [--sets NAME,NAME] [--splits N] [--table]`: test log-likelihood and RMSE
 * on the UCI regression sets of DIR, as Markdown tables. Each finished split is appended to FILE, so that a run that was
 * stopped goes on where it was; `--table` only prints what FILE holds.
 */
async function main(): Promise<void> {
  const {values} = parseArgs({
    options: {
      data: {type: 'string'},
      out: {type: 'string', default: join(tmpdir(), 'tfjs-bayes-uci.jsonl')},
      sets: {type: 'string'},
      splits: {type: 'string', default: '20'},
      table: {type: 'boolean', default: false},
    },
  });
  const {data, out} = values;
  if (data === undefined || !existsSync(join(data, 'summary.json'))) {
    console.log('bench:uci: skipped: --data names no folder with summary.json and <set>/data.csv, <set>/splits.json');
    return;
  }
  const sets = readSets(data, values.sets?.split(','));
  if (!values.table) await runAll(sets, Number(values.splits), out);
  const results = readLines<Result>(out);
  for (const [score, title] of [
    ['logLikelihood', 'Test log-likelihood, higher is better'],
    ['rmse', 'Test RMSE, lower is better'],
    ['validation', 'Validation log-likelihood, which choices were made on'],
  ] as const) {
    console.log(`\n${title}\n\n${scoreTable(results, sets, METHODS, score)}`);
  }
}

/** Split by split over all sets, so that a run stopped early has seen each of them. */
async function runAll(sets: readonly UciSet[], splits: number, out: string): Promise<void> {
  await initBackend({prefer: 'wasm'});
  for (let split = 0; split < splits; split++) {
    for (const set of sets) {
      if (split >= set.splits.length) continue;
      const done = readLines<Result>(out).filter((one) => one.set === set.name && one.split === split);
      if (METHODS.every((method) => done.some((one) => one.method === method))) continue;
      const start = performance.now();
      const tasks = tasksOf(set, split);
      const scores = await runSplit(tasks, createRng(`${set.name} ${split} nets`));
      disposeTask(tasks.choose);
      disposeTask(tasks.test);
      const lines = METHODS.map((method) => JSON.stringify({set: set.name, split, method, ...scores[method]}));
      appendFileSync(out, `${lines.join('\n')}\n`);
      const seconds = ((performance.now() - start) / 1000).toFixed(0);
      const shown = METHODS.map((method) => `${method} ${scores[method].logLikelihood.toFixed(3)}`);
      console.log(
        `${set.name} ${split + 1}/${Math.min(splits, set.splits.length)} in ${seconds} s: ${shown.join(', ')}`,
      );
    }
  }
}

await runAsProgram(import.meta.filename, main);
