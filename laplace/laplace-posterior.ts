import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {CurvatureStructure, CurvatureWeights} from '../src/curvature/index.ts';
import {ConfigError, ModelMismatchError, NotFittedError} from '../src/errors.ts';
import {saveHandler, toArtifacts} from '../src/io/index.ts';
import {type Likelihood, resolveLikelihood} from '../src/likelihoods/index.ts';
import {createNet, type Inputs, type Net} from '../src/models/index.ts';
import type {SampleOptions, WeightPosterior} from '../src/posterior/posterior.ts';
import type {Predictive} from '../src/predictive/index.ts';
import {createRng, type Rng} from '../src/random/index.ts';
import {Approximation, type Assumptions} from './approximation.ts';
import {residualNoiseScale} from './evidence.ts';
import {
  type Fit,
  fitBatches,
  fittedVariables,
  fromDataset,
  type LabelledBatch,
  type LabelledDataset,
  slices,
} from './fit.ts';
import {type LinearizedOutputs, linearize} from './linearized.ts';
import {LinearizedBatches} from './linearized-batches.ts';
import {
  expandPrior,
  type LaplaceFitOptions,
  type LaplaceOptions,
  type LaplacePredictOptions,
  requireOneOf,
  requirePositive,
  type TuneResult,
} from './options.ts';
import {toSaved} from './saved.ts';
import type {WeightGaussian} from './structures/structure.ts';

/**
 * A Laplace approximation: the Gaussian around trained weights whose precision is the curvature of the loss there plus
 * that of the prior,
 *
 *     q(w) = N(w; trained, (H / (noiseScale^2 temperature) + diag(priorPrecision))^-1)
 *
 * Predictions come from the net linearized in its weights, so the mean is what the model predicts. Made by `laplace(model)`.
 */
export class Laplace implements WeightPosterior {
  /** Which weights have a posterior. */
  readonly weights: CurvatureWeights;
  /** How much of the curvature is kept. */
  readonly structure: CurvatureStructure;
  /** Divides the log-likelihood. */
  readonly temperature: number;
  readonly #net: Net;
  readonly #priorMean: number;
  readonly #estimatesNoise: boolean;
  readonly #output: string | undefined;
  #likelihood: Likelihood;
  #priorPrecision: number | readonly number[];
  #approximation: Approximation | undefined;
  #gaussianCache: WeightGaussian | undefined;
  #mean: tf.Tensor[] = [];

  /** Use `laplace(model)`; `fit` takes over a fit that was saved. */
  constructor(model: LayersModel, options: LaplaceOptions = {}, fit?: Fit) {
    const {weights = 'last-layer', structure = 'kron', priorPrecision = 1, priorMean = 0, temperature = 1} = options;
    this.weights = requireOneOf(weights, ['last-layer', 'all'], 'weights');
    this.structure = requireOneOf(structure, ['full', 'kron', 'diag'], 'structure');
    this.temperature = requirePositive(temperature, 'temperature', 'laplace');
    if (!Number.isFinite(priorMean)) throw new ConfigError(`laplace: expected a finite priorMean, got ${priorMean}.`);
    for (const value of [priorPrecision].flat()) requirePositive(value, 'priorPrecision', 'laplace');
    this.#priorPrecision = priorPrecision;
    this.#priorMean = priorMean;
    this.#output = options.output;
    this.#net = createNet(model, {caller: 'laplace', ...(options.output !== undefined && {output: options.output})});
    if (weights === 'last-layer') void this.#net.lastLayer; // refuses a model without one here rather than in fit
    this.#likelihood = withNoise(resolveLikelihood(options.likelihood, this.#net.head, 'laplace'), options.noiseScale);
    this.#estimatesNoise =
      typeof options.likelihood === 'string' &&
      options.noiseScale === undefined &&
      this.#likelihood.noiseScale !== undefined;
    if (fit) this.#adopt(fit);
  }

  /** p(y | f), with the noise in use. */
  get likelihood(): Likelihood {
    return this.#likelihood;
  }

  /** Precision of the prior: set by the option, this property or {@link tune}. */
  get priorPrecision(): number | readonly number[] {
    return this.#priorPrecision;
  }

  set priorPrecision(value: number | readonly number[]) {
    for (const one of [value].flat()) requirePositive(one, 'priorPrecision', 'laplace.priorPrecision');
    if (this.#approximation) expandPrior(value, this.#approximation.fit.curvature.layouts, 'laplace.priorPrecision');
    this.#priorPrecision = value;
    this.#dropGaussian();
  }

  /** Standard deviation of the observation noise in use, in the units of y; undefined for likelihoods without noise. */
  get noiseScale(): number | undefined {
    return this.#likelihood.noiseScale;
  }

  /** Number of examples seen by `fit` and `update`. */
  get examples(): number {
    return this.#approximation?.fit.examples ?? 0;
  }

  /** The trained weights that have a posterior, owned by it. Throws `NotFittedError` before `fit`. */
  get mean(): readonly tf.Tensor[] {
    this.#fitted('mean');
    return this.#mean;
  }

  /**
   * Fits the posterior to the data that the model was trained on: one pass, no training. Replaces an earlier fit.
   *
   * `x` is what `model.predict` takes; `y` are integer labels [N] or one-hot [N, C] for a categorical likelihood, else
   * numbers of the outputs' shape. Throws `ShapeError`, `DataError`, `UnsupportedLayerError`; an error leaves an earlier
   * fit as it was.
   */
  async fit(x: Inputs, y: tf.Tensor, options: LaplaceFitOptions = {}): Promise<this> {
    return this.#refit(slices(x, y, options.batchSize, 'laplace.fit'), options, 'laplace.fit');
  }

  /**
   * Fits to a `tf.data.Dataset` of batches `{xs, ys}`, one batch in memory at a time; counts the examples really seen.
   */
  async fitDataset(dataset: LabelledDataset, options: Pick<LaplaceFitOptions, 'callbacks'> = {}): Promise<this> {
    return this.#refit(fromDataset(dataset, 'laplace.fitDataset'), options, 'laplace.fitDataset');
  }

  /** Adds new data to the posterior, with the weights as they are: the same as one fit on all of it. */
  async update(x: Inputs, y: tf.Tensor, options: LaplaceFitOptions = {}): Promise<this> {
    const previous = this.#fitted('update').fit;
    await this.#checkModel('update');
    return this.#refit(slices(x, y, options.batchSize, 'laplace.update'), options, 'laplace.update', previous);
  }

  /** log p(y | f) of the data seen, in nats; divided by the temperature. */
  logLikelihood(): number {
    return this.#fitted('logLikelihood').logLikelihood(this.#assumptions());
  }

  /**
   * The Laplace approximation of the log probability of the data under the model, in nats: what `tune` maximizes, and
   * what compares models without held-out data (MacKay 1992; Immer et al. 2021).
   *
   *     log p(y | f) - 1/2 (log det P - log det P0 + (w - priorMean)^T P0 (w - priorMean))
   *
   * Both terms can be tried at other values without changing the posterior.
   */
  logMarginalLikelihood(trial: {priorPrecision?: number | readonly number[]; noiseScale?: number} = {}): number {
    if (trial.noiseScale !== undefined) withNoise(this.#likelihood, trial.noiseScale); // refuses noise where there is none
    return this.#fitted('logMarginalLikelihood').logMarginalLikelihood({...this.#assumptions(), ...trial});
  }

  /**
   * Sets the prior precision to the one value that maximizes the log marginal likelihood: no held-out data needed.
   *
   * Searches 1e-6 to 1e8 and warns where the best lies at an edge.
   */
  async tune({method = 'marginal-likelihood'}: {method?: 'marginal-likelihood'} = {}): Promise<TuneResult> {
    requireOneOf(method, ['marginal-likelihood'], 'method');
    const approximation = this.#fitted('tune');
    await this.#checkModel('tune');
    const priorPrecision = approximation.bestPriorPrecision(this.#assumptions());
    this.priorPrecision = priorPrecision;
    return {priorPrecision, logMarginalLikelihood: this.logMarginalLikelihood()};
  }

  /**
   * Mean [N, ..., C] and covariance [N, ..., C, C] of the outputs of the linearized net: synchronous, tensors only,
   * differentiable in `x`. The caller disposes both.
   */
  linearized(x: Inputs): LinearizedOutputs {
    return linearize(this.#net, this.weights, this.#gaussian('linearized'), x);
  }

  /** The predictive distribution at `x`. Throws `ModelMismatchError` if the model was trained on after `fit`. */
  async predict(x: Inputs, options: LaplacePredictOptions = {}): Promise<Predictive> {
    await this.#checkModel('predict');
    const gaussian = this.#gaussian('predict');
    const latent = this.#inBatches(x, options.batchSize).outputs(gaussian);
    try {
      return this.#likelihood.predictive(latent, options);
    } finally {
      tf.dispose({...latent});
    }
  }

  /** Draws of the linearized outputs at `x`, [S, N, ..., C]: each draw one function, the same for every input. */
  async sampleOutputs(x: Inputs, {samples, batchSize, rng = createRng('laplace')}: SampleOptions): Promise<tf.Tensor> {
    await this.#checkModel('sampleOutputs');
    const gaussian = this.#gaussian('sampleOutputs');
    const deltas = Array.from({length: samples}, () => this.#shaped(gaussian.sample(rng)));
    try {
      return this.#inBatches(x, batchSize).draws(deltas);
    } finally {
      tf.dispose(deltas);
    }
  }

  sampleWeights(rng: Rng): tf.Tensor[] {
    const delta = this.#gaussian('sampleWeights').sample(rng);
    return tf.tidy(() => this.#shaped(delta).map((change, i) => tf.add(change, this.#mean[i] as tf.Tensor)));
  }

  /** Posterior variance of each weight, in the order of the flat vector. */
  weightVariances(): Float64Array {
    return this.#gaussian('weightVariances').variances();
  }

  async save(handler: string | tf.io.IOHandler): Promise<tf.io.SaveResult> {
    const {fit} = this.#fitted('save');
    await this.#checkModel('save');
    const target = saveHandler(handler);
    if (!target.save)
      throw new ConfigError('laplace.save: expected a handler with a save method, got one that only loads.');
    const likelihood = this.#estimatesNoise ? {name: this.#likelihood.name} : this.#likelihood.getConfig();
    const {weights, structure} = this;
    const terms = {...this.#assumptions(), weights, structure, likelihood, output: this.#output};
    return target.save(toArtifacts(toSaved(fit, terms)));
  }

  dispose(): void {
    this.#dropGaussian();
    tf.dispose(this.#mean);
    this.#mean = [];
    this.#approximation = undefined;
  }

  async #refit(
    batches: Iterable<LabelledBatch> | AsyncIterable<LabelledBatch>,
    {callbacks}: LaplaceFitOptions,
    caller: string,
    previous?: Fit,
  ): Promise<this> {
    const likelihood = this.#likelihood.withNoiseScale?.(1) ?? this.#likelihood;
    const target = {net: this.#net, weights: this.weights, structure: this.structure, likelihood};
    const fit = await fitBatches(target, batches, {caller, previous, ...(callbacks && {callbacks})});
    expandPrior(this.#priorPrecision, fit.curvature.layouts, caller);
    this.#adopt(fit);
    return this;
  }

  #adopt(fit: Fit): void {
    this.dispose();
    this.#approximation = new Approximation(fit);
    this.#mean = fittedVariables(this.#net, this.weights).map((variable) => tf.keep(tf.clone(variable.read())));
    if (this.#estimatesNoise) this.#likelihood = withNoise(this.#likelihood, residualNoiseScale(fit));
  }

  #fitted(method: string): Approximation {
    if (this.#approximation) return this.#approximation;
    throw new NotFittedError(`laplace.${method}: expected a fitted posterior, got none. Call fit(x, y) first.`);
  }

  #assumptions(): Assumptions {
    return {
      priorPrecision: this.#priorPrecision,
      priorMean: this.#priorMean,
      temperature: this.temperature,
      noiseScale: this.noiseScale,
    };
  }

  #gaussian(method: string): WeightGaussian {
    const approximation = this.#fitted(method);
    if (!this.#gaussianCache) {
      this.#gaussianCache = approximation.gaussian(this.#assumptions());
      for (const tensor of this.#gaussianCache.tensors) tf.keep(tensor); // they outlive a caller's tidy
    }
    return this.#gaussianCache;
  }

  #dropGaussian(): void {
    tf.dispose([...(this.#gaussianCache?.tensors ?? [])]);
    this.#gaussianCache = undefined;
  }

  async #checkModel(method: string): Promise<void> {
    const {fit} = this.#fitted(method);
    if ((await this.#net.fingerprint()) === fit.fingerprint) return;
    throw new ModelMismatchError(
      `laplace.${method}: expected the weights that were fitted, got others: the model has been trained or changed since. ` +
        'Call fit(x, y) again.',
    );
  }

  #inBatches(x: Inputs, batchSize?: number): LinearizedBatches {
    const {layouts} = this.#fitted('predict').fit.curvature;
    return new LinearizedBatches(this.#net, {weights: this.weights, structure: this.structure, layouts}, x, batchSize);
  }

  /** A flat weight vector as tensors in the shapes of `mean`. */
  #shaped(flat: Float64Array): tf.Tensor[] {
    let offset = 0;
    return this.#mean.map(({shape, size}) =>
      tf.tensor(Float32Array.from(flat.subarray(offset, (offset += size))), shape),
    );
  }
}

function withNoise(likelihood: Likelihood, noiseScale: number | undefined): Likelihood {
  if (noiseScale === undefined) return likelihood;
  requirePositive(noiseScale, 'noiseScale', 'laplace');
  if (likelihood.withNoiseScale) return likelihood.withNoiseScale(noiseScale);
  throw new ConfigError(
    `laplace: expected no noiseScale for the likelihood '${likelihood.name}', got ${noiseScale}. Only Gaussian ones have noise.`,
  );
}
