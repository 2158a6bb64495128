import * as tf from '@tensorflow/tfjs-core';
import {CountTable} from './count-table.ts';
import {type RegressionArrays, readRegression} from './gaussian.ts';
import {poissonLogNormalMass} from './poisson-log-normal.ts';
import type {PredictiveBase} from './predictive.ts';
import {checkLevel} from './standard-normal.ts';
import {alignedTargets} from './targets.ts';

/** What a {@link CountPredictive} is made of; it takes the tensors over. */
export interface CountFields {
  /** Means of the log rates of the members, shape [S, N, ..., C]. */
  readonly means: tf.Tensor;
  /** Variances of the log rates of the members, shape [S, N, ..., C]; 0 where a member knows its rate. */
  readonly variances: tf.Tensor;
  /** Weights of the members, shape [S], summing to one. Default equal. */
  readonly weights?: tf.Tensor | undefined;
}

/**
 * A prediction of counts: a mixture, over members or draws, of Poisson distributions whose log rate is Gaussian,
 *
 *     p(y) = sum_s weights_s integral of Poisson(y; e^f) N(f; means_s, variances_s) df
 *
 * A posterior with a Gaussian f has one member, draws have a member of no variance each. The mean is that of the rate, also
 * the variance of the Poisson noise (`aleatoricVariance`); the variance of the rate is `epistemicVariance`. Several outputs
 * count as independent.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend, poisson} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const [mean, variance] = [tf.tensor2d([[1]]), tf.tensor2d([[0.25]])];  // of the log rate
 * const predictive = poisson().predictive({mean, variance});
 * const upper = await predictive.quantile(0.95);
 * console.log((await predictive.mean.data())[0], (await upper.data())[0]); // about e^1.125 = 3.08, and 7
 * predictive.dispose();
 * tf.dispose([mean, variance, upper]);
 * ```
 */
export class CountPredictive implements PredictiveBase {
  /** Tells predictions apart. */
  readonly kind = 'count';
  /** Means of the log rates of the members, shape [S, N, ..., C]. */
  readonly means: tf.Tensor;
  /** Variances of the log rates of the members, shape [S, N, ..., C]. */
  readonly variances: tf.Tensor;
  /** Weights of the members, shape [S], summing to one. */
  readonly weights: tf.Tensor;
  /** Mean of y, and of the rate, shape [N, ..., C]. */
  readonly mean: tf.Tensor;
  /** Variance of the rate, shape [N, ..., C]: what more data would remove. */
  readonly epistemicVariance: tf.Tensor;
  /** Variance of the Poisson noise, the mean rate, shape [N, ..., C]: what more data would not remove. */
  readonly aleatoricVariance: tf.Tensor;

  constructor({means, variances, weights}: CountFields) {
    const members = means.shape[0] ?? 0;
    this.means = means;
    this.variances = variances;
    this.weights = weights ?? tf.fill([members], 1 / Math.max(members, 1));
    const rates = tf.tidy(() => tf.exp(tf.add(means, tf.mul(variances, 0.5))));
    this.mean = this.#average(rates);
    this.aleatoricVariance = tf.clone(this.mean);
    this.epistemicVariance = tf.tidy(() => {
      const doubt = tf.mul(tf.square(rates), tf.expm1(variances));
      return this.#average(tf.add(doubt, tf.square(tf.sub(rates, this.mean))));
    });
    rates.dispose();
  }

  /** Variance of y, shape [N, ..., C]; the caller owns it. */
  variance(): tf.Tensor {
    return tf.add(this.epistemicVariance, this.aleatoricVariance);
  }

  /**
   * Log-probability of each example's counts, summed over the outputs, shape [N, ...], in nats. The integral over the log
   * rate is taken by Gauss-Hermite quadrature around its peak.
   *
   * @param y counts [N, ..., C], or [N, ...] where C is 1; negative ones, such as -100, give 0.
   * @throws ShapeError if `y` has another shape.
   */
  logProb(y: tf.Tensor): tf.Tensor {
    return tf.tidy(() => {
      const counts = alignedTargets('CountPredictive.logProb', y, this.mean.shape);
      const known = tf.cast(tf.greaterEqual(counts, 0), 'float32');
      const members = poissonLogNormalMass(tf.relu(counts), this.means, this.variances);
      const each = tf.logSumExp(tf.add(members, tf.log(this.#weightsLike(members.rank))), 0);
      return tf.sum(tf.mul(each, known), -1);
    });
  }

  /** p(y <= value) of each output, shape [N, ..., C]; `value` as for `logProb`. Reads the prediction back. */
  async cdf(value: tf.Tensor): Promise<tf.Tensor> {
    const counts = alignedTargets('CountPredictive.cdf', value, this.mean.shape);
    return this.#each(counts, (one, count) => one.cdf(count));
  }

  /**
   * The smallest count that y stays at or below with probability `q` or more, shape [N, ..., C]; from 2048 on to 1/2048 of
   * its size. Reads the prediction back.
   *
   * @param q between 0 and 1, both excluded.
   * @throws ConfigError if `q` is outside.
   */
  async quantile(q: number): Promise<tf.Tensor> {
    checkLevel('CountPredictive.quantile', q);
    return this.#each(undefined, (one) => one.quantile(q));
  }

  /**
   * Continuous ranked probability score of each output, `sum_k (cdf(k) - [y <= k])^2`, shape [N, ..., C], in counts; lower
   * is better. Reads the prediction back.
   *
   * @param y counts, as for `logProb`; negative ones give 0.
   */
  async crps(y: tf.Tensor): Promise<tf.Tensor> {
    const counts = alignedTargets('CountPredictive.crps', y, this.mean.shape);
    return this.#each(counts, (one, count) => (count < 0 ? 0 : one.crps(count)));
  }

  /** Reads mean and variances back; disposes nothing of the prediction. */
  async toArrays(): Promise<RegressionArrays> {
    return readRegression(this);
  }

  /** Disposes every tensor of the prediction. */
  dispose(): void {
    const {means, variances, weights, mean, epistemicVariance, aleatoricVariance} = this;
    tf.dispose({means, variances, weights, mean, epistemicVariance, aleatoricVariance});
  }

  /** A number for each output from its distribution; disposes `counts`. */
  async #each(counts: tf.Tensor | undefined, of: (one: CountTable, count: number) => number): Promise<tf.Tensor> {
    const [means, variances, weights, values] = await Promise.all([
      this.means.data(),
      this.variances.data(),
      this.weights.data(),
      counts?.data(),
    ]);
    counts?.dispose();
    const outputs = this.mean.size;
    const results = Float32Array.from({length: outputs}, (_, j) => {
      const members = Array.from(weights, (weight, s) => ({
        mean: means[s * outputs + j] as number,
        deviation: Math.sqrt(Math.max(0, variances[s * outputs + j] as number)),
        weight,
      }));
      return of(new CountTable(members), values?.[j] ?? 0);
    });
    return tf.tensor(results, this.mean.shape);
  }

  #average(members: tf.Tensor): tf.Tensor {
    return tf.tidy(() => tf.sum(tf.mul(members, this.#weightsLike(members.rank)), 0));
  }

  #weightsLike(rank: number): tf.Tensor {
    return tf.reshape(this.weights, [-1, ...new Array<number>(rank - 1).fill(1)]);
  }
}
