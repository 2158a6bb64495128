import {parseArgs} from 'node:util';
import {Presets, SingleBar} from 'cli-progress';
import {initBackend} from '../src/backend/index.ts';
import {type ClassificationEvaluation, type ComparisonTable, compare, formatTable} from '../src/evaluation/index.ts';
import {imagesByCertainty, renderReport} from '../src/report/index.ts';
import {type Judgement, loadJudgement, type Outcome, type Progress, runExperiment} from './demo/experiment.ts';
import {SIDE} from './demo/images.ts';
import {medianEvaluations} from './demo/median.ts';
import {writeAtomically} from './write-atomically.ts';

const REPORT = 'report.html';
const SCORES = new Set(['accuracy', 'negativeLogLikelihood', 'brierScore', 'calibrationError', 'auroc', 'fprAt95']);

/** Shows each step as a progress bar of its own; plain lines where the output is no terminal. */
function progressBars(): {readonly progress: Progress; readonly stop: () => void} {
  let bar: SingleBar | undefined;
  let current = '';
  return {
    progress: (step, done, total, note = '') => {
      if (step !== current) {
        bar?.stop();
        current = step;
        const format = `${step.padEnd(32)} {bar} {percentage}% {note}`;
        bar = new SingleBar({format, noTTYOutput: true, notTTYSchedule: 5000, linewrap: null}, Presets.shades_classic);
        bar.start(total, 0, {note});
      }
      bar?.update(done, {note});
    },
    stop: () => bar?.stop(),
  };
}

function describe({temperature, priorPrecision, logMarginalLikelihood, laplaceSeconds}: Outcome): string {
  return [
    `Laplace posterior: fitted and tuned in ${laplaceSeconds.toFixed(1)} s;`,
    `prior precision ${priorPrecision.toPrecision(3)}, log marginal likelihood ${logMarginalLikelihood.toFixed(0)};`,
    `temperature of the scaled net ${temperature.toFixed(2)}.`,
  ].join(' ');
}

/** The comparison without the scores that only the report explains. */
function shortTable(evaluations: readonly ClassificationEvaluation[]): ComparisonTable {
  const {columns, rows} = compare(evaluations);
  return {columns, rows: rows.filter(({name}) => SCORES.has(name.split(': ').at(-1) ?? ''))};
}

/** What the numbers say on the three points that matter, good or bad. */
function verdicts(evaluations: readonly ClassificationEvaluation[]): string[] {
  const [map, scaled, laplace] = evaluations as [
    ClassificationEvaluation,
    ClassificationEvaluation,
    ClassificationEvaluation,
  ];
  const rotated = (evaluation: ClassificationEvaluation): number =>
    evaluation.shifts.reduce((sum, {scores}) => sum + scores.negativeLogLikelihood, 0) / evaluation.shifts.length;
  const auroc = (evaluation: ClassificationEvaluation): number => evaluation.ood[0]?.auroc ?? Number.NaN;
  const word = (better: boolean): string => (better ? 'better' : 'NOT better');
  return [
    `NLL on rotated digits: Laplace ${rotated(laplace).toFixed(3)}, ${word(rotated(laplace) < rotated(map))} than MAP ` +
      `${rotated(map).toFixed(3)} and ${word(rotated(laplace) < rotated(scaled))} than MAP temperature-scaled ${rotated(scaled).toFixed(3)}.`,
    `AUROC of telling FashionMNIST from digits by predictive entropy: Laplace ${auroc(laplace).toFixed(4)}, ` +
      `${word(auroc(laplace) > auroc(map))} than MAP ${auroc(map).toFixed(4)}.`,
    `Test accuracy: Laplace ${(100 * laplace.test.scores.accuracy).toFixed(2)}%, MAP ${(100 * map.test.scores.accuracy).toFixed(2)}%.`,
  ];
}

async function writeReport(judgement: Judgement, evaluations: readonly ClassificationEvaluation[]): Promise<void> {
  const {pixels} = judgement.test;
  const laplace = evaluations.at(-1) as ClassificationEvaluation;
  const page = await renderReport({
    title: 'How sure is a digit classifier?',
    description:
      'A small convolutional net trained on 10,000 MNIST digits, as it is (MAP), temperature-scaled on held-out digits, ' +
      'and with a last-layer Laplace posterior. Judged on 2,000 test digits, the same digits rotated by 15 to 90 degrees, ' +
      'and 2,000 FashionMNIST images.',
    evaluations,
    images: imagesByCertainty(laplace, {pixels, width: SIDE, height: SIDE}),
  });
  await writeAtomically('.', {[REPORT]: page});
}

async function main(): Promise<void> {
  const {values} = parseArgs({options: {seeds: {type: 'string', default: '1'}}});
  const seeds = Number(values.seeds);
  if (!Number.isInteger(seeds) || seeds < 1)
    throw new RangeError(`expected --seeds to be 1, 2, ..., got ${values.seeds}`);

  console.log((await initBackend()).message);
  const judgement = await loadJudgement();
  const outcomes: Outcome[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const {progress, stop} = progressBars();
    outcomes.push(await runExperiment(judgement, seed, progress));
    stop();
    console.log(`${seeds > 1 ? `Seed ${seed}. ` : ''}${describe(outcomes.at(-1) as Outcome)}`);
  }
  const evaluations = medianEvaluations(outcomes.map((outcome) => outcome.evaluations));
  console.log(`\n${formatTable(shortTable(evaluations))}\n`);
  console.log(`${seeds > 1 ? `Medians of ${seeds} seeds. ` : ''}${verdicts(evaluations).join('\n')}`);
  await writeReport(judgement, outcomes[0]?.evaluations ?? []);
  console.log(`\nOpen ${REPORT} for reliability diagrams, risk-coverage curves and the images it is least sure of.`);
}

await main();
