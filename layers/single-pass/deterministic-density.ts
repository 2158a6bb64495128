import type * as tf from '@tensorflow/tfjs-core';
import {ConfigError, DataError, ShapeError} from '../../src/errors.ts';
import {countInputs, type Inputs} from '../../src/models/index.ts';
import {type DensityCovariance, fitClassGaussians} from './class-gaussians.ts';
import {FeatureDensity, type FeatureModel, featuresOf, readFeatures} from './feature-density.ts';

/** Options of {@link deterministicDensity}. */
export interface DeterministicDensityOptions {
  /**
   * `'per-class'` (default): each class its own covariance, as in DDU; needs many more examples of a class than features.
   * `'shared'`: one for all classes, as in linear discriminant analysis. `'diagonal'`: each class its own, without correlations.
   */
  readonly covariance?: DensityCovariance;
  /** Added to each variance, as a share of the mean variance of the features. Default 1e-6. */
  readonly ridge?: number;
}

/** A model whose features are still to be fitted. Made by {@link deterministicDensity}. */
export interface DeterministicDensity {
  /**
   * Fits the Gaussians in one pass, in float64.
   *
   * @param x inputs, N examples.
   * @param y integer labels [N, ...] or one-hot rows [N, ..., K]; negative labels and rows of zeros are left out. Left out
   *   altogether, one Gaussian is fitted to all.
   * @param options how to evaluate the model.
   * @param options.batchSize inputs evaluated at once. Default 256.
   */
  fit(x: Inputs, y?: tf.Tensor, options?: {batchSize?: number}): Promise<FeatureDensity>;
}

/**
 * Deep deterministic uncertainty: class-conditional Gaussians over the features of a trained net (Mukhoti et al. 2023; Lee et al. 2018).
 *
 *     p(features) = sum_c share_c N(features; mean_c, covariance_c)
 *
 * from what goes into the last Dense layer. The density tells inputs that are unlike the training data; for those that are like them the
 * entropy of the net's own softmax tells how ambiguous they are. Not a Posterior: it changes no prediction.
 *
 * Known limits: features collapse, that is, strange inputs may be mapped onto ordinary ones, unless training keeps distances (see
 * `spectralNormalization`); the log-density of many features has no calibrated scale, so that only its order counts.
 *
 * Throws `ConfigError` for options that it cannot use, and for a model whose last layer is not Dense.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {deterministicDensity} from 'tfjs-bayes/layers';
 *
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({
 *   layers: [
 *     tfl.layers.dense({units: 4, activation: 'tanh', inputShape: [2]}),
 *     tfl.layers.dense({units: 2, activation: 'softmax'}),
 *   ],
 * });
 * const x = tf.randomNormal([50, 2], 0, 1, 'float32', 1);
 * const y = tf.cast(tf.greater(tf.sum(x, 1), 0), 'int32');
 * const density = await deterministicDensity(model, {covariance: 'shared'}).fit(x, y);
 * console.log((await density.oodScore(tf.tensor2d([[0, 0], [5, -5]]))).length); // 2
 * ```
 */
export function deterministicDensity(
  model: FeatureModel,
  {covariance = 'per-class', ridge = 1e-6}: DeterministicDensityOptions = {},
): DeterministicDensity {
  if (!['per-class', 'shared', 'diagonal'].includes(covariance)) {
    throw new ConfigError(
      `deterministicDensity: expected covariance to be 'per-class', 'shared' or 'diagonal', got '${covariance}'. Choose one.`,
    );
  }
  if (!(ridge >= 0))
    throw new ConfigError(`deterministicDensity: expected ridge to be 0 or more, got ${ridge}. Leave it out.`);
  const features = featuresOf(model, 'deterministicDensity');
  return {
    fit: async (x, y, {batchSize} = {}) => {
      const rows = await readFeatures(features, x, batchSize);
      const labels = y ? await readLabels(y, countInputs(x), rows.rows) : new Int32Array(rows.rows);
      if (!labels.some((label) => label >= 0)) {
        throw new DataError('deterministicDensity.fit: expected examples with a label, got none. Pass labels from 0.');
      }
      return new FeatureDensity(model, fitClassGaussians(rows, labels, {covariance, ridge}));
    },
  };
}

/** A label for each row of features, -1 where it is left out. */
async function readLabels(y: tf.Tensor, examples: number, rows: number): Promise<Int32Array> {
  const classes = y.size / rows;
  if (y.shape[0] !== examples || !Number.isInteger(classes) || classes < 1) {
    throw new ShapeError(
      `deterministicDensity.fit: expected labels or one-hot rows for ${examples} examples, got y of shape [${y.shape}]. ` +
        'Give one target for each example.',
    );
  }
  const values = await y.data();
  if (classes === 1) return Int32Array.from(values);
  return Int32Array.from({length: rows}, (_, i) => {
    const row = Array.from(values.slice(i * classes, (i + 1) * classes));
    return row.some((value) => value > 0) ? row.indexOf(Math.max(...row)) : -1;
  });
}
