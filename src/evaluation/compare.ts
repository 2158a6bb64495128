import {ConfigError} from '../errors.ts';
import type {Posterior} from '../posterior/posterior.ts';
import {type EvaluateOptions, evaluate} from './evaluate.ts';
import type {Evaluation} from './evaluation.ts';
import type {EvaluationData} from './evaluation-data.ts';
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

/** Options of {@link compare}. */
export interface CompareOptions {
  /** Rows for the scores beyond the main ones too, group by group. Default false. */
  readonly details?: boolean;
}

/** Several posteriors judged on the same data. */
export interface PosteriorComparison {
  /** One evaluation per posterior. */
  readonly evaluations: readonly Evaluation[];
  /** Their scores side by side. */
  readonly table: ComparisonTable;
}

/**
 * Puts the scores of several models side by side and marks the best of each.
 *
 * Best means best by the shown digits: values that read alike are alike. Whether a difference is more than chance is
 * another question, which `differences` answer: paired over the examples, where evaluations were made with `keepLosses`.
 * {@link meanRanks} answers it over several data sets.
 *
 * @param evaluations What `evaluate` or `evaluatePredictions` returned for each model.
 * @param options See {@link CompareOptions}.
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
export function compare(evaluations: readonly Evaluation[], options?: CompareOptions): ComparisonTable;
/**
 * Judges several posteriors on the same data and puts their scores side by side.
 *
 * @param posteriors The posteriors, by name.
 * @param data What `evaluate` takes.
 * @param options Those of `evaluate` but for the name, and {@link CompareOptions}; losses are kept for the paired differences.
 * @throws ConfigError where there is no posterior.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {calibrated, compare, formatTable, initBackend, loadDataset, pointEstimate} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const {x, y, rows, features} = await loadDataset('wine');
 * const inputs = tf.tensor2d(x, [rows, features]);
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 3, activation: 'softmax', inputShape: [features]})]});
 * const plain = pointEstimate(model);
 * const {table} = await compare({plain, warm: calibrated(plain, {temperature: 50})}, {test: {x: inputs, y}});
 * console.log(formatTable(table), table.differences?.[0]?.pValue);
 * inputs.dispose();
 * ```
 */
export function compare(
  posteriors: Readonly<Record<string, Posterior>>,
  data: EvaluationData,
  options?: Omit<EvaluateOptions, 'name'> & {
    /** Rows for the scores beyond the main ones too. Default false. */
    readonly detailRows?: boolean;
  },
): Promise<PosteriorComparison>;
export function compare(
  models: readonly Evaluation[] | Readonly<Record<string, Posterior>>,
  second: CompareOptions | EvaluationData = {},
  options: Omit<EvaluateOptions, 'name'> & {readonly detailRows?: boolean} = {},
): ComparisonTable | Promise<PosteriorComparison> {
  if (!isList(models)) return comparePosteriors(models, second as EvaluationData, options);
  return tableOf(models, second as CompareOptions);
}

function isList(models: readonly Evaluation[] | Readonly<Record<string, Posterior>>): models is readonly Evaluation[] {
  return Array.isArray(models);
}

async function comparePosteriors(
  posteriors: Readonly<Record<string, Posterior>>,
  data: EvaluationData,
  {detailRows = false, ...options}: Omit<EvaluateOptions, 'name'> & {readonly detailRows?: boolean},
): Promise<PosteriorComparison> {
  const evaluations: Evaluation[] = [];
  for (const [name, posterior] of Object.entries(posteriors)) {
    evaluations.push(await evaluate(posterior, data, {keepLosses: true, ...options, name}));
  }
  return {evaluations, table: tableOf(evaluations, {details: detailRows})};
}

function tableOf(evaluations: readonly Evaluation[], {details = false}: CompareOptions): ComparisonTable {
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
