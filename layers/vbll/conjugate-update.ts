import * as tf from '@tensorflow/tfjs-core';
import {ConfigError, DataError} from '../../src/errors.ts';
import {cholesky, choleskySolve, type Matrix, matMul, matrix, matVec, transpose} from '../../src/linalg/index.ts';
import type {VbllHead} from './head.ts';
import {VbllRegression} from './regression.ts';

/**
 * Replaces q by the exact posterior after more data, in float64: with Lambda_k = S_k^-1 and the noise as it is,
 *
 *     Lambda_k' = Lambda_k + phi^T phi / s_k^2,  mean_k' = Lambda_k'^-1 (Lambda_k mean_k + phi^T y_k / s_k^2)
 */
export async function conjugateUpdate(head: VbllHead, features: tf.Tensor, y: tf.Tensor): Promise<void> {
  if (!(head instanceof VbllRegression) || head.covariance !== 'dense-precision') {
    throw new ConfigError(
      `vbllPosterior.update: expected a vbllRegression head with covariance 'dense-precision', got ` +
        `${head.getClassName()}. Only Gaussian noise has an exact update; use fitVbllHead on all the data.`,
    );
  }
  const {inputSize: D, units: K} = head;
  const design = matrix(features.size / D, D, Float64Array.from(await features.data()));
  if (!design.data.every(Number.isFinite)) {
    throw new DataError('vbllPosterior.update: expected finite features, got NaN or infinities. Look for them in x.');
  }
  const targets = await y.data();
  const [mean, logDiagonal, offDiagonal] = (await Promise.all(
    head.gaussianWeights.map(async (weight) => Float64Array.from(await weight.read().data())),
  )) as [Float64Array, Float64Array, Float64Array];
  const noise = tf.tidy(() => head.noise.variance());
  const variances = await noise.data();
  noise.dispose();
  const gram = matMul(transpose(design), design);
  for (let k = 0; k < K; k++) {
    const variance = variances[k] as number;
    const L = readFactor(logDiagonal, offDiagonal, k, D);
    const precision = matMul(L, transpose(L));
    const before = Float64Array.from({length: D}, (_, d) => mean[d * K + k] as number);
    const natural = matVec(precision, before);
    const column = Float64Array.from({length: design.rows}, (_, n) => targets[n * K + k] as number);
    const added = matVec(transpose(design), column);
    for (let d = 0; d < D; d++) natural[d] = (natural[d] as number) + (added[d] as number) / variance;
    for (let i = 0; i < D * D; i++) {
      precision.data[i] = (precision.data[i] as number) + (gram.data[i] as number) / variance;
    }
    const {factor} = cholesky(precision, {name: 'posterior precision'});
    writeFactor(factor, logDiagonal, offDiagonal, k);
    choleskySolve(factor, natural).forEach((value, d) => {
      mean[d * K + k] = value;
    });
  }
  tf.tidy(() => {
    head.gaussianWeights.forEach((weight, i) => {
      const values = Float32Array.from([mean, logDiagonal, offDiagonal][i] as Float64Array);
      weight.write(tf.tensor(values, weight.shape as number[]));
    });
  });
}

function readFactor(logDiagonal: Float64Array, offDiagonal: Float64Array, k: number, D: number): Matrix {
  const L = matrix(D, D);
  for (let i = 0; i < D; i++) {
    L.data.set(offDiagonal.subarray((k * D + i) * D, (k * D + i) * D + i), i * D);
    L.data[i * D + i] = Math.exp(logDiagonal[k * D + i] as number);
  }
  return L;
}

function writeFactor(L: Matrix, logDiagonal: Float64Array, offDiagonal: Float64Array, k: number): void {
  const D = L.rows;
  for (let i = 0; i < D; i++) {
    offDiagonal.set(L.data.subarray(i * D, i * D + i), (k * D + i) * D);
    logDiagonal[k * D + i] = Math.log(L.data[i * D + i] as number);
  }
}
