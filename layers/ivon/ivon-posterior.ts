import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../src/errors.ts';
import {saveHandler, toArtifacts} from '../../src/io/index.ts';
import type {Likelihood} from '../../src/likelihoods/index.ts';
import {type Inputs, readWeights} from '../../src/models/index.ts';
import {
  monteCarloPredict,
  outputsOfDraws,
  type PredictOptions,
  type SampleOptions,
  type WeightPosterior,
} from '../../src/posterior/index.ts';
import type {Predictive} from '../../src/predictive/index.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import {fixedWeights, type IvonPosteriorFields} from './posterior-fields.ts';
import {toSaved} from './saved-posterior.ts';

/** Options of {@link IvonPosterior.predict}. */
export interface IvonPredictOptions extends PredictOptions {
  /**
   * `'samples'` (default) averages the predictions of weights drawn from the posterior; `'mean'` predicts once, at its mean:
   * as fast as the model, without an epistemic part.
   */
  readonly mode?: 'samples' | 'mean';
}

/**
 * The posterior that {@link ivon} trains: N(mean, 1 / (ess (h + weightDecay))), independent for each trainable weight.
 *
 * Made by `optimizer.posterior(model)`, `mergeIvon` or `loadPosterior`. Holds every weight itself, the statistics of BatchNorm
 * included: training the model on changes nothing here, and any model of the same architecture can load it.
 */
export class IvonPosterior implements WeightPosterior {
  /** p(y | f). */
  readonly likelihood: Likelihood;
  /** Posterior mean of every trainable weight, in model order; owned by the posterior. */
  readonly mean: readonly tf.Tensor[];
  /** All that it holds; owned by the posterior. */
  readonly fields: IvonPosteriorFields;

  /** Use `optimizer.posterior(model)`. */
  constructor(fields: IvonPosteriorFields) {
    this.fields = fields;
    this.likelihood = fields.likelihood;
    this.mean = fields.gaussians.map(({mean}) => mean);
  }

  /** The predictive distribution at `x`. */
  async predict(x: Inputs, {mode = 'samples', ...options}: IvonPredictOptions = {}): Promise<Predictive> {
    if (mode === 'samples') return monteCarloPredict(this, x, options);
    if (mode !== 'mean') {
      throw new ConfigError(`ivon.predict: expected mode to be 'samples' or 'mean', got '${mode}'. Leave it out.`);
    }
    const draws = this.#outputs(x, 1, () => this.mean, options.batchSize);
    const mean = tf.squeeze(draws, [0]);
    try {
      return this.likelihood.predictive({mean}, options);
    } finally {
      tf.dispose([draws, mean]);
    }
  }

  async sampleOutputs(x: Inputs, {samples, batchSize, rng = createRng('ivon')}: SampleOptions): Promise<tf.Tensor> {
    return this.#outputs(x, samples, () => this.sampleWeights(rng), batchSize);
  }

  sampleWeights(rng: Rng): tf.Tensor[] {
    return this.fields.gaussians.map(({mean, precision, ess}) => {
      const scale = 1 / Math.sqrt(ess);
      const noise = Float32Array.from(rng.normals(mean.size), (eps) => scale * eps);
      return tf.tidy(() => tf.add(mean, tf.div(tf.tensor(noise, mean.shape), tf.sqrt(precision))));
    });
  }

  /** Posterior variance of each weight, in the order of the flat vector. */
  async weightVariances(): Promise<Float64Array> {
    const variances = tf.tidy(() => this.fields.gaussians.map(({precision, ess}) => tf.div(1 / ess, precision)));
    try {
      return await readWeights(variances);
    } finally {
      tf.dispose(variances);
    }
  }

  async save(handler: string | tf.io.IOHandler): Promise<tf.io.SaveResult> {
    const target = saveHandler(handler);
    if (!target.save) {
      throw new ConfigError('ivon.save: expected a handler with a save method, got one that only loads. Pass another.');
    }
    return target.save(toArtifacts(await toSaved(this.fields)));
  }

  dispose(): void {
    const {gaussians, fixed, training} = this.fields;
    tf.dispose([...fixed]);
    tf.dispose(gaussians.flatMap(({mean, precision}) => [mean, precision]));
    tf.dispose((training?.weights ?? []).map(({momentum}) => momentum));
  }

  #outputs(x: Inputs, samples: number, draw: () => readonly tf.Tensor[], batchSize?: number): tf.Tensor {
    const {net, fixed} = this.fields;
    const weights = [...net.weights, ...fixedWeights(net)];
    return outputsOfDraws({net, weights, samples, draw: () => [...draw(), ...fixed]}, x, batchSize);
  }
}
