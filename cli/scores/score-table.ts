import type {ComparisonRow, ComparisonTable} from '../../src/evaluation/comparison-table.ts';
import {bestPositions, formatScore, scoreInfo} from '../../src/evaluation/score-info.ts';
import type {Scores} from './score-stream.ts';

const labels: {readonly [name: string]: string} = {
  pinballLoss: 'Pinball loss, mean over levels',
  absoluteError: 'Absolute error of the median',
};

/** The scores of several files side by side, also of kinds that share some scores only. */
export function scoreTable(files: ReadonlyArray<Pick<Scores, 'scores'> & {readonly name: string}>): ComparisonTable {
  const names = new Set(files.flatMap(({scores}) => Object.keys(scores)));
  const rows = [...names].map((name): ComparisonRow => {
    const values = files.map(({scores}) => scores[name]);
    const {label, meaning} = scoreInfo(name);
    const interval = intervalOf(name);
    const like = interval === undefined ? name : `${interval.what}90`;
    return {
      name,
      label: labels[name] ?? interval?.label ?? label,
      meaning,
      values,
      shown: values.map((value) => (value === undefined ? '-' : formatScore(like, value))),
      best: values.length < 2 || values.includes(undefined) ? [] : bestOf(name, values),
    };
  });
  return {columns: files.map(({name}) => name), rows};
}

/** The best of scores, also of those that only the files of this command have. */
function bestOf(name: string, values: ReadonlyArray<number | undefined>): number[] {
  const interval = intervalOf(name);
  if (interval?.what === 'width') return [];
  const numbers = values as readonly number[];
  if (interval === undefined) return bestPositions(Object.hasOwn(labels, name) ? 'crps' : name, values);
  const distances = numbers.map((value) => Math.abs(value - interval.level));
  return bestPositions('crps', distances);
}

/** What a score says about an interval whose level the quantiles of a file gave. */
function intervalOf(name: string): {what: 'coverage' | 'width'; level: number; label: string} | undefined {
  const [, what, level] = /^(coverage|width)([\d.]+)$/.exec(name) ?? [];
  if (what !== 'coverage' && what !== 'width') return undefined;
  const word = what === 'coverage' ? 'Coverage' : 'Width';
  return {what, level: Number(level) / 100, label: `${word} of ${level}% intervals`};
}
