import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {type DatasetOutcome, readOutcomes} from '../../inference/index.ts';
import {readLines} from '../support/json-lines.ts';
import {markdownTable} from '../support/markdown.ts';
import {type Agreement, agreement, momentsOfOutcome} from './agreement.ts';
import type {Ledger} from './ledger.ts';
import type {SampledMoments} from './reference.ts';

/** A data set whose posterior is known, with how close both kinds of draws come to it. */
interface Judged {
  readonly outcome: DatasetOutcome;
  /** Of the draws that the workflow gives. */
  readonly corrected: Agreement;
  /** Of the draws of the networks before any correction; the same where the sampler took over. */
  readonly published: Agreement;
}

type Line = SampledMoments & {readonly index: number; readonly seconds: number};

/** What a folder of the study holds, as Markdown. */
export async function gevTables(out: string, ledger: Ledger): Promise<string> {
  const outcomes = await readOutcomes(join(out, 'outcomes.jsonl'));
  const references = readLines<Line>(join(out, 'reference.jsonl'));
  const sampled = readLines<Line>(join(out, 'nuts.jsonl'));
  const judged: Judged[] = [];
  for (const reference of references) {
    const outcome = outcomes[reference.index];
    if (outcome === undefined) continue;
    const corrected = agreement(await momentsOfOutcome(outcome), reference);
    const asPublished = outcome.step !== 'mcmc' && !outcome.diagnostics.outOfDistribution;
    const published = asPublished ? agreement(await momentsOfOutcome(outcome, false), reference) : corrected;
    judged.push({outcome, corrected, published});
  }
  return [
    closedWorld(join(out, 'check.json')),
    steps(outcomes, judged),
    references.length === 0 ? '' : referenceLine(references),
    sampled.length === 0 ? '' : times(outcomes.length, ledger, sampled, references),
  ].join('\n\n');
}

function closedWorld(file: string): string {
  if (!existsSync(file)) return '';
  const {passed, parameters} = JSON.parse(readFileSync(file, 'utf8')) as {
    passed: boolean;
    parameters: {name: string; verdict: string; recovery: number; contraction: number; zMean: number; zSd: number}[];
  };
  return markdownTable(
    ['column of theta', 'recovery', 'contraction', 'mean z', 'sd z', `verdict (${passed ? 'passed' : 'not passed'})`],
    parameters.map(({name, recovery, contraction, zMean, zSd, verdict}) => [
      name,
      ...[recovery, contraction, zMean, zSd].map((value) => value.toFixed(3)),
      verdict,
    ]),
  );
}

/** Shares of the data sets by the step that gave the draws, and how many of the judged ones are accurate. */
function steps(outcomes: readonly DatasetOutcome[], judged: readonly Judged[]): string {
  const inside = ({diagnostics, step}: DatasetOutcome) => !diagnostics.outOfDistribution && step !== 'mcmc';
  const rows: [string, (outcome: DatasetOutcome) => boolean, 'corrected' | 'published'][] = [
    ['inside, draws of the networks as they are', inside, 'published'],
    ['inside, weights', inside, 'corrected'],
    ['flagged, weights', ({step, diagnostics}) => step === 'importance' && diagnostics.outOfDistribution, 'corrected'],
    ['sampler, accepted', ({step, status}) => step === 'mcmc' && status === 'accepted', 'corrected'],
    ['sampler, needs review', ({step, status}) => step === 'mcmc' && status !== 'accepted', 'corrected'],
    ['all, every one corrected', () => true, 'corrected'],
    ['all, only flagged ones corrected', () => true, 'published'],
  ];
  return markdownTable(
    ['data sets', 'count', 'judged', 'accurate', 'largest error of a mean, median', 'of a sd, median'],
    rows.map(([name, belongs, kind]) => {
      const some = judged.filter(({outcome}) => belongs(outcome)).map((one) => one[kind]);
      const accurate = some.filter((one) => one.accurate).length;
      return [
        name,
        String(outcomes.filter(belongs).length),
        String(some.length),
        some.length === 0 ? '' : `${((100 * accurate) / some.length).toFixed(1)} %`,
        some.length === 0 ? '' : median(some.map(({mean}) => mean)).toFixed(3),
        some.length === 0 ? '' : median(some.map(({sd}) => sd)).toFixed(3),
      ];
    }),
  );
}

function referenceLine(references: readonly Line[]): string {
  const seconds = references.reduce((sum, one) => sum + one.seconds, 0) / references.length;
  const ess = references.map((one) => one.ess);
  return (
    `Reference: ${references.length} data sets, smallest ESS ${Math.min(...ess).toFixed(0)}, median ${median(ess).toFixed(0)}, ` +
    `largest R-hat ${Math.max(...references.map(({rHat}) => rHat)).toFixed(4)}, ${seconds.toFixed(2)} s each on a density ` +
    'written by hand.'
  );
}

/** Processor seconds, and what NUTS one by one would take for as many data sets. */
function times(count: number, ledger: Ledger, sampled: readonly Line[], references: readonly Line[]): string {
  const each = sampled.reduce((sum, {seconds}) => sum + seconds, 0) / sampled.length;
  const ess = sampled.reduce((sum, one) => sum + one.ess / one.seconds, 0) / sampled.length;
  const all = each * count;
  const accurate = sampled.flatMap((one) => {
    const reference = references.find(({index}) => index === one.index);
    return reference === undefined ? [] : [agreement(one, reference)];
  });
  const [training, check, workflow] = ['training', 'check', 'workflow'].map((part) => ledger.total(part)) as [
    number,
    number,
    number,
  ];
  const byHand = references.reduce((sum, one) => sum + one.ess / one.seconds, 0) / references.length;
  const wanted = sampled.reduce((sum, one) => sum + one.ess, 0) / sampled.length;
  const ratio = (seconds: number) => `1/${(all / seconds).toFixed(0)}`;
  return markdownTable(
    ['part', 'processor seconds', 'of NUTS one by one'],
    [
      [`workflow, ${count} data sets`, workflow.toFixed(0), ratio(workflow)],
      ['training', training.toFixed(0), ''],
      ['closed-world checks', check.toFixed(0), ''],
      ['workflow, training and checks', (workflow + training + check).toFixed(0), ratio(workflow + training + check)],
      [
        `NUTS one by one, extrapolated from ${sampled.length} data sets at ${each.toFixed(1)} s, ${ess.toFixed(0)} ESS per ` +
          `second, ${accurate.filter((one) => one.accurate).length} of ${accurate.length} accurate`,
        all.toFixed(0),
        '1',
      ],
      [
        `NUTS on the density written by hand in plain numbers, ${byHand.toFixed(0)} ESS per second, to as many ESS`,
        ((count * wanted) / byHand).toFixed(0),
        ratio((count * wanted) / byHand),
      ],
    ],
  );
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number;
}
