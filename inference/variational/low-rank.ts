import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../../src/backend/index.ts';
import {gaussianLogDensity} from '../../src/distributions/cholesky-tensor.ts';
import type {Json} from '../../src/io/index.ts';
import {matMul, matrix, transpose} from '../../src/linalg/index.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import {checkCount, checkPositive, startingMean} from './checks.ts';
import type {FamilyDraws, GaussianFamily, GaussianMoments, MovingFrame} from './family.ts';

const LOG_2PI = Math.log(2 * Math.PI);

/** How much faster than all else the mean moves: it may start many standard deviations from where it belongs. */
export const MEAN_GAIN = 5;

/** How fast the unit of the mean's steps follows a scale that shrinks before the mean has arrived. */
const UNIT_DECAY = 0.995;

/** Where a Gaussian family starts. */
export interface GaussianFamilyOptions {
  /** D, the number of columns of theta: `model.dimension`. */
  readonly dimension: number;
  /** The mean at the start; default 0. */
  readonly mean?: ArrayLike<number>;
  /** The standard deviation of every column at the start; default 0.1. */
  readonly scale?: number;
}

/**
 * Independent normal densities, one for each column of theta: the mean-field family.
 *
 *     theta = mean + scale * noise
 *
 * It can show means and, for each column, the spread that is left when all others are held: where the posterior is correlated that is
 * too little, never too much (Gaussian posterior of precision Lambda: variance 1 / Lambda_ii instead of (Lambda^-1)_ii).
 *
 * What is trained are steps in units of the scale, so that columns of any size learn at the same speed.
 *
 * @param options the number of columns, and where to start.
 *
 * @throws ConfigError for a dimension that is no whole number above 0, a scale that is not positive, or a mean of another length.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {createRng, initBackend} from 'tfjs-bayes';
 * import {meanField} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const family = meanField({dimension: 3});
 * const {theta, logDensity} = family.draw(createRng(1), 5);
 * console.log(theta.shape, logDensity.shape);   // [5, 3] [5]
 * tf.dispose([theta, logDensity]);
 * family.dispose();
 * ```
 */
export function meanField({dimension, mean, scale = 0.1}: GaussianFamilyOptions): GaussianFamily {
  checkCount('meanField', 'dimension', dimension);
  checkPositive('meanField', 'scale', scale);
  return new DiagonalPlusLowRank('mean-field', {mean: startingMean('meanField', dimension, mean), scale, rank: 0});
}

/** Where a low-rank family starts. */
export interface LowRankOptions extends GaussianFamilyOptions {
  /** R, how many directions the columns may move together in. */
  readonly rank: number;
}

/**
 * Normal densities whose covariance is a diagonal and R directions more: correlations at a cost linear in the dimension.
 *
 *     theta = mean + scale * (noise + directions shared),   covariance = S (I + B B^T) S
 *
 * with S = diag(scale), B = directions [D, R] and noise and shared standard normal.
 *
 * Source: Ong, Nott and Smith (2018).
 *
 * @param options the number of columns, the rank, and where to start.
 *
 * @throws ConfigError for a dimension or rank that is no whole number above 0, a scale that is not positive, or a mean of another
 * length.
 *
 * @example
 * ```ts
 * import {initBackend} from 'tfjs-bayes';
 * import {lowRank} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const family = lowRank({dimension: 50, rank: 2});
 * console.log(family.variables.map(({shape}) => shape));   // [[50], [50], [50, 2], [2]]
 * family.dispose();
 * ```
 */
export function lowRank({dimension, rank, mean, scale = 0.1}: LowRankOptions): GaussianFamily {
  checkCount('lowRank', 'dimension', dimension);
  checkCount('lowRank', 'rank', rank);
  checkPositive('lowRank', 'scale', scale);
  return new DiagonalPlusLowRank('low-rank', {mean: startingMean('lowRank', dimension, mean), scale, rank});
}

class DiagonalPlusLowRank implements GaussianFamily {
  readonly name: string;
  readonly dimension: number;
  readonly learningRate = 0.05;
  readonly variables: readonly tf.Variable[];
  readonly frame: MovingFrame;
  readonly #mean: tf.Variable;
  readonly #scale: tf.Variable;
  readonly #unit: tf.Variable;
  readonly #shift: tf.Variable;
  readonly #stretch: tf.Variable;
  readonly #directions: tf.Variable | undefined;
  readonly #along: tf.Variable | undefined;
  readonly #rank: number;

  constructor(name: string, {mean, scale, rank}: {mean: Float32Array; scale: number; rank: number}) {
    const dimension = mean.length;
    this.name = name;
    this.dimension = dimension;
    this.#rank = rank;
    const own = (make: () => tf.Tensor): tf.Variable => tf.tidy(() => tf.variable(make()));
    this.#mean = own(() => tf.tensor1d(mean));
    this.#scale = own(() => tf.fill([dimension], scale));
    this.#unit = own(() => tf.fill([dimension], scale));
    this.#shift = own(() => tf.zeros([dimension]));
    this.#stretch = own(() => tf.zeros([dimension]));
    // Not 0, where no direction has a gradient; the same start for everyone.
    if (rank > 0) {
      this.#directions = own(() => tf.mul(normalTensor(createRng(0), [dimension, rank]), 0.1));
      this.#along = own(() => tf.zeros([rank]));
    }
    const lowRank = this.#directions && this.#along ? [this.#directions, this.#along] : [];
    this.variables = [this.#shift, this.#stretch, ...lowRank];
    this.frame = {variables: [this.#mean, this.#scale, this.#unit], settle: () => this.#settle()};
  }

  draw(rng: Rng, count: number): FamilyDraws {
    return tf.tidy(() => {
      const noise = normalTensor<tf.Rank.R2>(rng, [count, this.dimension]);
      const joint = this.#directions ? tf.add<tf.Tensor2D>(noise, this.#shared(rng, count)) : noise;
      const spread = tf.mul(joint, tf.mul(this.#scale, tf.exp(this.#stretch)));
      const theta = tf.add<tf.Tensor2D>(this.#moved(), spread);
      return {theta, logDensity: this.#densityOf(joint)};
    });
  }

  logDensity(theta: tf.Tensor2D): tf.Tensor1D {
    return tf.tidy(() => {
      const scale = tf.mul(this.#scale, tf.exp(this.#stretch));
      return this.#densityOf(tf.div(tf.sub(theta, this.#moved()), scale));
    });
  }

  async moments(): Promise<GaussianMoments> {
    const {dimension} = this;
    const [mean, roots] = tf.tidy(() => {
      const scale = tf.mul(this.#scale, tf.exp(this.#stretch));
      const roots = this.#directions ? tf.mul(tf.expandDims(scale, 1), this.#directions) : tf.zeros([dimension, 0]);
      return [this.#moved(), tf.concat([tf.expandDims(scale, 1), roots], 1)] as const;
    });
    const columns = this.#rank + 1;
    const values = Float64Array.from(await roots.data());
    const directions = matrix(dimension, this.#rank);
    values.forEach((value, at) => {
      const [row, column] = [Math.floor(at / columns), at % columns];
      if (column > 0) directions.data[row * this.#rank + column - 1] = value;
    });
    const covariance = matMul(directions, transpose(directions));
    for (let i = 0; i < dimension; i++) {
      covariance.data[i * (dimension + 1)] =
        (covariance.data[i * (dimension + 1)] as number) + (values[i * columns] as number) ** 2;
    }
    const result = {mean: Float64Array.from(await mean.data()), covariance};
    tf.dispose([mean, roots]);
    return result;
  }

  getConfig(): {readonly [key: string]: Json} {
    return {dimension: this.dimension, ...(this.#rank > 0 && {rank: this.#rank})};
  }

  dispose(): void {
    tf.dispose([...this.variables, ...this.frame.variables]);
  }

  #shared(rng: Rng, count: number): tf.Tensor2D {
    return tf.matMul(normalTensor<tf.Rank.R2>(rng, [count, this.#rank]), this.#directions as tf.Tensor2D, false, true);
  }

  /** Where the mean moves to: column by column, and along the directions. */
  #moved(): tf.Tensor1D {
    const step = this.#along
      ? tf.add(
          this.#shift,
          tf.squeeze(tf.matMul(this.#directions as tf.Tensor2D, tf.expandDims(this.#along, 1) as tf.Tensor2D), [1]),
        )
      : this.#shift;
    return tf.add(this.#mean, tf.mul(tf.mul(this.#unit, MEAN_GAIN), step));
  }

  /** log q where (theta - mean) / scale is `joint`, of covariance I + B B^T. */
  #densityOf(joint: tf.Tensor2D): tf.Tensor1D {
    const volume = tf.add(tf.sum(tf.add(tf.log(this.#scale), this.#stretch)), 0.5 * this.dimension * LOG_2PI);
    const plain = tf.mul(tf.sum(tf.square(joint), 1), -0.5);
    const spread = this.#directions ? tf.add(plain, this.#lowRankPart(joint, this.#directions)) : plain;
    return tf.sub<tf.Tensor1D>(spread, volume);
  }

  /**
   * w^T M^-1 w / 2 - log det M / 2 with w = B^T joint and M = I + B^T B (Woodbury): 2 G(0) - G(w) + R log(2 pi) / 2 for G the
   * log density of N(0, M).
   */
  #lowRankPart(joint: tf.Tensor2D, directions: tf.Variable): tf.Tensor {
    const B = directions as unknown as tf.Tensor2D;
    const inner = tf.add(tf.matMul(B, B, true, false), tf.eye(this.#rank));
    const density = gaussianLogDensity(tf.concat([tf.zeros([1, this.#rank]), tf.matMul(joint, B)], 0), inner);
    const [origin, seen] = tf.split(density, [1, joint.shape[0]]) as [tf.Tensor, tf.Tensor];
    return tf.add(tf.sub(tf.mul(origin, 2), seen), 0.5 * this.#rank * LOG_2PI);
  }

  #settle(): void {
    tf.tidy(() => {
      this.#mean.assign(this.#moved());
      this.#scale.assign(tf.mul(this.#scale, tf.exp(this.#stretch)));
      this.#unit.assign(tf.maximum(this.#scale, tf.mul(this.#unit, UNIT_DECAY)));
      for (const step of [this.#shift, this.#stretch, ...(this.#along ? [this.#along] : [])]) {
        step.assign(tf.zerosLike(step));
      }
    });
  }
}
