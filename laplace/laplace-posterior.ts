import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {CurvatureKind, CurvatureStructure} from '../src/curvature/index.ts';
import {ConfigError} from '../src/errors.ts';
import {saveHandler, toArtifacts} from '../src/io/index.ts';
import type {Likelihood} from '../src/likelihoods/index.ts';
import type {Inputs} from '../src/models/index.ts';
import type {SampleOptions, WeightPosterior} from '../src/posterior/posterior.ts';
import type {Predictive} from '../src/predictive/index.ts';
import {createRng, type Rng} from '../src/random/index.ts';
import {requireCount, requireExamples, requireKnown} from './arguments.ts';
import {type Fit, fromDataset, type LabelledBatch, type LabelledDataset, slices} from './fit.ts';
import {FunctionSample} from './function-sample.ts';
import {type LinearizedOutputs, linearize, linearizeJointly} from './linearized.ts';
import {
  FIT_OPTIONS,
  type LaplaceFitOptions,
  type LaplaceOptions,
  type LaplacePredictOptions,
  type ScalarTuneResult,
  type TuneOptions,
  type TuneResult,
} from './options.ts';
import {PosteriorState} from './posterior-state.ts';
import {predictLinearized, sampleLinearized} from './prediction.ts';
import {ownPrior, type PriorPrecision} from './prior-precision.ts';
import {toSaved} from './saved.ts';
import {resolveSettings, withNoise} from './settings.ts';
import type {LaplaceWeights} from './subnetwork.ts';
import {tunePosterior} from './tune.ts';

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
  readonly #state: PosteriorState;

  /** Use `laplace(model)`; `fit` takes over a fit that was saved. @internal */
  constructor(model: LayersModel, options: LaplaceOptions = {}, fit?: Fit) {
    const settings = resolveSettings(model, options);
    this.weights = settings.weights;
    this.structure = settings.structure;
    this.curvature = settings.curvature.kind;
    this.temperature = settings.temperature;
    this.#state = new PosteriorState(settings, fit);
  }

  /** p(y | f), with the noise in use. */
  get likelihood(): Likelihood {
    return this.#state.likelihood;
  }

  /** Precision of the prior: set by the option, this property or {@link tune}. */
  get priorPrecision(): number | readonly number[] {
    return this.#state.assumptions.priorPrecision;
  }

  /** One number for all weights, or several: see {@link PriorPrecision}. Throws `ConfigError` for others. */
  set priorPrecision(value: PriorPrecision) {
    this.#state.setPrior(value);
  }

  /**
   * Standard deviation of the observation noise in use, in the units of y; undefined for likelihoods without noise. Where each
   * output has its own it is their geometric mean, and `likelihood.noiseScales` has them all.
   */
  get noiseScale(): number | undefined {
    return this.#state.likelihood.noiseScale;
  }

  /** Number of examples seen by `fit` and `update`. */
  get examples(): number {
    return this.#state.current?.fit.examples ?? 0;
  }

  /** The trained weights that have a posterior, owned by it. Throws `NotFittedError` before `fit`. */
  get mean(): readonly tf.Tensor[] {
    return this.#state.fitted('mean').mean;
  }

  /**
   * Fits the posterior to the data that the model was trained on: one pass, no training. Replaces an earlier fit.
   *
   * `x` is what `model.predict` takes; `y` are integer labels [N] or one-hot [N, C] for a categorical likelihood, else
   * numbers of the outputs' shape. Throws `ShapeError`, `DataError`, `UnsupportedLayerError`, and `ModelMismatchError` if
   * the model is trained on meanwhile; an error leaves an earlier fit as it was. Calls of `fit`, `fitDataset`, `update` and
   * `tune` wait for each other.
   */
  async fit(x: Inputs, y: tf.Tensor, options: LaplaceFitOptions = {}): Promise<this> {
    const caller = 'laplace.fit';
    await this.#state.inTurn(() => this.#state.refit(caller, () => this.#cut(x, y, options, caller), options));
    return this;
  }

  /**
   * Fits to a `tf.data.Dataset` of batches `{xs, ys}`, one batch in memory at a time; counts the examples really seen.
   *
   * Structures `'low-rank'`, `'functional'` and `'ella'` read it several times; throws `DataError` where it then has another
   * number of examples.
   */
  async fitDataset(dataset: LabelledDataset, options: Pick<LaplaceFitOptions, 'callbacks'> = {}): Promise<this> {
    const caller = 'laplace.fitDataset';
    requireKnown(options, {callbacks: true}, caller);
    await this.#state.inTurn(() => this.#state.refit(caller, () => fromDataset(dataset, caller), options));
    return this;
  }

  /**
   * Adds new data to the posterior, with the weights as they are: the same as one fit on all of it.
   *
   * So it is with structure `'functional'`, which takes a subset of the new data, too, and with `'low-rank'` as far as nothing
   * was dropped before; `'ella'` keeps the directions of its first subset. Throws `ConfigError` where `subset` are indices.
   */
  async update(x: Inputs, y: tf.Tensor, options: LaplaceFitOptions = {}): Promise<this> {
    await this.#state.inTurn(async () => {
      const {fit} = await this.#state.unchanged('update');
      const batches = (): Iterable<LabelledBatch> => this.#cut(x, y, options, 'laplace.update');
      await this.#state.refit('laplace.update', batches, options, fit);
    });
    return this;
  }

  /**
   * log p(y | f) of the data seen, in nats, divided by the temperature; of a Gaussian likelihood only the misfit is divided:
   * `-S / (2 noiseScale^2 temperature) - targets log(noiseScale sqrt(2 pi))` for the sum of squared residuals S.
   */
  logLikelihood(): number {
    return this.#state.fitted('logLikelihood').approximation.logLikelihood(this.#state.assumptions);
  }

  /**
   * The Laplace approximation of the log probability of the data under the model, in nats: what `tune` maximizes, and
   * what compares models without held-out data (MacKay 1992; Immer et al. 2021).
   *
   *     log p(y | f) - 1/2 (log det P - log det P0 + (w - priorMean)^T P0 (w - priorMean))
   *
   * Both terms can be tried at other values without changing the posterior.
   */
  logMarginalLikelihood(trial: {priorPrecision?: PriorPrecision; noiseScale?: number} = {}): number {
    const {approximation} = this.#state.fitted('logMarginalLikelihood');
    const caller = 'laplace.logMarginalLikelihood';
    requireKnown(trial, {priorPrecision: true, noiseScale: true}, caller);
    const {priorPrecision, noiseScale} = trial;
    return approximation.logMarginalLikelihood({
      ...this.#state.assumptions,
      ...(priorPrecision !== undefined && {priorPrecision: ownPrior(priorPrecision, caller)}),
      noiseScale: withNoise(this.likelihood, noiseScale).noiseScale, // refuses noise where there is none
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
    const state = this.#state;
    return state.inTurn(async () => {
      const found = await tunePosterior(await state.unchanged('tune'), state.assumptions, this.likelihood, options);
      this.assume(options.noise ? found : {priorPrecision: found.priorPrecision});
      return {...found, logMarginalLikelihood: this.logMarginalLikelihood()};
    });
  }

  /** Takes over prior precisions and, where given, a noise scale, which later fits then leave as it is. */
  assume({priorPrecision, noiseScale}: Pick<TuneResult, 'priorPrecision'> & {noiseScale?: number | undefined}): void {
    this.#state.setPrior(priorPrecision);
    if (noiseScale !== undefined) this.#state.setNoise(noiseScale);
  }

  /**
   * Mean [N, ..., C] and covariance [N, ..., C, C] of the outputs of the linearized net: synchronous, tensors only,
   * differentiable in `x`. The caller disposes both.
   *
   * With `joint`, the covariance is over all outputs of all inputs, [N ... C, N ... C] in the order of the flattened mean:
   * what Bayesian optimization needs. It takes N C floats for each weight of the largest tensor.
   */
  linearized(x: Inputs, {joint = false}: {joint?: boolean} = {}): LinearizedOutputs {
    const fitted = this.#state.unwritten('linearized');
    requireExamples(fitted.weights.net, x, 'laplace.linearized');
    return (joint ? linearizeJointly : linearize)(fitted.weights, this.#state.gaussian(fitted), x);
  }

  /**
   * The predictive distribution at `x`. Throws `ModelMismatchError` if the model was trained on after `fit`, `DataError`
   * where outputs are not finite.
   */
  async predict(x: Inputs, options: LaplacePredictOptions = {}): Promise<Predictive> {
    const fitted = await this.#state.unchanged('predict');
    return predictLinearized(fitted, this.#state.gaussian(fitted), this.likelihood, x, options);
  }

  /** Draws of the linearized outputs at `x`, [S, N, ..., C]: each draw one function, the same for every input. */
  async sampleOutputs(x: Inputs, options: SampleOptions): Promise<tf.Tensor> {
    const fitted = await this.#state.unchanged('sampleOutputs');
    return sampleLinearized(fitted, this.#state.gaussian(fitted), x, options);
  }

  /**
   * One function drawn from the posterior of the linearized net, to be evaluated at any inputs (Thompson sampling):
   * synchronous and differentiable in them. The caller disposes it.
   */
  thompsonSample({rng = createRng('thompson')}: {rng?: Rng} = {}): FunctionSample {
    const fitted = this.#state.unwritten('thompsonSample');
    return new FunctionSample(fitted, this.#state.gaussian(fitted).sample(rng));
  }

  sampleWeights(rng: Rng): tf.Tensor[] {
    const fitted = this.#state.unwritten('sampleWeights');
    const delta = this.#state.gaussian(fitted).sample(rng);
    return tf.tidy(() =>
      fitted.weights.toTensors(delta).map((change, i) => tf.add(change, fitted.mean[i] as tf.Tensor)),
    );
  }

  /** Posterior variance of each weight that has one, in the order of the flat vector. */
  weightVariances(): Float64Array {
    return this.#state.gaussian(this.#state.unwritten('weightVariances')).variances();
  }

  async save(handler: string | tf.io.IOHandler): Promise<tf.io.SaveResult> {
    const {fit} = await this.#state.unchanged('save');
    const target = saveHandler(handler);
    if (!target.save)
      throw new ConfigError('laplace.save: expected a handler with a save method, got one that only loads.');
    const {settings, assumptions, estimatesNoise} = this.#state;
    const {structure, structureOptions, samples, output} = settings;
    const noisePerOutput = estimatesNoise && settings.noisePerOutput;
    const likelihood = this.likelihood.getConfig();
    const terms = {
      ...assumptions,
      structure,
      structureOptions,
      samples,
      likelihood,
      estimatesNoise,
      noisePerOutput,
      output,
    };
    return target.save(toArtifacts(toSaved(fit, terms)));
  }

  dispose(): void {
    this.#state.dispose();
  }

  #cut(x: Inputs, y: tf.Tensor, options: LaplaceFitOptions, caller: string): Iterable<LabelledBatch> {
    requireKnown(options, FIT_OPTIONS, caller);
    if (options.batchSize !== undefined) requireCount(options.batchSize, 'batchSize', caller);
    requireExamples(this.#state.settings.net, x, caller);
    return slices(x, y, options.batchSize, caller);
  }
}
