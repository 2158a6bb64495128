import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../../src/backend/noise.ts';
import {ConfigError, FormatError} from '../../src/errors.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import {checkPositive} from '../checks.ts';
import type {Schedule} from '../cyclical.ts';
import {type NamedTensor, type VariableState, VariableStates} from './variable-states.ts';

/** Options that all samplers share that train with `fit`. */
export interface SamplerOptions {
  /** Number N of training examples: the loss is a mean over them, the posterior a sum. */
  readonly trainSize: number;
  /** Precision of the Gaussian prior over every trained weight. Default 1. */
  readonly priorPrecision?: number;
  /** 1 samples the posterior, 0 only optimizes; a number or one for each step. Default 1. */
  readonly temperature?: number | Schedule;
  /** Where the noise comes from. Default: a fixed seed. */
  readonly rng?: Rng;
}

/**
 * What one step of a sampler knows about one variable.
 *
 * @internal
 */
export interface Site {
  readonly variable: tf.Variable;
  /** Gradient of the mean loss. */
  readonly gradient: tf.Tensor;
  /** `gradient + priorPrecision / N variable`: the gradient of the energy over N. */
  readonly slope: tf.Tensor;
  readonly state: VariableState;
  readonly learningRate: number;
  readonly temperature: number;
  readonly trainSize: number;
  /** Steps taken before this one. */
  readonly step: number;
  /** Standard normals in the variable's shape, new ones in each call. */
  readonly normals: () => tf.Tensor;
}

/** A sampler of the posterior that tfjs takes for an optimizer: `fit` trains with it, and the iterates are draws. */
export abstract class SamplerOptimizer extends tf.Optimizer {
  /** Name of the function that made it, for error messages. */
  protected readonly caller: string;
  /** Tensors kept for each variable, part of what is saved. @internal */
  protected readonly states = new VariableStates();
  readonly #learningRate: number | Schedule;
  readonly #options: Required<Omit<SamplerOptions, 'rng'>>;
  #rng: Rng;

  /** Use the function that names the sampler. */
  constructor(learningRate: number | Schedule, options: SamplerOptions, caller: string) {
    super();
    const {trainSize, priorPrecision = 1, temperature = 1, rng = createRng(caller)} = options;
    if (typeof learningRate === 'number') checkPositive(learningRate, 'learningRate', caller);
    checkPositive(trainSize, 'trainSize', caller);
    if (!(priorPrecision >= 0 && Number.isFinite(priorPrecision))) {
      throw new ConfigError(`${caller}: expected priorPrecision to be a number from 0, got ${priorPrecision}.`);
    }
    if (typeof temperature === 'number' && !(temperature >= 0)) {
      throw new ConfigError(`${caller}: expected temperature to be a number from 0, got ${temperature}.`);
    }
    this.caller = caller;
    this.#learningRate = learningRate;
    this.#options = {trainSize, priorPrecision, temperature};
    this.#rng = rng;
  }

  /** Steps taken. */
  get steps(): number {
    return this.iterations;
  }

  /** The stream that the sampler draws from. */
  protected get rng(): Rng {
    return this.#rng;
  }

  /** `priorPrecision / N`: what the prior adds to the gradient of the mean loss, per unit of a weight. */
  protected get weightDecay(): number {
    return this.#options.priorPrecision / this.#options.trainSize;
  }

  /** One step from the gradients of the mean loss; `minimize` and `fit` call it. */
  applyGradients(gradients: tf.NamedTensorMap | NamedTensor[]): void {
    const named = Array.isArray(gradients)
      ? gradients.map(({name, tensor}) => [name, tensor] as const)
      : Object.entries(gradients);
    const moved = named.flatMap(([name, gradient]) => {
      const variable = tf.engine().registeredVariables[name];
      return variable && gradient ? [{variable, gradient}] : [];
    });
    this.states.bind(
      moved.map(({variable}) => variable),
      this.caller,
    );
    const {trainSize, temperature} = this.#options;
    const step = this.iterations;
    const now = {step, learningRate: at(this.#learningRate, step), temperature: at(temperature, step), trainSize};
    for (const {variable, gradient} of moved) {
      tf.tidy(() => {
        const slope = tf.add(gradient, tf.mul(variable, this.weightDecay));
        const normals = (): tf.Tensor => normalTensor(this.#rng, variable.shape);
        const state = this.states.of(variable);
        variable.assign(this.advance({...now, variable, gradient, slope, state, normals}));
      });
    }
    this.incrementIterations();
  }

  /** The counter, the random stream, and every tensor kept; the model holds the weights. */
  override async getWeights(): Promise<NamedTensor[]> {
    const state = {name: this.#stateName, tensor: tf.tensor1d(this.#rng.getState(), 'int32')};
    return [await this.saveIterations(), state, ...this.states.named()];
  }

  /** Goes on where `getWeights` of a sampler with the same options was taken: on the same trajectory from the same weights. */
  override async setWeights(weights: NamedTensor[]): Promise<void> {
    const [iterations, stream, ...states] = weights;
    if (iterations === undefined || stream?.name !== this.#stateName) {
      throw new FormatError(
        `${this.caller}.setWeights: expected what getWeights of ${this.caller} gives, got ` +
          `${weights.map(({name}) => name).join(', ') || 'nothing'}. Other optimizers keep another state.`,
      );
    }
    await this.extractIterations([iterations]);
    this.#rng = createRng({state: Int32Array.from(await stream.tensor.data())});
    this.states.adopt(states);
  }

  /** Its numbers, schedules as their value at the current step: to look at, since schedules and streams cannot be rebuilt. */
  override getConfig(): tf.serialization.ConfigDict {
    const {trainSize, priorPrecision, temperature} = this.#options;
    const learningRate = at(this.#learningRate, this.iterations);
    return {learningRate, trainSize, priorPrecision, temperature: at(temperature, this.iterations)};
  }

  /** Disposes everything kept for the variables. */
  override dispose(): void {
    this.states.dispose();
  }

  /**
   * The variable's value after one step. Runs in a tidy.
   *
   * @internal
   */
  protected abstract advance(site: Site): tf.Tensor;

  get #stateName(): string {
    return `${this.caller}/rng`;
  }
}

/**
 * The noise that `friction` pays for, undefined where there is none.
 *
 * @internal
 */
export function noiseOf(
  {temperature, trainSize, learningRate, normals}: Site,
  friction: number,
): tf.Tensor | undefined {
  if (temperature === 0 || friction === 0) return undefined;
  return tf.mul(normals(), Math.sqrt((2 * friction * learningRate * temperature) / trainSize));
}

function at(value: number | Schedule, step: number): number {
  return typeof value === 'number' ? value : value(step);
}
