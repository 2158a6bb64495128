import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../src/errors.ts';
import type {Belief} from './belief.ts';
import {beliefDivergence} from './belief-divergence.ts';
import {drawFrom} from './draw.ts';
import type {Coupling, Game, Inferred, Problem, Sweep} from './game.ts';
import {knownInput} from './inferred.ts';
import {particleBelief} from './simple-beliefs.ts';
import {drawsOf, mapWire, repeatDraws, type Wire} from './wire.ts';

/** An inversion: the belief about the input, given what was observed and the belief before (computed when called). */
export type Inversion<X extends Wire, Y extends Wire> = (y: Y, prior: () => Belief<X>) => Belief<X>;

/** What is subtracted from the energy: see {@link LinkOptions}. */
export type Regularizer<X extends Wire, Y extends Wire> =
  | 'log-density'
  | 'entropy'
  | 'none'
  | ((posterior: Belief<X>, y: Y, prior: () => Belief<X>) => tf.Tensor);

/** What {@link game} and {@link conditional} share. */
export interface LinkOptions<X extends Wire, Y extends Wire> {
  /** The belief about the input for what was observed; without it the input must be known (`clamp`, `reveal`). */
  readonly inversion?: Inversion<X, Y>;
  /** The exact inversion, where there is one: the gap report compares with it. */
  readonly exactInversion?: Inversion<X, Y>;
  /** How gradients pass the draws of the inversion. Default `'path'`. */
  readonly coupling?: Coupling;
  /**
   * What is subtracted from the energy: minus log q of each draw (`'log-density'`, the default), the entropy in closed form,
   * nothing (as in expectation maximization), or a function, such as minus a divergence from the prior.
   */
  readonly regularizer?: Regularizer<X, Y>;
  /** Energy of each draw [S, ...examples]; default minus the model's log density. */
  readonly energy?: (x: X, y: Y) => tf.Tensor;
  /** What is trained. */
  readonly variables?: readonly tf.Variable[];
}

/** Options of {@link game}. */
export interface GameOptions<X extends Wire, Y extends Wire> extends LinkOptions<X, Y> {
  /** The belief about what is observed, for draws of the input. */
  readonly model: (x: X) => Belief<Y>;
  /** The belief about what is observed that follows from one about the input; default particles. */
  readonly pushforward?: (prior: Belief<X>) => Belief<Y>;
}

/**
 * One link of a model, x to y, with the way back: a statistical game.
 *
 * Its loss is E over x ~ inversion(y) of energy(x, y) - regularizer, with energy -log p(y | x) and regularizer -log q(x | y).
 * The prior of x is a game of its own: `sequence(prior('x', ...), game('y', ...))`. Tensors keep a leading axis of draws.
 *
 * @param name names what is observed.
 * @param options the model, its inversion, and how the two are trained.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {diagonalGaussian, freeEnergy, game, prior, sequence} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const height = prior('height', diagonalGaussian(tf.zeros([1, 1]), 1));
 * const reading = game('reading', {
 *   model: (x: tf.Tensor) => diagonalGaussian(x, 0.5),
 *   inversion: (y) => diagonalGaussian(tf.mul(y, 0.8), 0.45),
 * });
 * const {loss} = freeEnergy(sequence(height, reading), tf.tensor1d([0.7]), {samples: 100});
 * console.log((await loss.data())[0]);   // close to -log N(0.7; 0, 1.25)
 * ```
 */
export function game<X extends Wire = tf.Tensor, Y extends Wire = tf.Tensor>(
  name: string,
  options: GameOptions<X, Y>,
): Game<X, Y> {
  const {model, pushforward, energy = (x, y) => tf.neg(model(x).logProb(y))} = options;
  return link(
    name,
    {...options, energy},
    {
      sample: (x, rng, draws) => ({y: model(x).sample(rng.fork(name), draws), latents: {}}),
      pushforward: (prior, {rng, samples}) => {
        const before = beliefBefore(name, prior, false)();
        if (pushforward !== undefined) return pushforward(before);
        const stream = rng.fork(`pushforward ${name}`);
        const draws = before.sample(stream.fork('x'), samples);
        return particleBelief(model(draws).sample(stream.fork('y'), samples));
      },
    },
  );
}

/** Options of {@link conditional}. */
export interface ConditionalOptions<W extends Wire, X extends Wire, Y extends Wire>
  extends LinkOptions<W, readonly [X, Y]> {
  /** The belief about y for draws of w, at inputs x that are data. */
  readonly model: (w: W, x: X) => Belief<Y>;
}

/**
 * A game about w whose data are pairs [x, y]: regression, classification, anything that has inputs.
 *
 * It is a link from (w, x) to y with x clamped to data, and adds no energy for x.
 *
 * @param name names y.
 * @param options the model, its inversion, and how the two are trained.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {conditional, diagonalGaussian, freeEnergy, plate, prior, sequence} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const slope = prior('slope', diagonalGaussian(tf.zeros([1, 1]), 1));
 * const y = conditional('y', {
 *   model: (w: tf.Tensor, x: tf.Tensor) => diagonalGaussian(tf.mul(tf.expandDims(w, 1), x), 0.1),
 *   inversion: () => diagonalGaussian(tf.tensor2d([[2]]), 0.1),
 * });
 * const data = [tf.tensor2d([[1], [2]]), tf.tensor2d([[2], [4]])] as const;   // [N, 1] each
 * const {loss} = freeEnergy(sequence(slope, plate(y, {total: 2})), data);
 * console.log(loss.shape);   // []
 * ```
 */
export function conditional<W extends Wire = tf.Tensor, X extends Wire = tf.Tensor, Y extends Wire = tf.Tensor>(
  name: string,
  options: ConditionalOptions<W, X, Y>,
): Game<W, readonly [X, Y]> {
  const {model, energy = (w, [x, y]) => tf.neg(model(w, x).logProb(y))} = options;
  const refuse = (): never => {
    throw new ConfigError(
      `conditional: expected ${name} to be the last game, but its inputs are data and have no belief to pass on. ` +
        'Let a game(...) take them as part of its input.',
    );
  };
  return link(name, {...options, energy}, {sample: refuse, pushforward: refuse});
}

function link<X extends Wire, Y extends Wire>(
  name: string,
  options: LinkOptions<X, Y> & {readonly energy: (x: X, y: Y) => tf.Tensor},
  forward: Pick<Game<X, Y>, 'sample' | 'pushforward'>,
): Game<X, Y> {
  const {inversion, exactInversion, energy, regularizer = 'log-density', variables = []} = options;
  const infer = ({prior, y, known}: Problem<X, Y>, sweep: Sweep): Inferred<X> => {
    if (known !== undefined) return knownInput(name, known, {energy: energy(known, y), draws: drawsOf([known, y])});
    if (inversion === undefined) {
      throw new ConfigError(
        `freeEnergy: expected ${name} to have an inversion, since its input is not known. Pass one, or clamp the game.`,
      );
    }
    const coupling = options.coupling === undefined && sweep.gradient === 'local' ? 'stopped' : options.coupling;
    const before = beliefBefore(name, prior, coupling === 'stopped');
    const posterior = inversion(y, before);
    const {passed, x, logQ, draws, ...weights} = drawFrom(name, posterior, {y, coupling: coupling ?? 'path', sweep});
    const repeated = mapWire(y, (tensor) => repeatDraws(tensor, draws));
    const ownEntropy = regularizer !== 'log-density';
    const regularized = regularize(regularizer, {posterior, logQ, y, before});
    const exact = sweep.gaps ? exactInversion?.(y, before) : undefined;
    return {
      x: passed,
      latents: {},
      terms: {[name]: {energy: energy(x, repeated), logQ, regularizer: regularized, ownEntropy}},
      draws,
      ...weights,
      gaps: exact === undefined ? {} : {[name]: beliefDivergence(posterior, exact)},
    };
  };
  return {name, observed: [name], latents: {}, variables, ...forward, infer};
}

/** The belief that flows into a game, computed once and when asked for. */
function beliefBefore<X extends Wire>(
  name: string,
  prior: Problem<X, Wire>['prior'],
  stopped: boolean,
): () => Belief<X> {
  let belief: Belief<X> | undefined;
  return () => {
    if (prior === null) {
      throw new ConfigError(
        `freeEnergy: expected a prior that flows into ${name}, got none. Put prior(...) first in the sequence.`,
      );
    }
    belief ??= stopped ? prior().stopped() : prior();
    return belief;
  };
}

function regularize<X extends Wire, Y extends Wire>(
  regularizer: Regularizer<X, Y>,
  {posterior, logQ, y, before}: {posterior: Belief<X>; logQ: tf.Tensor; y: Y; before: () => Belief<X>},
): tf.Tensor {
  if (typeof regularizer === 'function') return regularizer(posterior, y, before);
  if (regularizer === 'none') return tf.scalar(0);
  if (regularizer === 'log-density') return tf.neg(logQ);
  if (posterior.entropy !== undefined) return posterior.entropy();
  throw new ConfigError(
    `freeEnergy: expected a belief with an entropy for regularizer 'entropy', got ${posterior.kind}. Use 'log-density'.`,
  );
}
