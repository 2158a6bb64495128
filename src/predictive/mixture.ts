import * as tf from '@tensorflow/tfjs-core';
import {normalQuantile} from '../special/normal.ts';
import {type RegressionArrays, readRegression} from './gaussian.ts';
import {mixtureCrps} from './mixture-crps.ts';
import type {PredictiveBase} from './predictive.ts';
import {checkLevel, standardNormalCdf} from './standard-normal.ts';
import {alignedTargets} from './targets.ts';

const LOG_TWO_PI = Math.log(2 * Math.PI);
const BISECTIONS = 27;

/** What a {@link MixturePredictive} is made of; it takes the tensors over. */
export interface MixtureFields {
  /** Means of the members, shape [S, N, ..., C]. */
  readonly means: tf.Tensor;
  /** Variances of the members, as many axes as `means`, each of its length or 1. */
  readonly variances: tf.Tensor;
  /** Weights of the members, shape [S], summing to one. Default equal. */
  readonly weights?: tf.Tensor | undefined;
  /** The part of `variances` that is no noise but the members' own doubt, [S, N, ..., C]. Default none. */
  readonly memberEpistemicVariances?: tf.Tensor | undefined;
}

/**
 * A prediction of numbers by an equal or weighted mixture of Gaussians, one for each member or draw: its density, cdf,
 * quantiles and CRPS are those of the mixture, not of one Gaussian with the same moments.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {gaussian, initBackend} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const draws = tf.tensor3d([[[1]], [[2]], [[4]]]);           // 3 draws of f, 1 input, 1 output
 * const predictive = gaussian({noiseScale: 0.5}).predictive({draws});
 * const {mean, epistemicVariance} = await predictive.toArrays();
 * console.log(mean.data[0], epistemicVariance.data[0]);       // 7/3 and 14/9
 * predictive.dispose();
 * draws.dispose();
 * ```
 */
export class MixturePredictive implements PredictiveBase {
  /** Tells predictions apart. */
  readonly kind = 'mixture';
  /** Means of the members, shape [S, N, ..., C]. */
  readonly means: tf.Tensor;
  /** Variances of the members, as many axes as `means`, each of its length or 1: noise, and `memberEpistemicVariances`. */
  readonly variances: tf.Tensor;
  /** Weights of the members, shape [S], summing to one. */
  readonly weights: tf.Tensor;
  /** The part of `variances` that is the members' own doubt, [S, N, ..., C], where there is any. */
  readonly memberEpistemicVariances: tf.Tensor | undefined;
  /** Mean of y, shape [N, ..., C]. */
  readonly mean: tf.Tensor;
  /** Variance of the members' means and their own doubt, shape [N, ..., C]: what more data would remove. */
  readonly epistemicVariance: tf.Tensor;
  /** Mean of the members' noise variances, shape [N, ..., C]: what more data would not remove. */
  readonly aleatoricVariance: tf.Tensor;

  constructor({means, variances, weights, memberEpistemicVariances}: MixtureFields) {
    const members = means.shape[0] ?? 0;
    this.means = means;
    this.variances = variances;
    this.weights = weights ?? tf.fill([members], 1 / Math.max(members, 1));
    this.mean = this.#average(means);
    this.memberEpistemicVariances = memberEpistemicVariances;
    const doubt = memberEpistemicVariances ?? 0;
    this.epistemicVariance = tf.tidy(() => this.#average(tf.add(tf.square(tf.sub(means, this.mean)), doubt)));
    this.aleatoricVariance = tf.tidy(() => this.#average(tf.broadcastTo(tf.sub(variances, doubt), means.shape)));
  }

  /** Variance of y, shape [N, ..., C]; the caller owns it. */
  variance(): tf.Tensor {
    return tf.add(this.epistemicVariance, this.aleatoricVariance);
  }

  /**
   * Log-density of each example's targets together, shape [N, ...], in nats:
   * `log sum_s weights_s prod_c N(y_c; means_sc, variances_sc)`. Given a member the outputs are independent.
   *
   * @param y targets [N, ..., C], or [N, ...] where C is 1.
   * @throws ShapeError if `y` has another shape.
   */
  logProb(y: tf.Tensor): tf.Tensor {
    const {means, variances} = this;
    return tf.tidy(() => {
      const residual = tf.sub(alignedTargets('MixturePredictive.logProb', y, this.mean.shape), means);
      const each = tf.add(tf.div(tf.square(residual), variances), tf.add(tf.log(variances), LOG_TWO_PI));
      const members = tf.mul(tf.sum(each, -1), -0.5);
      return tf.logSumExp(tf.add(members, tf.log(this.#weightsLike(members.rank))), 0);
    });
  }

  /** p(y <= value) of each output, shape [N, ..., C]; `value` as for `logProb`. Within 3e-7. */
  cdf(value: tf.Tensor): tf.Tensor {
    return tf.tidy(() => this.#cdf(alignedTargets('MixturePredictive.cdf', value, this.mean.shape)));
  }

  /**
   * The value that y stays below with probability `q`, shape [N, ..., C], by bisection on the mixture's cdf between the
   * smallest and the largest quantile of a member. Off by no more than 3e-7 in probability.
   *
   * @param q between 0 and 1, both excluded.
   * @throws ConfigError if `q` is outside.
   */
  quantile(q: number): tf.Tensor {
    checkLevel('MixturePredictive.quantile', q);
    return tf.tidy(() => {
      const members = tf.add(this.means, tf.mul(tf.sqrt(this.variances), normalQuantile(q)));
      let low = tf.min(members, 0);
      let high = tf.max(members, 0);
      for (let i = 0; i < BISECTIONS; i++) {
        const [nextLow, nextHigh] = tf.tidy((): [tf.Tensor, tf.Tensor] => {
          const middle = tf.add(low, tf.mul(tf.sub(high, low), 0.5));
          const below = tf.less(this.#cdf(middle), q);
          return [tf.where(below, middle, low), tf.where(below, high, middle)];
        });
        tf.dispose([low, high]);
        low = nextLow;
        high = nextHigh;
      }
      return tf.add(low, tf.mul(tf.sub(high, low), 0.5));
    });
  }

  /**
   * Continuous ranked probability score of each output, shape [N, ..., C], in the units of y; lower is better.
   *
   * `sum_i w_i A(y - m_i, s_i) - 1/2 sum_ij w_i w_j A(m_i - m_j, sqrt(s_i^2 + s_j^2))` with
   * `A(m, s) = 2 s phi(m / s) + m (2 Phi(m / s) - 1)` (Grimit et al., 2006): exact, and quadratic in the number of members.
   *
   * @param y targets, as for `logProb`.
   */
  crps(y: tf.Tensor): tf.Tensor {
    return tf.tidy(() =>
      mixtureCrps(
        alignedTargets('MixturePredictive.crps', y, this.mean.shape),
        this.means,
        this.variances,
        this.#weightsLike(this.means.rank),
      ),
    );
  }

  /** Reads mean and variances back; disposes nothing of the prediction. */
  async toArrays(): Promise<RegressionArrays> {
    return readRegression(this);
  }

  /** Disposes every tensor of the prediction. */
  dispose(): void {
    const {means, variances, weights, mean, epistemicVariance, aleatoricVariance, memberEpistemicVariances} = this;
    tf.dispose({means, variances, weights, mean, epistemicVariance, aleatoricVariance, memberEpistemicVariances});
  }

  #cdf(value: tf.Tensor): tf.Tensor {
    return this.#average(standardNormalCdf(tf.div(tf.sub(value, this.means), tf.sqrt(this.variances))));
  }

  #average(members: tf.Tensor): tf.Tensor {
    return tf.tidy(() => tf.sum(tf.mul(members, this.#weightsLike(members.rank)), 0));
  }

  #weightsLike(rank: number): tf.Tensor {
    return tf.reshape(this.weights, [-1, ...new Array<number>(rank - 1).fill(1)]);
  }
}
