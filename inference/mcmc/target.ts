import * as tf from '@tensorflow/tfjs-core';
import {ConfigError, ShapeError} from '../../src/errors.ts';
import type {LogDensity} from '../model/model.ts';

/** What the samplers draw from: a {@link Model}, or a log density with the number of its columns. */
export interface SamplerTarget {
  /** The log density of S points. */
  readonly logDensity: LogDensity;
  /** D, the number of columns of theta. */
  readonly dimension: number;
  /** Summands of the log density, [S, M], to be added up in float64. */
  readonly logDensityTerms?: (theta: tf.Tensor2D) => tf.Tensor2D;
  /** The parameters at theta by name, each [S, ...]; without it the draws are those of `theta`. */
  readonly constrain?: (theta: tf.Tensor2D) => tf.NamedTensorMap;
  /**
   * Answers in place of `logDensity`, for runs side by side that share their tensor passes.
   *
   * @internal
   */
  readonly evaluate?: Evaluate;
}

/** Log density and gradient at one point. */
export interface Evaluated {
  readonly logDensity: number;
  readonly gradient: Float64Array;
}

/** Log densities and gradients at several points, in one tensor pass. */
export type Evaluate = (points: readonly Float64Array[]) => Promise<Evaluated[]>;

/**
 * Evaluates a target on the tensor backend for samplers that keep their positions, momenta and energies in float64.
 *
 * Only the density's terms and the gradient come from float32: the terms of a {@link Model} are added up in float64, so that
 * the energy differences of an acceptance step keep their digits among thousands of observations.
 */
export function evaluator(target: SamplerTarget): Evaluate {
  const {dimension, logDensity, logDensityTerms, evaluate} = target;
  if (evaluate !== undefined) return evaluate;
  const termsOf = logDensityTerms ?? ((theta: tf.Tensor2D) => tf.expandDims(logDensity(theta), 1));
  return async (points) => {
    const theta = tf.tensor2d(flatten(points, dimension), [points.length, dimension]);
    let terms: tf.Tensor | undefined;
    const gradient = tf.tidy(() =>
      tf.grad((given: tf.Tensor) => {
        terms = tf.keep(termsOf(given as tf.Tensor2D));
        return tf.sum(terms);
      })(theta),
    );
    const all = terms as unknown as tf.Tensor;
    const [summands, slopes] = await Promise.all([all.data(), gradient.data()]);
    tf.dispose([theta, all, gradient]);
    const width = summands.length / points.length;
    return points.map((_, i) => {
      let sum = 0;
      for (let j = i * width; j < (i + 1) * width; j++) sum += summands[j] as number;
      return {
        logDensity: Number.isNaN(sum) ? -Infinity : sum,
        gradient: Float64Array.from(slopes.subarray(i * dimension, (i + 1) * dimension)),
      };
    });
  };
}

/** Throws where `constrain` gives a value without the axis of points; asked before a run, for its draws would be lost. */
export function checkConstrain(caller: string, {constrain, dimension}: SamplerTarget): void {
  if (constrain === undefined) return;
  // Two numbers of points, because an axis of another meaning may have the length of one.
  for (const points of [2, 3]) {
    tf.tidy(() => {
      for (const [name, value] of Object.entries(constrain(tf.zeros([points, dimension])))) {
        if (value.shape[0] === points) continue;
        throw new ShapeError(
          `${caller}: expected \`constrain\` to give ${name} of shape [${points}, ...], one row per point, got ` +
            `[${value.shape}]. Reduce over axes from 1 on.`,
        );
      }
    });
  }
}

/** Throws where the gradient at a point of positive density is not finite: no sampler can leave it. */
export function checkStart(caller: string, {logDensity, gradient}: Evaluated): void {
  if (Number.isFinite(logDensity) && gradient.every(Number.isFinite)) return;
  throw new ConfigError(
    `${caller}: expected a finite log density and gradient at the starting points, got ${logDensity} and ` +
      `[${gradient.slice(0, 5).join(', ')}]. Pass \`initial\` points inside the support.`,
  );
}

function flatten(points: readonly Float64Array[], dimension: number): Float32Array {
  const flat = new Float32Array(points.length * dimension);
  points.forEach((point, i) => {
    flat.set(point, i * dimension);
  });
  return flat;
}
