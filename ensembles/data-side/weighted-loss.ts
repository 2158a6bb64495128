import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {ConfigError} from '../../src/errors.ts';

/** What the loss of one batch needs beyond its targets; it takes the tensors over. */
export interface BatchTerms {
  /** A weight for each example, [B]. */
  readonly weights: tf.Tensor;
  /** Second targets, and the part, [B], of the loss that is left to the first. */
  readonly second?: {readonly targets: tf.Tensor; readonly share: tf.Tensor};
}

type Loss = (yTrue: tf.Tensor, yPred: tf.Tensor) => tf.Tensor;

/**
 * Lets the losses of a compiled model weigh examples, which tfjs does not: each example's loss is
 * `weight (share loss(y) + (1 - share) loss(second y))` while terms are set, and the plain loss otherwise.
 */
export class WeightedLoss {
  readonly #model: LayersModel;
  readonly #losses: Loss[];
  #terms: BatchTerms | undefined;

  /** Puts itself in place of the model's losses. */
  constructor(model: LayersModel) {
    // A Sequential leaves training to a model inside.
    this.#model = (model as {model?: LayersModel}).model ?? model;
    this.#losses = this.#model.lossFunctions;
    this.#model.lossFunctions = this.#losses.map((loss) => (yTrue, yPred) => this.#weigh(loss, yTrue, yPred));
  }

  /** Sets the terms of the batch that is trained on next, or none. */
  take(terms: BatchTerms | undefined): void {
    if (this.#terms) tf.dispose([this.#terms.weights, ...Object.values(this.#terms.second ?? {})]);
    this.#terms = terms;
  }

  /** Gives the model its own losses back. */
  restore(): void {
    this.take(undefined);
    this.#model.lossFunctions = this.#losses;
  }

  #weigh(loss: Loss, yTrue: tf.Tensor, yPred: tf.Tensor): tf.Tensor {
    const terms = this.#terms;
    if (terms === undefined) return loss(yTrue, yPred);
    const {weights, second} = terms;
    const own = ofEach(loss(yTrue, yPred), yPred);
    if (second === undefined) return tf.mul(weights, own);
    const other = ofEach(loss(second.targets, yPred), yPred);
    return tf.mul(weights, tf.add(tf.mul(second.share, own), tf.mul(tf.sub(1, second.share), other)));
  }
}

/** Each example's loss, [B]: the mean over inner axes. */
function ofEach(loss: tf.Tensor, yPred: tf.Tensor): tf.Tensor {
  const examples = yPred.shape[0] as number;
  if (loss.rank > 0 && loss.shape[0] === examples) return tf.mean(tf.reshape(loss, [examples, -1]), 1);
  throw new ConfigError(
    `deepEnsemble.fit: expected a loss with one value for each of ${examples} examples, got the shape [${loss.shape}]. ` +
      "Compile with a named loss such as 'meanSquaredError', or a function that does not average; without sampleWeight and classWeight, resample: 'bootstrap' takes any.",
  );
}
