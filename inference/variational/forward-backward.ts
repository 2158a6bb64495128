import {ConfigError} from '../../src/errors.ts';
import {
  cholesky,
  eigenvalues,
  eigh,
  invertLower,
  type Matrix,
  matMul,
  matrix,
  matVec,
  symmetrize,
  transpose,
} from '../../src/linalg/index.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import {type Evaluate, type Evaluated, evaluator} from '../mcmc/target.ts';
import {checkCount, checkCovariance, checkPositive, startingMean} from './checks.ts';
import type {CovarianceMatrix, GaussianMoments} from './family.ts';
import {scaledIdentity} from './full-rank.ts';
import type {VariationalTarget} from './target.ts';

/** Options of {@link forwardBackwardGaussian}. */
export interface ForwardBackwardOptions {
  /** How many steps; each evaluates the gradient at 2 D + 1 points in one pass. Default 100. */
  readonly steps?: number;
  /** Step length in units of the longest stable one, 1 / largest curvature; between 0 and 1. Default 0.5. */
  readonly stepSize?: number;
  /**
   * Steps after which the coordinates are changed so that q is a standard normal density in them; 0 for never, as published. Default 1.
   */
  readonly whitenEvery?: number;
  /** The mean at the start; default 0. */
  readonly mean?: ArrayLike<number>;
  /** The covariance at the start; default 0.01 times the identity. */
  readonly covariance?: CovarianceMatrix;
  /** The random stream; only forked. Default `createRng(0)`. */
  readonly rng?: Rng;
}

/**
 * The normal density closest to a target in KL(q || p), by forward-backward steps in the space of Gaussians with the Bures-Wasserstein
 * metric: full covariance without a learning rate to tune, in float64.
 *
 * With V = -log p, g = E_q[grad V], H = E_q[Hessian of V] and step length eta:
 *
 *     mean       <- mean - eta g
 *     half       =  (I - eta H) covariance (I - eta H)
 *     covariance <- (half + 2 eta I + (half (half + 4 eta I))^(1/2)) / 2
 *
 * g and H are estimated from gradients alone, at mean + r L u and mean - r L u for D orthonormal directions u and r^2 from a
 * chi-square law of D + 2 degrees of freedom: without bias, and without noise where the target is Gaussian. Means and covariances of
 * the last half of the steps are averaged. For up to a few hundred columns. `whitenEvery` keeps badly scaled targets as fast as
 * round ones.
 *
 * Source: Diao, Balasubramanian, Chewi and Salim (2023).
 *
 * @param target a model, or a log density with its number of columns.
 * @param options how long, how fast, and where to start.
 *
 * @returns mean and covariance: `fullRank({dimension, ...moments})` makes a family of them, for {@link importanceSample}.
 *
 * @throws ConfigError if a gradient is not finite, a count is not whole or `stepSize` not in (0, 1].
 * @throws ShapeError if `covariance` is not [D, D].
 * @throws NotPositiveDefiniteError if it is no covariance.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {forwardBackwardGaussian} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const logDensity = (theta: tf.Tensor2D) => tf.mul(tf.sum(tf.square(tf.sub(theta, [1, 2])), 1), -0.5) as tf.Tensor1D;
 * const {mean, covariance} = await forwardBackwardGaussian({dimension: 2, logDensity}, {steps: 20});
 * console.log(mean, covariance.data);   // [1, 2], the identity
 * ```
 */
export async function forwardBackwardGaussian(
  target: VariationalTarget,
  options: ForwardBackwardOptions = {},
): Promise<GaussianMoments> {
  const {steps = 100, stepSize = 0.5, whitenEvery = 1, rng = createRng(0)} = options;
  const {dimension} = target;
  check({steps, stepSize, whitenEvery});
  checkCovariance('forwardBackwardGaussian', dimension, options.covariance);
  const evaluate = evaluator(target);
  let mean = Float64Array.from(startingMean('forwardBackwardGaussian', dimension, options.mean));
  let covariance = options.covariance ?? scaledIdentity(dimension, 0.01);
  let coordinates = scaledIdentity(dimension, 1);
  let average = {mean: new Float64Array(dimension), covariance: matrix(dimension, dimension)};
  const kept = Math.ceil(steps / 2);
  for (let step = 0; step < steps; step++) {
    const root = rootOf(covariance);
    if (whitenEvery > 0 && step % whitenEvery === 0) coordinates = root;
    const curvature = await expectedCurvature(evaluate, {mean, root, rng: rng.fork(step)});
    ({mean, covariance} = forwardBackward({mean, covariance}, curvature, {coordinates, stepSize}));
    if (step >= steps - kept) average = accumulate(average, {mean, covariance}, 1 / kept);
  }
  return average;
}

/** E_q[grad V] and E_q[Hessian of V]. */
interface Curvature {
  readonly gradient: Float64Array;
  readonly hessian: Matrix;
}

/** Gradients at the mean and at pairs around it, one pass. */
async function expectedCurvature(
  evaluate: Evaluate,
  {mean, root, rng}: {mean: Float64Array; root: Matrix; rng: Rng},
): Promise<Curvature> {
  const dimension = mean.length;
  const directions = orthonormal(rng.fork('directions'), dimension);
  const radii = Float64Array.from({length: dimension}, (_, s) =>
    Math.sqrt(
      rng
        .fork(s)
        .normals(dimension + 2)
        .reduce((sum, z) => sum + z * z, 0),
    ),
  );
  const offsets = matMul(root, directions); // one direction a column
  const pointAt = (s: number, sign: number) =>
    mean.map((value, i) => value + sign * (radii[s] as number) * (offsets.data[i * dimension + s] as number));
  const pairs = Array.from(radii, (_, s) => [pointAt(s, 1), pointAt(s, -1)]).flat();
  const [centre, ...around] = (await evaluate([mean, ...pairs])).map(checkedGradient);
  const gradient = (centre as Float64Array).map((value) => -value);
  const secants = matrix(dimension, dimension);
  radii.forEach((radius, s) => {
    const [above, below] = [around[2 * s], around[2 * s + 1]] as [Float64Array, Float64Array];
    for (let i = 0; i < dimension; i++) {
      const [up, down, middle] = [above[i] as number, below[i] as number, (centre as Float64Array)[i] as number];
      gradient[i] = (gradient[i] as number) - ((up + down) / 2 - middle) / radius ** 2; // D / r^2, the mean over D directions
      secants.data[i * dimension + s] = (down - up) / (2 * radius);
    }
  });
  // H L = sum of secants s u^T
  const hessian = matMul(matMul(secants, transpose(directions)), invertLower(root));
  return {gradient, hessian: symmetrize(hessian)};
}

/** One step, taken in coordinates x with theta = C x. */
function forwardBackward(
  {mean, covariance}: GaussianMoments,
  {gradient, hessian}: Curvature,
  {coordinates, stepSize}: {coordinates: Matrix; stepSize: number},
): {mean: Float64Array<ArrayBuffer>; covariance: Matrix} {
  const dimension = mean.length;
  const inverse = invertLower(coordinates);
  const congruent = (A: Matrix, B: Matrix) => symmetrize(matMul(matMul(A, B), transpose(A)));
  const local = congruent(transpose(coordinates), hessian);
  const largest = eigenvalues(local).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const eta = stepSize / Math.max(largest, Number.MIN_VALUE);
  const shrink = scaledIdentity(dimension, 1);
  local.data.forEach((value, at) => {
    shrink.data[at] = (shrink.data[at] as number) - eta * value;
  });
  const half = congruent(shrink, congruent(inverse, covariance));
  const {values, vectors} = eigh(half);
  const roots = vectors.data.map((value, at) => {
    const spread = Math.max(values[at % dimension] as number, 0);
    return value * Math.sqrt((spread + 2 * eta + Math.sqrt(spread * (spread + 4 * eta))) / 2);
  });
  const factor = matMul(coordinates, matrix(dimension, dimension, roots));
  const moved = matVec(coordinates, matVec(transpose(coordinates), gradient));
  return {
    mean: Float64Array.from(mean, (value, i) => value - eta * (moved[i] as number)),
    covariance: symmetrize(matMul(factor, transpose(factor))),
  };
}

/** Columns of a uniformly random orthogonal matrix: Gram and Schmidt on normal draws, A (A^T A)^(-1/2) by Cholesky. */
function orthonormal(rng: Rng, dimension: number): Matrix {
  const draws = matrix(dimension, dimension, rng.normals(dimension * dimension));
  const once = (A: Matrix) => matMul(A, transpose(invertLower(rootOf(matMul(transpose(A), A)))));
  return once(once(draws)); // twice: the first loses digits
}

function rootOf(A: Matrix): Matrix {
  return cholesky(A, {name: 'covariance of forwardBackwardGaussian'}).factor;
}

function accumulate(
  sum: {mean: Float64Array<ArrayBuffer>; covariance: Matrix},
  {mean, covariance}: GaussianMoments,
  weight: number,
): {mean: Float64Array<ArrayBuffer>; covariance: Matrix} {
  const add = (a: Float64Array, b: Float64Array) =>
    Float64Array.from(a, (value, i) => value + weight * (b[i] as number));
  const {rows, cols} = covariance;
  return {mean: add(sum.mean, mean), covariance: matrix(rows, cols, add(sum.covariance.data, covariance.data))};
}

function checkedGradient({logDensity, gradient}: Evaluated): Float64Array {
  if (Number.isFinite(logDensity) && gradient.every(Number.isFinite)) return gradient;
  throw new ConfigError(
    'forwardBackwardGaussian: expected finite log densities and gradients around the mean, got some that are not. Start ' +
      'elsewhere (`mean`, `covariance`).',
  );
}

function check({steps, stepSize, whitenEvery}: {steps: number; stepSize: number; whitenEvery: number}): void {
  checkCount('forwardBackwardGaussian', 'steps', steps);
  checkCount('forwardBackwardGaussian', 'whitenEvery', whitenEvery, 0);
  checkPositive('forwardBackwardGaussian', 'stepSize', stepSize);
  if (stepSize > 1) {
    throw new ConfigError(`forwardBackwardGaussian: expected stepSize of at most 1, got ${stepSize}. Use 0.5.`);
  }
}
