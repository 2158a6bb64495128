import * as tf from '@tensorflow/tfjs-core';
import {ShapeError} from '../../src/errors.ts';
import {checkCounts} from '../flows/stack.ts';
import type {DataSets} from './simulator.ts';
import type {SummaryNetwork} from './summary-network.ts';
import {Standardizer} from './summary-standardizer.ts';

/** Options of {@link statisticsSummary}. */
export interface StatisticsSummaryOptions {
  /** C, how many statistics there are. */
  readonly outputDimension: number;
  /** The statistics [n, C] of n data sets; called inside `tf.tidy`. */
  readonly compute: (data: DataSets) => tf.Tensor2D;
}

/**
 * Summaries by a formula, with nothing to train: sufficient statistics where a model has them, as a generalized linear model has
 * X'y. They are standardized by their moments over the training data.
 *
 * @param options the formula.
 *
 * @throws ConfigError unless `outputDimension` is a whole number above 0; ShapeError if `compute` gives another shape.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {statisticsSummary} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const summary = statisticsSummary({
 *   outputDimension: 2,
 *   compute: (data) => {
 *     const {mean, variance} = tf.moments(data as tf.Tensor, 1);
 *     return tf.stack([mean, tf.log(variance)], 1) as tf.Tensor2D;
 *   },
 * });
 * const summaries = summary.summarize(tf.randomNormal([3, 20]));
 * console.log(summaries.shape);   // [3, 2]
 * tf.dispose(summaries);
 * summary.dispose();
 * ```
 */
export function statisticsSummary({outputDimension, compute}: StatisticsSummaryOptions): SummaryNetwork {
  checkCounts('statisticsSummary', {outputDimension: [outputDimension, 1]});
  const standardizer = new Standardizer(outputDimension);
  const statistics = (data: DataSets): tf.Tensor2D => {
    const computed = compute(data);
    if (computed.rank === 2 && computed.shape[1] === outputDimension) return computed;
    throw new ShapeError(
      `statisticsSummary: expected compute to give [n, ${outputDimension}], got [${computed.shape}]. One row is one data set.`,
    );
  };
  return {
    outputDimension,
    variables: [],
    constants: standardizer.constants,
    summarize: (data) => tf.tidy(() => standardizer.apply(statistics(data))),
    adapt: (data) => {
      tf.tidy(() => standardizer.adapt({elements: tf.expandDims(statistics(data), 1), mask: undefined}));
    },
    getConfig: () => ({kind: 'statistics', outputDimension}),
    dispose: () => tf.dispose([...standardizer.constants]),
  };
}
