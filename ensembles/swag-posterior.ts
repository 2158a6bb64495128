import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../src/errors.ts';
import {saveHandler, toArtifacts} from '../src/io/index.ts';
import type {Likelihood} from '../src/likelihoods/index.ts';
import type {Inputs} from '../src/models/index.ts';
import {monteCarloPredict, outputsOfDraws} from '../src/posterior/monte-carlo.ts';
import type {PredictOptions, SampleOptions, WeightPosterior} from '../src/posterior/posterior.ts';
import type {Predictive} from '../src/predictive/index.ts';
import {createRng, type Rng} from '../src/random/index.ts';
import {refreshStatistics} from './batch-norm.ts';
import {checkSaves} from './checks.ts';
import type {SwagFields} from './swag-fields.ts';
import {type SwagMoments, sampledVariances, sampleMoments} from './swag-moments.ts';
import {swagToSaved} from './swag-saved.ts';

/**
 * Gaussians around the averaged weights of one or several runs, with the covariance of the weights along training (Maddox
 * et al., 2019; Wilson and Izmailov, 2020): made by `swag(model).posterior()` and `multiSwag([...])`.
 *
 * Draws are joint over all layers, and each recomputes the statistics of BatchNormalization layers. Predictions are Monte
 * Carlo.
 */
export class SwagPosterior implements WeightPosterior {
  /** p(y | f). */
  readonly likelihood: Likelihood;
  /** What it is made of. */
  readonly fields: SwagFields;
  #mean: tf.Tensor[] | undefined;

  /** Use `swag` or `multiSwag`. */
  constructor(fields: SwagFields) {
    this.fields = fields;
    this.likelihood = fields.likelihood;
  }

  /**
   * Mean of every weight of the model: of the trained ones, over all runs. Those of BatchNormalization's statistics are what
   * the averaged weights need.
   */
  get mean(): readonly tf.Tensor[] {
    const {runs} = this.fields;
    this.#mean ??= tf.tidy(() => {
      const [first] = runs as [SwagMoments];
      const average = first.mean.map(
        (_, i) => runs.reduce((sum, {mean}) => sum + (mean[i] as number), 0) / runs.length,
      );
      return this.#assemble(average).map((weight) => tf.keep(tf.clone(weight)));
    });
    return this.#mean;
  }

  /** Variance of each trained weight, flat, in the order of `model.trainableWeights`: over draws and over runs. */
  weightVariances(): Float64Array {
    const {runs, scale} = this.fields;
    const within = runs.map((run) => sampledVariances(run, scale));
    const [first] = within as [Float64Array];
    return first.map((_, i) => {
      const center = runs.reduce((sum, {mean}) => sum + (mean[i] as number), 0) / runs.length;
      const spread = runs.reduce((sum, {mean}) => sum + ((mean[i] as number) - center) ** 2, 0);
      return (within.reduce((sum, variance) => sum + (variance[i] as number), 0) + spread) / runs.length;
    });
  }

  async predict(x: Inputs, options: PredictOptions = {}): Promise<Predictive> {
    return monteCarloPredict(this, x, options);
  }

  async sampleOutputs(x: Inputs, {samples, batchSize, rng = createRng('swag')}: SampleOptions): Promise<tf.Tensor> {
    const {net, variables} = this.fields.host;
    return outputsOfDraws({net, weights: variables, samples, draw: () => this.#draw(rng)}, x, batchSize);
  }

  /** One draw of every weight of the model. */
  sampleWeights(rng: Rng): tf.Tensor[] {
    return tf.tidy(() => this.#draw(rng).map((weight) => tf.clone(weight)));
  }

  /** Saves the moments, and the inputs for BatchNormalization; load it with any model of the same architecture. */
  async save(handler: string | tf.io.IOHandler): Promise<tf.io.SaveResult> {
    const save = checkSaves(saveHandler(handler), 'swag.save');
    return save(toArtifacts(await swagToSaved(this.fields)));
  }

  dispose(): void {
    tf.dispose([...this.fields.rest, ...(this.fields.inputs ?? []), ...(this.#mean ?? [])]);
    this.#mean = undefined;
  }

  #draw(rng: Rng): tf.Tensor[] {
    const {runs, scale} = this.fields;
    const picked = runs.length === 1 ? 0 : Math.floor((rng.uniforms(1)[0] as number) * runs.length);
    return this.#assemble(sampleMoments(runs[picked] as SwagMoments, scale, rng));
  }

  /** Every weight of the model from a flat vector of the trained ones. Leaves tensors for a tidy to dispose. */
  #assemble(flat: Float64Array): tf.Tensor[] {
    const {host, rest, inputs} = this.fields;
    const trained = new Map<unknown, tf.Tensor>();
    let offset = 0;
    for (const variable of host.net.weights) {
      const shape = variable.shape as number[];
      const size = tf.util.sizeFromShape(shape);
      trained.set(variable, tf.tensor(Float32Array.from(flat.subarray(offset, offset + size)), shape));
      offset += size;
    }
    const weights = host.variables.map((variable, i) => trained.get(variable) ?? (rest[i] as tf.Tensor));
    return refreshStatistics(host, weights, inputs && [...inputs]);
  }
}

/**
 * Several SWAG posteriors of independent runs as one (Wilson and Izmailov, 2020): `p(w) = 1/R sum_r N(w; mean_r, cov_r)`.
 *
 * Takes over the posteriors given, which must not be used any more. For other methods or architectures see `mixture`.
 *
 * @param posteriors at least one, all of the same architecture, likelihood and scale.
 * @throws ConfigError if there is none, or they differ.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {multiSwag, type SwagPosterior, swag} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const [x, y] = [tf.randomNormal([16, 2]), tf.oneHot(tf.range(0, 16, 1, 'int32'), 16)];
 * const runs: SwagPosterior[] = [];
 * for (let run = 0; run < 2; run++) {
 *   const model = tfl.sequential({layers: [tfl.layers.dense({units: 16, inputShape: [2], activation: 'softmax'})]});
 *   model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
 *   const collector = swag(model);
 *   await model.fit(x, y, {epochs: 4, callbacks: [collector]});
 *   runs.push(collector.posterior());
 * }
 * const posterior = multiSwag(runs);
 * console.log(posterior.fields.runs.length); // 2
 * ```
 */
export function multiSwag(posteriors: readonly SwagPosterior[]): SwagPosterior {
  const [first, ...others] = posteriors;
  if (first === undefined) throw new ConfigError('multiSwag: expected at least one posterior, got none. Pass a list.');
  const terms = ({likelihood, fields}: SwagPosterior): string =>
    JSON.stringify([fields.host.architecture, fields.scale, likelihood.getConfig()]);
  if (others.some((other) => terms(other) !== terms(first))) {
    throw new ConfigError(
      'multiSwag: expected SWAG posteriors of one architecture, likelihood and scale, got others. Use mixture([...]).',
    );
  }
  for (const other of others) other.dispose();
  return new SwagPosterior({...first.fields, runs: posteriors.flatMap(({fields}) => fields.runs)});
}
