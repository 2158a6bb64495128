import {mkdtempSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import {chees, nuts, summarizeDraws} from '../inference/index.ts';
import {createRng, initBackend} from '../src/index.ts';
import {distances, pose, posteriors} from './posteriordb/posteriors.ts';
import {appendLine, readLines} from './support/json-lines.ts';
import {markdownTable} from './support/markdown.ts';
import {runAsProgram} from './support/program.ts';

/** One setting for all posteriors: 16 chains, and draws enough for an effective sample size of 4000 in each parameter. */
const SETTING = {chains: 16, warmup: 500, draws: 1000, targetAcceptance: 0.8} as const;
const SAMPLERS = {nuts, chees} as const;
const EFFECTIVE = 4000;
const R_HAT = 1.01;
const ERRORS = 4;

/** How a sampler did on a posterior, worst parameter and statistic. */
interface Outcome {
  /** What it was measured under: another setting measures anew. */
  readonly setting: string;
  readonly posterior: string;
  readonly sampler: string;
  readonly errors: number;
  readonly statistics: number;
  readonly bulkEss: number;
  readonly tailEss: number;
  readonly rHat: number;
  readonly divergences: number;
  readonly gradients: number;
  readonly cpuSeconds: number;
}

/**
 * `npm run bench:posteriors -- [--out FILE] [--table]`: NUTS and ChEES on six posteriors of posteriordb, whose reference draws are
 * Stan's, as a Markdown table. Each finished run is appended to FILE, so that one that was stopped goes on where it was: take another
 * FILE after the code has changed. Ends with status 1 where a run misses a bound or is not there.
 */
async function main(): Promise<void> {
  const {values} = parseArgs({
    options: {
      out: {type: 'string'},
      table: {type: 'boolean', default: false},
    },
  });
  const out = values.out ?? join(mkdtempSync(join(tmpdir(), 'tfjs-bayes-')), 'posteriors.jsonl');
  if (!values.table) await runAll(out);
  const outcomes = readOutcomes(out);
  console.log(tableOf(outcomes));
  const wanted = posteriors.length * Object.keys(SAMPLERS).length;
  if (outcomes.length < wanted || outcomes.some((outcome) => !passes(outcome))) process.exitCode = 1;
}

async function runAll(out: string): Promise<void> {
  await initBackend({prefer: 'wasm'});
  for (const name of posteriors) {
    for (const [sampler, run] of Object.entries(SAMPLERS)) {
      if (readOutcomes(out).some((one) => one.posterior === name && one.sampler === sampler)) continue;
      const {model, data} = pose(name);
      const start = process.cpuUsage().user;
      const {draws, statistics} = await run(model, {...SETTING, rng: createRng(1)});
      const cpuSeconds = (process.cpuUsage().user - start) / 1e6;
      tf.dispose(data);
      const [rows, apart] = [summarizeDraws(draws), distances(name, draws)];
      const outcome: Outcome = {
        setting: JSON.stringify(SETTING),
        posterior: name,
        sampler,
        errors: Math.max(...apart.map(({errors}) => errors)),
        statistics: apart.length,
        bulkEss: Math.min(...rows.map(({bulkEss}) => bulkEss)),
        tailEss: Math.min(...rows.map(({tailEss}) => tailEss)),
        rHat: Math.max(...rows.map(({rHat}) => rHat)),
        divergences: statistics.divergences.length,
        gradients: statistics.steps,
        cpuSeconds,
      };
      appendLine(out, outcome);
      console.log(`${name}, ${sampler}: ${passes(outcome) ? 'within all bounds' : 'MISSES a bound'}`);
    }
  }
}

function passes({errors, bulkEss, tailEss, rHat, divergences}: Outcome): boolean {
  return errors < ERRORS && Math.min(bulkEss, tailEss) >= EFFECTIVE && rHat < R_HAT && divergences === 0;
}

function tableOf(outcomes: readonly Outcome[]): string {
  const head = ['posterior', 'sampler', 'farthest statistic', 'bulk ESS', 'tail ESS', 'R-hat', 'divergences', 'CPU'];
  const rows = outcomes.map((one) => [
    one.posterior,
    one.sampler,
    `${one.errors.toFixed(2)} of ${one.statistics}`,
    one.bulkEss.toFixed(0),
    one.tailEss.toFixed(0),
    one.rHat.toFixed(4),
    String(one.divergences),
    `${one.cpuSeconds.toFixed(0)} s`,
  ]);
  return markdownTable(head, rows, {words: 2});
}

/** What was measured under the setting as it is now. */
function readOutcomes(file: string): Outcome[] {
  return readLines<Outcome>(file).filter(({setting}) => setting === JSON.stringify(SETTING));
}

await runAsProgram(import.meta.filename, main);
