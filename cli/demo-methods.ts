import {appendFileSync, existsSync, mkdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {initBackend} from '../src/backend/index.ts';
import {createRng} from '../src/random/index.ts';
import {mnist} from './demo/images.ts';
import {judge, loadTrial} from './demo/methods/judge.ts';
import type {Outcome} from './demo/methods/method.ts';
import {METHODS} from './demo/methods/methods.ts';
import {trainedMembers} from './demo/methods/trained-members.ts';

/**
 * `npm run demo:methods`: one small convolutional net on the digits of MNIST, by every method of the suite, as one table.
 *
 * Takes about an hour on two cores. Finished methods and nets are kept in `--folder`; a run that was stopped goes on there.
 */
interface Finished extends Outcome {
  readonly name: string;
  /** CPU seconds of training, without those of nets taken over ready-made. */
  readonly trainSeconds: number;
}

const {values} = parseArgs({
  options: {
    folder: {type: 'string', default: 'demo-methods'},
    train: {type: 'string', default: '60000'},
    epochs: {type: 'string', default: '5'},
    only: {type: 'string'},
  },
});
const [size, epochs] = [Number(values.train), Number(values.epochs)];
const folder = values.folder;
const log = join(folder, `methods-${size}-${epochs}.jsonl`);

function readFinished(): Finished[] {
  if (!existsSync(log)) return [];
  const lines = readFileSync(log, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Finished);
}

/** CPU seconds of this process: what other programs take does not count. */
function cpuSeconds(): number {
  const {user, system} = process.cpuUsage();
  return (user + system) / 1e6;
}

function table(rows: readonly Finished[], oneNet: number): string {
  const times = (value: number): string => `${value.toPrecision(2)} x`;
  const lines = rows.map(({name, scores, trainSeconds, members = 0, passes, memory}) => [
    name,
    `${(100 * scores.accuracy).toFixed(2)} %`,
    scores.negativeLogLikelihood.toFixed(4),
    scores.calibrationError.toFixed(4),
    scores.rotatedNegativeLogLikelihood.toFixed(3),
    scores.fashionAuroc.toFixed(4),
    times(members + trainSeconds / oneNet),
    times(passes),
    times(memory),
  ]);
  const head = [
    'method',
    'accuracy',
    'NLL',
    'ECE',
    'NLL, rotated',
    'AUROC, clothes',
    'training',
    'prediction',
    'memory',
  ];
  const rule = ['---', ...head.slice(1).map(() => '---:')];
  return [head, rule, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

await initBackend({prefer: 'wasm'});
mkdirSync(folder, {recursive: true});
const train = await mnist('train', size, createRng('train'));
const trial = await loadTrial();
const show = (done: number, total: number, loss: number): void => {
  if (done % 50 === 0 || done === total) process.stderr.write(`  ${done} of ${total} steps, loss ${loss.toFixed(3)}\n`);
};
const members = trainedMembers(folder, train, {epochs, onBatch: show, cpuSeconds});
for (const method of METHODS) {
  if (values.only !== undefined && values.only !== method.name) continue;
  if (readFinished().some(({name}) => name === method.name)) continue;
  process.stderr.write(`${method.name}\n`);
  let judging = 0;
  const [started, ready] = [cpuSeconds(), members.seconds()];
  const outcome = await method.run({
    train,
    epochs,
    member: members.get,
    judge: async (posterior, samples) => {
      const before = cpuSeconds();
      const scores = await judge(posterior, trial, samples);
      judging += cpuSeconds() - before;
      return scores;
    },
    rng: createRng(method.name),
    onBatch: show,
  });
  const trainSeconds = Math.max(0, cpuSeconds() - started - judging - (members.seconds() - ready));
  appendFileSync(log, `${JSON.stringify({name: method.name, trainSeconds, ...outcome} satisfies Finished)}\n`);
}
console.log(table(readFinished(), members.secondsOfOne()));
