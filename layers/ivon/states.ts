import * as tf from '@tensorflow/tfjs-core';
import {ConfigError, ShapeError} from '../../src/errors.ts';
import {type IvonOptions, variableSettings} from './options.ts';
import {type SavedState, VariableState} from './variable-state.ts';

/** The states of all variables that an optimizer has seen, by name. */
export class States {
  readonly #options: IvonOptions;
  readonly #states = new Map<string, VariableState>();
  #saved: readonly SavedState[] = [];

  constructor(options: IvonOptions) {
    this.#options = options;
  }

  /** Every state, in the order in which its variable was first seen. */
  get all(): readonly VariableState[] {
    return [...this.#states.values()];
  }

  /** The state of the variable of that name, if it has been seen. */
  get(name: string): VariableState | undefined {
    return this.#states.get(name);
  }

  /** The states of the trainable ones among these variables, made where they are new. */
  of(variables: readonly tf.Variable[]): VariableState[] {
    const trainable = variables.filter((variable) => variable.trainable);
    if (this.#saved.length > 0) this.#bind(trainable);
    return trainable.map((variable) => {
      const state = this.#states.get(variable.name);
      return state?.variable === variable ? state : this.add(variable);
    });
  }

  /** Gives a variable a state, a new one or a saved one. */
  add(variable: tf.Variable, saved?: SavedState): VariableState {
    this.#states.get(variable.name)?.dispose();
    const state = new VariableState(
      variable,
      variableSettings(this.#options, this.#options.perVariable?.(variable)),
      saved,
    );
    this.#states.set(variable.name, state);
    return state;
  }

  /** Replaces all states by saved ones, which the next variables seen take up; takes their tensors over. */
  adopt(saved: readonly SavedState[]): void {
    this.clear();
    this.#saved = saved;
  }

  /** Disposes and forgets all states. */
  clear(): void {
    for (const state of this.#states.values()) state.dispose();
    this.#states.clear();
    this.#forgetSaved();
  }

  /** By name where the names are the same, else by order. */
  #bind(variables: readonly tf.Variable[]): void {
    const byName = new Map(this.#saved.map((one) => [one.name, one]));
    const named = variables.every(({name}) => byName.has(name));
    if (!named && variables.length !== this.#saved.length) {
      throw new ConfigError(
        `ivon.setWeights: expected the ${this.#saved.length} variables that were saved, got ${variables.length} others. ` +
          'Train the model that the optimizer was saved with.',
      );
    }
    const pairs = variables.map((variable, i) => {
      const saved = (named ? byName.get(variable.name) : this.#saved[i]) as SavedState;
      if (saved.precision.shape.join() !== variable.shape.join()) {
        throw new ShapeError(
          `ivon.setWeights: expected a variable of shape [${saved.precision.shape}], got [${variable.shape}] ` +
            `(${variable.name}). Train the model that the optimizer was saved with.`,
        );
      }
      return [variable, saved] as const;
    });
    for (const [variable, saved] of pairs) this.add(variable, saved);
    this.#forgetSaved();
  }

  #forgetSaved(): void {
    tf.dispose(this.#saved.flatMap(({momentum, precision}) => [momentum, precision]));
    this.#saved = [];
  }
}
