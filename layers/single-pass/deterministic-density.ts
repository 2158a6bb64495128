import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError, DataError, ShapeError} from '../../src/errors.ts';
import {type Matrix, matrix} from '../../src/linalg/index.ts';
import {countInputs, createNet, type Inputs} from '../../src/models/index.ts';
import {inBatches} from './batches.ts';
import {
  type ClassGaussians,
  type DensityCovariance,
  fitClassGaussians,
  mixtureLogDensity,
  squaredDistances,
} from './class-gaussians.ts';

/** How unusual the features of an input are; see {@link FeatureDensity.oodScore}. */
export type DensityScore = 'density' | 'mahalanobis' | 'relative-mahalanobis';

/** Where features come from: a model, of which what goes into the last Dense layer, or a function to features [N, ..., D]. */
export type FeatureModel = tfl.LayersModel | ((x: Inputs) => tf.Tensor);

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

/** Density of the features that a net gives to its training data: scores for inputs that are not like them. */
export class FeatureDensity {
  /** The fitted Gaussians. */
  readonly gaussians: ClassGaussians;
  readonly #features: (x: Inputs) => tf.Tensor;

  /** @internal */
  constructor(features: (x: Inputs) => tf.Tensor, gaussians: ClassGaussians) {
    this.#features = features;
    this.gaussians = gaussians;
  }

  /** log p(features) of each input, [N ...], in nats: positions of inner axes one after the other. */
  async logDensity(x: Inputs, {batchSize}: {batchSize?: number} = {}): Promise<Float64Array> {
    return mixtureLogDensity(await readFeatures(this.#features, x, batchSize), this.gaussians.classes);
  }

  /**
   * How unusual each input is, [N ...]; higher is more so, for `auroc`.
   *
   * `'density'` (default) is minus `logDensity`; `'mahalanobis'` the least squared Mahalanobis distance to a class (Lee et al. 2018);
   * `'relative-mahalanobis'` that minus the distance to the Gaussian of all examples, which cancels what says nothing about classes
   * (Ren et al. 2021).
   *
   * @param x inputs of the model.
   * @param options the score and the evaluation.
   * @param options.score which score.
   * @param options.batchSize inputs evaluated at once. Default 256.
   */
  async oodScore(
    x: Inputs,
    {score = 'density', batchSize}: {score?: DensityScore; batchSize?: number} = {},
  ): Promise<Float64Array> {
    const rows = await readFeatures(this.#features, x, batchSize);
    const {classes, background} = this.gaussians;
    if (score === 'density') return mixtureLogDensity(rows, classes).map((value) => -value);
    if (score !== 'mahalanobis' && score !== 'relative-mahalanobis') {
      throw new ConfigError(
        `deterministicDensity.oodScore: expected score to be 'density', 'mahalanobis' or 'relative-mahalanobis', got '${score}'. ` +
          'Choose one of these.',
      );
    }
    const distances = classes.map((gaussian) => squaredDistances(rows, gaussian));
    const nearest = Float64Array.from({length: rows.rows}, (_, i) =>
      Math.min(...distances.map((one) => one[i] as number)),
    );
    if (score === 'mahalanobis') return nearest;
    const whole = squaredDistances(rows, background);
    return nearest.map((value, i) => value - (whole[i] as number));
  }
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
  const features = featuresOf(model);
  return {
    fit: async (x, y, {batchSize} = {}) => {
      const rows = await readFeatures(features, x, batchSize);
      const labels = y ? await readLabels(y, countInputs(x), rows.rows) : new Int32Array(rows.rows);
      if (!labels.some((label) => label >= 0)) {
        throw new DataError('deterministicDensity.fit: expected examples with a label, got none. Pass labels from 0.');
      }
      return new FeatureDensity(features, fitClassGaussians(rows, labels, {covariance, ridge}));
    },
  };
}

function featuresOf(model: FeatureModel): (x: Inputs) => tf.Tensor {
  if (typeof model === 'function') return model;
  const net = createNet(model, {caller: 'deterministicDensity'});
  net.lastLayer; // throws where there is none
  return (x) => tf.tidy(() => net.features(x).features);
}

async function readFeatures(
  features: (x: Inputs) => tf.Tensor,
  x: Inputs,
  batchSize: number | undefined,
): Promise<Matrix> {
  const tensor = inBatches(x, batchSize, features);
  try {
    const values = Float64Array.from(await tensor.data());
    if (!values.every(Number.isFinite)) {
      throw new DataError(
        "deterministicDensity: expected finite features, got NaN or infinities. Look for them in x and in the model's weights.",
      );
    }
    const size = tensor.shape.at(-1) as number;
    return matrix(values.length / size, size, values);
  } finally {
    tensor.dispose();
  }
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
