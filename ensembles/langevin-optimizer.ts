import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../src/backend/noise.ts';
import {ConfigError} from '../src/errors.ts';
import {createRng, type Rng} from '../src/random/index.ts';
import {checkCount, checkPositive} from './checks.ts';
import type {Schedule} from './cyclical.ts';

/** Options that `sgld` and `sghmc` share. */
export interface LangevinOptions {
  /** Number N of training examples: the loss is a mean over them, the posterior a sum. */
  readonly trainSize: number;
  /** Precision of the Gaussian prior over every trained weight. Default 1. */
  readonly priorPrecision?: number;
  /** 1 samples the posterior, 0 only optimizes; a number or one for each step. Default 1. */
  readonly temperature?: number | Schedule;
  /**
   * Steps in which to learn a diagonal preconditioner from squared gradients, after which it stays as it is; draws count
   * from then on. Default 0: none.
   */
  readonly adaptSteps?: number;
  /** Where the noise comes from. Default: a fixed seed. */
  readonly rng?: Rng;
}

interface State {
  momentum?: tf.Tensor;
  squares?: tf.Tensor;
}

const SQUARES_DECAY = 0.99;
const LEAST_ROOT = 1e-5;

/**
 * Stochastic-gradient Langevin dynamics with friction, as a tfjs optimizer; made by `sgld` and `sghmc`.
 *
 * With the mean loss L, N examples, the prior precision l, temperature T and preconditioner P (1 unless adapted), each step is
 *
 *     v = (1 - friction) v - learningRate P (grad L(w) + l/N w) + sqrt(2 friction learningRate P T / N) z,   w = w + v
 */
export class LangevinOptimizer extends tf.Optimizer {
  /** Name under which tfjs knows the class. */
  static readonly className = 'BayesLangevinOptimizer';
  readonly #learningRate: number | Schedule;
  readonly #friction: number;
  readonly #options: Required<LangevinOptions>;
  readonly #states = new Map<string, State>();
  #step = 0;

  /** Use `sgld` or `sghmc`. */
  constructor(learningRate: number | Schedule, friction: number, options: LangevinOptions, caller: string) {
    super();
    const {trainSize, priorPrecision = 1, temperature = 1, adaptSteps = 0, rng = createRng(caller)} = options;
    if (typeof learningRate === 'number') checkPositive(learningRate, 'learningRate', caller);
    checkPositive(trainSize, 'trainSize', caller);
    checkCount(adaptSteps, 'adaptSteps', 0, caller);
    if (!(friction > 0 && friction <= 1)) {
      throw new ConfigError(`${caller}: expected friction above 0 and up to 1, got ${friction}. Try 0.05.`);
    }
    if (!(priorPrecision >= 0 && Number.isFinite(priorPrecision))) {
      throw new ConfigError(`${caller}: expected priorPrecision to be a number from 0, got ${priorPrecision}.`);
    }
    if (typeof temperature === 'number' && !(temperature >= 0)) {
      throw new ConfigError(`${caller}: expected temperature to be a number from 0, got ${temperature}.`);
    }
    this.#learningRate = learningRate;
    this.#friction = friction;
    this.#options = {trainSize, priorPrecision, temperature, adaptSteps, rng};
  }

  /** Steps taken. */
  get steps(): number {
    return this.#step;
  }

  /** One step from the gradients of the mean loss; `minimize` and `fit` call it. */
  applyGradients(gradients: tf.NamedTensorMap | {name: string; tensor: tf.Tensor}[]): void {
    const named = Array.isArray(gradients)
      ? gradients.map(({name, tensor}) => [name, tensor] as const)
      : Object.entries(gradients);
    const learningRate = at(this.#learningRate, this.#step);
    const temperature = at(this.#options.temperature, this.#step);
    for (const [name, gradient] of named) {
      const variable = tf.engine().registeredVariables[name];
      if (variable && gradient) this.#update(variable, gradient, learningRate, temperature);
    }
    this.#step++;
    this.incrementIterations();
  }

  /** Disposes the momenta and the preconditioner. */
  override dispose(): void {
    for (const {momentum, squares} of this.#states.values())
      tf.dispose([momentum, squares].filter((one) => one) as tf.Tensor[]);
    this.#states.clear();
  }

  /** Its numbers; schedules and the stream of noise are left out. */
  getConfig(): tf.serialization.ConfigDict {
    const {trainSize, priorPrecision, adaptSteps} = this.#options;
    return {friction: this.#friction, trainSize, priorPrecision, adaptSteps};
  }

  #update(variable: tf.Variable, gradient: tf.Tensor, learningRate: number, temperature: number): void {
    const {trainSize, priorPrecision, adaptSteps, rng} = this.#options;
    const state = this.#states.get(variable.name) ?? {};
    this.#states.set(variable.name, state);
    tf.tidy(() => {
      const slope = tf.add(gradient, tf.mul(variable, priorPrecision / trainSize));
      if (this.#step < adaptSteps) {
        const squares = tf.square(gradient);
        const before = state.squares ?? tf.zerosLike(squares);
        replace(state, 'squares', tf.add(tf.mul(before, SQUARES_DECAY), tf.mul(squares, 1 - SQUARES_DECAY)));
      }
      const debias = 1 - SQUARES_DECAY ** Math.min(this.#step + 1, adaptSteps);
      const precondition = state.squares
        ? tf.reciprocal(tf.add(tf.sqrt(tf.div(state.squares, debias)), LEAST_ROOT))
        : tf.scalar(1);
      let move: tf.Tensor = tf.mul(tf.mul(slope, precondition), -learningRate);
      if (temperature > 0) {
        const scale = Math.sqrt((2 * this.#friction * learningRate * temperature) / trainSize);
        const noise = normalTensor(rng, variable.shape);
        move = tf.add(move, tf.mul(tf.mul(noise, tf.sqrt(precondition)), scale));
      }
      if (this.#friction < 1) {
        if (state.momentum) move = tf.add(move, tf.mul(state.momentum, 1 - this.#friction));
        replace(state, 'momentum', move);
      }
      variable.assign(tf.add(variable, move));
    });
  }
}

function replace(state: State, key: keyof State, value: tf.Tensor): void {
  const kept = tf.keep(tf.clone(value));
  state[key]?.dispose();
  state[key] = kept;
}

function at(value: number | Schedule, step: number): number {
  return typeof value === 'number' ? value : value(step);
}
