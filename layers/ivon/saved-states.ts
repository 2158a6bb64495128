import * as tf from '@tensorflow/tfjs-core';
import {FormatError} from '../../src/errors.ts';
import type {SavedState, VariableState} from './variable-state.ts';

/** A tensor with a name, which tfjs-core does not export. */
export type NamedTensor = Awaited<ReturnType<tf.Optimizer['getWeights']>>[number];

/** All that an optimizer needs to go on where another stood. */
export interface SavedOptimizer {
  readonly iterations: number;
  readonly rngState: Int32Array;
  readonly states: readonly SavedState[];
}

const [ITERATIONS, STEPS, RNG] = ['iter', 'ivon/steps', 'ivon/rng'];
const [MOMENTUM, PRECISION] = ['/momentum', '/precision'];

/** The named tensors of `getWeights`: those of the states themselves, and new ones for the counters and the stream. */
export function writeStates(iterations: number, rngState: Int32Array, states: readonly VariableState[]): NamedTensor[] {
  return [
    {name: ITERATIONS, tensor: tf.scalar(iterations, 'int32')},
    {
      name: STEPS,
      tensor: tf.tensor1d(
        Int32Array.from(states, ({steps}) => steps),
        'int32',
      ),
    },
    {name: RNG, tensor: tf.tensor1d(rngState, 'int32')},
    ...states.flatMap(({variable, momentum, precision}) => [
      {name: `${variable.name}${MOMENTUM}`, tensor: momentum},
      {name: `${variable.name}${PRECISION}`, tensor: precision},
    ]),
  ] as NamedTensor[];
}

/** Reads what {@link writeStates} gave into tensors of its own. */
export async function readStates(weights: readonly NamedTensor[]): Promise<SavedOptimizer> {
  const [iterations, steps, rng, ...tensors] = weights;
  if (iterations?.name !== ITERATIONS || steps?.name !== STEPS || rng?.name !== RNG) {
    throw new FormatError(
      `ivon.setWeights: expected what getWeights of this optimizer gives, got ${weights.map(({name}) => name).join(', ') || 'nothing'}. ` +
        'Other optimizers keep another state.',
    );
  }
  const [count, counts, words] = await Promise.all([iterations, steps, rng].map(({tensor}) => tensor.data()));
  if (tensors.length !== 2 * steps.tensor.size) {
    throw new FormatError(
      `ivon.setWeights: expected two tensors for each of ${steps.tensor.size} variables, got ${tensors.length}. ` +
        'Pass all that getWeights gave.',
    );
  }
  return {
    iterations: count?.[0] as number,
    rngState: Int32Array.from(words as Int32Array),
    states: Array.from(counts as Int32Array, (one, i) => {
      const [momentum, precision] = [tensors[2 * i], tensors[2 * i + 1]] as [NamedTensor, NamedTensor];
      return {
        name: momentum.name.slice(0, -MOMENTUM.length),
        steps: one,
        momentum: tf.keep(tf.clone(momentum.tensor)),
        precision: tf.keep(tf.clone(precision.tensor)),
      };
    }),
  };
}
