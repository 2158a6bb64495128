import * as tf from '@tensorflow/tfjs-core';
import {combineRows, perExampleGradient, type WeightLayout, weightCount} from '../../src/curvature/index.ts';
import type {Matrix} from '../../src/linalg/index.ts';
import type {TappedWeight} from '../../src/models/taps.ts';
import type {Rng} from '../../src/random/rng.ts';
import type {WeightGaussian, Whitener} from './structure.ts';

/** Eigenpairs of P0^-1/2 H P0^-1/2. */
export interface SubspaceBasis {
  /** Rows over the weights, [K, P]. */
  readonly basis: Float32Array;
  /** Eigenvalues. */
  readonly values: Float64Array;
  /** The orthonormal eigenvectors are mix basis P0^-1/2; those of one prior precision are the basis itself. */
  readonly mix: Matrix | undefined;
}

/**
 * With y = P0^1/2 w, directions Q and the standard deviations d = 1 / sqrt(1 + scale l) along them:
 *
 *     Cov(y) = Q^T diag(d^2) Q + (I - Q^T Q)
 *
 * Beyond Q the weights are as wide as the prior; those of a subspace that does not keep it are fixed there.
 */
export class LowRankGaussian implements WeightGaussian {
  readonly tensors: readonly tf.Tensor[];
  readonly #layouts: readonly WeightLayout[];
  readonly #size: number;
  /** Q, [K, P]. */
  readonly #directions: Float32Array;
  readonly #deviations: Float64Array;
  /** The prior's standard deviation of each weight tensor. */
  readonly #widths: readonly number[];
  readonly #keepsPrior: boolean;

  constructor(
    layouts: readonly WeightLayout[],
    {basis, values, mix}: SubspaceBasis,
    {scale, prior, keepsPrior}: {scale: number; prior: readonly number[]; keepsPrior: boolean},
  ) {
    this.#layouts = layouts;
    this.#size = weightCount(layouts);
    this.#widths = prior.map((p) => 1 / Math.sqrt(p));
    this.#deviations = values.map((value) => 1 / Math.sqrt(1 + scale * value));
    this.#keepsPrior = keepsPrior;
    this.#directions = mix ? this.#scaled(combineRows(mix, basis)) : basis;
    const directions = tf.tensor2d(this.#directions, [values.length, this.#size]);
    this.tensors = [
      directions,
      tf.transpose(directions), // once, not for each product
      tf.tensor1d(Float32Array.from(this.#deviations)),
    ];
  }

  whitener(weights: readonly TappedWeight[]): Whitener {
    return (gradients) => {
      const rows = weights.map(({factor}, i) =>
        tf.mul(perExampleGradient(factor, gradients[i] as tf.Tensor), this.#widths[i] as number),
      );
      return [tf.concat(rows, 1) as tf.Tensor2D];
    };
  }

  /** Rows u with u . u' = j Cov(y) j'^T of rows j. The part beyond Q is subtracted, not its square: nothing cancels. */
  finish(rows: tf.Tensor2D): tf.Tensor2D {
    return tf.tidy(() => {
      const [directions, columns, deviations] = this.tensors as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D];
      if (directions.shape[0] === 0) return this.#keepsPrior ? tf.clone(rows) : tf.zeros([rows.shape[0], 1]);
      const along = tf.matMul(rows, columns) as tf.Tensor2D; // [N, K]
      const within = tf.mul(along, deviations) as tf.Tensor2D;
      if (!this.#keepsPrior) return within;
      return tf.concat([within, tf.sub(rows, tf.matMul(along, directions)) as tf.Tensor2D], 1);
    });
  }

  lastLayerCovariance(features: tf.Tensor2D): tf.Tensor3D {
    return tf.tidy(() => {
      const rows = tf.stack([...this.#lastLayerRows(features, (row) => row)], 1) as tf.Tensor3D; // [M, C, m]
      return tf.matMul(rows, rows, false, true);
    });
  }

  lastLayerVariance(features: tf.Tensor2D): tf.Tensor2D {
    return tf.tidy(
      () => tf.stack([...this.#lastLayerRows(features, (row) => tf.sum(tf.square(row), 1))], 1) as tf.Tensor2D,
    );
  }

  sample(rng: Rng): Float64Array {
    const normals = rng.normals(this.#size);
    const result = this.#keepsPrior ? normals.slice() : new Float64Array(this.#size);
    this.#deviations.forEach((deviation, k) => {
      const row = this.#row(k);
      const along = row.reduce((sum, q, j) => sum + q * (normals[j] as number), 0);
      const factor = along * (this.#keepsPrior ? deviation - 1 : deviation);
      for (let j = 0; j < this.#size; j++) result[j] = (result[j] as number) + factor * (row[j] as number);
    });
    return this.#scaled(result);
  }

  variances(): Float64Array {
    const variances = new Float64Array(this.#size).fill(this.#keepsPrior ? 1 : 0);
    this.#deviations.forEach((deviation, k) => {
      const row = this.#row(k);
      const factor = deviation * deviation - (this.#keepsPrior ? 1 : 0);
      for (let j = 0; j < this.#size; j++) {
        variances[j] = (variances[j] as number) + factor * (row[j] as number) ** 2;
      }
    });
    return this.#scaled(this.#scaled(variances));
  }

  #row(k: number): Float32Array {
    return this.#directions.subarray(k * this.#size, (k + 1) * this.#size);
  }

  /** What `use` makes of the whitened gradients of each output of a last layer. */
  *#lastLayerRows(features: tf.Tensor2D, use: (row: tf.Tensor2D) => tf.Tensor): Generator<tf.Tensor> {
    const [kernel, bias] = this.#layouts as [WeightLayout, WeightLayout | undefined];
    const [kernelWidth, biasWidth] = this.#widths as [number, number | undefined];
    const classes = kernel.outputs;
    const scaled = tf.mul(features, kernelWidth);
    const extended = bias ? tf.concat([scaled, tf.fill([features.shape[0], 1], biasWidth as number)], 1) : scaled;
    for (let c = 0; c < classes; c++) {
      yield tf.tidy(() => {
        const unit = tf.oneHot(tf.tensor1d([c], 'int32'), classes);
        const rows = tf.mul(tf.expandDims(extended, 2), tf.cast(unit, 'float32')); // [M, D + 1, C]
        return use(this.finish(tf.reshape(rows, [features.shape[0], -1]) as tf.Tensor2D));
      });
    }
  }

  /** Rows over the weights times the prior's standard deviations, in place. */
  #scaled<T extends Float32Array | Float64Array>(rows: T): T {
    for (let start = 0; start < rows.length; ) {
      this.#layouts.forEach(({size}, i) => {
        const width = this.#widths[i] as number;
        for (let j = start; j < start + size; j++) rows[j] = (rows[j] as number) * width;
        start += size;
      });
    }
    return rows;
  }
}
