import * as tf from '@tensorflow/tfjs-core';
import {type FullCurvature, perExampleGradient, type WeightLayout} from '../../src/curvature/index.ts';
import {
  cholesky,
  eigenvalues,
  eigh,
  invertLower,
  logDeterminant,
  type Matrix,
  matMul,
  significantPart,
  solveLowerTransposed,
  transpose,
} from '../../src/linalg/index.ts';
import type {TappedWeight} from '../../src/models/taps.ts';
import type {Rng} from '../../src/random/rng.ts';
import {warn} from '../../src/warn.ts';
import {
  commonPrior,
  FLOAT32_NOISE,
  type PosteriorStructure,
  type PrecisionTerms,
  roundingFloor,
  sumGroups,
  type WeightGaussian,
  type Whitener,
} from './structure.ts';

/**
 * The whole precision matrix P = scale H + diag(prior) = L L^T, by Cholesky in float64. Directions in which the float32 sums
 * of H hold nothing but noise are as wide as the prior.
 */
export class FullStructure implements PosteriorStructure {
  readonly #layouts: readonly WeightLayout[];
  /** H without noise. */
  readonly #matrix: Matrix;
  #spectrum: Float64Array | undefined;

  /** A Hessian may be indefinite: its negative curvature is then left out, with a warning. */
  constructor(curvature: FullCurvature, {indefinite = false}: {indefinite?: boolean} = {}) {
    const {size, matrix, layouts} = curvature;
    this.#layouts = layouts;
    const whole = {rows: size, cols: size, data: matrix};
    const semidefinite = indefinite ? withoutNegativeCurvature(whole) : whole;
    this.#matrix = significantPart(semidefinite, {name: 'curvature matrix', noise: FLOAT32_NOISE});
  }

  logDeterminant(terms: PrecisionTerms): number {
    return logDeterminant(this.#factor(terms));
  }

  logDeterminants(): (terms: PrecisionTerms) => number {
    return (terms) => {
      const prior = commonPrior(terms.prior);
      if (prior === undefined) return this.logDeterminant(terms);
      return this.#eigenvalues().reduce((sum, value) => sum + Math.log(terms.scale * value + prior), 0);
    };
  }

  effectiveParameters(terms: PrecisionTerms, groups: readonly (readonly number[])[]): number[] {
    const {scale, prior} = terms;
    const common = commonPrior(prior);
    if (common !== undefined && groups.length === 1) {
      return [this.#eigenvalues().reduce((sum, value) => sum + (scale * value) / (scale * value + common), 0)];
    }
    const variances = inverseDiagonal(invertLower(this.#factor(terms)));
    let row = 0;
    const determined = this.#layouts.map(({size}, i) => {
      const p = prior[i] as number | Float64Array;
      let sum = 0;
      for (let j = 0; j < size; j++) {
        sum += 1 - (typeof p === 'number' ? p : (p[j] as number)) * (variances[row++] as number);
      }
      return sum;
    });
    return sumGroups(determined, groups);
  }

  at(terms: PrecisionTerms): WeightGaussian {
    return new FullGaussian(this.#factor(terms), this.#layouts);
  }

  #eigenvalues(): Float64Array {
    this.#spectrum ??= eigenvalues(this.#matrix, {
      name: 'curvature matrix',
      relativeFloor: roundingFloor(this.#matrix.rows),
    });
    return this.#spectrum;
  }

  /** The Cholesky factor L of the precision. */
  #factor({scale, prior}: PrecisionTerms): Matrix {
    const size = this.#matrix.rows;
    const data = this.#matrix.data.map((h) => scale * h);
    let row = 0;
    this.#layouts.forEach((layout, i) => {
      const p = prior[i] as number | Float64Array;
      for (let j = 0; j < layout.size; j++, row++) {
        data[row * size + row] = (data[row * size + row] as number) + (typeof p === 'number' ? p : (p[j] as number));
      }
    });
    // H has no noise left but that of float64.
    const jitter = {initialJitter: 1e-16, maxJitter: 1e-10};
    return cholesky({rows: size, cols: size, data}, {name: 'posterior precision', ...jitter}).factor;
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

  lastLayerVariance(features: tf.Tensor2D): tf.Tensor2D {
    return tf.tidy(() => {
      const [kernel, bias] = this.#layouts as [WeightLayout, WeightLayout | undefined];
      const classes = kernel.outputs;
      const size = this.#root.shape[0];
      const extended = bias ? tf.concat([features, tf.ones([features.shape[0], 1])], 1) : features;
      const byRow = tf.reshape(this.#root, [-1, classes, size]); // [D + 1, C, P]
      const variances = tf
        .unstack(byRow, 1)
        .map((root) => tf.tidy(() => tf.sum(tf.square(tf.matMul(extended, root as tf.Tensor2D)), 1)));
      return tf.stack(variances, 1) as tf.Tensor2D;
    });
  }

  sample(rng: Rng): Float64Array {
    return solveLowerTransposed(this.#factor, rng.normals(this.#factor.rows));
  }

  variances(): Float64Array {
    return inverseDiagonal(this.#inverse);
  }
}

/** The diagonal of (L L^T)^-1 from L^-1. */
function inverseDiagonal({rows, cols, data}: Matrix): Float64Array {
  const diagonal = new Float64Array(cols);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j <= i; j++) {
      const value = data[i * cols + j] as number;
      diagonal[j] = (diagonal[j] as number) + value * value;
    }
  }
  return diagonal;
}

/** H with its negative eigenvalues set to 0: along them the posterior is as wide as the prior. */
function withoutNegativeCurvature(H: Matrix): Matrix {
  const {values, vectors} = eigh(H, {name: 'Hessian'});
  const [lowest, highest] = [values[0] as number, values.at(-1) as number];
  if (lowest >= -1e-6 * Math.max(highest, 0)) return H;
  const negative = values.filter((value) => value < 0).length;
  warn(
    `laplace: the Hessian is indefinite, with ${negative} of ${values.length} eigenvalues below 0 (the lowest ` +
      `${lowest.toExponential(1)}, the highest ${highest.toExponential(1)}). They count as 0. Train the model to the end, ` +
      "or use curvature 'ggn'.",
  );
  const scaled = vectors.data.map((value, k) => value * Math.max(0, values[k % H.cols] as number));
  return matMul({...vectors, data: scaled}, transpose(vectors));
}
