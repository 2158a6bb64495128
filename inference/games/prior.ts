import * as tf from '@tensorflow/tfjs-core';
import type {Belief} from './belief.ts';
import type {Game} from './game.ts';
import {knownInput, nothing} from './inferred.ts';
import {drawsOf, type Wire} from './wire.ts';

/** Options of {@link prior}. */
export interface PriorOptions {
  /** `'none'` where a regularizer holds the whole divergence from the prior. Default `'log-density'`: -log prior(x). */
  readonly energy?: 'log-density' | 'none';
  /** What is trained. */
  readonly variables?: readonly tf.Variable[];
}

/**
 * A belief as the game that a model begins with: nothing to infer, and an energy of -log p(x).
 *
 * @param name names x.
 * @param belief the belief; a function where its parameters are computed from variables.
 * @param options what it adds to the loss.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {diagonalGaussian, freeEnergy, prior} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const {loss} = freeEnergy(prior('x', diagonalGaussian(tf.zeros([1, 2]), 1)), tf.zeros([2]));
 * console.log((await loss.data())[0]);   // log(2 pi)
 * ```
 */
export function prior<X extends Wire>(
  name: string,
  belief: Belief<X> | (() => Belief<X>),
  {energy = 'log-density', variables = []}: PriorOptions = {},
): Game<null, X> {
  const current = () => (typeof belief === 'function' ? belief() : belief);
  return {
    name,
    observed: [name],
    latents: {},
    variables,
    sample: (_, rng, draws) => ({y: current().sample(rng.fork(name), draws), latents: {}}),
    pushforward: current,
    infer: ({y}) => {
      const cost = energy === 'none' ? tf.scalar(0) : tf.neg(current().logProb(y));
      return knownInput(name, null, {energy: cost, draws: drawsOf(y)});
    },
  };
}

/**
 * The game that passes its input on and costs nothing: in parallel with another it carries a wire past it.
 *
 * @example
 * ```ts
 * import {identityGame} from 'tfjs-bayes/inference';
 * console.log(identityGame().observed);   // []
 * ```
 */
export function identityGame<X extends Wire = tf.Tensor>(): Game<X, X> {
  return {
    name: 'identity',
    observed: [],
    latents: {},
    variables: [],
    sample: (x) => ({y: x, latents: {}}),
    pushforward: (belief) => (belief as () => Belief<X>)(),
    infer: ({y}) => nothing(y, drawsOf(y)),
  };
}
