import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../src/errors.ts';
import type {Json, LoadContext, SavedPosterior} from '../../src/io/index.ts';
import {categorical, type Likelihood} from '../../src/likelihoods/index.ts';
import type {Inputs, Net} from '../../src/models/index.ts';
import type {Posterior, PredictOptions, SampleOptions} from '../../src/posterior/index.ts';
import {digamma} from '../../src/predictive/gamma-functions.ts';
import {CategoricalPredictive} from '../../src/predictive/index.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import {loadedNet, type SavedNet} from '../loaded-net.ts';
import {guardModel, type ModelGuard} from '../model-guard.ts';
import {savePosterior} from '../save-posterior.ts';
import {inBatches} from './batches.ts';
import {concentrations, type Evidence} from './dirichlet-loss.ts';
import {gammaDraws} from './gamma-draws.ts';

/** Name and version of the format. */
export const CLASSIFIER_KIND = 'layers/evidential-classification';
export const CLASSIFIER_VERSION = 1;

/** What an {@link EvidentialClassifier} is made of. */
export interface EvidentialClassifierFields {
  /** The net. */
  readonly net: Net;
  /** Name of the output looked at, where the model has several. */
  readonly output: string | undefined;
  /** How an output becomes evidence. */
  readonly evidence: Evidence;
}

/** A Dirichlet over the class probabilities of each input, in closed form. Made by `evidentialClassification`. */
export class EvidentialClassifier implements Posterior {
  /** Draws of f are logarithms of drawn probabilities. */
  readonly likelihood: Likelihood = categorical();
  readonly #fields: EvidentialClassifierFields;
  readonly #guard: ModelGuard;

  /** @internal */
  constructor(fields: EvidentialClassifierFields) {
    if (fields.net.head !== 'linear') {
      throw new ConfigError(
        `evidentialClassification.posterior: expected a model that ends in a linear layer, got a ${fields.net.head}. ` +
          'Take the activation off: the outputs are evidence, and the loss makes probabilities of them.',
      );
    }
    this.#fields = fields;
    this.#guard = guardModel(fields.net.model);
  }

  /**
   * The mean of the Dirichlet; `aleatoric` is the expected entropy in closed form,
   * `sum_k p_k (digamma(total + 1) - digamma(alpha_k + 1))`, `epistemic` the rest.
   */
  async predict(x: Inputs, options: PredictOptions = {}): Promise<CategoricalPredictive> {
    await this.#guard.check('evidentialClassification.predict');
    const members = options.keepMembers ? await this.sampleOutputs(x, {samples: 100, ...options}) : undefined;
    const {logProbs, memberEntropy, memberProbs} = tf.tidy(() => {
      const alpha = this.#concentrations(x, options.batchSize);
      const total = tf.sum(alpha, -1, true);
      const logProbs = tf.sub(tf.log(alpha), tf.log(total));
      const doubt = tf.sub(digamma(tf.add(total, 1)), digamma(tf.add(alpha, 1)));
      const memberEntropy = tf.sum(tf.mul(tf.exp(logProbs), doubt), -1);
      return {logProbs, memberEntropy, ...(members && {memberProbs: tf.exp(members)})};
    }) as {logProbs: tf.Tensor; memberEntropy: tf.Tensor; memberProbs?: tf.Tensor};
    members?.dispose();
    return new CategoricalPredictive({logProbs, memberEntropy, memberProbs});
  }

  /** Logarithms of class probabilities drawn from the Dirichlets, [S, N, ..., K], independently for each input. */
  async sampleOutputs(
    x: Inputs,
    {samples, batchSize, rng = createRng('evidential')}: SampleOptions,
  ): Promise<tf.Tensor> {
    await this.#guard.check('evidentialClassification.sampleOutputs');
    const alpha = tf.tidy(() => this.#concentrations(x, batchSize));
    try {
      const values = await alpha.data();
      return tf.tidy(() =>
        tf.stack(Array.from({length: samples}, (_, s) => drawLogProbs(rng.fork(s), values, alpha.shape))),
      );
    } finally {
      alpha.dispose();
    }
  }

  /** Vacuity `K / total` of each input, [N ...], between 0 and 1: high where there is little evidence for any class. */
  async oodScore(x: Inputs, {batchSize}: {batchSize?: number} = {}): Promise<Float32Array> {
    await this.#guard.check('evidentialClassification.oodScore');
    const vacuity = tf.tidy(() => tf.reciprocal(tf.mean(this.#concentrations(x, batchSize), -1)));
    try {
      return Float32Array.from(await vacuity.data());
    } finally {
      vacuity.dispose();
    }
  }

  /** Saves the kind of evidence; the rest is the model. */
  async save(handler: string | tf.io.IOHandler): Promise<tf.io.SaveResult> {
    await this.#guard.check('evidentialClassification.save');
    const {evidence, output} = this.#fields;
    const config: Record<string, Json> = {
      fingerprint: await this.#guard.fingerprint(),
      evidence,
      output: output ?? null,
    };
    const saved = {kind: CLASSIFIER_KIND, version: CLASSIFIER_VERSION, config, arrays: {}};
    return savePosterior(handler, saved, 'evidentialClassification.save');
  }

  /** Does nothing: there are no tensors of its own. */
  dispose(): void {}

  #concentrations(x: Inputs, batchSize?: number): tf.Tensor {
    const {net, evidence} = this.#fields;
    return inBatches(x, batchSize, (part) => concentrations(net.outputs(part), evidence));
  }
}

/** What `save` wrote, for the same model. */
export async function loadClassifier({config}: SavedPosterior, context: LoadContext): Promise<EvidentialClassifier> {
  const {net, output} = await loadedNet(context, config as unknown as SavedNet);
  return new EvidentialClassifier({net, output, evidence: config.evidence as Evidence});
}

function drawLogProbs(rng: Rng, alpha: ArrayLike<number>, shape: number[]): tf.Tensor {
  const gammas = gammaDraws(rng, alpha);
  return tf.tidy(() => {
    const logs = tf.tensor(Float32Array.from(gammas, Math.log), shape);
    return tf.sub(logs, tf.logSumExp(logs, -1, true));
  });
}
