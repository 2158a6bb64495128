import {ConfigError} from '../errors.ts';
import type {Evaluation} from './evaluation.ts';
import {type PairedDifference, pairedDifferences} from './paired-differences.ts';
import {bestPositions, formatScore, scoreInfo} from './score-info.ts';
import type {ScoreInterval, ScoreIntervals} from './scores.ts';

/** One score of all models. */
export interface ComparisonRow {
  /** Name of the score, such as `accuracy`; for shifted and foreign data with the name of the data before it. */
  readonly name: string;
  /** Its label. */
  readonly label: string;
  /** What it means, in plain words. */
  readonly meaning: string;
  /** The group of a score beyond the main ones; none for the main ones. */
  readonly group?: string;
  /** One value per model; undefined where a model was not judged on it. */
  readonly values: ReadonlyArray<number | undefined>;
  /** The values as text. */
  readonly shown: readonly string[];
  /** Their intervals, where the evaluations have them. */
  readonly intervals?: ReadonlyArray<ScoreInterval | undefined>;
  /** Which models are best: positions in `values`. Empty for scores that describe without judging and where all are alike. */
  readonly best: readonly number[];
}

/** The scores of several models side by side. */
export interface ComparisonTable {
  /** Names of the models. */
  readonly columns: readonly string[];
  /** One row per score. */
  readonly rows: readonly ComparisonRow[];
  /** Paired differences, where the evaluations of two or more models kept their losses (`keepLosses`). */
  readonly differences?: readonly PairedDifference[];
}

/** Options of `compare`. */
export interface CompareOptions {
  /** Rows for the scores beyond the main ones too, group by group. Default false. */
  readonly details?: boolean;
}

/** The scores of evaluations side by side; what `compare` gives of them, without the ground floors of models. */
export function comparisonTable(
  evaluations: readonly Evaluation[],
  {details = false}: CompareOptions = {},
): ComparisonTable {
  checkComparable(evaluations, 'compare');
  const found = evaluations.map((evaluation) => collectScores(evaluation, details));
  const keys = new Map<string, Omit<FoundScore, 'value'>>();
  for (const scores of found) for (const [key, score] of scores) keys.set(key, score);
  const rows = [...keys].map(([name, {score, prefix, group}]): ComparisonRow => {
    const values = found.map((scores) => scores.get(name)?.value);
    const {label, meaning} = scoreInfo(score);
    return {
      name,
      label: prefix === '' ? label : `${prefix}: ${label}`,
      meaning,
      ...(group !== undefined && {group}),
      values,
      shown: values.map((value) => (value === undefined ? '-' : formatScore(score, value))),
      intervals: found.map((scores) => scores.get(name)?.interval),
      best: values.length < 2 ? [] : bestPositions(score, values),
    };
  });
  const differences = pairedDifferences(evaluations);
  return {columns: evaluations.map(({name}) => name), rows, ...(differences.length > 0 && {differences})};
}

/** Checks that evaluations can stand in one table. */
export function checkComparable(evaluations: readonly Evaluation[], caller: string): void {
  const names = evaluations.map(({name}) => name);
  if (names.length === 0) {
    throw new ConfigError(`${caller}: expected at least one evaluation, got none. Pass what evaluate returned.`);
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new ConfigError(
      `${caller}: expected a different name for each evaluation, got '${twice}' twice. Pass {name} to evaluate.`,
    );
  }
  if (new Set(evaluations.map(({kind}) => kind)).size > 1) {
    throw new ConfigError(
      `${caller}: expected evaluations of one kind, got classification and regression. Compare them apart.`,
    );
  }
}

interface FoundScore {
  readonly score: string;
  readonly prefix: string;
  readonly value: number;
  readonly group?: string;
  readonly interval?: ScoreInterval;
}

function collectScores(evaluation: Evaluation, details: boolean): Map<string, FoundScore> {
  const found = new Map<string, FoundScore>();
  const add = (prefix: string, scores: object, group?: string, intervals: ScoreIntervals = {}): void => {
    for (const [score, value] of Object.entries(scores)) {
      if (typeof value !== 'number') continue;
      const interval = intervals[score];
      found.set(prefix === '' ? score : `${prefix}: ${score}`, {
        score,
        prefix,
        value,
        ...(group !== undefined && {group}),
        ...(interval && {interval}),
      });
    }
  };
  const {test, shifts, shiftMean, ood, recalibrated} = evaluation;
  add('', test.scores, undefined, test.intervals);
  for (const {name, level, scores} of shifts) add(level === undefined ? name : `${name} ${level}`, scores);
  if (shifts.length > 1 && shiftMean !== undefined) add('mean over shifts', shiftMean);
  for (const {name, auroc, averagePrecision, fprAt95} of ood) {
    add(name, {auroc, averagePrecision, fprAt95});
  }
  if (recalibrated !== undefined) add('recalibrated', recalibrated.test.scores, undefined, recalibrated.test.intervals);
  if (!details) return found;
  for (const [group, scores] of Object.entries(test.details ?? {})) add('', scores, group);
  for (const {name, detection = []} of ood) {
    for (const {score, ...scores} of detection) add(`${name} by ${score}`, scores, 'foreign inputs');
  }
  return found;
}
