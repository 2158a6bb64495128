import * as tf from '@tensorflow/tfjs-core';
import {saveHandler, toArtifacts} from '../src/io/index.ts';
import type {Likelihood} from '../src/likelihoods/index.ts';
import type {Inputs} from '../src/models/index.ts';
import type {PredictOptions, SampleOptions, WeightPosterior} from '../src/posterior/posterior.ts';
import type {Predictive} from '../src/predictive/index.ts';
import {createRng, type Rng} from '../src/random/index.ts';
import {checkSaves} from './checks.ts';
import {type EnsembleFields, memberOutputs} from './host.ts';
import {toSaved} from './saved.ts';

/**
 * Equal mass on each of several weight vectors of one architecture: `p(y | x) = 1/M sum_m p(y | f_m(x))`.
 *
 * Densities are mixed, never their parameters: classes give the mean of the members' probabilities, numbers a mixture of
 * their densities. Holds every weight itself, so that the models may be trained on or disposed (but for the one that
 * `ensembleOf` was given first, which lends its layers). Made by `ensembleOf`, `deepEnsemble` and the collectors.
 */
export class EnsemblePosterior implements WeightPosterior {
  /** p(y | f). */
  readonly likelihood: Likelihood;
  readonly #fields: EnsembleFields;
  #mean: tf.Tensor[] | undefined;

  /** Use `ensembleOf` or `deepEnsemble`. */
  constructor(fields: EnsembleFields) {
    this.#fields = fields;
    this.likelihood = fields.likelihood;
  }

  /** Number of members. */
  get size(): number {
    return this.#fields.members.length;
  }

  /** The weight vectors, owned by the posterior: every weight of the model, statistics of BatchNormalization included. */
  get members(): readonly (readonly tf.Tensor[])[] {
    return this.#fields.members;
  }

  /** Mean over the members of every weight. */
  get mean(): readonly tf.Tensor[] {
    const {host, members} = this.#fields;
    this.#mean ??= host.variables.map((_, i) =>
      tf.keep(tf.tidy(() => tf.mean(tf.stack(members.map((weights) => weights[i] as tf.Tensor)), 0))),
    );
    return this.#mean;
  }

  /** The predictive at `x` from every member once, whatever `samples` says: nothing is random. */
  async predict(x: Inputs, options: PredictOptions = {}): Promise<Predictive> {
    const draws = memberOutputs(this.#fields.host, this.members, x, options.batchSize);
    try {
      return this.likelihood.predictive({draws}, options);
    } finally {
      draws.dispose();
    }
  }

  /** Outputs of members drawn with replacement, [S, N, ..., C]. */
  async sampleOutputs(x: Inputs, {samples, batchSize, rng = createRng('ensemble')}: SampleOptions): Promise<tf.Tensor> {
    const picked = Array.from(rng.uniforms(samples), (u) => Math.floor(u * this.size));
    return tf.tidy(() => {
      const outputs = memberOutputs(this.#fields.host, this.members, x, batchSize);
      return tf.gather(outputs, tf.tensor1d(picked, 'int32'));
    });
  }

  /** The weights of one member, drawn at random. */
  sampleWeights(rng: Rng): tf.Tensor[] {
    const picked = Math.floor((rng.uniforms(1)[0] as number) * this.size);
    return (this.members[picked] as readonly tf.Tensor[]).map((weight) => tf.clone(weight));
  }

  /** Saves the members, weights that all share once; load it with any model of the same architecture. */
  async save(handler: string | tf.io.IOHandler): Promise<tf.io.SaveResult> {
    const {host, members, output} = this.#fields;
    const save = checkSaves(saveHandler(handler), 'ensemble.save');
    return save(toArtifacts(await toSaved({host, likelihood: this.likelihood, members, output})));
  }

  /** Disposes the members. */
  dispose(): void {
    for (const weights of this.members) tf.dispose([...weights]);
    tf.dispose(this.#mean ?? []);
    this.#mean = undefined;
    this.#fields.onDispose?.();
  }
}
