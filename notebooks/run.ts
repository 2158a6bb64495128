import {spawnSync} from 'node:child_process';
import {appendFileSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseArgs, stripVTControlCharacters} from 'node:util';
import {cleanOutputs} from './support/clean-outputs.ts';
import {folder, type Notebook, notebookNames, readNotebook, writeNotebook} from './support/notebook.ts';
import {typeFaults} from './support/type-faults.ts';

/**
 * Runs the notebooks, each in a kernel of its own, and fails where a cell does or where the types are wrong. With `--write` the
 * outputs are kept; without, those that are no longer what is kept are told. Names as arguments choose some: `run.ts 01 07`.
 */
const {values, positionals} = parseArgs({options: {write: {type: 'boolean', default: false}}, allowPositionals: true});
const names = notebookNames().filter((name) => positionals.length === 0 || positionals.some((p) => name.startsWith(p)));
if (names.length === 0)
  throw new Error(`notebooks: expected some of ${notebookNames().join(', ')}, got ${positionals}`);
const notebooks = new Map(names.map((name) => [name, readNotebook(join(folder, name))]));

const scratch = mkdtempSync(join(tmpdir(), 'notebooks-'));
let failed = 0;
try {
  const faults = typeFaults(notebooks);
  for (const name of names) {
    const started = Date.now();
    const wrong = faults.filter((fault) => fault.startsWith(name));
    const executed = execute(name);
    const problems = [...wrong, ...(typeof executed === 'string' ? [executed] : [])];
    if (problems.length > 0) failed++;
    console.log(
      `${problems.length > 0 ? 'FAILED' : 'passed'} ${name}, ${((Date.now() - started) / 1000).toFixed(1)} s`,
    );
    for (const problem of problems) console.log(`  ${problem.trim().replaceAll('\n', '\n  ')}`);
    if (typeof executed !== 'string') keep(name, executed);
  }
} finally {
  rmSync(scratch, {recursive: true});
}
const counts = {passed: names.length - failed, failed, pending: 0};
if (process.env.TFJS_BAYES_COUNTS) appendFileSync(process.env.TFJS_BAYES_COUNTS, `${JSON.stringify(counts)}\n`);
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** The executed notebook, or what went wrong. */
function execute(name: string): Notebook | string {
  const target = join(scratch, name);
  const [python, program] = [join(folder, 'kernel/.venv/bin/python'), join(folder, 'kernel/execute.py')];
  const run = spawnSync(python, [program, join(folder, name), target], {encoding: 'utf8'});
  if (run.error) return `${run.error.message}. Run .ci/notebooks first.`;
  if (run.status !== 0) return stripVTControlCharacters(run.stderr);
  return cleanOutputs(readNotebook(target), join(folder, '..'));
}

/** Writes the outputs, or tells which cells no longer give what is kept, and so may be told wrong by the text. */
function keep(name: string, executed: Notebook): void {
  if (values.write) writeNotebook(join(folder, name), executed);
  else {
    const before = notebooks.get(name)?.cells ?? [];
    const outputs = executed.cells.map(({outputs}) => JSON.stringify(outputs));
    const changed = before.flatMap((cell, i) => (JSON.stringify(cell.outputs) === outputs[i] ? [] : [i + 1]));
    if (changed.length > 0) console.log(`  not what is kept: cells ${changed.join(', ')}. See --write.`);
  }
}
