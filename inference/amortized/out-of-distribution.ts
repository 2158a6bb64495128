import type * as tf from '@tensorflow/tfjs-core';
import {ConfigError, ShapeError} from '../../src/errors.ts';
import {cholesky, gram, matrix, solveLower} from '../../src/linalg/index.ts';
import {sortedQuantile} from '../../src/metrics/interval-estimate.ts';

/** Says which data sets are unlike those that an amortized posterior was trained on. */
export interface OutOfDistribution {
  /** The distance above which a data set counts as unlike. */
  readonly threshold: number;
  /** C, the number of columns of the summaries. */
  readonly summaryDimension: number;
  /**
   * The Mahalanobis distance of each row from the training summaries' mean, [n].
   *
   * @param summaries one row for each data set, [n, C].
   */
  distances(summaries: tf.Tensor2D): Promise<Float64Array>;
}

/** Options of {@link outOfDistribution}. */
export interface OutOfDistributionOptions {
  /** The share of the training distances that the threshold lies above; default 0.95. */
  readonly quantile?: number;
  /** The largest number of training summaries that are used, the first ones; default 10000. */
  readonly limit?: number;
}

/**
 * Fits a detector of data sets that an amortized posterior was not trained for: far from its training data in the space of
 * the summaries s that its flow is conditioned on.
 *
 *     distance(s) = sqrt((s - mean)^T covariance^-1 (s - mean)),   threshold = the quantile of the training distances
 *
 * About 1 - `quantile` of the data sets that come from the prior lie above the threshold, too.
 *
 * Source: Schmitt, Bürkner, Köthe and Radev (2024).
 *
 * @param summaries summaries of data sets from the prior, [n, C]; more rows than columns.
 * @param options where the threshold lies.
 *
 * @throws ConfigError unless 0 < quantile < 1.
 * @throws ShapeError unless there are more rows than columns.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {outOfDistribution} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const trained = tf.randomNormal([1000, 2], 0, 1, 'float32', 1) as tf.Tensor2D;
 * const {threshold, distances} = await outOfDistribution(trained);
 * const [near, far] = await distances(tf.tensor2d([[0, 0], [5, 5]]));
 * console.log((near as number) < threshold, (far as number) > threshold);   // true true
 * ```
 */
export async function outOfDistribution(
  summaries: tf.Tensor2D,
  {quantile = 0.95, limit = 10_000}: OutOfDistributionOptions = {},
): Promise<OutOfDistribution> {
  const [given, columns] = summaries.shape;
  const rows = Math.min(given, limit);
  if (!(quantile > 0 && quantile < 1)) {
    throw new ConfigError(`outOfDistribution: expected quantile between 0 and 1, got ${quantile}. Use 0.95.`);
  }
  if (rows <= columns) {
    throw new ShapeError(
      `outOfDistribution: expected more summaries than their ${columns} columns, got ${rows}. Simulate more data sets.`,
    );
  }
  const values = Float64Array.from((await summaries.data()).subarray(0, rows * columns));
  const mean = new Float64Array(columns);
  for (let i = 0; i < values.length; i++)
    mean[i % columns] = (mean[i % columns] as number) + (values[i] as number) / rows;
  const centre = (from: ArrayLike<number>) =>
    matrix(
      from.length / columns,
      columns,
      Float64Array.from(from, (value, i) => value - (mean[i % columns] as number)),
    );
  const centred = centre(values);
  const covariance = gram(centred);
  for (let i = 0; i < covariance.data.length; i++) covariance.data[i] = (covariance.data[i] as number) / (rows - 1);
  const {factor} = cholesky(covariance, {name: 'covariance of the summaries'});

  /** The norm of L^-1 of each row. */
  const norms = (rowsOf: typeof centred) =>
    Float64Array.from({length: rowsOf.rows}, (_, row) =>
      Math.hypot(...solveLower(factor, rowsOf.data.slice(row * columns, (row + 1) * columns))),
    );
  return {
    threshold: sortedQuantile(norms(centred).sort(), quantile),
    summaryDimension: columns,
    distances: async (asked) => {
      if (asked.shape[1] !== columns) {
        throw new ShapeError(
          `distances: expected summaries of ${columns} columns, got [${asked.shape}]. Use the same summary network.`,
        );
      }
      return norms(centre(await asked.data()));
    },
  };
}
