import * as tf from '@tensorflow/tfjs-core';
import type {Likelihood} from '../../src/likelihoods/index.ts';
import {cholesky, invertLower, matrix} from '../../src/linalg/index.ts';

/** Features and outputs of some inputs. */
export interface FeatureBatch {
  /** Random features, [N, M]. */
  readonly phi: tf.Tensor2D;
  /** Outputs, [N, K]. */
  readonly outputs: tf.Tensor2D;
  /** Targets as the likelihood prepares them, rows in the order of `outputs`. */
  readonly y: tf.Tensor;
}

/** Sums of `weight phi phi^T` over examples, one for each output, in float64 from batch to batch. */
export class FeaturePrecision {
  readonly #sums: Float64Array[];
  readonly #size: number;
  readonly #likelihood: Likelihood;

  /** For M features, and K outputs or 1 where all of them weigh the same. */
  constructor(size: number, outputs: number, likelihood: Likelihood) {
    this.#size = size;
    this.#likelihood = likelihood;
    this.#sums = Array.from({length: outputs}, () => new Float64Array(size * size));
  }

  /** Number of sums. */
  get outputs(): number {
    return this.#sums.length;
  }

  /** Adds a batch: the weight of an example for output k is the k-th diagonal entry of its Fisher, 0 where it is ignored. */
  async add({phi, outputs, y}: FeatureBatch): Promise<void> {
    const products = tf.tidy(() => {
      const observed = this.#likelihood.observed?.(y);
      const diagonal = fisherDiagonal(this.#likelihood, outputs);
      const weights = observed ? tf.mul(diagonal, tf.expandDims(tf.reshape(observed, [-1]), 1)) : diagonal;
      return this.#sums.map((_, k) => {
        const weight = tf.slice(weights, [0, k], [weights.shape[0] as number, 1]);
        return tf.matMul(phi, tf.mul<tf.Tensor2D>(phi, weight), true, false);
      });
    });
    try {
      const values = await Promise.all(products.map((product) => product.data()));
      values.forEach((value, k) => {
        const sum = this.#sums[k] as Float64Array;
        for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (value[i] as number);
      });
    } finally {
      tf.dispose(products);
    }
  }

  /** Inverses of the Cholesky factors L of `priorPrecision I + sums`: the covariance is `L^-T L^-1`. Float32, [outputs, M, M]. */
  roots(priorPrecision: number): Float32Array {
    const M = this.#size;
    const result = new Float32Array(this.#sums.length * M * M);
    this.#sums.forEach((sum, k) => {
      const precision = matrix(M, M, sum.slice());
      for (let i = 0; i < M; i++) precision.data[i * M + i] = (precision.data[i * M + i] as number) + priorPrecision;
      const {factor} = cholesky(precision, {name: `posterior precision of output ${k}`});
      result.set(invertLower(factor).data, k * M * M);
    });
    return result;
  }
}

function fisherDiagonal(likelihood: Likelihood, outputs: tf.Tensor2D): tf.Tensor {
  if (likelihood.fisherDiagonal) return likelihood.fisherDiagonal(outputs);
  return tf.tidy(() => tf.sum(tf.mul(likelihood.fisher(outputs), tf.eye(outputs.shape[1])), -1));
}
