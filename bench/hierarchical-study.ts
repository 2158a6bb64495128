import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {initBackend} from '../src/index.ts';
import {solveExactly} from './hierarchical/exact.ts';
import {type Approximation, METHODS} from './hierarchical/methods.ts';
import {type HierarchicalData, hierarchicalModel, simulate} from './hierarchical/model.ts';
import {sds, slicedWasserstein, squaredError} from './hierarchical/scores.ts';
import {type Outcome, studyTables} from './hierarchical/tables.ts';
import {appendLine, readLines} from './support/json-lines.ts';
import {runAsProgram} from './support/program.ts';

const SEEDS = [1, 2, 3, 4, 5];
const EXACT_DRAWS = 50000;

/**
 * `npm run bench:hierarchical -- [--out FILE] [--seeds 1,2] [--methods NAME,NAME] [--table]`: mean-field ADVI, flow VI, DMVI and NUTS on the
 * fifth hierarchical model of Dirmeier and Perez-Cruz (2023), N = 100, on five simulated data sets, as Markdown tables. Each
 * finished fit is appended to FILE, so that a run that was stopped goes on where it was; `--table` only prints what FILE holds.
 */
async function main(): Promise<void> {
  const {values} = parseArgs({
    options: {
      out: {type: 'string', default: join(tmpdir(), 'tfjs-bayes-hierarchical.jsonl')},
      seeds: {type: 'string', default: SEEDS.join(',')},
      methods: {type: 'string', default: Object.keys(METHODS).join(',')},
      table: {type: 'boolean', default: false},
    },
  });
  if (!values.table) await runAll(values.out, values.seeds.split(',').map(Number), values.methods.split(','));
  console.log(studyTables(readLines<Outcome>(values.out)));
}

/** Method by method over all data sets, so that a run stopped early has compared what it has. */
async function runAll(out: string, seeds: readonly number[], methods: readonly string[]): Promise<void> {
  await initBackend({prefer: 'wasm'});
  const tasks = seeds.map((seed) => {
    const simulated = simulate(seed);
    const exact = solveExactly(simulated);
    const draws = exact.draws(EXACT_DRAWS, 1);
    return {seed, simulated, exact, draws, units: sds(draws)};
  });
  for (const method of ['exact', ...methods]) {
    for (const {seed, simulated, exact, draws, units} of tasks) {
      if (readLines<Outcome>(out).some((one) => one.seed === seed && one.method === method)) continue;
      const start = process.cpuUsage().user;
      const {theta, ...numbers} =
        method === 'exact' ? {theta: exact.draws(EXACT_DRAWS, 2)} : await approximate(method, simulated);
      const outcome: Outcome = {
        seed,
        method,
        exactLogEvidence: exact.logEvidence,
        sds: sds(theta),
        wasserstein: slicedWasserstein(theta, draws, units),
        squaredError: squaredError(theta, simulated.truth),
        ...numbers,
        cpuSeconds: (process.cpuUsage().user - start) / 1e6,
      };
      appendLine(out, outcome);
    }
  }
}

async function approximate(method: string, simulated: HierarchicalData): Promise<Approximation> {
  const run = METHODS[method];
  if (run === undefined) throw new Error(`hierarchical-study: expected one of ${Object.keys(METHODS)}, got ${method}.`);
  const {model, data} = hierarchicalModel(simulated);
  try {
    return await run(model);
  } finally {
    data.dispose();
  }
}

await runAsProgram(import.meta.filename, main);
