import * as tf from '@tensorflow/tfjs-core';
import type {Rng} from '../../src/random/index.ts';
import type {Arithmetic} from './arithmetic.ts';
import type {HessianEstimator, VariableSettings} from './options.ts';
import {tensorArithmetic} from './tensor-arithmetic.ts';
import {wasmArithmetic} from './wasm-arithmetic.ts';

/** What {@link VariableState} is saved as. */
export interface SavedState {
  /** Name of the variable. */
  readonly name: string;
  /** Number of updates. */
  readonly steps: number;
  /** `sum_t beta1^(T - t) gradient_t`: the averaged gradient divided by `1 - beta1`. */
  readonly momentum: tf.Tensor;
  /** `h + weightDecay`. */
  readonly precision: tf.Tensor;
}

/** The numbers of one update. */
export interface StepTerms {
  /** Step size, any rescaling included. */
  readonly stepSize: number;
  /** Effective sample size. */
  readonly ess: number;
  /** Whether the averaged gradient is divided by `1 - beta1^t`. */
  readonly debias: boolean;
  /** How the Hessian is estimated. */
  readonly hessApprox: HessianEstimator;
}

/**
 * The posterior of one variable while it is trained, and what one update needs (Shen et al. 2024, Algorithm 1).
 *
 * Keeps `precision = h + weightDecay`, which the update keeps above half of what it was, in place of h. Its tensors are
 * kept outside any `tf.tidy`.
 */
export class VariableState {
  readonly variable: tf.Variable;
  readonly settings: VariableSettings;
  /** `h + weightDecay`. */
  precision: tf.Tensor;
  /** The averaged gradient divided by `1 - beta1`. */
  momentum: tf.Tensor;
  /** Number of updates. */
  steps: number;
  #mean: tf.Tensor | undefined;
  #noise: tf.Tensor | undefined;
  #gradient: tf.Tensor | undefined;
  #gradients = 0;
  #curvature: tf.Tensor | undefined;
  #samples = 0;

  constructor(variable: tf.Variable, settings: VariableSettings, saved?: SavedState) {
    this.variable = variable;
    this.settings = settings;
    this.precision = tf.keep(
      saved ? tf.clone(saved.precision) : tf.fill(variable.shape, settings.hessInit + settings.weightDecay),
    );
    this.momentum = tf.keep(saved ? tf.clone(saved.momentum) : tf.zeros(variable.shape));
    this.steps = saved?.steps ?? 0;
  }

  /** Moves the variable to `mean + eps / sqrt(ess precision)`. */
  perturb(rng: Rng, ess: number): void {
    const {variable, precision} = this;
    const normals = rng.normals(variable.size);
    this.#mean = tf.keep(tf.clone(variable));
    tf.tidy(() => {
      const {noise, sampled} = arithmetic().sample(variable, precision, normals, 1 / Math.sqrt(ess));
      this.#noise = tf.keep(noise);
      variable.assign(sampled);
    });
  }

  /** Moves the variable back to its mean, bit for bit; harmless where it is there already. */
  restore(): void {
    if (this.#mean === undefined) return;
    this.variable.assign(this.#mean);
    this.#mean.dispose();
    this.#mean = undefined;
  }

  /** Takes up what the gradient at the perturbed weights says about the Hessian; without a gradient, nothing. */
  observe(gradient: tf.Tensor | null | undefined, hessApprox: HessianEstimator): void {
    if (gradient && this.#noise) {
      const term = hessApprox === 'price' ? tf.mul(this.#noise, gradient) : tf.square(gradient);
      this.#curvature = accumulated(this.#curvature, term);
      this.#samples++;
    }
    this.#noise?.dispose();
    this.#noise = undefined;
  }

  /** Whether a Hessian estimate has been taken up for the next update. */
  get observed(): boolean {
    return this.#curvature !== undefined;
  }

  /** Takes up a gradient for the next update. */
  collect(gradient: tf.Tensor): void {
    this.#gradient = accumulated(this.#gradient, tf.clone(gradient));
    this.#gradients++;
  }

  /** Updates the Hessian, the averaged gradient and the mean from all that was taken up; without a gradient, nothing. */
  update({stepSize, ess, debias, hessApprox}: StepTerms): void {
    const [gradient, curvature] = [this.#gradient, this.#curvature];
    if (gradient === undefined || curvature === undefined) return;
    const {beta1, beta2, weightDecay, clipRadius} = this.settings;
    this.steps++;
    const observed = ((1 - beta2) * ess) / this.#samples;
    const {mean, precision, momentum} = tf.tidy(() =>
      arithmetic().update(
        {mean: this.variable, gradient, curvature, precision: this.precision, momentum: this.momentum},
        {
          beta1,
          beta2,
          gradient: 1 / this.#gradients,
          // precision + (1 - beta2) (estimate - h), where Price's estimate is a multiple of the precision.
          curvatureOfPrecision: hessApprox === 'price' ? observed : 0,
          curvature: hessApprox === 'price' ? 0 : observed,
          shift: (1 - beta2) * weightDecay,
          momentum: stepSize * (debias ? (1 - beta1) / (1 - beta1 ** this.steps) : 1 - beta1),
          decay: stepSize * weightDecay,
          radius: clipRadius === Number.POSITIVE_INFINITY ? clipRadius : stepSize * clipRadius,
        },
      ),
    );
    this.variable.assign(mean);
    tf.dispose([mean, this.precision, this.momentum]);
    this.precision = tf.keep(precision);
    this.momentum = tf.keep(momentum);
    this.forget();
  }

  /** Drops what was taken up for the next update. */
  forget(): void {
    tf.dispose([this.#noise, this.#gradient, this.#curvature].filter((tensor) => tensor !== undefined));
    this.#noise = this.#gradient = this.#curvature = undefined;
    this.#gradients = this.#samples = 0;
  }

  /** Disposes the tensors of the state; the variable stays. */
  dispose(): void {
    this.restore();
    this.forget();
    tf.dispose([this.precision, this.momentum]);
  }
}

/** The sum of both, kept; takes both over. */
function accumulated(sum: tf.Tensor | undefined, term: tf.Tensor): tf.Tensor {
  if (sum === undefined) return tf.keep(term);
  const next = tf.keep(tf.add(sum, term));
  tf.dispose([sum, term]);
  return next;
}

/** One pass through memory on wasm, tensor operations elsewhere. */
function arithmetic(): Arithmetic {
  return wasmArithmetic() ?? tensorArithmetic;
}
