import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel, LayerVariable} from '@tensorflow/tfjs-layers';
import {ConfigError, NotFittedError} from '../../src/errors.ts';
import {assignWeights} from '../../src/models/index.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import {averaged, notingKept} from '../../src/training/repeated-loss.ts';
import {warn} from '../../src/warn.ts';
import type {IvonPosterior} from './ivon-posterior.ts';
import {
  checkCount,
  checkEstimator,
  essAt,
  type HessianEstimator,
  type IvonOptions,
  learningRateAt,
  type Schedule,
  variableSettings,
} from './options.ts';
import {fixedWeights} from './posterior-fields.ts';
import {type NamedTensor, readStates, writeStates} from './saved-states.ts';
import {type IvonPosteriorOptions, snapshot} from './snapshot.ts';
import {States} from './states.ts';
import type {VariableState} from './variable-state.ts';

/**
 * The improved variational online Newton method (Shen et al. 2024): an optimizer whose state is a Gaussian posterior
 * N(mean, 1 / (ess (h + weightDecay))) of every weight. Made by {@link ivon}.
 */
export class Ivon extends tf.Optimizer {
  /** Name under which tfjs saves the optimizer. */
  static readonly className = 'BayesIvon';
  /** Step size, or a schedule; may be changed while training. */
  learningRate: Schedule;
  /** Weight samples per call of `minimize`. */
  readonly samples: number;
  /** Calls of `minimize` per update. */
  readonly accumulate: number;
  /** How the Hessian is estimated. */
  readonly hessApprox: HessianEstimator;
  readonly #options: IvonOptions;
  readonly #states: States;
  readonly #waiting = new Set<VariableState>();
  #rng: Rng;
  #calls = 0;
  #extras: tf.Tensor[] = [];

  /** Use `ivon(learningRate, options)`. */
  constructor(learningRate: Schedule, options: IvonOptions) {
    super();
    variableSettings(options, {learningRate}); // refuses here what the first step would refuse
    this.learningRate = learningRate;
    this.samples = checkCount('samples', options.samples ?? 1);
    this.accumulate = checkCount('accumulate', options.accumulate ?? 1);
    this.hessApprox = checkEstimator(options.hessApprox ?? 'price');
    this.#options = options;
    this.#states = new States(options);
    this.#rng = options.rng ?? createRng('ivon');
  }

  /** Effective sample size at the current step. */
  get ess(): number {
    return essAt(this.#options.ess, this.iterations);
  }

  /**
   * The mean loss and gradients at sampled weights; afterwards every variable is back at its mean, whatever `f` does.
   *
   * Takes up the Hessian estimate for the `applyGradients` that follows; the gradients may be changed in between. Where `f`
   * throws, what was accumulated for the next update is dropped.
   */
  override computeGradients(
    f: () => tf.Scalar,
    varList?: tf.Variable[],
  ): {
    /** Mean of the losses at the sampled weights. */
    value: tf.Scalar;
    /** Mean of the gradients, by name of the variable. */
    grads: tf.NamedTensorMap;
  } {
    const states = this.#states.of(varList ?? Object.values(tf.engine().registeredVariables));
    this.#disposeExtras();
    try {
      const first = this.#atSample(f, states);
      if (this.samples === 1) return first;
      const again = notingKept(f, this.#extras);
      return averaged([first, ...Array.from({length: this.samples - 1}, () => this.#atSample(again, states))]);
    } catch (error) {
      this.#dropAccumulated();
      throw error;
    }
  }

  /** Updates means and Hessians, or with `accumulate` above 1 takes the gradients up until their turn has come. */
  override applyGradients(gradients: tf.NamedTensorMap | NamedTensor[]): void {
    const named: [string, tf.Tensor | null][] = Array.isArray(gradients)
      ? gradients.map(({name, tensor}) => [name, tensor])
      : Object.entries(gradients);
    for (const [name, gradient] of named) {
      if (!gradient) continue;
      const state = this.#states.get(name);
      if (!state?.observed) {
        throw new ConfigError(
          `ivon.applyGradients: expected gradients from computeGradients, got one for '${name}'. ` +
            'Call computeGradients or minimize, which sample the weights.',
        );
      }
      state.collect(gradient);
      this.#waiting.add(state);
    }
    this.#calls++;
    if (this.#calls < this.accumulate) return;
    for (const state of this.#waiting) this.#update(state);
    this.#waiting.clear();
    this.#calls = 0;
    this.incrementIterations();
  }

  /** The estimate h of the diagonal of the mean loss's Hessian, of a variable; the caller disposes it. */
  hessian(variable: tf.Variable | LayerVariable): tf.Tensor {
    const {precision, settings} = this.#trained(variable, 'hessian');
    return tf.sub(precision, settings.weightDecay);
  }

  /** The posterior variance `1 / (ess (h + weightDecay))` of a variable; the caller disposes it. */
  variance(variable: tf.Variable | LayerVariable): tf.Tensor {
    const {precision, settings} = this.#trained(variable, 'variance');
    return tf.tidy(() => tf.div(1 / essAt(settings.ess, this.iterations), precision));
  }

  /**
   * The posterior of a model's trainable weights as they stand now; training on changes the optimizer, not the posterior.
   *
   * Throws `NotFittedError` where this optimizer has not trained one of them, `DataError` where training diverged, and
   * `ConfigError` for a linear head without a `likelihood`.
   */
  async posterior(model: LayersModel, options: IvonPosteriorOptions = {}): Promise<IvonPosterior> {
    return snapshot(model, options, {
      iterations: this.iterations,
      rngState: this.#rng.getState(),
      weight: (weight) => {
        const {precision, momentum, steps, settings} = this.#trained(weight, 'posterior');
        const {weightDecay} = settings;
        return {precision, momentum, steps, weightDecay, ess: essAt(settings.ess, this.iterations)};
      },
    });
  }

  /**
   * Goes back to where a posterior was taken: the model's weights, the Hessian, the averaged gradient, the step counter and
   * the random stream. Training then continues bit for bit as it did from there.
   */
  resume(posterior: IvonPosterior): void {
    const {training, net, gaussians, fixed} = posterior.fields;
    if (!training) {
      throw new ConfigError(
        'ivon.resume: expected a posterior from optimizer.posterior(model), got a merged one. Train on from its mean.',
      );
    }
    this.#reset(training.iterations, training.rngState);
    assignWeights([...net.weights, ...fixedWeights(net)], [...posterior.mean, ...fixed]);
    for (const [i, weight] of net.weights.entries()) {
      const {precision} = gaussians[i] as (typeof gaussians)[number];
      const {momentum, steps} = training.weights[i] as (typeof training.weights)[number];
      this.#states.add(weight.read() as tf.Variable, {name: weight.name, momentum, precision, steps});
    }
  }

  /** The step counter, the random stream, and the averaged gradient and Hessian of each variable; the model holds the means. */
  override async getWeights(): Promise<NamedTensor[]> {
    return writeStates(this.iterations, this.#rng.getState(), this.#states.all);
  }

  /** Takes over what `getWeights` gave; variables are matched by name, or where names differ by order, at the next step. */
  override async setWeights(weights: NamedTensor[]): Promise<void> {
    const {iterations, rngState, states} = await readStates(weights);
    this.#reset(iterations, rngState);
    this.#states.adopt(states);
  }

  /** The options that JSON can hold: schedules as their value at the current step, without `perVariable` and `rng`. */
  override getConfig(): tf.serialization.ConfigDict {
    const {perVariable, debias = true, rescaleLearningRate = true} = this.#options;
    if (perVariable || typeof this.#options.ess === 'function' || typeof this.learningRate === 'function') {
      warn('ivon.getConfig: schedules are saved as their current value and perVariable not at all. Pass them again.');
    }
    const {hessInit, beta1, beta2, weightDecay, clipRadius} = variableSettings(this.#options);
    return {
      learningRate: learningRateAt(this.learningRate, this.iterations),
      ess: this.ess,
      hessInit,
      beta1,
      beta2,
      weightDecay,
      clipRadius: Number.isFinite(clipRadius) ? clipRadius : null,
      samples: this.samples,
      accumulate: this.accumulate,
      hessApprox: this.hessApprox,
      debias,
      rescaleLearningRate,
    };
  }

  /** Rebuilds the optimizer from what {@link getConfig} gave. */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    const {learningRate, clipRadius, ...options} = config;
    return new cls(learningRate, {...options, ...(clipRadius !== null && {clipRadius})});
  }

  /** Disposes the state; posteriors taken from it stay. */
  override dispose(): void {
    this.#disposeExtras();
    this.#waiting.clear();
    this.#states.clear();
  }

  /** Loss and gradients at one sample of the weights, whose Hessian estimate is taken up. */
  #atSample(f: () => tf.Scalar, states: readonly VariableState[]): {value: tf.Scalar; grads: tf.NamedTensorMap} {
    const variables = states.map(({variable}) => variable);
    let result: {value: tf.Scalar; grads: tf.NamedTensorMap};
    try {
      for (const state of states) state.perturb(this.#rng, essAt(state.settings.ess, this.iterations));
      result = tf.variableGrads(f, variables);
    } finally {
      for (const state of states) state.restore();
    }
    for (const state of states) state.observe(result.grads[state.variable.name], this.hessApprox);
    return result;
  }

  #update(state: VariableState): void {
    const {learningRate = this.learningRate, ess, hessInit, weightDecay} = state.settings;
    const {debias = true, rescaleLearningRate = true} = this.#options;
    const stepSize = learningRateAt(learningRate, this.iterations) * (rescaleLearningRate ? hessInit + weightDecay : 1);
    state.update({stepSize, ess: essAt(ess, this.iterations), debias, hessApprox: this.hessApprox});
  }

  #trained(variable: tf.Variable | LayerVariable, method: string): VariableState {
    const state = this.#states.get(variable.name);
    if (state) return state;
    throw new NotFittedError(
      `ivon.${method}: expected a variable that this optimizer has trained, got '${variable.name}'. Train the model first.`,
    );
  }

  #reset(iterations: number, rngState: Int32Array): void {
    this.#dropAccumulated();
    this.#states.clear();
    this.iterations_ = iterations;
    this.#rng = createRng({state: rngState});
  }

  #dropAccumulated(): void {
    for (const state of this.#states.all) state.forget();
    this.#waiting.clear();
    this.#calls = 0;
  }

  #disposeExtras(): void {
    tf.dispose(this.#extras);
    this.#extras = [];
  }
}
