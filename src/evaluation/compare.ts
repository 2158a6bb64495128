import type {Posterior} from '../posterior/posterior.ts';
import {type CompareOptions, type ComparisonTable, comparisonTable} from './comparison-table.ts';
import {type EvaluateOptions, evaluate} from './evaluate.ts';
import type {Evaluation} from './evaluation.ts';
import type {EvaluationData} from './evaluation-data.ts';

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
  return comparisonTable(models, second as CompareOptions);
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
  return {evaluations, table: comparisonTable(evaluations, {details: detailRows})};
}
