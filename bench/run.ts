import {fork} from 'node:child_process';
import {existsSync, readdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {cpus} from 'node:os';
import {basename, join} from 'node:path';
import {parseArgs} from 'node:util';
import type {BenchRow} from './support/row.ts';

/**
 * `npm run bench [-- --only NAME]`: every bench/*.ts that exports `run()`, each in a process of its own, so that none finds
 * kernels that another registered. Prints ours / reference, which is what counts; keeps the figures in bench/results.json.
 */
interface Results {
  [bench: string]: {measured: string; node: string; cpu: string; rows: BenchRow[]};
}

const {values} = parseArgs({options: {only: {type: 'string'}}});
const resultsFile = join(import.meta.dirname, 'results.json');
const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
  .map((file) => basename(file, '.ts'))
  .filter((name) => values.only === undefined || name === values.only)
  .sort();
if (names.length === 0) throw new Error(`bench: expected --only to name a file of bench/, got ${values.only}`);

/** The rows of one benchmark; undefined if the file holds none. */
function runOne(name: string): Promise<BenchRow[] | undefined> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, 'support/child.ts'), [join(import.meta.dirname, `${name}.ts`)], {
      execArgv: ['--import', 'tsx', '--conditions=@tfjs-bayes/source', '--expose-gc'],
    });
    let rows: BenchRow[] | null | undefined;
    child.on('message', (message) => {
      rows = message as BenchRow[] | null;
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (rows === undefined) reject(new Error(`bench ${name}: ended with ${code} and no result`));
      else resolve(rows ?? undefined);
    });
  });
}

function table(rows: readonly BenchRow[]): string {
  const cells = rows.map(({name, ours, reference, unit, note}) => [
    name,
    `${ours.toPrecision(4)} ${unit}`,
    reference === undefined ? '' : `${reference.toPrecision(4)} ${unit}`,
    reference === undefined ? '' : (ours / reference).toFixed(3),
    note ?? '',
  ]);
  const all = [['', 'ours', 'reference', 'ratio', ''], ...cells];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => (row[column] as string).length)));
  return all
    .map((row) =>
      row.map((cell, i) =>
        i === 0 ? cell.padEnd(widths[0] as number) : i < 4 ? cell.padStart(widths[i] as number) : cell,
      ),
    )
    .map((row) => `  ${row.join('  ').trimEnd()}`)
    .join('\n');
}

const results: Results = existsSync(resultsFile) ? JSON.parse(readFileSync(resultsFile, 'utf8')) : {};
let failed = false;
for (const name of names) {
  try {
    const rows = await runOne(name);
    if (rows === undefined) continue;
    console.log(`\n${name}\n${table(rows)}`);
    const measured = new Date().toISOString().slice(0, 10);
    results[name] = {measured, node: process.version, cpu: `${cpus()[0]?.model ?? 'unknown'} x ${cpus().length}`, rows};
  } catch (error) {
    failed = true;
    console.error(`\n${error instanceof Error ? error.message : error}`);
  }
}
writeFileSync(`${resultsFile}.new`, `${JSON.stringify(results, null, 2)}\n`);
renameSync(`${resultsFile}.new`, resultsFile);
process.exit(failed ? 1 : 0);
