import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../src/errors.ts';
import {readOptimizer, readTensor, type SavedTensor, writeOptimizer} from '../../src/training/optimizer-state.ts';
import type {VariationalFamily} from './family.ts';

/** A tensor as plain numbers. */
export interface PlainTensor {
  /** Its name. */
  readonly name: string;
  /** Its shape. */
  readonly shape: readonly number[];
  /** Whether it holds whole numbers. */
  readonly integer: boolean;
  /** Its values, row-major. */
  readonly values: readonly number[];
}

/** A fit between two steps, plain numbers and arrays: `JSON.stringify` writes it, `resume` goes on from it bit for bit. */
export interface VariationalState {
  /** Which family. */
  readonly family: string;
  /** D. */
  readonly dimension: number;
  /** Steps done. */
  readonly step: number;
  /** The bound at each of them; null where it was not a number. */
  readonly bounds: readonly (number | null)[];
  /** The family's variables, its frame's last. */
  readonly variables: readonly PlainTensor[];
  /** What the optimizer goes on from. */
  readonly optimizer: readonly PlainTensor[];
}

/** The variables of a family, its frame's last: what is saved. */
export function familyVariables({variables, frame}: VariationalFamily): tf.Variable[] {
  return [...variables, ...(frame?.variables ?? [])];
}

/** Reads the state of a fit after some steps. */
export async function readState(
  family: VariationalFamily,
  optimizer: tf.Optimizer,
  bounds: readonly number[],
): Promise<VariationalState> {
  const variables = await Promise.all(familyVariables(family).map((variable, i) => readTensor(String(i), variable)));
  return {
    family: family.name,
    dimension: family.dimension,
    step: bounds.length,
    bounds: bounds.map((bound) => (Number.isFinite(bound) ? bound : null)),
    variables: variables.map(plain),
    optimizer: (await readOptimizer(optimizer)).map(plain),
  };
}

/** Puts the state back; returns the bounds so far. */
export async function writeState(
  family: VariationalFamily,
  optimizer: tf.Optimizer,
  state: VariationalState,
): Promise<number[]> {
  const variables = familyVariables(family);
  const fits =
    state.family === family.name &&
    state.variables.length === variables.length &&
    state.variables.every(({shape}, i) => tf.util.arraysEqual([...shape], (variables[i] as tf.Variable).shape));
  if (!fits) {
    throw new ConfigError(
      `fitVariational: expected a state of ${family.name} in ${family.dimension} dimensions, got one of ${state.family} in ` +
        `${state.dimension} or of another form. Resume with a family made as the first was.`,
    );
  }
  tf.tidy(() => {
    for (const [i, {shape, values}] of state.variables.entries()) {
      (variables[i] as tf.Variable).assign(tf.tensor([...values], [...shape], 'float32'));
    }
  });
  await writeOptimizer(optimizer, state.optimizer.map(typed));
  return state.bounds.map((bound) => bound ?? Number.NaN);
}

function plain({name, shape, values}: SavedTensor): PlainTensor {
  return {name, shape, integer: values instanceof Int32Array, values: [...values]};
}

function typed({name, shape, integer, values}: PlainTensor): SavedTensor {
  return {name, shape, values: integer ? Int32Array.from(values) : Float32Array.from(values)};
}
