import * as tf from '@tensorflow/tfjs-core';
import {type DiagCurvature, mergeRepeatedLookups, perExampleGradient} from '../../src/curvature/index.ts';
import type {TapFactor, TappedWeight} from '../../src/models/taps.ts';
import type {Rng} from '../../src/random/rng.ts';
import {
  type PosteriorStructure,
  type PrecisionTerms,
  sumGroups,
  type WeightGaussian,
  type Whitener,
} from './structure.ts';

/** Independent weights: precision `scale h_i + prior_i` for each. */
export class DiagStructure implements PosteriorStructure {
  readonly #curvature: DiagCurvature;

  constructor(curvature: DiagCurvature) {
    this.#curvature = curvature;
  }

  logDeterminant(terms: PrecisionTerms): number {
    let sum = 0;
    for (const precision of this.#precisions(terms)) for (const value of precision) sum += Math.log(value);
    return sum;
  }

  logDeterminants(): (terms: PrecisionTerms) => number {
    return (terms) => this.logDeterminant(terms);
  }

  effectiveParameters(terms: PrecisionTerms, groups: readonly (readonly number[])[]): number[] {
    const precisions = this.#precisions(terms);
    const determined = this.#curvature.diagonals.map((diagonal, i) =>
      diagonal.reduce((sum, h, j) => sum + (terms.scale * h) / (precisions[i]?.[j] as number), 0),
    );
    return sumGroups(determined, groups);
  }

  at(terms: PrecisionTerms): WeightGaussian {
    return new DiagGaussian(this.#precisions(terms), this.#curvature);
  }

  #precisions({scale, prior}: PrecisionTerms): Float64Array[] {
    return this.#curvature.diagonals.map((diagonal, i) => {
      const p = prior[i] as number | Float64Array;
      return diagonal.map((h, j) => scale * h + (typeof p === 'number' ? p : (p[j] as number)));
    });
  }
}

class DiagGaussian implements WeightGaussian {
  /** The standard deviation of each weight, [inputs groups, outputs]. */
  readonly tensors: readonly tf.Tensor2D[];
  readonly #precisions: readonly Float64Array[];

  constructor(precisions: readonly Float64Array[], {layouts}: DiagCurvature) {
    this.#precisions = precisions;
    this.tensors = layouts.map(({inputs, groups, outputs}, i) =>
      tf.tensor2d(
        Float32Array.from(precisions[i] as Float64Array, (p) => 1 / Math.sqrt(p)),
        [inputs * groups, outputs],
      ),
    );
  }

  whitener(weights: readonly TappedWeight[], {joint = false}: {joint?: boolean} = {}): Whitener {
    const whiten = weights.map(({factor}, i) => {
      const deviations = this.tensors[i] as tf.Tensor2D;
      return joint ? scaledGradients(factor, deviations) : whitenerOf(factor, deviations);
    });
    return (gradients) => whiten.map((one, i) => one(gradients[i] as tf.Tensor));
  }

  lastLayerCovariance(features: tf.Tensor2D): tf.Tensor3D {
    return tf.tidy(() => {
      const variance = this.lastLayerVariance(features);
      return tf.mul(tf.expandDims(variance, 2), tf.eye(variance.shape[1])) as tf.Tensor3D;
    });
  }

  lastLayerVariance(features: tf.Tensor2D): tf.Tensor2D {
    return tf.tidy(() => {
      const [kernel, bias] = this.tensors as [tf.Tensor2D, tf.Tensor2D | undefined];
      const fromKernel: tf.Tensor2D = tf.matMul(tf.square(features), tf.square(kernel)); // [M, C]
      return bias ? (tf.add(fromKernel, tf.square(bias)) as tf.Tensor2D) : fromKernel;
    });
  }

  sample(rng: Rng): Float64Array {
    const precisions = this.#flatPrecisions();
    return rng.normals(precisions.length).map((z, i) => z / Math.sqrt(precisions[i] as number));
  }

  variances(): Float64Array {
    return this.#flatPrecisions().map((p) => 1 / p);
  }

  #flatPrecisions(): Float64Array {
    const flat = new Float64Array(this.#precisions.reduce((sum, p) => sum + p.length, 0));
    let offset = 0;
    for (const p of this.#precisions) {
      flat.set(p, offset);
      offset += p.length;
    }
    return flat;
  }
}

/** `deviations` holds the standard deviation of each weight, [inputs groups, outputs]. */
function whitenerOf(factor: TapFactor, deviations: tf.Tensor2D): (g: tf.Tensor) => tf.Tensor2D {
  if (factor.kind === 'outer' && factor.inputs.shape[1] === 1) {
    // Under variances v, (a (x) g) . (a (x) g') is sum_o g_o g'_o (sum_i a_i^2 v_io): no [in, out] matrix per example.
    const width = tf.tidy(() =>
      tf.sqrt(tf.matMul(tf.square(tf.squeeze(factor.inputs, [1])) as tf.Tensor2D, tf.square(deviations))),
    );
    return (g) => tf.mul(tf.squeeze(g, [1]), width);
  }
  if (factor.kind === 'lookup') {
    return (g) => {
      const merged = tf.mul(mergeRepeatedLookups(factor.ids, g as tf.Tensor3D), tf.gather(deviations, factor.ids));
      return tf.reshape(merged, [g.shape[0] as number, -1]) as tf.Tensor2D;
    };
  }
  return scaledGradients(factor, deviations);
}

function scaledGradients(factor: TapFactor, deviations: tf.Tensor2D): (g: tf.Tensor) => tf.Tensor2D {
  return (g) => tf.mul(perExampleGradient(factor, g), tf.reshape(deviations, [1, -1])) as tf.Tensor2D;
}
