import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../../src/backend/index.ts';
import type {Json} from '../../src/io/index.ts';
import {cholesky, invertLower, type Matrix, matMul, matrix, matVec, transpose} from '../../src/linalg/index.ts';
import type {Rng} from '../../src/random/index.ts';
import {checkCount, checkCovariance, checkPositive, startingMean} from './checks.ts';
import type {CovarianceMatrix, FamilyDraws, GaussianFamily, GaussianMoments, MovingFrame} from './family.ts';
import {type GaussianFamilyOptions, MEAN_GAIN} from './low-rank.ts';

const LOG_2PI = Math.log(2 * Math.PI);

/** Where a full-rank family starts. */
export interface FullRankOptions extends GaussianFamilyOptions {
  /** The covariance at the start, instead of `scale`. */
  readonly covariance?: CovarianceMatrix;
}

/**
 * Normal densities of any covariance: what a Gaussian posterior needs, for up to a few hundred columns.
 *
 *     theta = mean + factor noise,   covariance = factor factor^T
 *
 * What is trained are steps in coordinates in which q is a standard normal density, mean + factor (step + (I + turn) noise) with
 * `turn` lower triangular and exponential on its diagonal: how fast a fit converges does not depend on the scales and
 * correlations of the posterior.
 *
 * Source: Kucukelbir, Tran, Ranganath, Gelman and Blei (2017); the coordinates: Glasmachers, Schaul, Yi, Wierstra and Schmidhuber
 * (2010), Lin, Nielsen, Khan and Schmidt (2021).
 *
 * @param options the number of columns, and where to start.
 *
 * @throws ConfigError for a dimension that is no whole number above 0, a scale that is not positive, or a mean of another length.
 * @throws ShapeError if `covariance` is not [D, D].
 * @throws NotPositiveDefiniteError if it is no covariance.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {createRng, initBackend} from 'tfjs-bayes';
 * import {fullRank} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const family = fullRank({dimension: 2, scale: 2});
 * const {theta, logDensity} = family.draw(createRng(1), 5);
 * console.log(theta.shape);   // [5, 2]
 * tf.dispose([theta, logDensity]);
 * family.dispose();
 * ```
 */
export function fullRank({dimension, mean, scale = 0.1, covariance}: FullRankOptions): GaussianFamily {
  checkCount('fullRank', 'dimension', dimension);
  checkPositive('fullRank', 'scale', scale);
  checkCovariance('fullRank', dimension, covariance);
  const factor = covariance
    ? cholesky(covariance, {name: 'the covariance of fullRank'}).factor
    : scaledIdentity(dimension, scale);
  return new FullRank(startingMean('fullRank', dimension, mean), factor);
}

class FullRank implements GaussianFamily {
  readonly name = 'full-rank';
  readonly dimension: number;
  readonly learningRate: number;
  readonly variables: readonly tf.Variable[];
  readonly frame: MovingFrame;
  readonly #mean: tf.Variable;
  readonly #factor: tf.Variable;
  readonly #inverse: tf.Variable;
  readonly #step: tf.Variable;
  readonly #turn: tf.Variable;
  readonly #onDiagonal: tf.Variable;
  readonly #belowDiagonal: tf.Variable;

  constructor(mean: Float32Array, factor: Matrix) {
    const dimension = mean.length;
    const own = (make: () => tf.Tensor): tf.Variable => tf.tidy(() => tf.variable(make()));
    this.dimension = dimension;
    // D^2 noisy entries of the turn act together.
    this.learningRate = 0.1 / Math.sqrt(Math.max(dimension, 4));
    this.#mean = own(() => tf.tensor1d(mean));
    this.#factor = own(() => toTensor(factor));
    this.#inverse = own(() => toTensor(invertLower(factor)));
    this.#step = own(() => tf.zeros([dimension]));
    this.#turn = own(() => tf.zeros([dimension, dimension]));
    this.#onDiagonal = own(() => band(dimension, 0, 0));
    this.#belowDiagonal = own(() => band(dimension, 1, dimension));
    this.variables = [this.#step, this.#turn];
    this.frame = {variables: [this.#mean, this.#factor, this.#inverse], settle: () => this.#settle()};
  }

  draw(rng: Rng, count: number): FamilyDraws {
    return tf.tidy(() => {
      const noise = normalTensor<tf.Rank.R2>(rng, [count, this.dimension]);
      const stretched = tf.mul(noise, tf.exp(this.#diagonal(this.#turn)));
      const turned = tf.add(stretched, tf.matMul(noise, this.#lower(), false, true));
      const local = tf.add<tf.Tensor2D>(turned, tf.mul(this.#step, MEAN_GAIN));
      const theta = tf.add<tf.Tensor2D>(this.#mean, tf.matMul(local, this.#factor as tf.Tensor2D, false, true));
      return {theta, logDensity: this.#densityOf(noise)};
    });
  }

  /** Values and gradients are those at 0 of the trained variables, where every step of a fit begins: of first order in them. */
  logDensity(theta: tf.Tensor2D): tf.Tensor1D {
    return tf.tidy(() => {
      const local = tf.matMul(tf.sub(theta, this.#mean), this.#inverse as tf.Tensor2D, false, true) as tf.Tensor2D;
      const centred = tf.sub<tf.Tensor2D>(local, tf.mul(this.#step, MEAN_GAIN));
      const shrunk = tf.mul(centred, tf.exp(tf.neg(this.#diagonal(this.#turn))));
      return this.#densityOf(tf.sub(shrunk, tf.matMul(centred, this.#lower(), false, true)));
    });
  }

  async moments(): Promise<GaussianMoments> {
    const {mean, factor} = await this.#settled();
    return {mean, covariance: matMul(factor, transpose(factor))};
  }

  getConfig(): {readonly [key: string]: Json} {
    return {dimension: this.dimension};
  }

  dispose(): void {
    tf.dispose([...this.variables, ...this.frame.variables, this.#onDiagonal, this.#belowDiagonal]);
  }

  #diagonal(square: tf.Tensor): tf.Tensor {
    return tf.sum(tf.mul(square, this.#onDiagonal), 1);
  }

  #lower(): tf.Tensor2D {
    return tf.mul(this.#turn, this.#belowDiagonal);
  }

  #densityOf(noise: tf.Tensor): tf.Tensor1D {
    const volume = tf.sum(tf.add(tf.log(this.#diagonal(this.#factor)), this.#diagonal(this.#turn)));
    const plain = tf.mul(tf.sum(tf.square(noise), 1), -0.5);
    return tf.sub<tf.Tensor1D>(plain, tf.add(volume, 0.5 * this.dimension * LOG_2PI));
  }

  /** Where the frame would stand if it were moved, in float64. */
  async #settled(): Promise<{mean: Float64Array; factor: Matrix}> {
    const {dimension} = this;
    const read = async (variable: tf.Variable) => Float64Array.from(await variable.data());
    const [mean, factor] = [await read(this.#mean), matrix(dimension, dimension, await read(this.#factor))];
    const [step, turn] = [await read(this.#step), await read(this.#turn)];
    const local = turn.map((value, at) => {
      const below = Math.floor(at / dimension) - (at % dimension);
      return below === 0 ? Math.exp(value) : below > 0 ? value : 0;
    });
    const moved = matVec(factor, step);
    return {
      mean: mean.map((value, i) => value + MEAN_GAIN * (moved[i] as number)),
      factor: matMul(factor, matrix(dimension, dimension, local)),
    };
  }

  async #settle(): Promise<void> {
    const {mean, factor} = await this.#settled();
    tf.tidy(() => {
      this.#mean.assign(tf.tensor1d(Float32Array.from(mean)));
      this.#factor.assign(toTensor(factor));
      this.#inverse.assign(toTensor(invertLower(factor)));
      for (const variable of this.variables) variable.assign(tf.zerosLike(variable));
    });
  }
}

/** `scale` times the identity. */
export function scaledIdentity(dimension: number, scale: number): Matrix {
  const made = matrix(dimension, dimension);
  for (let i = 0; i < dimension; i++) made.data[i * (dimension + 1)] = scale;
  return made;
}

/** Ones where a row's number is above the column's by at least `least` and at most `most`. */
function band(size: number, least: number, most: number): tf.Tensor2D {
  const mask = Float32Array.from({length: size * size}, (_, at) => {
    const below = Math.floor(at / size) - (at % size);
    return below >= least && below <= most ? 1 : 0;
  });
  return tf.tensor2d(mask, [size, size]);
}

function toTensor({rows, cols, data}: Matrix): tf.Tensor2D {
  return tf.tensor2d(Float32Array.from(data), [rows, cols]);
}
