import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {createModel, type Model} from '../../../inference/model/index.ts';
import type {VariationalFamily} from '../../../inference/variational/family.ts';
import type {VariationalTarget} from '../../../inference/variational/target.ts';
import {normal} from '../../../src/distributions/index.ts';
import {cholesky, choleskyInverse, fromRows, identity, type Matrix, matVec} from '../../../src/linalg/index.ts';
import {createRng} from '../../../src/random/index.ts';

/** A normal density with its constant, so that its log evidence is 0. */
export interface GaussianTarget extends VariationalTarget {
  readonly mean: readonly number[];
  readonly precision: Matrix;
  readonly covariance: Matrix;
}

/** N(mean, precision^-1). */
export function gaussianTarget(mean: readonly number[], precision: readonly number[][]): GaussianTarget {
  const dimension = mean.length;
  const {factor} = cholesky(fromRows(precision));
  let volume = (-dimension / 2) * Math.log(2 * Math.PI);
  for (let i = 0; i < dimension; i++) volume += Math.log(factor.data[i * (dimension + 1)] as number);
  const root = Float32Array.from(factor.data);
  return {
    dimension,
    mean,
    precision: fromRows(precision),
    covariance: choleskyInverse(factor),
    logDensity: (theta) =>
      tf.tidy(() => {
        const white = tf.matMul(tf.sub(theta, tf.tensor1d([...mean])), tf.tensor2d(root, [dimension, dimension]));
        return tf.add(tf.mul(tf.sum(tf.square(white), 1), -0.5), volume) as tf.Tensor1D;
      }),
  };
}

/** Three correlated columns of different sizes. */
export function correlated(): GaussianTarget {
  return gaussianTarget(
    [1, -2, 0.5],
    [
      [2, 0.9, -0.6],
      [0.9, 1, 0.2],
      [-0.6, 0.2, 4],
    ],
  );
}

/** A linear regression on two features and a constant, with its exact posterior. */
interface Regression {
  readonly model: Model<Rows>;
  readonly data: Rows;
  readonly posterior: {readonly means: number[]; readonly sds: number[]};
  dispose(): void;
}

type Rows = {readonly x: tf.Tensor2D; readonly y: tf.Tensor1D};

/** y = 1 + 2 x_1 - x_2 / 2 + noise of sd 1/2, in so many rows; prior N(0, 10^2) for each coefficient. */
export function regression(rows: number): Regression {
  const noise = 0.5;
  const rng = createRng(7);
  const [xs, zs] = [rng.fork('x').normals(2 * rows), rng.fork('y').normals(rows)];
  const features = new Float32Array(3 * rows);
  const targets = new Float32Array(rows);
  const precision = identity(3);
  precision.data.forEach((value, at) => {
    precision.data[at] = value / 100;
  });
  const right = new Float64Array(3);
  for (let n = 0; n < rows; n++) {
    const row = [1, xs[2 * n] as number, xs[2 * n + 1] as number];
    const y = 1 + 2 * (row[1] as number) - 0.5 * (row[2] as number) + noise * (zs[n] as number);
    features.set(row, 3 * n);
    targets[n] = y;
    row.forEach((a, i) => {
      right[i] = (right[i] as number) + (a * y) / noise ** 2;
      row.forEach((b, j) => {
        precision.data[3 * i + j] = (precision.data[3 * i + j] as number) + (a * b) / noise ** 2;
      });
    });
  }
  const covariance = choleskyInverse(cholesky(precision).factor);
  const data: Rows = {x: tf.tensor2d(features, [rows, 3]), y: tf.tensor1d(targets)};
  const model = createModel<Rows>({
    parameters: {beta: {prior: normal(0, 10), shape: [3]}},
    data,
    observe: ({beta}, {x, y}) => {
      const mean = tf.matMul(beta as tf.Tensor2D, x, false, true);
      return {y: {distribution: normal(mean, noise), value: y, total: rows}};
    },
  });
  const sds = [0, 4, 8].map((at) => Math.sqrt(covariance.data[at] as number));
  return {model, data, posterior: {means: [...matVec(covariance, right)], sds}, dispose: () => tf.dispose(data)};
}

/** Flat gradients of all variables, in their order. */
export async function gradientsOf(loss: () => tf.Scalar, variables: readonly tf.Variable[]): Promise<number[]> {
  const {value, grads} = tf.variableGrads(loss, [...variables]);
  const flat: number[] = [];
  for (const {name} of variables) flat.push(...(await (grads[name] as tf.Tensor).data()));
  tf.dispose([value, grads]);
  return flat;
}

/** Means and their standard errors over repetitions. */
export function meanAndError(rows: readonly (readonly number[])[]): {mean: number[]; error: number[]} {
  const count = rows.length;
  const columns = (rows[0] as readonly number[]).length;
  const mean = Array.from({length: columns}, (_, i) => rows.reduce((sum, row) => sum + (row[i] as number), 0) / count);
  const error = mean.map((value, i) => {
    const squares = rows.reduce((sum, row) => sum + ((row[i] as number) - value) ** 2, 0);
    return Math.sqrt(squares / (count - 1) / count);
  });
  return {mean, error};
}

/** Throws unless a draw and its density have a gradient in every variable of the family. */
export function expectEveryGradient(family: VariationalFamily): void {
  const loss = () => {
    const {theta, logDensity} = family.draw(createRng(1), 3);
    return tf.add<tf.Scalar>(tf.mean(logDensity), tf.mean(theta));
  };
  const {value, grads} = tf.variableGrads(loss, [...family.variables]);
  expect(Object.keys(grads)).to.have.length(family.variables.length);
  tf.dispose(value);
  tf.dispose(grads);
}
