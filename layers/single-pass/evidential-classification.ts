import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError, ShapeError} from '../../src/errors.ts';
import {createNet} from '../../src/models/index.ts';
import {concentrations, dirichletLoss, EVIDENCES, type Evidence, type EvidentialForm, FORMS} from './dirichlet-loss.ts';
import {EvidentialClassifier} from './evidential-classifier.ts';

/** Options of {@link evidentialClassification}. */
export interface EvidentialClassificationOptions {
  /** How an output of the net becomes evidence for its class. Default `'softplus'`; the paper's `'relu'` can die. */
  readonly evidence?: Evidence;
  /** The expectation that is trained. Default `'squared-error'`, the paper's choice. */
  readonly form?: EvidentialForm;
  /** Weight of the penalty on evidence for wrong classes; a callback of `annealing` changes it. Default 1. */
  readonly klWeight?: number;
}

/** Loss and posterior of a net whose outputs are evidence for classes. Made by {@link evidentialClassification}. */
export class EvidentialClassification {
  /** How an output becomes evidence. */
  readonly evidence: Evidence;
  /** The expectation that is trained. */
  readonly form: EvidentialForm;
  /** Weight of the penalty on evidence for wrong classes. */
  klWeight: number;
  /**
   * For `model.compile({loss: head.loss})`: one number for each example, the mean over inner axes. Targets are one-hot rows; rows
   * of zeros are ignored. Throws `ShapeError` for targets of another shape.
   */
  readonly loss: (yTrue: tf.Tensor, yPred: tf.Tensor) => tf.Tensor;

  /** Use `evidentialClassification`. */
  constructor({evidence = 'softplus', form = 'squared-error', klWeight = 1}: EvidentialClassificationOptions) {
    checkName(evidence, EVIDENCES, 'evidence');
    checkName(form, FORMS, 'form');
    checkWeight(klWeight, 'evidentialClassification');
    this.evidence = evidence;
    this.form = form;
    this.klWeight = klWeight;
    this.loss = (yTrue, yPred) => this.#loss(yTrue, yPred);
  }

  /**
   * A callback for `fit` that lets the weight of the penalty grow from 0 to `klWeight` over the first epochs, and leaves it there at the
   * end of training. Throws `ConfigError` unless `epochs` is above 0 and `klWeight` 0 or more.
   */
  annealing({epochs = 10, klWeight = this.klWeight}: {epochs?: number; klWeight?: number} = {}): tfl.CustomCallback {
    const caller = 'evidentialClassification.annealing';
    if (!(epochs > 0)) {
      throw new ConfigError(`${caller}: expected epochs to be above 0, got ${epochs}. Leave it out for 10.`);
    }
    checkWeight(klWeight, caller);
    return new tfl.CustomCallback({
      onEpochBegin: async (epoch) => {
        this.klWeight = klWeight * Math.min(1, epoch / epochs);
      },
      onTrainEnd: async () => {
        this.klWeight = klWeight;
      },
    });
  }

  /** What a trained net says: a Dirichlet over the class probabilities of each input. Its head must be linear. */
  posterior(model: tfl.LayersModel, {output}: {output?: string} = {}): EvidentialClassifier {
    const caller = 'evidentialClassification.posterior';
    const net = createNet(model, {caller, ...(output !== undefined && {output})});
    return new EvidentialClassifier({net, output, evidence: this.evidence});
  }

  #loss(yTrue: tf.Tensor, yPred: tf.Tensor): tf.Tensor {
    if (!tf.util.arraysEqual(yTrue.shape, yPred.shape)) {
      throw new ShapeError(
        `evidentialClassification.loss: expected targets of shape [${yPred.shape.join(', ')}], got ` +
          `[${yTrue.shape.join(', ')}]. Turn integer labels into rows with tf.oneHot.`,
      );
    }
    return tf.tidy(() => {
      const y = tf.cast(yTrue, 'float32');
      const each = dirichletLoss(concentrations(yPred, this.evidence), y, this.form, this.klWeight);
      return tf.mean(tf.reshape(tf.mul(each, tf.sum(y, -1)), [yPred.shape[0] as number, -1]), 1);
    });
  }
}

function checkWeight(klWeight: number, caller: string): void {
  if (klWeight >= 0) return;
  throw new ConfigError(`${caller}: expected klWeight to be 0 or more, got ${klWeight}. Leave it out.`);
}

function checkName(name: string, names: readonly string[], option: string): void {
  if (names.includes(name)) return;
  const choices = names.map((one) => `'${one}'`).join(', ');
  throw new ConfigError(
    `evidentialClassification: expected ${option} to be one of ${choices}, got '${name}'. Choose one of these.`,
  );
}

/**
 * Evidential classification: a net that predicts a Dirichlet over class probabilities in one pass (Sensoy, Kaplan and Kandemir 2018).
 *
 *     alpha = evidence(f) + 1,  total = sum_k alpha_k,  p_k = alpha_k / total,  vacuity = K / total
 *     'squared-error': sum_k (y_k - p_k)^2 + p_k (1 - p_k) / (total + 1)
 *     'log-marginal':  sum_k y_k (log total - log alpha_k)
 *     'cross-entropy': sum_k y_k (digamma(total) - digamma(alpha_k))
 *     each + klWeight KL(Dirichlet(y + (1 - y) alpha) || Dirichlet(1, ..., 1))
 *
 * for a net that ends in a Dense layer without activation, one output f_k for each class; `metrics: ['accuracy']` works.
 *
 * Known limits: the spread of the Dirichlet is trained by no likelihood, so that its epistemic part has no meaning as a posterior: it
 * depends on the penalty and does not vanish with more data (Bengs, Huellermeier and Waegeman 2022). Nothing keeps
 * evidence low far from the data: compare vacuity with `auroc` on held-out outliers before relying on it.
 *
 * Throws `ConfigError` for options that it cannot use.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {evidentialClassification} from 'tfjs-bayes/layers';
 *
 * await initBackend({prefer: 'cpu'});
 * const head = evidentialClassification({form: 'cross-entropy'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 3, inputShape: [2]})]});
 * model.compile({optimizer: 'adam', loss: head.loss, metrics: ['accuracy']});
 * const y = tf.tile(tf.tensor2d([[1, 0, 0]]), [10, 1]);
 * await model.fit(tf.ones([10, 2]), y, {epochs: 2, verbose: 0, callbacks: head.annealing({epochs: 2})});
 * const posterior = head.posterior(model);
 * console.log((await posterior.oodScore(tf.ones([4, 2]))).length); // 4 numbers between 0 and 1
 * ```
 */
export function evidentialClassification(options: EvidentialClassificationOptions = {}): EvidentialClassification {
  return new EvidentialClassification(options);
}
