import * as tf from '@tensorflow/tfjs-core';
import {ConfigError, ShapeError} from '../../src/errors.ts';

/** A tensor with a name, which tfjs-core does not export. */
export type NamedTensor = Awaited<ReturnType<tf.Optimizer['getWeights']>>[number];

/** The named tensors that a sampler keeps for one variable. */
export class VariableState {
  readonly #tensors = new Map<string, tf.Variable>();

  /** The names of its tensors, in the order in which they came. */
  get keys(): string[] {
    return [...this.#tensors.keys()];
  }

  /** A tensor, owned by the state. */
  get(key: string): tf.Variable | undefined {
    return this.#tensors.get(key);
  }

  /** Gives a tensor a new value, which stays the caller's. */
  set(key: string, value: tf.Tensor): void {
    const known = this.#tensors.get(key);
    if (known) known.assign(value);
    else this.#tensors.set(key, tf.variable(value, false));
  }

  /** Disposes its tensors. */
  dispose(): void {
    tf.dispose([...this.#tensors.values()]);
    this.#tensors.clear();
  }
}

/** The states of all variables that a sampler moves: made where they are new, or taken from what was saved. */
export class VariableStates {
  readonly #states = new Map<string, VariableState>();
  #saved = new Map<string, VariableState>();

  /** The state of a variable. */
  of(variable: tf.Variable): VariableState {
    const state = this.#states.get(variable.name) ?? new VariableState();
    this.#states.set(variable.name, state);
    return state;
  }

  /** The state of the variable of that name, if there is one. */
  find(name: string): VariableState | undefined {
    return this.#states.get(name);
  }

  /** Every tensor, named after its variable and its role. */
  named(): NamedTensor[] {
    return [...this.#states, ...this.#saved].flatMap(([name, state]) =>
      state.keys.map((key) => ({name: `${name}/${key}`, tensor: state.get(key) as tf.Variable})),
    );
  }

  /** Replaces all states by what {@link named} gave, to be taken up by the next variables that are bound. */
  adopt(saved: readonly NamedTensor[]): void {
    this.dispose();
    for (const {name, tensor} of saved) {
      const cut = name.lastIndexOf('/');
      const variable = name.slice(0, cut);
      const state = this.#saved.get(variable) ?? new VariableState();
      state.set(name.slice(cut + 1), tensor);
      this.#saved.set(variable, state);
    }
  }

  /** Hands saved states to the variables: by name, or where names differ by order. */
  bind(variables: readonly tf.Variable[], caller: string): void {
    if (this.#saved.size === 0) return;
    const named = variables.every(({name}) => this.#saved.has(name));
    if (!named && variables.length !== this.#saved.size) {
      throw new ConfigError(
        `${caller}: expected the ${this.#saved.size} variables whose state was saved, got ${variables.length} others. ` +
          'Train the model that the optimizer was saved with.',
      );
    }
    const inOrder = [...this.#saved.values()];
    const pairs = variables.map(
      (variable, i) => [variable, (named ? this.#saved.get(variable.name) : inOrder[i]) as VariableState] as const,
    );
    for (const [variable, state] of pairs) checkShapes(variable, state, caller);
    for (const [variable, state] of pairs) this.#states.set(variable.name, state);
    this.#saved = new Map();
  }

  /** Disposes and forgets everything. */
  dispose(): void {
    for (const state of [...this.#states.values(), ...this.#saved.values()]) state.dispose();
    this.#states.clear();
    this.#saved.clear();
  }
}

function checkShapes(variable: tf.Variable, state: VariableState, caller: string): void {
  for (const key of state.keys) {
    const {shape} = state.get(key) as tf.Variable;
    if (shape.length === 0 || shape.join() === variable.shape.join()) continue;
    throw new ShapeError(
      `${caller}: expected a variable of shape [${shape}], got [${variable.shape}] (${variable.name}). ` +
        'Train the model that the optimizer was saved with.',
    );
  }
}
