import * as tf from '@tensorflow/tfjs-core';
import {type EntropyArrays, type MatrixArray, readEntropy, readMatrix} from './arrays.ts';
import {bernoulliEntropy, entropyOfProbs, splitEntropy} from './entropy.ts';
import type {DrawPlan} from './latent-draws.ts';
import type {EntropyParts, LatentGaussian, PredictiveBase} from './predictive.ts';
import {alignedTargets} from './targets.ts';

/** What a {@link BernoulliPredictive} is made of; it takes the tensors over. */
export interface BernoulliFields {
  /** log p(y = 1) of each output, shape [N, ..., C]. */
  readonly logProbs: tf.Tensor;
  /** log p(y = 0) of each output, shape [N, ..., C]. */
  readonly logComplements: tf.Tensor;
  /** p(y = 1) of each member, shape [S, N, ..., C]. */
  readonly memberProbs?: tf.Tensor | undefined;
  /** Mean entropy of the members, shape [N, ...]. */
  readonly memberEntropy?: tf.Tensor | undefined;
  /** Gaussian over the logits, where there is one. */
  readonly latent?: LatentGaussian | undefined;
  /** The draws from `latent` that split the entropy. */
  readonly draws?: DrawPlan | undefined;
}

/** A {@link BernoulliPredictive} read back. */
export interface BernoulliArrays {
  /** p(y = 1) of each output. */
  readonly probs: MatrixArray;
  /** Entropy and its parts. */
  readonly entropy: EntropyArrays;
}

/**
 * A prediction of C yes-or-no outputs, each with its own probability; sums over outputs take them as independent given x.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {bernoulli, initBackend} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const draws = tf.tensor3d([[[2]], [[-1]], [[0.5]]]);        // 3 draws, 1 input, 1 output
 * const predictive = bernoulli().predictive({draws});
 * const {probs, entropy} = await predictive.toArrays();
 * console.log(probs.data[0], entropy.epistemic[0]);
 * predictive.dispose();
 * draws.dispose();
 * ```
 */
export class BernoulliPredictive implements PredictiveBase {
  /** Tells predictions apart. */
  readonly kind = 'bernoulli';
  /** p(y = 1) of each output, shape [N, ..., C]. */
  readonly probs: tf.Tensor;
  /** Their logarithms. */
  readonly logProbs: tf.Tensor;
  /** log p(y = 0) of each output, exact where `probs` rounds to 1. */
  readonly logComplements: tf.Tensor;
  /** p(y = 1) of each member, shape [S, N, ..., C], where they were to be kept. */
  readonly memberProbs: tf.Tensor | undefined;
  /** Mean entropy of the members, shape [N, ...], where the prediction was made from draws of f. */
  readonly memberEntropy: tf.Tensor | undefined;
  /** Gaussian over the logits, where the prediction was made from one. */
  readonly latent: LatentGaussian | undefined;
  /** The draws from `latent` that split the entropy. */
  readonly draws: DrawPlan | undefined;

  constructor({logProbs, logComplements, memberProbs, memberEntropy, latent, draws}: BernoulliFields) {
    this.logProbs = logProbs;
    this.logComplements = logComplements;
    this.probs = tf.exp(logProbs);
    this.memberProbs = memberProbs;
    this.memberEntropy = memberEntropy;
    this.latent = latent;
    this.draws = draws;
  }

  /**
   * Entropy of the mean prediction and its parts, summed over the outputs: `total = sum_c H(mean_s p_sc)`,
   * `aleatoric = mean_s sum_c H(p_sc)`, `epistemic = total - aleatoric >= 0`.
   *
   * Where the logits are Gaussian all three come from the same seeded draws, whatever link made `probs`; calling twice
   * gives the same numbers. The caller owns the tensors.
   */
  entropy(): EntropyParts {
    return splitEntropy(
      this,
      this.probs.shape.slice(0, -1),
      () => bernoulliEntropy(this.logProbs, this.logComplements),
      (f) => {
        const members = tf.concat([tf.sigmoid(f), tf.sigmoid(tf.neg(f))], 2);
        return [entropyOfProbs(tf.mean(members, 0)), tf.mean(entropyOfProbs(members), 0)];
      },
    );
  }

  /**
   * Log-probability of each example's targets, summed over its outputs, shape [N, ...], in nats.
   *
   * @param y 0, 1 or a probability for each output, shape [N, ..., C], or [N, ...] where C is 1; negative labels, such as
   *   -100, give 0.
   * @throws ShapeError if `y` has another shape.
   */
  logProb(y: tf.Tensor): tf.Tensor {
    return tf.tidy(() => {
      const targets = alignedTargets('BernoulliPredictive.logProb', y, this.probs.shape);
      const known = tf.cast(tf.greaterEqual(targets, 0), 'float32');
      const yes = tf.mul(targets, this.logProbs);
      const no = tf.mul(tf.sub(1, targets), this.logComplements);
      return tf.sum(tf.mul(known, tf.add(yes, no)), -1);
    });
  }

  /** Reads probabilities and entropies back; disposes nothing of the prediction. */
  async toArrays(): Promise<BernoulliArrays> {
    const [probs, entropy] = await Promise.all([readMatrix(this.probs), readEntropy(this.entropy())]);
    return {probs, entropy};
  }

  /** Disposes every tensor of the prediction. */
  dispose(): void {
    const {probs, logProbs, logComplements, memberProbs, memberEntropy, latent} = this;
    tf.dispose({probs, logProbs, logComplements, memberProbs, memberEntropy, ...latent});
  }
}
