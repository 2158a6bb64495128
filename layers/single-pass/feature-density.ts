import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError, DataError} from '../../src/errors.ts';
import {type Matrix, matrix} from '../../src/linalg/index.ts';
import {createNet, type Inputs} from '../../src/models/index.ts';
import {guardModel, type ModelGuard} from '../model-guard.ts';
import {savePosterior} from '../save-posterior.ts';
import {inBatches} from './batches.ts';
import {type ClassGaussians, mixtureLogDensity, squaredDistances} from './class-gaussians.ts';
import {toSavedDensity} from './saved-density.ts';

/** How unusual the features of an input are; see {@link FeatureDensity.oodScore}. */
export type DensityScore = 'density' | 'mahalanobis' | 'relative-mahalanobis';

/** Where features come from: a model, of which what goes into the last Dense layer, or a function to features [N, ..., D]. */
export type FeatureModel = tfl.LayersModel | ((x: Inputs) => tf.Tensor);

/** Density of the features that a net gives to its training data: scores for inputs that are not like them. */
export class FeatureDensity {
  /** The fitted Gaussians. */
  readonly gaussians: ClassGaussians;
  readonly #features: (x: Inputs) => tf.Tensor;
  readonly #guard: ModelGuard | undefined;

  /** @internal */
  constructor(model: FeatureModel, gaussians: ClassGaussians) {
    this.#features = featuresOf(model, 'deterministicDensity');
    this.#guard = typeof model === 'function' ? undefined : guardModel(model);
    this.gaussians = gaussians;
  }

  /** log p(features) of each input, [N ...], in nats: positions of inner axes one after the other. */
  async logDensity(x: Inputs, {batchSize}: {batchSize?: number} = {}): Promise<Float64Array> {
    await this.#guard?.check('deterministicDensity.logDensity');
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
    await this.#guard?.check('deterministicDensity.oodScore');
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

  /**
   * Saves the Gaussians, without the model, for {@link loadFeatureDensity}: a path in Node, a URL such as `indexeddb://density`, or a
   * `tf.io` handler. Throws `ModelMismatchError` if the model has changed since.
   */
  async save(target: string | tf.io.IOHandler): Promise<tf.io.SaveResult> {
    await this.#guard?.check('deterministicDensity.save');
    return savePosterior(
      target,
      toSavedDensity(this.gaussians, (await this.#guard?.fingerprint()) ?? null),
      'deterministicDensity.save',
    );
  }
}

/** What the model makes of inputs before its last layer. Throws `ConfigError` where that is not Dense. */
export function featuresOf(model: FeatureModel, caller: string): (x: Inputs) => tf.Tensor {
  if (typeof model === 'function') return model;
  const net = createNet(model, {caller});
  net.lastLayer; // throws where there is none
  return (x) => tf.tidy(() => net.features(x).features);
}

/** Features of the inputs as rows in float64. */
export async function readFeatures(
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
