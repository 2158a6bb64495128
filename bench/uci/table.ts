import {markdownTable} from '../support/markdown.ts';
import type {Method, Scores} from './methods.ts';
import type {UciSet} from './task.ts';

/** A line of the results file. */
export interface Result extends Scores {
  readonly set: string;
  readonly split: number;
  readonly method: Method;
}

/** Mean and standard error of one score, `2.401 ± 0.043`; empty where there is none. */
function cell(values: readonly number[]): string {
  if (values.length === 0) return '';
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const error = values.length > 1 ? Math.sqrt(squares / (values.length - 1) / values.length) : Number.NaN;
  const digits = Math.abs(mean) < 0.5 ? 4 : 3;
  return `${mean.toFixed(digits)} ± ${error.toFixed(digits)}`;
}

/** One Markdown table of a score: a row for each set, a column for each method and for MC dropout as published. */
export function scoreTable(
  results: readonly Result[],
  sets: readonly UciSet[],
  methods: readonly Method[],
  score: 'logLikelihood' | 'rmse' | 'validation',
): string {
  const head = ['set', 'splits', ...methods, ...(score === 'validation' ? [] : ['MC dropout, published'])];
  const rows = sets
    .filter(({name}) => results.some(({set}) => set === name))
    .map(({name, published}) => {
      const ofSet = results.filter(({set}) => set === name);
      const count = new Set(ofSet.map(({split}) => split)).size;
      const cells = methods.map((method) =>
        cell(ofSet.filter((one) => one.method === method).map((one) => one[score])),
      );
      if (score === 'validation') return [name, `${count}`, ...cells];
      const theirs = published
        ? score === 'rmse'
          ? published.test_rmse_mean.toFixed(3)
          : `${published.test_log_likelihood_mean.toFixed(3)} ± ${published.test_log_likelihood_stderr.toFixed(3)}`
        : '';
      return [name, `${count}`, ...cells, theirs];
    });
  return markdownTable(head, rows, {words: 1});
}
