import type {ComparisonRow} from '../../src/evaluation/comparison-table.ts';
import {formatTable} from '../../src/evaluation/format-table.ts';
import {formatScore, scoreInfo} from '../../src/evaluation/score-info.ts';
import type {Format} from '../options/printing.ts';
import {csvText} from '../output/csv-text.ts';
import type {Contest, Contestant} from './contest.ts';

const lossLabels: {readonly [name: string]: string} = {
  errorRate: 'Error rate',
  squaredError: 'Squared error',
  absoluteError: 'Absolute error of the median',
  pinballLoss: 'Pinball loss, mean over levels',
};

/** Contests as a table in text or Markdown, or as CSV. */
export function printComparison(contests: readonly Contest[], format: Exclude<Format, 'json'>): string {
  if (format === 'csv') return csvText(csvRows(contests)).trimEnd();
  const columns = contests[0]?.models.map(({name}) => name) ?? [];
  const table = formatTable({columns, rows: contests.flatMap(tableRows)}, {style: format});
  return `${table}\n\n${explanation(contests)}`;
}

function tableRows({loss, level, models}: Contest): ComparisonRow[] {
  const label = lossLabels[loss] ?? scoreInfo(loss).label;
  const least = Math.min(...models.map(({mean}) => mean));
  const best = models.flatMap(({mean}, i) => (mean === least ? [i] : []));
  const row = (name: string, cell: (model: Contestant) => string, marked: readonly number[] = []): ComparisonRow => ({
    name: `${loss} ${name}`,
    label: name === '' ? label : `- ${name}`,
    meaning: '',
    values: models.map(({mean}) => mean),
    shown: models.map(cell),
    best: marked,
  });
  const signed = (value: number): string => `${value > 0 ? '+' : ''}${formatScore(loss, value)}`;
  return [
    row('', ({mean}) => formatScore(loss, mean), best.length === models.length ? [] : best),
    row('difference to the baseline', ({difference}) => (difference === undefined ? '-' : signed(difference.estimate))),
    row(`${Number((100 * level).toFixed(6))}% interval`, ({difference}) => {
      return difference === undefined ? '-' : `${signed(difference.low)} to ${signed(difference.high)}`;
    }),
    row('p', ({difference}) => (difference === undefined ? '-' : shortP(difference.pValue))),
    row('mean rank', ({meanRank}) => meanRank.toFixed(2)),
  ];
}

function shortP(p: number): string {
  return p < 0.0001 ? '<0.0001' : p.toFixed(4);
}

function explanation([contest]: readonly Contest[]): string {
  if (contest === undefined) return '';
  const {count, criticalDifference} = contest;
  return (
    `${count.toLocaleString('en')} examples; lower is better everywhere. Mean ranks differ by more than chance where they are ` +
    `${criticalDifference.toPrecision(2)} or more apart.`
  );
}

function csvRows(contests: readonly Contest[]): string[][] {
  const header = ['loss', 'model', 'mean', 'difference', 'low', 'high', 'p', 'meanRank', 'criticalDifference'];
  const cell = (value: number | undefined): string => (value === undefined ? '' : String(value));
  const rows = contests.flatMap(({loss, models, criticalDifference}) =>
    models.map(({name, mean, meanRank, difference}) => [
      loss,
      name,
      cell(mean),
      ...[
        difference?.estimate,
        difference?.low,
        difference?.high,
        difference?.pValue,
        meanRank,
        criticalDifference,
      ].map(cell),
    ]),
  );
  return [header, ...rows];
}
