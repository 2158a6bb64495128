import * as tf from '@tensorflow/tfjs-core';
import {log1p, logGammaHalfStep} from './gamma-functions.ts';
import {type RegressionArrays, readRegression} from './gaussian.ts';
import type {PredictiveBase} from './predictive.ts';
import {checkLevel} from './standard-normal.ts';
import {mixtureCdf, mixtureCrps, mixtureQuantile, type StudentTMember} from './student-t-mixture.ts';
import {alignedTargets} from './targets.ts';

/** What a {@link StudentTPredictive} is made of; it takes the tensors over. */
export interface StudentTFields {
  /** Locations of the members, shape [S, N, ..., C]. */
  readonly means: tf.Tensor;
  /** The part of each member's squared scale that is noise: as many axes as `means`, each of its length or 1. */
  readonly aleatoricSquaredScales: tf.Tensor;
  /** The part that is the member's own doubt, of such a shape. Default none. */
  readonly epistemicSquaredScales?: tf.Tensor | undefined;
  /** Degrees of freedom, above 0, of such a shape. */
  readonly dfs: tf.Tensor;
  /** Weights of the members, shape [S], summing to one. Default equal. */
  readonly weights?: tf.Tensor | undefined;
}

/**
 * A prediction of numbers by a Student-t distribution, or by a mixture of them, one for each member or draw: heavier tails
 * than a Gaussian's.
 *
 *     p(y) = sum_s weights_s prod_c t(y_c; dfs_s, means_s, sqrt(aleatoricSquaredScales_s + epistemicSquaredScales_s))
 *
 * A squared scale times `df / (df - 2)` is a variance; both are infinite where df is at most 2, and the score `crps` where
 * it is at most 1.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend, studentT} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const mean = tf.tensor2d([[1.5]]);
 * const predictive = studentT({df: 4, scale: 0.5}).predictive({mean});
 * const upper = await predictive.quantile(0.975);
 * console.log((await upper.data())[0]);       // 1.5 + 0.5 * 2.776, about 2.888
 * predictive.dispose();
 * tf.dispose([mean, upper]);
 * ```
 */
export class StudentTPredictive implements PredictiveBase {
  /** Tells predictions apart. */
  readonly kind = 'student-t';
  /** Locations of the members, shape [S, N, ..., C]. */
  readonly means: tf.Tensor;
  /** The part of each member's squared scale that is noise, shape [S, N, ..., C]. */
  readonly aleatoricSquaredScales: tf.Tensor;
  /** The part of each member's squared scale that is its own doubt, shape [S, N, ..., C]. */
  readonly epistemicSquaredScales: tf.Tensor;
  /** Degrees of freedom of the members, shape [S, N, ..., C]. */
  readonly dfs: tf.Tensor;
  /** Weights of the members, shape [S], summing to one. */
  readonly weights: tf.Tensor;
  /** Mean of y where df is above 1, and the middle of the members in any case, shape [N, ..., C]. */
  readonly mean: tf.Tensor;
  /** Variance of the members' means and their own doubt, shape [N, ..., C]: what more data would remove. */
  readonly epistemicVariance: tf.Tensor;
  /** Mean of the members' noise variances, shape [N, ..., C]: what more data would not remove. */
  readonly aleatoricVariance: tf.Tensor;

  constructor({means, aleatoricSquaredScales, epistemicSquaredScales, dfs, weights}: StudentTFields) {
    const members = means.shape[0] ?? 0;
    const whole = (part: tf.Tensor): tf.Tensor => tf.broadcastTo(part, means.shape);
    this.means = means;
    this.aleatoricSquaredScales = whole(aleatoricSquaredScales);
    this.epistemicSquaredScales = epistemicSquaredScales ? whole(epistemicSquaredScales) : tf.zerosLike(means);
    this.dfs = whole(dfs);
    tf.dispose([aleatoricSquaredScales, dfs, ...(epistemicSquaredScales ? [epistemicSquaredScales] : [])]);
    this.weights = weights ?? tf.fill([members], 1 / Math.max(members, 1));
    this.mean = this.#average(means);
    this.aleatoricVariance = tf.tidy(() => this.#average(this.#varianceOf(this.aleatoricSquaredScales)));
    this.epistemicVariance = tf.tidy(() => {
      const doubt = this.#varianceOf(this.epistemicSquaredScales);
      return this.#average(tf.add(doubt, tf.square(tf.sub(means, this.mean))));
    });
  }

  /** Variance of y, shape [N, ..., C]; the caller owns it. */
  variance(): tf.Tensor {
    return tf.add(this.epistemicVariance, this.aleatoricVariance);
  }

  /**
   * Log-density of each example's targets together, shape [N, ...], in nats. Given a member the outputs are independent.
   *
   * @param y targets [N, ..., C], or [N, ...] where C is 1.
   * @throws ShapeError if `y` has another shape.
   */
  logProb(y: tf.Tensor): tf.Tensor {
    return tf.tidy(() => {
      const residual = tf.sub(alignedTargets('StudentTPredictive.logProb', y, this.mean.shape), this.means);
      const members = tf.sum(studentTLogDensity(residual, this.#squaredScales(), this.dfs), -1);
      return tf.logSumExp(tf.add(members, tf.log(this.#weightsLike(members.rank))), 0);
    });
  }

  /** p(y <= value) of each output, shape [N, ..., C]; `value` as for `logProb`. Reads the prediction back. */
  async cdf(value: tf.Tensor): Promise<tf.Tensor> {
    return this.#each(alignedTargets('StudentTPredictive.cdf', value, this.mean.shape), mixtureCdf);
  }

  /**
   * The value that y stays below with probability `q`, shape [N, ..., C]. Reads the prediction back.
   *
   * @param q between 0 and 1, both excluded.
   * @throws ConfigError if `q` is outside.
   */
  async quantile(q: number): Promise<tf.Tensor> {
    checkLevel('StudentTPredictive.quantile', q);
    return this.#each(undefined, (members) => mixtureQuantile(members, q));
  }

  /**
   * Continuous ranked probability score of each output, shape [N, ..., C], in the units of y; lower is better. In closed
   * form for one member (Jordan, Krueger and Lerch, 2019), by quadrature for several. Reads the prediction back.
   *
   * @param y targets, as for `logProb`.
   */
  async crps(y: tf.Tensor): Promise<tf.Tensor> {
    return this.#each(alignedTargets('StudentTPredictive.crps', y, this.mean.shape), mixtureCrps);
  }

  /** Reads mean and variances back; disposes nothing of the prediction. */
  async toArrays(): Promise<RegressionArrays> {
    return readRegression(this);
  }

  /** Disposes every tensor of the prediction. */
  dispose(): void {
    const {means, aleatoricSquaredScales, epistemicSquaredScales, dfs, weights} = this;
    const {mean, epistemicVariance, aleatoricVariance} = this;
    tf.dispose({means, aleatoricSquaredScales, epistemicSquaredScales, dfs, weights});
    tf.dispose({mean, epistemicVariance, aleatoricVariance});
  }

  #squaredScales(): tf.Tensor {
    return tf.add(this.aleatoricSquaredScales, this.epistemicSquaredScales);
  }

  /** A part of the squared scales as a variance: nothing stays nothing, also where others are infinite. */
  #varianceOf(part: tf.Tensor): tf.Tensor {
    const excess = tf.sub(this.dfs, 2);
    const finite = tf.div(tf.mul(part, this.dfs), tf.maximum(excess, 1e-30));
    const infinite = tf.logicalAnd(tf.lessEqual(excess, 0), tf.greater(part, 0));
    return tf.where(infinite, tf.fill(part.shape, Infinity), finite);
  }

  /** A number for each output from its members; disposes `values`. */
  async #each(
    values: tf.Tensor | undefined,
    of: (members: readonly StudentTMember[], value: number) => number,
  ): Promise<tf.Tensor> {
    const squares = this.#squaredScales();
    const [means, scales, dfs, weights, at] = await Promise.all([
      this.means.data(),
      squares.data(),
      this.dfs.data(),
      this.weights.data(),
      values?.data(),
    ]);
    tf.dispose([squares, ...(values ? [values] : [])]);
    const outputs = this.mean.size;
    const results = Float32Array.from({length: outputs}, (_, j) => {
      const members = Array.from(weights, (weight, s) => ({
        location: means[s * outputs + j] as number,
        scale: Math.sqrt(scales[s * outputs + j] as number),
        df: dfs[s * outputs + j] as number,
        weight,
      }));
      return of(members, at?.[j] ?? 0);
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

/** log t(residual; df, 0, sqrt(squaredScale)), elementwise and differentiable. */
export function studentTLogDensity(residual: tf.Tensor, squaredScale: tf.Tensor, df: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const kernel = log1p(tf.div(tf.square(residual), tf.mul(squaredScale, df)));
    const height = tf.sub(
      logGammaHalfStep(tf.mul(df, 0.5)),
      tf.mul(tf.log(tf.mul(tf.mul(squaredScale, df), Math.PI)), 0.5),
    );
    return tf.sub(height, tf.mul(tf.mul(tf.add(df, 1), 0.5), kernel));
  });
}
