import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../../src/errors.ts';
import type {Likelihood, LikelihoodChoice} from '../../src/likelihoods/index.ts';
import {createNet, type Inputs, withWeights} from '../../src/models/index.ts';
import {
  monteCarloPredict,
  outputsOfDraws,
  type PredictOptions,
  type SampleOptions,
  type WeightPosterior,
} from '../../src/posterior/index.ts';
import type {Predictive} from '../../src/predictive/index.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import {knownLikelihood} from '../known-likelihood.ts';
import {guardModel, type ModelGuard} from '../model-guard.ts';
import {savePosterior} from '../save-posterior.ts';
import {findVariational} from './find.ts';
import type {RandomWeight} from './random-weight.ts';
import {toSaved, type VariationalPosteriorFields} from './saved.ts';

/** Options of {@link variational}. */
export interface VariationalPosteriorOptions {
  /** Draws where `predict` is not told how many. Default 100. */
  readonly samples?: number;
  /** What the outputs mean: a name or a likelihood. Default: from the head, as in `laplace`. */
  readonly likelihood?: LikelihoodChoice;
  /** Standard deviation of the noise, for a likelihood given by a name that has one. */
  readonly noiseScale?: number;
  /** Name of the output layer, for models with several outputs. */
  readonly output?: string;
}

/**
 * The posterior of a model with variational layers: made by {@link variational} or `loadPosterior`.
 *
 * Draws whole functions, the same for all inputs, whatever estimator the layers are trained with; weights without a posterior
 * and BatchNorm stay as they are. The weights are the model's own, which is never changed.
 */
export class VariationalPosterior implements WeightPosterior {
  /** p(y | f). */
  readonly likelihood: Likelihood;
  /** Posterior mean of every weight that has a posterior, in model order; owned by the posterior. */
  readonly mean: readonly tf.Tensor[];
  readonly #fields: VariationalPosteriorFields;
  readonly #weights: readonly RandomWeight[];
  readonly #guard: ModelGuard;

  /** @internal */
  constructor(fields: VariationalPosteriorFields) {
    this.likelihood = fields.likelihood;
    this.#fields = fields;
    this.#weights = findVariational(fields.net.model.layers).flatMap(({q}) => q.all);
    this.mean = this.#weights.map(({family}) => tf.keep(tf.tidy(() => family.mean())));
    this.#guard = guardModel(fields.net.model);
  }

  /** The average over draws. Throws `ModelMismatchError` if the model was trained on since. */
  async predict(x: Inputs, options: PredictOptions = {}): Promise<Predictive> {
    return monteCarloPredict(this, x, {samples: this.#fields.samples, ...options});
  }

  /** Outputs of draws, [S, N, ..., C], each of one function. Throws `ModelMismatchError` if the model was trained on since. */
  async sampleOutputs(
    x: Inputs,
    {samples, batchSize, rng = createRng('variational')}: SampleOptions,
  ): Promise<tf.Tensor> {
    await this.#guard.check('variational.predict');
    const weights = this.#weights.flatMap(({family}) => family.drawn);
    const draw = (): tf.Tensor[] => this.#weights.flatMap(({family}) => family.draw(rng));
    return outputsOfDraws({net: this.#fields.net, weights, samples, draw}, x, batchSize);
  }

  /** One draw of every weight that has a posterior, in the order and shape of `mean`; the caller disposes them. */
  sampleWeights(rng: Rng): tf.Tensor[] {
    return this.#weights.map(({family}) =>
      tf.tidy(() => withWeights(family.drawn, family.draw(rng), () => family.mean())),
    );
  }

  /** Variance of every weight that has a posterior, in the order and shape of `mean`; the caller disposes them. */
  variances(): tf.Tensor[] {
    return this.#weights.map(({family}) => tf.tidy(() => family.variance()));
  }

  /** Saves what the model does not hold: its fingerprint, the likelihood and the number of draws. Save the model beside it. */
  async save(handler: string | tf.io.IOHandler): Promise<tf.io.SaveResult> {
    await this.#guard.check('variational.save');
    return savePosterior(handler, toSaved(this.#fields, await this.#guard.fingerprint()), 'variational.save');
  }

  /** Disposes `mean`; the model stays the user's. */
  dispose(): void {
    tf.dispose([...this.mean]);
  }
}

/**
 * The posterior of a model with variational layers, trained with `fit`:
 *
 *     p(y | x) = 1/S sum_s p(y | f(x; w_s)),   w_s ~ q(w)
 *
 * @param model A model with variational layers: built with them, or made by `toBayesian`.
 * @param options Draws and likelihood.
 * @param options.samples Draws where `predict` is not told how many. Default 100.
 * @param options.likelihood What the outputs mean. Default: categorical after a softmax, bernoulli after a sigmoid; a linear head
 * must name one.
 * @param options.noiseScale Standard deviation of the noise, for a likelihood given by a name that has one.
 * @param options.output Name of the output layer, for models with several outputs.
 * @throws ConfigError if the model has no variational layers, or the likelihood or its noise is left open.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {bayesDense, variational} from 'tfjs-bayes/layers';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({
 *   layers: [bayesDense({units: 3, activation: 'softmax', inputShape: [2], trainSize: 100})],
 * });
 * const posterior = variational(model, {samples: 32});
 * const predictive = await posterior.predict(tf.zeros([4, 2]));
 * console.log(predictive.kind);   // categorical
 * predictive.dispose();
 * posterior.dispose();
 * ```
 */
export function variational(
  model: tfl.LayersModel,
  {samples = 100, output, ...given}: VariationalPosteriorOptions = {},
): VariationalPosterior {
  const net = createNet(model, {caller: 'variational', ...(output !== undefined && {output})});
  if (!Number.isInteger(samples) || samples < 1) {
    throw new ConfigError(
      `variational: expected samples to be a whole number above 0, got ${samples}. Leave it out for 100.`,
    );
  }
  if (findVariational(net.model.layers).length === 0) {
    throw new ConfigError(
      'variational: expected a model with variational layers, got one without. Convert it with toBayesian(model, {trainSize}) ' +
        'and train it, or use laplace(model) after training.',
    );
  }
  return new VariationalPosterior({net, output, samples, likelihood: knownLikelihood(given, net.head, 'variational')});
}
