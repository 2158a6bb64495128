import type {Approximation} from './methods.ts';
import {GROUPS} from './model.ts';

/** How a method did on one data set. */
export interface Outcome extends Omit<Approximation, 'theta'> {
  readonly seed: number;
  readonly method: string;
  readonly exactLogEvidence: number;
  /** Posterior standard deviation of each column of theta. */
  readonly sds: readonly number[];
  /** Sliced Wasserstein distance to exact draws. */
  readonly wasserstein: number;
  readonly squaredError: number;
  readonly cpuSeconds?: number;
}

const PUBLISHED: Readonly<Record<string, string>> = {'mean-field ADVI': '11.77', 'flow VI': '0.62', DMVI: '0.46'};

/** A table for each data set, and one of means over the data sets. */
export function studyTables(outcomes: readonly Outcome[]): string {
  const seeds = [...new Set(outcomes.map(({seed}) => seed))].sort((a, b) => a - b);
  const parts = seeds.map((seed) =>
    dataSetTable(
      seed,
      outcomes.filter((one) => one.seed === seed),
    ),
  );
  return [...parts, publishedTable(outcomes, seeds.length)].join('\n\n');
}

function dataSetTable(seed: number, outcomes: readonly Outcome[]): string {
  const exact = outcomes.find(({method}) => method === 'exact');
  const long = outcomes.find(({method}) => method === 'NUTS');
  if (exact === undefined) return '';
  const rows = outcomes.map((one) => {
    const ratio = (reference: Outcome | undefined, from: number, to: number) =>
      reference === undefined
        ? ''
        : fixed(mean(one.sds.slice(from, to).map((sd, i) => sd / (reference.sds[from + i] as number))), 3);
    const beta = 3 + GROUPS;
    return [
      one.method,
      fixed(one.bound, 2),
      one.bound === undefined ? '' : fixed(one.exactLogEvidence - one.bound, 2),
      one.logEvidence === undefined ? '' : `${fixed(one.logEvidence, 2)} ± ${fixed(one.logEvidenceError, 2)}`,
      ratio(long, beta, one.sds.length),
      ...[
        [beta, one.sds.length],
        [3, beta],
        [1, 2],
        [2, 3],
      ].map(([from, to]) => ratio(exact, from as number, to as number)),
      fixed(one.wasserstein, 3),
      fixed(one.shape, 2),
      fixed(one.rHat, 3),
      one.method === 'exact' ? '' : fixed(one.cpuSeconds, 0),
    ];
  });
  const head = [
    '',
    'bound',
    'gap',
    'log Z by importance',
    'sd(beta) / NUTS',
    'sd(beta)',
    'sd(gamma)',
    'sd(log sigmaGamma)',
  ];
  const tail = ['sd(log sigmaBeta)', 'sliced W1', 'k-hat', 'R-hat', 'CPU s'];
  return `Data set ${seed}, log Z = ${fixed(exact.exactLogEvidence, 3)}\n\n${markdown([[...head, ...tail], ...rows])}`;
}

function publishedTable(outcomes: readonly Outcome[], sets: number): string {
  const methods = [...new Set(outcomes.map(({method}) => method))];
  const rows = methods.map((method) => {
    const own = outcomes.filter((one) => one.method === method);
    return [method, fixed(mean(own.map(({squaredError}) => squaredError)), 2), PUBLISHED[method] ?? ''];
  });
  return `Mean squared error to the truth, ${sets} data sets\n\n${markdown([['', 'here', 'published'], ...rows])}`;
}

function markdown(rows: readonly (readonly string[])[]): string {
  const [head, ...body] = rows.map((row) => `| ${row.join(' | ')} |`);
  return [head, `|${' --- |'.repeat(rows[0]?.length ?? 0)}`, ...body].join('\n');
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function fixed(value: number | undefined, digits: number): string {
  return value === undefined ? '' : value.toFixed(digits);
}
