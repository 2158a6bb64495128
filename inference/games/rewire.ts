import type * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../src/errors.ts';
import type {Game} from './game.ts';
import {particleBelief} from './simple-beliefs.ts';
import type {Wire} from './wire.ts';

/**
 * The game whose input is data: nothing is inferred, and only its energy counts. Ordinary supervised training is this.
 *
 * @param game a game from X to Y; it needs no inversion.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {clamp, diagonalGaussian, freeEnergy, game} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const net = game('y', {model: (x: tf.Tensor) => diagonalGaussian(tf.mul(x, 2), 1)});
 * const {loss} = freeEnergy(clamp(net), [tf.tensor2d([[1], [2]]), tf.tensor2d([[2], [4]])]);   // two examples
 * console.log((await loss.data())[0]);   // log(2 pi) / 2
 * ```
 */
export function clamp<X extends Wire, Y extends Wire>(game: Game<X, Y>): Game<null, readonly [X, Y]> {
  const refuse = (): never => {
    throw new ConfigError(
      `clamp: expected ${game.name} to be read by freeEnergy, but its input is data and has no belief to draw from. ` +
        'Put prior(...) before the game that is not clamped.',
    );
  };
  return {
    ...game,
    sample: refuse,
    pushforward: refuse,
    infer: ({y: [x, y]}, sweep) => ({...game.infer({prior: null, y, known: x}, sweep), x: null}),
  };
}

/**
 * The game in which a latent is observed as well: data become [latent, y].
 *
 * @param game a game with that latent.
 * @param name the latent's name.
 *
 * @throws ConfigError if there is no such latent.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {diagonalGaussian, freeEnergy, linearGaussian, prior, reveal, sequence} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const y = linearGaussian('y', {matrix: tf.eye(1), covariance: tf.eye(1)});
 * const joint = reveal(sequence(prior('x', diagonalGaussian(tf.zeros([1, 1]), 1)), y), 'x');
 * const {loss} = freeEnergy(joint, [tf.zeros([1]), tf.zeros([1])]);
 * console.log((await loss.data())[0]);   // -log N(0; 0, 1) - log N(0; 0, 1)
 * ```
 */
export function reveal<A extends Wire = tf.Tensor, X extends Wire = null, Y extends Wire = tf.Tensor>(
  game: Game<X, Y>,
  name: string,
): Game<X, readonly [A, Y]> {
  const {[name]: shown, ...latents} = game.latents;
  if (shown === undefined) {
    throw new ConfigError(
      `reveal: expected a latent of ${game.name} (${Object.keys(game.latents).join(', ')}), got ${name}. Check the name.`,
    );
  }
  return {
    ...game,
    name: `${name}+${game.name}`,
    observed: [...shown, ...game.observed],
    latents,
    sample: (x, rng, draws) => {
      const {y, latents: drawn} = game.sample(x, rng, draws);
      const {[name]: value, ...rest} = drawn;
      return {y: [value as A, y], latents: rest};
    },
    pushforward: (belief, {rng, samples}) => {
      const stream = rng.fork(`reveal ${name}`);
      const x = belief === null ? (null as X) : belief().sample(stream.fork('x'), samples);
      const {y, latents: drawn} = game.sample(x, stream, samples);
      return particleBelief([drawn[name] as A, y] as const);
    },
    infer: ({y: [value, y], ...problem}, sweep) => {
      const inferred = game.infer({...problem, y}, {...sweep, given: {...sweep.given, [name]: value}});
      const {[name]: _, ...rest} = inferred.latents;
      return {...inferred, latents: rest};
    },
  };
}

/**
 * The same game with its input passed on beside its output, as [x, y], for later links that need both. With it, any directed
 * graph of variables can be written as a chain.
 *
 * @param game a game from X to Y; it needs no inversion, since x is there to be read.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {carry, diagonalGaussian, freeEnergy, game, prior, productBelief, sequence} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const normal = (mean: tf.Tensor) => diagonalGaussian(mean, 1);
 * const b = game('b', {model: normal});
 * const c = game('c', {   // c depends on a and b
 *   model: ([a, b]: readonly [tf.Tensor, tf.Tensor]) => normal(tf.add(a, b)),
 *   inversion: (y) => productBelief(normal(tf.div(y, 3)), normal(tf.div(y, 2))),
 * });
 * const {draws} = freeEnergy(sequence(prior('a', normal(tf.zeros([1, 1]))), carry(b), c), tf.ones([1]));
 * console.log(Object.keys(draws));   // ['a', 'b and its input']
 * ```
 */
export function carry<X extends Wire, Y extends Wire>(game: Game<X, Y>): Game<X, readonly [X, Y]> {
  const forward = (x: X, y: Y) => [x, y] as const;
  return {
    ...game,
    name: `${game.name} and its input`,
    sample: (x, rng, draws) => {
      const {y, latents} = game.sample(x, rng, draws);
      return {y: forward(x, y), latents};
    },
    pushforward: (belief, {rng, samples}) => {
      const stream = rng.fork(`carry ${game.name}`);
      const x = belief === null ? (null as X) : belief().sample(stream.fork('x'), samples);
      return particleBelief(forward(x, game.sample(x, stream, samples).y));
    },
    infer: ({prior, y: [x, y]}, sweep) => game.infer({prior, y, known: x}, sweep),
  };
}
