import * as tf from '@tensorflow/tfjs-core';
import {type EntropyArrays, type MatrixArray, readEntropy, readFloats, readMatrix} from './arrays.ts';
import {categoricalEntropy, entropyOfProbs, splitEntropy} from './entropy.ts';
import type {DrawPlan} from './latent-draws.ts';
import type {EntropyParts, LatentGaussian, PredictiveBase} from './predictive.ts';
import {oneHotTargets} from './targets.ts';

/** What a {@link CategoricalPredictive} is made of; it takes the tensors over. */
export interface CategoricalFields {
  /** Logarithms of the class probabilities, shape [N, ..., K]. */
  readonly logProbs: tf.Tensor;
  /** Class probabilities of each member, shape [S, N, ..., K]. */
  readonly memberProbs?: tf.Tensor | undefined;
  /** Mean entropy of the members, shape [N, ...]. */
  readonly memberEntropy?: tf.Tensor | undefined;
  /** Gaussian over the logits, where there is one. */
  readonly latent?: LatentGaussian | undefined;
  /** The draws from `latent` that split the entropy. */
  readonly draws?: DrawPlan | undefined;
}

/** A {@link CategoricalPredictive} read back. */
export interface CategoricalArrays {
  /** Class probabilities. */
  readonly probs: MatrixArray;
  /** Predicted classes. */
  readonly labels: Int32Array;
  /** Entropy and its parts. */
  readonly entropy: EntropyArrays;
}

/**
 * A prediction over K classes.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {categorical, initBackend} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const mean = tf.tensor2d([[2, 0, -1]]);
 * const variance = tf.tensor2d([[1, 1, 4]]);
 * const predictive = categorical().predictive({mean, variance});
 * const {probs, labels, entropy} = await predictive.toArrays();
 * console.log(labels[0], probs.shape);                        // 0 [1, 3]
 * console.log(entropy.total[0], entropy.epistemic[0]);        // in nats; epistemic <= total
 * predictive.dispose();
 * tf.dispose([mean, variance]);
 * ```
 */
export class CategoricalPredictive implements PredictiveBase {
  /** Tells predictions apart. */
  readonly kind = 'categorical';
  /** Class probabilities, shape [N, ..., K]. */
  readonly probs: tf.Tensor;
  /** Their logarithms, exact where a probability underflows. */
  readonly logProbs: tf.Tensor;
  /** Class probabilities of each member, shape [S, N, ..., K], where they were to be kept. */
  readonly memberProbs: tf.Tensor | undefined;
  /** Mean entropy of the members, shape [N, ...], where the prediction was made from draws of f. */
  readonly memberEntropy: tf.Tensor | undefined;
  /** Gaussian over the logits, where the prediction was made from one. */
  readonly latent: LatentGaussian | undefined;
  /** The draws from `latent` that split the entropy. */
  readonly draws: DrawPlan | undefined;

  constructor({logProbs, memberProbs, memberEntropy, latent, draws}: CategoricalFields) {
    this.logProbs = logProbs;
    this.probs = tf.exp(logProbs);
    this.memberProbs = memberProbs;
    this.memberEntropy = memberEntropy;
    this.latent = latent;
    this.draws = draws;
  }

  /** The most probable class, int32 of shape [N, ...]; the caller owns it. */
  labels(): tf.Tensor {
    return tf.argMax(this.logProbs, -1);
  }

  /**
   * Entropy of the mean prediction and its parts, from the members: `total = H(mean_s p_s)`, `aleatoric = mean_s H(p_s)`,
   * `epistemic = total - aleatoric >= 0`.
   *
   * Where the logits are Gaussian all three come from the same seeded draws, whatever link made `probs`; calling twice
   * gives the same numbers. The caller owns the tensors.
   */
  entropy(): EntropyParts {
    return splitEntropy(
      this,
      this.probs.shape.slice(0, -1),
      () => categoricalEntropy(this.logProbs),
      (f) => {
        const members = tf.softmax(f);
        return [entropyOfProbs(tf.mean(members, 0)), tf.mean(entropyOfProbs(members), 0)];
      },
    );
  }

  /**
   * Log-probability of each target, shape [N, ...], in nats.
   *
   * @param y integer labels [N, ...] or [N, ..., 1], one-hot rows or probabilities [N, ..., K]; labels outside 0..K-1, such
   *   as -100, give 0.
   * @throws ShapeError if `y` has another shape.
   */
  logProb(y: tf.Tensor): tf.Tensor {
    return tf.tidy(() =>
      tf.sum(tf.mul(oneHotTargets('CategoricalPredictive.logProb', y, this.probs.shape), this.logProbs), -1),
    );
  }

  /** Reads probabilities, predicted classes and entropies back; disposes nothing of the prediction. */
  async toArrays(): Promise<CategoricalArrays> {
    const labels = this.labels();
    try {
      const [probs, classes, entropy] = await Promise.all([
        readMatrix(this.probs),
        readFloats(labels),
        readEntropy(this.entropy()),
      ]);
      return {probs, labels: Int32Array.from(classes), entropy};
    } finally {
      labels.dispose();
    }
  }

  /** Disposes every tensor of the prediction. */
  dispose(): void {
    const {probs, logProbs, memberProbs, memberEntropy, latent} = this;
    tf.dispose({probs, logProbs, memberProbs, memberEntropy, ...latent});
  }
}
