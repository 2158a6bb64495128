import {cholesky, gram, logDeterminant, type Matrix, matrix, solveLower, transpose} from '../../src/linalg/index.ts';
import {logSumExp} from '../../src/special/index.ts';

/** Which covariances the classes have: each its own, one for all, or each its own without correlations. */
export type DensityCovariance = 'per-class' | 'shared' | 'diagonal';

/** A Gaussian over features. */
export interface FeatureGaussian {
  /** Mean, D numbers. */
  readonly mean: Float64Array;
  /** Cholesky factor of the covariance, [D, D]. @internal */
  readonly factor: Matrix;
  /** Logarithm of the share of the examples that it was fitted to. */
  readonly logWeight: number;
}

/** Gaussians of classes, and the one of all examples together. */
export interface ClassGaussians {
  /** One for each class that has examples. */
  readonly classes: readonly FeatureGaussian[];
  /** That of all examples, whatever their class. */
  readonly background: FeatureGaussian;
}

/** How {@link fitClassGaussians} fits. */
export interface ClassGaussianOptions {
  /** Which covariances. */
  readonly covariance: DensityCovariance;
  /** Added to the diagonal of each covariance, as a share of the mean variance of all features. */
  readonly ridge: number;
}

/** Maximum-likelihood Gaussians of the rows [N, D] of each label; negative labels are left out. */
export function fitClassGaussians(
  rows: Matrix,
  labels: ArrayLike<number>,
  {covariance, ridge}: ClassGaussianOptions,
): ClassGaussians {
  const members = new Map<number, number[]>();
  for (let i = 0; i < rows.rows; i++) {
    const label = labels[i] as number;
    if (label < 0) continue;
    const list = members.get(label);
    if (list) list.push(i);
    else members.set(label, [i]);
  }
  const used = [...members.values()].flat();
  const everything = centered(rows, used);
  const all = scatter([everything]);
  const floor = (ridge * traceOf(all)) / rows.cols;
  const parts = [...members.keys()]
    .sort((a, b) => a - b)
    .map((label) => centered(rows, members.get(label) as number[]));
  const together = covariance === 'shared' ? rootOf(scatter(parts), floor) : undefined;
  const classes = parts.map((part) => ({
    mean: part.mean,
    factor: together ?? rootOf(scatter([part]), floor, covariance === 'diagonal'),
    logWeight: Math.log(part.deviations.rows / used.length),
  }));
  return {classes, background: {mean: everything.mean, factor: rootOf(all, floor), logWeight: 0}};
}

/** Squared Mahalanobis distance of each row to a Gaussian. */
export function squaredDistances(rows: Matrix, {mean, factor}: FeatureGaussian): Float64Array {
  const {rows: N, cols: D} = rows;
  const columns = transpose(rows);
  for (let d = 0; d < D; d++) {
    for (let i = 0; i < N; i++) columns.data[d * N + i] = (columns.data[d * N + i] as number) - (mean[d] as number);
  }
  const whitened = solveLower(factor, columns).data;
  const distances = new Float64Array(N);
  for (let k = 0; k < whitened.length; k++) {
    distances[k % N] = (distances[k % N] as number) + (whitened[k] as number) ** 2;
  }
  return distances;
}

/** log sum_c weight_c N(row; mean_c, covariance_c) of each row. */
export function mixtureLogDensity(rows: Matrix, classes: readonly FeatureGaussian[]): Float64Array {
  const terms = classes.map((gaussian) => {
    const constant = gaussian.logWeight - (logDeterminant(gaussian.factor) + rows.cols * Math.log(2 * Math.PI)) / 2;
    return squaredDistances(rows, gaussian).map((distance) => constant - distance / 2);
  });
  return Float64Array.from({length: rows.rows}, (_, i) => logSumExp(terms.map((term) => term[i] as number)));
}

interface Centered {
  readonly mean: Float64Array;
  readonly deviations: Matrix;
}

function centered(rows: Matrix, picked: readonly number[]): Centered {
  const D = rows.cols;
  const mean = new Float64Array(D);
  const deviations = matrix(picked.length, D);
  picked.forEach((row, i) => {
    for (let d = 0; d < D; d++) {
      const value = rows.data[row * D + d] as number;
      deviations.data[i * D + d] = value;
      mean[d] = (mean[d] as number) + value / picked.length;
    }
  });
  for (let k = 0; k < deviations.data.length; k++) {
    deviations.data[k] = (deviations.data[k] as number) - (mean[k % D] as number);
  }
  return {mean, deviations};
}

/** The covariance within the parts together, [D, D]. */
function scatter(parts: readonly Centered[]): Matrix {
  const count = parts.reduce((sum, {deviations}) => sum + deviations.rows, 0);
  const D = (parts[0] as Centered).mean.length;
  const result = matrix(D, D);
  for (const {deviations} of parts) {
    gram(deviations).data.forEach((value, k) => {
      result.data[k] = (result.data[k] as number) + value / count;
    });
  }
  return result;
}

function traceOf({data, rows}: Matrix): number {
  let sum = 0;
  for (let d = 0; d < rows; d++) sum += data[d * rows + d] as number;
  return sum;
}

function rootOf(covariance: Matrix, floor: number, diagonal = false): Matrix {
  const D = covariance.rows;
  const raised = matrix(D, D, diagonal ? new Float64Array(D * D) : covariance.data.slice());
  for (let d = 0; d < D; d++) raised.data[d * D + d] = (covariance.data[d * D + d] as number) + floor;
  return cholesky(raised, {name: 'covariance of the features'}).factor;
}
