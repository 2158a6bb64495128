import {ConfigError} from '../errors.ts';
import type {Evaluation} from './evaluation.ts';
import {bestPositions, formatScore, scoreInfo} from './score-info.ts';

/** One score of all models. */
export interface ComparisonRow {
  /** Name of the score, such as `accuracy`; for shifted and foreign data with the name of the data before it. */
  readonly name: string;
  /** Its label. */
  readonly label: string;
  /** What it means, in plain words. */
  readonly meaning: string;
  /** One value per model; undefined where a model was not judged on it. */
  readonly values: ReadonlyArray<number | undefined>;
  /** The values as text. */
  readonly shown: readonly string[];
  /** Which models are best: positions in `values`. Empty for scores that describe without judging and where all are alike. */
  readonly best: readonly number[];
}

/** The scores of several models side by side. */
export interface ComparisonTable {
  /** Names of the models. */
  readonly columns: readonly string[];
  /** One row per score. */
  readonly rows: readonly ComparisonRow[];
}

/**
 * Puts the scores of several models side by side and marks the best of each.
 *
 * Best means best by the shown digits: values that read alike are alike. Whether a difference is more than chance is
 * another question; see the standard errors of each evaluation.
 *
 * @throws ConfigError where there is no evaluation, names repeat, or classification is mixed with regression.
 * @example
 * ```ts
 * import {compare, evaluatePredictions, formatTable} from 'tfjs-bayes';
 * const labels = [0, 1, 1];
 * const sharp = evaluatePredictions({probs: [[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]], labels}, {name: 'sharp'});
 * const vague = evaluatePredictions({probs: [[0.6, 0.4], [0.4, 0.6], [0.5, 0.5]], labels}, {name: 'vague'});
 * console.log(formatTable(compare([sharp, vague])));
 * ```
 */
export function compare(evaluations: readonly Evaluation[]): ComparisonTable {
  checkComparable(evaluations, 'compare');
  const found = evaluations.map(collectScores);
  const keys = new Map<string, {score: string; prefix: string}>();
  for (const scores of found) for (const [key, {score, prefix}] of scores) keys.set(key, {score, prefix});
  const rows = [...keys].map(([name, {score, prefix}]): ComparisonRow => {
    const values = found.map((scores) => scores.get(name)?.value);
    const {label, meaning} = scoreInfo(score);
    return {
      name,
      label: prefix === '' ? label : `${prefix}: ${label}`,
      meaning,
      values,
      shown: values.map((value) => (value === undefined ? '-' : formatScore(score, value))),
      best: values.length < 2 ? [] : bestPositions(score, values),
    };
  });
  return {columns: evaluations.map(({name}) => name), rows};
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
}

function collectScores(evaluation: Evaluation): Map<string, FoundScore> {
  const found = new Map<string, FoundScore>();
  const add = (prefix: string, scores: object): void => {
    for (const [score, value] of Object.entries(scores)) {
      if (typeof value === 'number') found.set(prefix === '' ? score : `${prefix}: ${score}`, {score, prefix, value});
    }
  };
  add('', evaluation.test.scores);
  for (const {name, level, scores} of evaluation.shifts) add(level === undefined ? name : `${name} ${level}`, scores);
  for (const {name, auroc, averagePrecision, fprAt95} of evaluation.ood) {
    add(name, {auroc, averagePrecision, fprAt95});
  }
  return found;
}
