import * as tf from '@tensorflow/tfjs-core';
import {type FullCurvature, perExampleGradient, type WeightLayout} from '../../src/curvature/index.ts';
import {
  cholesky,
  eigenvalues,
  invertLower,
  logDeterminant,
  type Matrix,
  solveLowerTransposed,
} from '../../src/linalg/index.ts';
import type {TappedWeight} from '../../src/models/taps.ts';
import type {Rng} from '../../src/random/rng.ts';
import {
  commonPrior,
  type PosteriorStructure,
  type PrecisionTerms,
  type WeightGaussian,
  type Whitener,
} from './structure.ts';

/** The whole precision matrix P = scale H + diag(prior) = L L^T, by Cholesky in float64. */
export class FullStructure implements PosteriorStructure {
  readonly #curvature: FullCurvature;

  constructor(curvature: FullCurvature) {
    this.#curvature = curvature;
  }

  logDeterminant(terms: PrecisionTerms): number {
    return logDeterminant(this.#factor(terms));
  }

  logDeterminants(): (terms: PrecisionTerms) => number {
    const {size, matrix} = this.#curvature;
    const spectrum = eigenvalues(
      {rows: size, cols: size, data: matrix},
      {name: 'curvature matrix', semidefinite: true},
    );
    return (terms) => {
      const prior = commonPrior(terms.prior);
      if (prior === undefined) return this.logDeterminant(terms);
      return spectrum.reduce((sum, value) => sum + Math.log(terms.scale * value + prior), 0);
    };
  }

  at(terms: PrecisionTerms): WeightGaussian {
    return new FullGaussian(this.#factor(terms), this.#curvature.layouts);
  }

  /** The Cholesky factor L of the precision. */
  #factor({scale, prior}: PrecisionTerms): Matrix {
    const {layouts, size, matrix} = this.#curvature;
    const data = matrix.map((h) => scale * h);
    let row = 0;
    layouts.forEach((layout, i) => {
      const p = prior[i] as number | Float64Array;
      for (let j = 0; j < layout.size; j++, row++) {
        data[row * size + row] = (data[row * size + row] as number) + (typeof p === 'number' ? p : (p[j] as number));
      }
    });
    return cholesky({rows: size, cols: size, data}, {name: 'posterior precision'}).factor;
  }
}

class FullGaussian implements WeightGaussian {
  readonly #factor: Matrix;
  readonly #layouts: readonly WeightLayout[];
  /** L^-1, row-major: Sigma = L^-T L^-1. */
  readonly #inverse: Matrix;
  /** L^-T on the device: rows r of gradients whiten to r L^-T. */
  readonly #root: tf.Tensor2D;
  readonly tensors: readonly tf.Tensor[];

  constructor(factor: Matrix, layouts: readonly WeightLayout[]) {
    this.#factor = factor;
    this.#layouts = layouts;
    this.#inverse = invertLower(factor);
    this.#root = tf.tidy(() => {
      const inverse = tf.tensor2d(Float32Array.from(this.#inverse.data), [factor.rows, factor.cols]);
      return tf.transpose(inverse);
    });
    this.tensors = [this.#root];
  }

  whitener(weights: readonly TappedWeight[]): Whitener {
    return (gradients) => {
      const rows = weights.map(({factor}, i) => perExampleGradient(factor, gradients[i] as tf.Tensor));
      return [tf.matMul(tf.concat(rows, 1), this.#root)];
    };
  }

  lastLayerCovariance(features: tf.Tensor2D): tf.Tensor3D {
    return tf.tidy(() => {
      const [kernel, bias] = this.#layouts as [WeightLayout, WeightLayout | undefined];
      const classes = kernel.outputs;
      const size = this.#root.shape[0];
      const extended = bias ? tf.concat([features, tf.ones([features.shape[0], 1])], 1) : features;
      const rows = extended.shape[1] as number;
      const byClass = tf.transpose(tf.reshape(this.#root, [rows, classes, size]), [1, 0, 2]); // [C, D + 1, P]
      const whitened = tf.unstack(byClass).map((root) => tf.matMul(extended, root as tf.Tensor2D)); // C x [M, P]
      const stacked = tf.stack(whitened, 1) as tf.Tensor3D; // [M, C, P]
      return tf.matMul(stacked, stacked, false, true);
    });
  }

  sample(rng: Rng): Float64Array {
    return solveLowerTransposed(this.#factor, rng.normals(this.#factor.rows));
  }

  variances(): Float64Array {
    const {rows, cols, data} = this.#inverse;
    const variances = new Float64Array(cols);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j <= i; j++) {
        const value = data[i * cols + j] as number;
        variances[j] = (variances[j] as number) + value * value;
      }
    }
    return variances;
  }
}
