import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {CurvatureKind, CurvatureStructure} from '../src/curvature/index.ts';
import {ConfigError, NotFittedError} from '../src/errors.ts';
import {saveHandler, toArtifacts} from '../src/io/index.ts';
import type {Likelihood} from '../src/likelihoods/index.ts';
import type {Inputs} from '../src/models/index.ts';
import type {SampleOptions, WeightPosterior} from '../src/posterior/posterior.ts';
import type {Predictive} from '../src/predictive/index.ts';
import {createRng, type Rng} from '../src/random/index.ts';
import type {Assumptions} from './approximation.ts';
import {warnOfChangedClasses} from './bridge-guard.ts';
import {residualNoiseScale} from './evidence.ts';
import {type Fit, fitBatches, fromDataset, type LabelledBatch, type LabelledDataset, slices} from './fit.ts';
import {Fitted} from './fitted.ts';
import {FunctionSample} from './function-sample.ts';
import {type LinearizedOutputs, linearize, linearizeJointly} from './linearized.ts';
import {
  expandPrior,
  type LaplaceFitOptions,
  type LaplaceOptions,
  type LaplacePredictOptions,
  requirePositive,
  type ScalarTuneResult,
  type TuneOptions,
  type TuneResult,
} from './options.ts';
import {toSaved} from './saved.ts';
import {resolveSettings, type Settings, settingsWeights, withNoise} from './settings.ts';
import type {LaplaceWeights} from './subnetwork.ts';
import {tunePosterior} from './tune.ts';

/** Outputs above which predictions take their variances alone. */
const CORRELATED_OUTPUTS = 100;

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
  readonly weights: LaplaceWeights;
  /** How much of the curvature is kept. */
  readonly structure: CurvatureStructure;
  /** Which curvature. */
  readonly curvature: CurvatureKind;
  /** Divides the log-likelihood. */
  readonly temperature: number;
  readonly #settings: Settings;
  #likelihood: Likelihood;
  #estimatesNoise: boolean;
  #priorPrecision: number | readonly number[];
  #state: Fitted | undefined;

  /** Use `laplace(model)`; `fit` takes over a fit that was saved. */
  constructor(model: LayersModel, options: LaplaceOptions = {}, fit?: Fit) {
    const settings = resolveSettings(model, options);
    this.#settings = settings;
    this.weights = settings.weights;
    this.structure = settings.structure;
    this.curvature = settings.curvature.kind;
    this.temperature = settings.temperature;
    this.#likelihood = settings.likelihood;
    this.#estimatesNoise = settings.estimatesNoise;
    this.#priorPrecision = settings.priorPrecision;
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
    if (this.#state) expandPrior(value, this.#state.fit.curvature.layouts, 'laplace.priorPrecision');
    this.#priorPrecision = value;
    this.#state?.forget();
  }

  /** Standard deviation of the observation noise in use, in the units of y; undefined for likelihoods without noise. */
  get noiseScale(): number | undefined {
    return this.#likelihood.noiseScale;
  }

  /** Number of examples seen by `fit` and `update`. */
  get examples(): number {
    return this.#state?.fit.examples ?? 0;
  }

  /** The trained weights that have a posterior, owned by it. Throws `NotFittedError` before `fit`. */
  get mean(): readonly tf.Tensor[] {
    return this.#fitted('mean').mean;
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
    const {fit} = await this.#unchanged('update');
    return this.#refit(slices(x, y, options.batchSize, 'laplace.update'), options, 'laplace.update', fit);
  }

  /** log p(y | f) of the data seen, in nats; divided by the temperature. */
  logLikelihood(): number {
    return this.#fitted('logLikelihood').approximation.logLikelihood(this.#assumptions());
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
    return this.#fitted('logMarginalLikelihood').approximation.logMarginalLikelihood({
      ...this.#assumptions(),
      ...trial,
    });
  }

  /**
   * Sets the prior precision, and where asked the noise, to what maximizes the log marginal likelihood (no held-out data
   * needed), or to what predicts held-out data best: see {@link TuneOptions}. Warns where the best lies at the edge of the
   * search, 1e-6 to 1e8 for the marginal likelihood.
   */
  tune(options?: TuneOptions & {readonly prior?: 'scalar'}): Promise<ScalarTuneResult>;
  /** With several prior precisions. */
  tune(options: TuneOptions): Promise<TuneResult>;
  async tune(options: TuneOptions = {}): Promise<TuneResult> {
    const {approximation} = await this.#unchanged('tune');
    const before = this.#priorPrecision;
    const found = await tunePosterior(approximation, this.#assumptions(), options, async (priorPrecision, x) => {
      this.priorPrecision = priorPrecision;
      try {
        return await this.predict(x, options.predict);
      } finally {
        this.priorPrecision = before;
      }
    });
    this.assume(options.noise ? found : {priorPrecision: found.priorPrecision});
    return {...found, logMarginalLikelihood: this.logMarginalLikelihood()};
  }

  /** Takes over prior precisions and, where given, a noise scale, which later fits then leave as it is. */
  assume({priorPrecision, noiseScale}: Pick<TuneResult, 'priorPrecision'> & {noiseScale?: number | undefined}): void {
    this.priorPrecision = priorPrecision;
    if (noiseScale === undefined) return;
    this.#likelihood = withNoise(this.#likelihood, noiseScale);
    this.#estimatesNoise = false;
  }

  /**
   * Mean [N, ..., C] and covariance [N, ..., C, C] of the outputs of the linearized net: synchronous, tensors only,
   * differentiable in `x`. The caller disposes both.
   *
   * With `joint`, the covariance is over all outputs of all inputs, [N ... C, N ... C] in the order of the flattened mean:
   * what Bayesian optimization needs. It takes N C floats for each weight of the largest tensor.
   */
  linearized(x: Inputs, {joint = false}: {joint?: boolean} = {}): LinearizedOutputs {
    const state = this.#fitted('linearized');
    const gaussian = state.gaussian(this.#assumptions());
    return joint ? linearizeJointly(state.weights, gaussian, x) : linearize(state.weights, gaussian, x);
  }

  /** The predictive distribution at `x`. Throws `ModelMismatchError` if the model was trained on after `fit`. */
  async predict(x: Inputs, options: LaplacePredictOptions = {}): Promise<Predictive> {
    const state = await this.#unchanged('predict');
    const gaussian = state.gaussian(this.#assumptions());
    const batches = state.batches(x, options.batchSize);
    const few = this.#settings.net.outputSize <= CORRELATED_OUTPUTS;
    const {covariance = few ? 'full' : 'diagonal'} = options;
    const latent = covariance === 'full' ? batches.covariances(gaussian) : batches.variances(gaussian);
    try {
      const predictive = this.#likelihood.predictive(latent, options);
      await warnOfChangedClasses(latent.mean, predictive, options.link);
      return predictive;
    } finally {
      tf.dispose({...latent});
    }
  }

  /** Draws of the linearized outputs at `x`, [S, N, ..., C]: each draw one function, the same for every input. */
  async sampleOutputs(x: Inputs, {samples, batchSize, rng = createRng('laplace')}: SampleOptions): Promise<tf.Tensor> {
    const state = await this.#unchanged('sampleOutputs');
    const gaussian = state.gaussian(this.#assumptions());
    const deltas = Array.from({length: samples}, () =>
      state.weights.cut(gaussian.sample(rng)).map((part) => tf.tensor1d(part)),
    );
    try {
      return state.batches(x, batchSize).draws(deltas);
    } finally {
      tf.dispose(deltas);
    }
  }

  /**
   * One function drawn from the posterior of the linearized net, to be evaluated at any inputs (Thompson sampling):
   * synchronous and differentiable in them. The caller disposes it.
   */
  thompsonSample({rng = createRng('thompson')}: {rng?: Rng} = {}): FunctionSample {
    const state = this.#fitted('thompsonSample');
    return new FunctionSample(state.weights, state.gaussian(this.#assumptions()).sample(rng));
  }

  sampleWeights(rng: Rng): tf.Tensor[] {
    const state = this.#fitted('sampleWeights');
    const delta = state.gaussian(this.#assumptions()).sample(rng);
    return tf.tidy(() => state.weights.toTensors(delta).map((change, i) => tf.add(change, state.mean[i] as tf.Tensor)));
  }

  /** Posterior variance of each weight that has one, in the order of the flat vector. */
  weightVariances(): Float64Array {
    return this.#fitted('weightVariances').gaussian(this.#assumptions()).variances();
  }

  async save(handler: string | tf.io.IOHandler): Promise<tf.io.SaveResult> {
    const {fit} = await this.#unchanged('save');
    const target = saveHandler(handler);
    if (!target.save)
      throw new ConfigError('laplace.save: expected a handler with a save method, got one that only loads.');
    const likelihood = this.#estimatesNoise ? {name: this.#likelihood.name} : this.#likelihood.getConfig();
    const {structure, samples, output} = this.#settings;
    const terms = {...this.#assumptions(), structure, samples, likelihood, output};
    return target.save(toArtifacts(toSaved(fit, terms)));
  }

  dispose(): void {
    this.#state?.dispose();
    this.#state = undefined;
  }

  async #refit(
    batches: Iterable<LabelledBatch> | AsyncIterable<LabelledBatch>,
    {callbacks}: LaplaceFitOptions,
    caller: string,
    previous?: Fit,
  ): Promise<this> {
    const likelihood = this.#likelihood.withNoiseScale?.(1) ?? this.#likelihood;
    const {structure, curvature} = this.#settings;
    const weights = previous?.weights ?? (await settingsWeights(this.#settings));
    const target = {weights, structure, curvature, likelihood};
    const fit = await fitBatches(target, batches, {caller, previous, ...(callbacks && {callbacks})});
    expandPrior(this.#priorPrecision, fit.curvature.layouts, caller);
    this.#adopt(fit);
    return this;
  }

  #adopt(fit: Fit): void {
    this.dispose();
    this.#state = new Fitted(fit);
    if (this.#estimatesNoise) this.#likelihood = withNoise(this.#likelihood, residualNoiseScale(fit));
  }

  #fitted(method: string): Fitted {
    if (this.#state) return this.#state;
    throw new NotFittedError(`laplace.${method}: expected a fitted posterior, got none. Call fit(x, y) first.`);
  }

  #assumptions(): Assumptions {
    return {
      priorPrecision: this.#priorPrecision,
      priorMean: this.#settings.priorMean,
      temperature: this.temperature,
      noiseScale: this.noiseScale,
    };
  }

  /** The fit, if the model is still the one that was fitted. */
  async #unchanged(method: string): Promise<Fitted> {
    const state = this.#fitted(method);
    await state.checkModel(`laplace.${method}`);
    return state;
  }
}
