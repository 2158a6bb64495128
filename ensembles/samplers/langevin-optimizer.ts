import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../src/errors.ts';
import {checkCount} from '../checks.ts';
import type {Schedule} from '../cyclical.ts';
import {SamplerOptimizer, type SamplerOptions, type Site} from './sampler-optimizer.ts';
import {adaptScale, preconditioner, type ScaleAdaptation} from './scale-adaptation.ts';

/** Options that `sgld` and `sghmc` share. */
export interface LangevinOptions extends SamplerOptions {
  /**
   * Steps in which to learn a diagonal preconditioner from squared gradients, after which it stays as it is; draws count
   * from then on. Default 0: none.
   */
  readonly adaptSteps?: number;
}

/** All that a Langevin sampler can be told. */
export interface LangevinDynamics extends LangevinOptions {
  /** Part of the momentum lost in each step, above 0 and up to 1. */
  readonly friction: number;
  /** How the preconditioner is learned. Default `'rmsprop'`. */
  readonly adaptation?: ScaleAdaptation;
  /** Whether the noise of the gradient is taken off the noise that is added. Default false. */
  readonly subtractGradientNoise?: boolean;
}

/**
 * Stochastic-gradient Langevin dynamics with friction, as a tfjs optimizer; made by `sgld` and `sghmc`.
 *
 * With the mean loss L, N examples, the prior precision l, temperature T and preconditioner P (1 unless adapted), each step is
 *
 *     v = (1 - friction) v - learningRate P (grad L(w) + l/N w) + sqrt(2 friction learningRate P T / N) z,   w = w + v
 */
export class LangevinOptimizer extends SamplerOptimizer {
  /** Name under which tfjs knows the class. */
  static readonly className: string = 'BayesLangevinOptimizer';
  readonly #dynamics: Required<Pick<LangevinDynamics, 'friction' | 'adaptation' | 'subtractGradientNoise'>>;
  readonly #adaptSteps: number;

  /** Use `sgld` or `sghmc`. */
  constructor(learningRate: number | Schedule, options: LangevinDynamics, caller: string) {
    super(learningRate, options, caller);
    const {friction, adaptation = 'rmsprop', subtractGradientNoise = false} = options;
    if (!(friction > 0 && friction <= 1)) {
      throw new ConfigError(`${caller}: expected friction above 0 and up to 1, got ${friction}. Try 0.05.`);
    }
    if (adaptation !== 'rmsprop' && adaptation !== 'springenberg') {
      throw new ConfigError(
        `${caller}: expected adaptation to be 'rmsprop' or 'springenberg', got '${String(adaptation)}'.`,
      );
    }
    this.#adaptSteps = checkCount(options.adaptSteps ?? 0, 'adaptSteps', 0, caller);
    if (subtractGradientNoise && this.#adaptSteps === 0) {
      throw new ConfigError(
        `${caller}: expected adaptSteps with subtractGradientNoise, got none. ` +
          'The noise of the gradient is measured in them: pass some thousand.',
      );
    }
    this.#dynamics = {friction, adaptation, subtractGradientNoise};
  }

  /** Its numbers, schedules as their value at the current step. */
  override getConfig(): tf.serialization.ConfigDict {
    return {...super.getConfig(), ...this.#dynamics, adaptSteps: this.#adaptSteps};
  }

  /** @internal */
  protected override advance(site: Site): tf.Tensor {
    const {variable, gradient, slope, state, learningRate, step} = site;
    const {friction, adaptation} = this.#dynamics;
    if (step < this.#adaptSteps) adaptScale(state, gradient, adaptation);
    const precondition = preconditioner(state, adaptation, Math.min(step + 1, this.#adaptSteps));
    let move: tf.Tensor = tf.mul(precondition ? tf.mul(slope, precondition) : slope, -learningRate);
    const scale = this.#noiseScale(site, precondition);
    if (scale !== undefined) move = tf.add(move, tf.mul(site.normals(), scale));
    if (friction < 1) {
      const momentum = state.get('momentum');
      if (momentum) move = tf.add(move, tf.mul(momentum, 1 - friction));
      state.set('momentum', move);
    }
    return tf.add(variable, move);
  }

  /** Standard deviation of the noise added; undefined where there is none. */
  #noiseScale(
    {temperature, trainSize, learningRate}: Site,
    precondition: tf.Tensor | undefined,
  ): tf.Tensor | number | undefined {
    if (temperature === 0) return undefined;
    const {friction, subtractGradientNoise} = this.#dynamics;
    const variance = (2 * friction * learningRate * temperature) / trainSize;
    if (precondition === undefined) return Math.sqrt(variance);
    const wanted = tf.mul(precondition, variance);
    // The gradient's variance is about 1 / P^2, so that it moves the momentum by learningRate^2 in every weight.
    return tf.sqrt(subtractGradientNoise ? tf.relu(tf.sub(wanted, learningRate ** 2)) : wanted);
  }
}
