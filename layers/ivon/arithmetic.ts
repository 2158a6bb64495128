import type * as tf from '@tensorflow/tfjs-core';

/** The numbers of one update, each a factor of the formulas in {@link Arithmetic.update}. */
export interface UpdateFactors {
  readonly beta1: number;
  readonly beta2: number;
  /** Times the gradient sum: one over the number of gradients. */
  readonly gradient: number;
  /** Times curvature and precision. */
  readonly curvatureOfPrecision: number;
  /** Times the curvature alone. */
  readonly curvature: number;
  /** Added to the moved precision. */
  readonly shift: number;
  /** Times the averaged gradient: the step size and the debiasing. */
  readonly momentum: number;
  /** Times the mean: the step size and the weight decay. */
  readonly decay: number;
  /** Largest change of a weight. */
  readonly radius: number;
}

/** What an update reads: tensors of one shape. */
export interface UpdateInputs {
  readonly mean: tf.Tensor;
  readonly gradient: tf.Tensor;
  readonly curvature: tf.Tensor;
  readonly precision: tf.Tensor;
  readonly momentum: tf.Tensor;
}

/** The elementwise formulas of IVON. */
export interface Arithmetic {
  /** `noise = scale normals / sqrt(precision)` and `sampled = mean + noise`. */
  sample(
    mean: tf.Tensor,
    precision: tf.Tensor,
    normals: Float64Array,
    scale: number,
  ): {noise: tf.Tensor; sampled: tf.Tensor};
  /**
   *     newMomentum = beta1 momentum + gradientFactor gradient
   *     moved = precision (curvatureOfPrecision curvature + beta2) + curvatureFactor curvature + shift
   *     newPrecision = (moved^2 / precision + precision) / 2
   *     newMean = mean - clip((momentumFactor newMomentum + decay mean) / newPrecision, radius)
   */
  update(inputs: UpdateInputs, factors: UpdateFactors): Pick<UpdateInputs, 'mean' | 'precision' | 'momentum'>;
}
