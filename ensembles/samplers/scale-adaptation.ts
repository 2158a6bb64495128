import * as tf from '@tensorflow/tfjs-core';
import type {VariableState} from './variable-states.ts';

/** How a sampler learns the scale of each weight's gradient. */
export type ScaleAdaptation = 'rmsprop' | 'springenberg';

const SQUARES_DECAY = 0.99;
const LEAST_ROOT = 1e-5;
const SQUARES = 'squares';

/**
 * Takes one more gradient into the averages from which {@link preconditioner} is made.
 *
 * `'rmsprop'` averages squares over about 100 steps. `'springenberg'` averages them over tau steps, a number of its own for
 * each weight that grows while the gradient is noise around zero:
 *
 *     tau' = tau + 1 - tau mean^2 / squares,   mean' = mean + (gradient - mean) / (tau + 1),   squares alike from gradient^2
 */
export function adaptScale(state: VariableState, gradient: tf.Tensor, adaptation: ScaleAdaptation): void {
  const square = tf.square(gradient);
  const squares = state.get(SQUARES);
  if (adaptation === 'rmsprop') {
    const before = squares ? tf.mul(squares, SQUARES_DECAY) : tf.zerosLike(square);
    state.set(SQUARES, tf.add(before, tf.mul(square, 1 - SQUARES_DECAY)));
    return;
  }
  const tau = state.get('tau') ?? tf.onesLike(square);
  const mean = state.get('mean') ?? tf.zerosLike(square);
  const before = squares ?? square;
  const weight = tf.reciprocal(tf.add(tau, 1));
  const towards = (from: tf.Tensor, to: tf.Tensor): tf.Tensor => tf.add(from, tf.mul(tf.sub(to, from), weight));
  const newMean = towards(mean, gradient);
  const newSquares = towards(before, square);
  const share = tf.div(tf.square(newMean), tf.add(newSquares, LEAST_ROOT ** 2));
  const newTau = tf.add(tf.sub(tau, tf.mul(tau, share)), 1);
  state.set('mean', newMean);
  state.set(SQUARES, newSquares);
  state.set('tau', newTau);
}

/** `1 / (sqrt(E[gradient^2]) + 1e-5)` of what was averaged over `seen` gradients; undefined before the first. */
export function preconditioner(state: VariableState, adaptation: ScaleAdaptation, seen: number): tf.Tensor | undefined {
  const squares = state.get(SQUARES);
  if (!squares) return undefined;
  const debias = adaptation === 'rmsprop' ? 1 - SQUARES_DECAY ** seen : 1;
  return tf.reciprocal(tf.add(tf.sqrt(tf.div(squares, debias)), LEAST_ROOT));
}
