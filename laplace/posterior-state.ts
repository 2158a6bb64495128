import {ModelMismatchError, NotFittedError} from '../src/errors.ts';
import type {Likelihood} from '../src/likelihoods/index.ts';
import type {Net} from '../src/models/index.ts';
import type {Assumptions} from './approximation.ts';
import {residualNoiseScale} from './evidence.ts';
import {type Fit, fitBatches, type LabelledBatches} from './fit.ts';
import {Fitted} from './fitted.ts';
import {FittedModel} from './fitted-model.ts';
import type {LaplaceFitOptions} from './options.ts';
import {checkPriorMean} from './prior-mean.ts';
import {expandPrior, ownPrior, type PriorPrecision} from './prior-precision.ts';
import {residualNoiseScales} from './residual-noise.ts';
import {type Settings, settingsWeights, withNoise} from './settings.ts';
import type {WeightGaussian} from './structures/structure.ts';

/** What changes in the life of a Laplace posterior: its fit, its prior and its noise. */
export class PosteriorState {
  readonly settings: Settings;
  #likelihood: Likelihood;
  #estimatesNoise: boolean;
  #priorPrecision: number | readonly number[];
  #current: Fitted | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  /** Starts with a fit that was saved, or with none. */
  constructor(settings: Settings, fit?: Fit) {
    this.settings = settings;
    this.#likelihood = settings.likelihood;
    this.#estimatesNoise = settings.estimatesNoise;
    this.#priorPrecision = settings.priorPrecision;
    if (fit) this.#adopt(fit, 'laplace');
  }

  /** With the noise in use. */
  get likelihood(): Likelihood {
    return this.#likelihood;
  }

  /** Whether each fit sets the noise to that of its residuals. */
  get estimatesNoise(): boolean {
    return this.#estimatesNoise;
  }

  /** The fit in use, if there is one. */
  get current(): Fitted | undefined {
    return this.#current;
  }

  /** What the fit is combined with. */
  get assumptions(): Assumptions {
    const {priorMean, temperature} = this.settings;
    const {noiseScale} = this.#likelihood;
    return {priorPrecision: this.#priorPrecision, priorMean, temperature, noiseScale};
  }

  /** Changes the prior; throws `ConfigError` unless it has one number, or one for each weight or weight tensor. */
  setPrior(value: PriorPrecision): void {
    const prior = ownPrior(value, 'laplace.priorPrecision');
    const target = this.#current?.priorTarget ?? this.settings.priorTarget;
    if (target) expandPrior(prior, target, 'laplace.priorPrecision');
    this.#priorPrecision = prior;
    this.#current?.forget();
  }

  /** Changes the noise, which later fits then leave as it is. */
  setNoise(noiseScale: number): void {
    this.#likelihood = withNoise(this.#likelihood, noiseScale);
    this.#estimatesNoise = false;
    this.#current?.forget();
  }

  /** Starts when all that was started before is over, however it ended. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Replaces the fit by one of these batches, or of them and what `previous` saw; an error leaves all as it was. */
  async refit(
    caller: string,
    batches: LabelledBatches,
    {callbacks}: Pick<LaplaceFitOptions, 'callbacks'>,
    previous?: Fit,
  ): Promise<void> {
    const {structure, structureOptions, curvature, rng} = this.settings;
    const weights = previous?.weights ?? (await settingsWeights(this.settings));
    expandPrior(this.#priorPrecision, {structure, tensors: weights.tensors}, caller);
    checkPriorMean(this.settings.priorMean, weights.tensors, caller);
    const model = new FittedModel(weights.net.model);
    const likelihood = previous ? this.#likelihood : await this.#withOwnNoise(weights.net, batches, caller);
    const target = {weights, structure, structureOptions, curvature, rng, likelihood};
    const fit = await fitBatches(target, batches, {caller, previous, ...(callbacks && {callbacks})});
    if (model.written) {
      throw new ModelMismatchError(
        `${caller}: expected a model that stays as it is during the fit, got one whose weights were written. ` +
          'Wait until it is trained.',
      );
    }
    this.#adopt(fit, caller, {model, likelihood});
  }

  /** The fit in use; throws `NotFittedError` where there is none. */
  fitted(method: string): Fitted {
    if (this.#current) return this.#current;
    throw new NotFittedError(`laplace.${method}: expected a fitted posterior, got none. Call fit(x, y) first.`);
  }

  /** The fit in use, if no weight of the model was written since. */
  unwritten(method: string): Fitted {
    const fitted = this.fitted(method);
    fitted.model.requireUnwritten(`laplace.${method}`);
    return fitted;
  }

  /** The fit in use, if the model is still the one that was fitted. */
  async unchanged(method: string): Promise<Fitted> {
    const fitted = this.fitted(method);
    await fitted.requireSameModel(`laplace.${method}`);
    return fitted === this.#current ? fitted : this.unchanged(method); // another fit may have come meanwhile
  }

  /** The weight posterior that a fit in use has now. */
  gaussian(fitted: Fitted): WeightGaussian {
    return fitted.gaussian(this.assumptions);
  }

  dispose(): void {
    this.#current?.dispose();
    this.#current = undefined;
  }

  /** The likelihood, with noise of each output's own residuals where that is asked for. */
  async #withOwnNoise(net: Net, batches: LabelledBatches, caller: string): Promise<Likelihood> {
    if (!this.settings.noisePerOutput || !this.#estimatesNoise) return this.#likelihood;
    return withNoise(this.#likelihood, await residualNoiseScales(net, this.#likelihood, batches(), caller));
  }

  #adopt(
    fit: Fit,
    caller: string,
    {model, likelihood = this.#likelihood}: {model?: FittedModel; likelihood?: Likelihood} = {},
  ): void {
    const noisy = this.#estimatesNoise ? withNoise(likelihood, residualNoiseScale(fit, caller)) : likelihood;
    this.dispose();
    this.#current = new Fitted(fit, this.settings.structureOptions, model);
    this.#likelihood = noisy;
  }
}
