import {markdownTable} from '../support/markdown.ts';
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

const COLUMNS_OF_TABLE = [
  ...['data set', 'method', 'bound', 'gap', 'log Z by importance', 'k-hat'],
  ...['sd(beta)', 'sd(gamma)', 'sd(log sigmaGamma)', 'sd(log sigmaBeta)', 'sliced W1', 'R-hat', 'CPU s'],
];

/** A row for each data set and method, then the published metric averaged over the data sets. */
export function studyTables(outcomes: readonly Outcome[]): string {
  const seeds = [...new Set(outcomes.map(({seed}) => seed))].sort((a, b) => a - b);
  const rows = seeds.flatMap((seed) => rowsOf(outcomes.filter((one) => one.seed === seed)));
  return [markdownTable(COLUMNS_OF_TABLE, rows), publishedTable(outcomes, seeds.length)].join('\n\n');
}

/** Standard deviations as multiples of the exact ones. */
function rowsOf(outcomes: readonly Outcome[]): string[][] {
  const exact = outcomes.find(({method}) => method === 'exact');
  if (exact === undefined) return [];
  return outcomes.map((one) => {
    const ratio = (from: number, to: number) =>
      fixed(mean(one.sds.slice(from, to).map((sd, i) => sd / (exact.sds[from + i] as number))), 3);
    const [gamma, beta] = [3, 3 + GROUPS];
    return [
      `${one.seed}`,
      one.method,
      fixed(one === exact ? exact.exactLogEvidence : one.bound, 2),
      one.bound === undefined ? '' : fixed(one.exactLogEvidence - one.bound, 2),
      one.logEvidence === undefined ? '' : `${fixed(one.logEvidence, 2)} ± ${fixed(one.logEvidenceError, 2)}`,
      fixed(one.shape, 2),
      ratio(beta, one.sds.length),
      ratio(gamma, beta),
      ratio(1, 2),
      ratio(2, 3),
      fixed(one.wasserstein, 3),
      fixed(one.rHat, 3),
      one === exact ? '' : fixed(one.cpuSeconds, 0),
    ];
  });
}

function publishedTable(outcomes: readonly Outcome[], sets: number): string {
  const methods = [...new Set(outcomes.map(({method}) => method))];
  const rows = methods.map((method) => {
    const own = outcomes.filter((one) => one.method === method);
    return [method, fixed(mean(own.map(({squaredError}) => squaredError)), 2), PUBLISHED[method] ?? ''];
  });
  return `Mean squared error to the truth, ${sets} data sets\n\n${markdownTable(['', 'here', 'published'], rows)}`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function fixed(value: number | undefined, digits: number): string {
  return value === undefined ? '' : value.toFixed(digits);
}
