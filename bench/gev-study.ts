import {existsSync, mkdirSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import {
  type AmortizedPosterior,
  type AmortizedSampler,
  type AmortizedWorkflow,
  amortizedWorkflow,
  checkAmortized,
  outOfDistribution,
} from '../inference/index.ts';
import {createRng, initBackend} from '../src/index.ts';
import {Ledger} from './gev/ledger.ts';
import {gevModel, gevNetworks, gevSimulator, widerData} from './gev/model.ts';
import {sampleOne} from './gev/one-by-one.ts';
import {referenceMoments} from './gev/reference.ts';
import {gevTables} from './gev/tables.ts';
import {appendLine, readLines} from './support/json-lines.ts';
import {runAsProgram} from './support/program.ts';

/**
 * `npm run bench:gev -- [--out DIR] [--sets N] [--judged N] [--sampled N] [--table]`: trains networks on 10,000 simulations of
 * 65 annual maxima, takes N data sets from a prior twice as wide through the amortized workflow, judges some of them by long
 * runs of NUTS, and times NUTS one by one on fewer. All that is found goes to DIR, and a run that was stopped goes on from
 * there; `--table` only prints what DIR holds.
 */
async function main(): Promise<void> {
  const {values} = parseArgs({
    options: {
      out: {type: 'string', default: join(tmpdir(), 'tfjs-bayes-gev')},
      sets: {type: 'string', default: '1000'},
      judged: {type: 'string', default: '200'},
      sampled: {type: 'string', default: '10'},
      table: {type: 'boolean', default: false},
    },
  });
  const {out} = values;
  mkdirSync(out, {recursive: true});
  await initBackend({prefer: 'wasm'});
  const ledger = new Ledger(join(out, 'seconds.jsonl'));
  const data = widerData(createRng('wider'), Number(values.sets));
  if (!values.table) {
    const {inUnits, networks} = gevNetworks();
    await train(inUnits, out, ledger);
    await check(inUnits, out, ledger);
    await runWorkflow(networks, data, out, ledger);
    const rows = (await data.array()).map((row) => Float32Array.from(row));
    await each('reference', rows.slice(0, Number(values.judged)), out, ledger, referenceMoments);
    await each('nuts', rows.slice(0, Number(values.sampled)), out, ledger, sampleOne);
  }
  console.log(await gevTables(out, ledger));
}

/** Trains on the model's prior, or takes what was trained before. */
async function train(networks: AmortizedPosterior, out: string, ledger: Ledger): Promise<void> {
  const saved = join(out, 'networks.bin');
  if (existsSync(saved)) return networks.load(saved);
  ledger.start();
  const {history, bestEpoch} = await networks.train({
    simulations: 10_000,
    epochs: 40,
    rng: createRng('training'),
    checkpoint: join(out, 'training.bin'),
    onProgress: ({epoch, loss, validationLoss}) => {
      const seconds = ledger.book('training');
      console.log(
        `epoch ${epoch}: ${loss.toFixed(3)}, validation ${validationLoss.toFixed(3)}, ${seconds.toFixed(1)} s`,
      );
    },
  });
  console.log(`best epoch ${bestEpoch}: ${history[bestEpoch - 1]?.validationLoss.toFixed(3)}`);
  await networks.save(saved);
  ledger.book('training');
}

async function check(networks: AmortizedPosterior, out: string, ledger: Ledger): Promise<void> {
  const file = join(out, 'check.json');
  if (existsSync(file)) return;
  ledger.start();
  const {passed, parameters} = await checkAmortized(networks, {rng: createRng('check')});
  const shown = parameters.map(({name, calibrated, coverage, recovery, contraction, zMean, zSd, verdict}) => {
    return {name, calibrated, coverage, recovery, contraction, zMean, zSd, verdict};
  });
  writeFileSync(file, JSON.stringify({passed, parameters: shown}, undefined, 2));
  ledger.book('check');
}

async function runWorkflow(networks: AmortizedSampler, data: tf.Tensor2D, out: string, ledger: Ledger): Promise<void> {
  ledger.start();
  const workflow = await workflowOf(networks);
  ledger.book('workflow');
  await workflow.run(data, {
    rng: createRng('workflow'),
    file: join(out, 'outcomes.jsonl'),
    together: 250, // those that come to the sampler share its passes
    onProgress: ({done, total}) => {
      console.log(`${done} of ${total} data sets, ${ledger.book('workflow').toFixed(1)} s`);
    },
  });
}

/** Everything is corrected by weights, which are kept: what the published order of steps gives can be read off, too. */
async function workflowOf(networks: AmortizedSampler): Promise<AmortizedWorkflow> {
  const simulated = await gevSimulator.simulate(createRng('out of distribution'), 5000);
  const summaries = networks.summaries(simulated.data);
  const detector = await outOfDistribution(summaries);
  tf.dispose([simulated.theta, simulated.data, summaries]);
  return amortizedWorkflow(networks, {
    model: gevModel,
    outOfDistribution: detector,
    correct: 'all',
    correction: 'weight',
    leastEss: 1000,
    sampler: {kind: 'nuts', chains: 16, warmup: 100, draws: 150},
    paired: true,
  });
}

/** Moments of each data set, and what they cost, as lines of a file. */
async function each<Found extends object>(
  part: string,
  rows: readonly Float32Array[],
  out: string,
  ledger: Ledger,
  find: (data: Float32Array, index: number) => Promise<Found>,
): Promise<void> {
  const file = join(out, `${part}.jsonl`);
  for (let index = readLines(file).length; index < rows.length; index++) {
    ledger.start();
    const found = await find(rows[index] as Float32Array, index);
    const seconds = ledger.book(part);
    appendLine(file, {index, seconds, ...found});
    console.log(`${part} ${index}: ${seconds.toFixed(1)} s`);
  }
}

await runAsProgram(import.meta.filename, main);
