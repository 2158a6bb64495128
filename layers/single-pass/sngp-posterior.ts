import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../../src/backend/index.ts';
import {FormatError} from '../../src/errors.ts';
import type {Json, LoadContext, SavedPosterior} from '../../src/io/index.ts';
import {type Likelihood, type LikelihoodConfig, likelihoodFromConfig} from '../../src/likelihoods/index.ts';
import type {Inputs, Net} from '../../src/models/index.ts';
import type {Posterior, PredictOptions, SampleOptions} from '../../src/posterior/index.ts';
import type {Predictive} from '../../src/predictive/index.ts';
import {createRng} from '../../src/random/index.ts';
import {loadedNet, type SavedNet} from '../loaded-net.ts';
import {guardModel, type ModelGuard} from '../model-guard.ts';
import {savePosterior} from '../save-posterior.ts';
import {asRows} from '../vbll/head.ts';
import {inBatches} from './batches.ts';
import {GaussianProcess} from './gaussian-process.ts';
import {findHead, headInputs} from './head-inputs.ts';

/** Name and version of the format. */
export const SNGP_KIND = 'layers/sngp';
export const SNGP_VERSION = 1;

/** What an {@link SngpPosterior} is made of; it takes the tensor over. */
export interface SngpFields {
  /** The net. */
  readonly net: Net;
  /** Its last layer. */
  readonly head: GaussianProcess;
  /** Name of the output looked at, where the model has several. */
  readonly output: string | undefined;
  /** p(y | f). */
  readonly likelihood: Likelihood;
  /** R_k with covariance R_k^T R_k, [K, M, M]; [1, M, M] where all outputs share it. */
  readonly roots: tf.Tensor3D;
}

/** Gaussian over the outputs of a net that ends in `gaussianProcess`, in closed form. Made by `sngp(model).fit(x, y)`. */
export class SngpPosterior implements Posterior {
  /** p(y | f). */
  readonly likelihood: Likelihood;
  readonly #fields: SngpFields;
  readonly #guard: ModelGuard;

  /** @internal */
  constructor(fields: SngpFields) {
    this.likelihood = fields.likelihood;
    this.#fields = {...fields, roots: tf.keep(fields.roots)};
    this.#guard = guardModel(fields.net.model);
  }

  /** The predictive at `x`, deterministic. Throws `ModelMismatchError` if the model was trained on since. */
  async predict(x: Inputs, options: PredictOptions = {}): Promise<Predictive> {
    await this.#guard.check('sngp.predict');
    const latent = this.#latent(x, options.batchSize);
    try {
      return this.likelihood.predictive(latent, options);
    } finally {
      tf.dispose(latent);
    }
  }

  /** Draws of the outputs, [S, N, ..., K]: each draw one function. */
  async sampleOutputs(x: Inputs, {samples, batchSize, rng = createRng('sngp')}: SampleOptions): Promise<tf.Tensor> {
    await this.#guard.check('sngp.sampleOutputs');
    const {head, roots} = this.#fields;
    return tf.tidy(() => {
      const shape: [number, number, number] = [head.units, 1, head.features];
      const draws = Array.from({length: samples}, () => {
        const all = tf.tile(roots, [head.units / roots.shape[0], 1, 1]);
        const spread = tf.matMul(normalTensor<tf.Rank.R3>(rng, shape), all as tf.Tensor3D);
        return tf.add<tf.Tensor2D>(head.weights2d, tf.transpose(tf.squeeze(spread, [1])));
      });
      return tf.stack(draws.map((weights) => this.#evaluate(x, batchSize, (phi) => tf.matMul(phi, weights))));
    });
  }

  /** The mean over outputs of the variance of f, [N ...]: higher is more unusual; at most about 1 / priorPrecision. */
  async oodScore(x: Inputs, {batchSize}: {batchSize?: number} = {}): Promise<Float32Array> {
    await this.#guard.check('sngp.oodScore');
    const score = tf.tidy(() =>
      tf.mean(
        this.#evaluate(x, batchSize, (phi) => this.#variance(phi)),
        -1,
      ),
    );
    try {
      return Float32Array.from(await score.data());
    } finally {
      score.dispose();
    }
  }

  /** Saves the covariance and the likelihood; the rest is the model. */
  async save(handler: string | tf.io.IOHandler): Promise<tf.io.SaveResult> {
    await this.#guard.check('sngp.save');
    const {output, roots} = this.#fields;
    const config = {
      fingerprint: await this.#guard.fingerprint(),
      output: output ?? null,
      likelihood: this.likelihood.getConfig() as unknown as Json,
    };
    const arrays = {roots: Float32Array.from(await roots.data())};
    return savePosterior(handler, {kind: SNGP_KIND, version: SNGP_VERSION, config, arrays}, 'sngp.save');
  }

  /** Disposes the covariance. */
  dispose(): void {
    this.#fields.roots.dispose();
  }

  #latent(x: Inputs, batchSize?: number): {mean: tf.Tensor; variance: tf.Tensor} {
    const {head} = this.#fields;
    return {
      mean: this.#evaluate(x, batchSize, (phi) => tf.matMul(phi, head.weights2d)),
      variance: this.#evaluate(x, batchSize, (phi) => this.#variance(phi)),
    };
  }

  /** |R_k phi|^2 for each row, [N, K]. */
  #variance(phi: tf.Tensor2D): tf.Tensor2D {
    const {head, roots} = this.#fields;
    const [outputs, size] = roots.shape;
    const columns = tf.reshape(roots, [outputs * size, size]) as tf.Tensor2D;
    const whitened = tf.reshape(tf.matMul(phi, columns, false, true), [-1, outputs, size]);
    return tf.tile(tf.sum<tf.Tensor2D>(tf.square(whitened), -1), [1, head.units / outputs]);
  }

  /** What follows from the random features of the inputs, [N, ..., K]. */
  #evaluate(x: Inputs, batchSize: number | undefined, use: (phi: tf.Tensor2D) => tf.Tensor2D): tf.Tensor {
    const {net, head} = this.#fields;
    return inBatches(x, batchSize, (part) => {
      const inputs = headInputs(net, head, part);
      return tf.reshape(use(head.randomFeatures(asRows(inputs))), [...inputs.shape.slice(0, -1), head.units]);
    });
  }
}

/** What `save` wrote, for the same model. */
export async function loadSngp({config, arrays}: SavedPosterior, context: LoadContext): Promise<SngpPosterior> {
  const {net, output} = await loadedNet(context, config as unknown as SavedNet);
  const head = findHead(net, GaussianProcess, 'loadPosterior');
  const {roots} = arrays;
  if (!(roots instanceof Float32Array)) {
    throw new FormatError("loadPosterior: expected the array 'roots', got none. The file is damaged: save it again.");
  }
  const {features: M} = head;
  const likelihood = context.likelihood ?? likelihoodFromConfig(config.likelihood as unknown as LikelihoodConfig);
  return new SngpPosterior({net, head, output, likelihood, roots: tf.tensor3d(roots, [roots.length / M ** 2, M, M])});
}
