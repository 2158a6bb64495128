import * as tf from '@tensorflow/tfjs-core';
import {ConfigError, ShapeError} from '../../src/errors.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import type {Belief} from './belief.ts';
import {type Bound, boundOf} from './bound.ts';
import type {Game, GameGradient, GameTerm, Inferred, Sweep} from './game.ts';
import {stopGradient} from './gradient.ts';
import {mapRecord} from './inferred.ts';
import {mapWire, sumTensors, type Wire} from './wire.ts';

/** Options of {@link freeEnergy}. */
export interface FreeEnergyOptions<X extends Wire = Wire> {
  /** Draws of each inversion. Default 1; exact expectations multiply them. */
  readonly samples?: number;
  /** What the draws are reduced to. Default `'elbo'`. */
  readonly bound?: Bound;
  /**
   * Factor of everything but the energies of what is observed: below 1 for a cold posterior or a warm-up, other values for
   * a beta-VAE. Default 1.
   */
  readonly klWeight?: number;
  /**
   * The gradient's estimator. `'joint'` (default): of the bound as it stands. `'stl'`, sticking the landing (Roeder, Wu and
   * Duvenaud, 2017), without the part of log q whose mean is zero. `'dreg'`, doubly reparameterized (Tucker et al., 2019),
   * for the importance-weighted bound. `'local'`: each game learns from its own loss, with no gradient along edges that
   * name no coupling of their own.
   */
  readonly gradient?: GameGradient;
  /** The random stream: the same gives the same draws. Default `createRng(0)`. */
  readonly rng?: Rng;
  /** The belief that flows into a game that has an input; it adds no energy, as `prior` in a sequence does. */
  readonly prior?: Belief<X>;
}

/** What {@link freeEnergy} returns; the tensors belong to the caller. */
export interface FreeEnergy {
  /** The bound's negative, averaged over examples, in nats: what to minimize. */
  readonly loss: tf.Scalar;
  /** Sum of the energies of each draw, [S, ...examples]. */
  readonly energy: tf.Tensor;
  /** Sum of log q of each draw, [S, ...examples]. */
  readonly logQ: tf.Tensor;
  /** -energy - logQ, [S, ...examples]: what `paretoSmooth` takes, as numbers, to judge the draws. */
  readonly logWeight: tf.Tensor;
  /** Each game's share in the ELBO's loss, averaged over draws and examples, by name. */
  readonly parts: Readonly<Record<string, tf.Scalar>>;
  /** What was drawn, by name, with a leading axis of draws; `input` is the game's own input, where it has one. */
  readonly draws: Readonly<Record<string, Wire>>;
}

/**
 * The loss that a composition of games implies: E over draws of the inversions of sum(energy) - sum(regularizer).
 *
 *     prior -> pushforward -> pushforward       beliefs go forwards through the models,
 *     draws <-  inversion  <-  inversion <- y   draws go backwards through the inversions
 *
 * With priors in the sequence and the usual energies and regularizers this is minus the evidence lower bound, and -log p(y)
 * for exact inversions. Minimize it with `tf.variableGrads` or {@link fitGame}.
 *
 * @param game the composition.
 * @param y what it observes, without an axis of draws; axes before the event are examples, averaged in the loss.
 * @param options bound, draws and gradient.
 *
 * @throws ConfigError for options that exclude each other, or a game without what a step needs.
 * @throws ShapeError if terms with and without axes of examples would be added: wrap shared examples in {@link plate}.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {diagonalGaussian, freeEnergy, linearGaussian, prior, sequence} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const step = (name: string) => linearGaussian(name, {matrix: tf.eye(1), covariance: tf.eye(1)});
 * const chain = sequence(prior('x', diagonalGaussian(tf.zeros([1, 1]), 1)), step('y'), step('z'));
 * const {loss, parts} = freeEnergy(chain, tf.tensor1d([1.5]));
 * console.log((await loss.data())[0], Object.keys(parts));   // -log N(1.5; 0, 3) = 1.8432, ['z', 'y', 'x']
 * ```
 */
export function freeEnergy<X extends Wire, Y extends Wire>(
  game: Game<X, Y>,
  y: Y,
  options: FreeEnergyOptions<X> = {},
): FreeEnergy {
  const tensors = tf.tidy(() => {
    const {inferred, loss} = reduce(game, y, options);
    const terms = Object.values(inferred.terms);
    const sumOf = (part: 'energy' | 'logQ') => overDraws(total(terms.map((term) => term[part])), inferred.draws);
    const [energy, logQ, probability] = [sumOf('energy'), sumOf('logQ'), drawWeights(inferred)];
    const part = (name: string) => {
      const cost = costOf(game, inferred, {names: [name], ...options});
      return tf.mean<tf.Scalar>(boundOf('elbo', {cost, probability, score: null}));
    };
    const draws = inferred.x === null ? inferred.latents : {...inferred.latents, input: inferred.x};
    const result: FreeEnergy = {
      loss,
      energy,
      logQ,
      logWeight: tf.neg(tf.add(energy, logQ)),
      parts: Object.fromEntries(Object.keys(inferred.terms).map((name) => [name, part(name)])),
      draws: mapRecord(draws, (wire) => mapWire(wire, (tensor) => tf.clone(tensor))),
    };
    return result as unknown as tf.TensorContainerObject;
  });
  return tensors as unknown as FreeEnergy;
}

/** The loss of {@link freeEnergy} alone, for training. */
export function freeEnergyLoss<X extends Wire, Y extends Wire>(
  game: Game<X, Y>,
  y: Y,
  options: FreeEnergyOptions<X>,
): tf.Scalar {
  return tf.tidy(() => reduce(game, y, options).loss);
}

function reduce<X extends Wire, Y extends Wire>(
  game: Game<X, Y>,
  y: Y,
  options: FreeEnergyOptions<X>,
): {inferred: Inferred<X>; loss: tf.Scalar} {
  const {bound = 'elbo', gradient = 'joint'} = options;
  checkCombination(bound, gradient);
  const pathScale = gradient === 'dreg' ? importanceWeights(game, y, options) : null;
  const inferred = inferFrom(game, y, {options, pathScale});
  checkTerms(Object.values(inferred.terms), {bound, gradient, inferred});
  const cost = costOf(game, inferred, {names: Object.keys(inferred.terms), ...options});
  const score = inferred.score === null ? null : overDraws(inferred.score, inferred.draws);
  return {inferred, loss: tf.mean<tf.Scalar>(boundOf(bound, {cost, probability: drawWeights(inferred), score}))};
}

/** One backward sweep from data, whose tensors get their axis of draws here. */
export function inferFrom<X extends Wire, Y extends Wire>(
  game: Game<X, Y>,
  y: Y,
  {
    options,
    pathScale = null,
    gaps = false,
  }: {
    options: FreeEnergyOptions<X>;
    pathScale?: tf.Tensor | null;
    gaps?: boolean;
  },
): Inferred<X> {
  const {samples = 1, gradient = 'joint', rng = createRng(0), prior} = options;
  if (!Number.isInteger(samples) || samples < 1) {
    throw new ConfigError(`freeEnergy: expected samples to be a whole number above 0, got ${samples}.`);
  }
  const data = mapWire(y, (tensor) => tf.expandDims(tensor, 0));
  const sweep: Sweep = {rng, samples, gradient, pathScale, given: {}, gaps};
  return game.infer({prior: prior === undefined ? null : () => prior, y: data}, sweep);
}

/** The weights of the draws, which sum to 1 over the leading axis; null where all are alike. */
export function drawWeights({probability, draws, states}: Inferred<Wire>): tf.Tensor | null {
  return probability === null ? null : tf.mul(overDraws(probability, draws), states / draws);
}

/** [1 or S, ...examples] or a scalar as [S, ...examples]. */
export function overDraws(tensor: tf.Tensor, draws: number): tf.Tensor {
  return tf.broadcastTo(tensor, [draws, ...tensor.shape.slice(1)]);
}

/** Energy less regularizer of each draw, for some of the games. */
function costOf(
  game: Pick<Game, 'observed'>,
  {terms, draws}: Inferred<Wire>,
  {names, klWeight = 1}: {names: readonly string[]; klWeight?: number},
): tf.Tensor {
  const signed = names.flatMap((name) => {
    const {energy, regularizer} = terms[name] as GameTerm;
    const weight = game.observed.includes(name) ? 1 : klWeight;
    return [tf.mul(energy, weight), tf.mul(regularizer, -klWeight)];
  });
  return overDraws(total(signed), draws);
}

/** The normalized importance weights of the draws, constant for gradients. */
function importanceWeights<X extends Wire, Y extends Wire>(
  game: Game<X, Y>,
  y: Y,
  options: FreeEnergyOptions<X>,
): tf.Tensor {
  const inferred = inferFrom(game, y, {options});
  const cost = costOf(game, inferred, {names: Object.keys(inferred.terms), ...options});
  const weights = tf.exp(tf.sub(tf.min(cost, 0, true), cost));
  return stopGradient(tf.div(weights, tf.sum(weights, 0, true)));
}

/** The sum of terms, which must agree on whether there are axes of examples. */
function total(tensors: readonly tf.Tensor[]): tf.Tensor {
  const ranks = new Set(tensors.map(({rank}) => rank).filter((rank) => rank > 0));
  if (ranks.size > 1) {
    const shapes = tensors.filter(({rank}) => rank > 0).map(({shape}) => `[${shape}]`);
    throw new ShapeError(
      `freeEnergy: expected all terms to be [S, ...examples] of one rank, got ${[...new Set(shapes)].join(' and ')}. ` +
        'Wrap the games of single examples in plate(...) where others are shared by all examples.',
    );
  }
  return sumTensors(tensors);
}

function checkCombination(bound: Bound, gradient: GameGradient): void {
  const wanted = gradient === 'stl' ? 'elbo' : gradient === 'dreg' ? 'importance-weighted' : bound;
  if (wanted === bound) return;
  throw new ConfigError(
    `freeEnergy: expected bound '${wanted}' for gradient '${gradient}', got ${JSON.stringify(bound)}. Use 'joint', which ` +
      'suits every bound.',
  );
}

function checkTerms(
  terms: readonly GameTerm[],
  {bound, gradient, inferred}: {bound: Bound; gradient: GameGradient; inferred: Inferred<Wire>},
): void {
  const drawn = terms.filter(({logQ}) => logQ.rank > 0);
  if (gradient === 'dreg' && (drawn.length !== 1 || inferred.score !== null || inferred.probability !== null)) {
    throw new ConfigError(
      `freeEnergy: expected one inversion with coupling 'path' for gradient 'dreg', got ${drawn.length} that draw. ` +
        "Use 'joint'.",
    );
  }
  if ((bound !== 'elbo' || gradient === 'stl' || gradient === 'dreg') && terms.some(({ownEntropy}) => ownEntropy)) {
    throw new ConfigError(
      "freeEnergy: expected regularizer 'log-density' in every game for this bound or gradient, got another. Use bound " +
        "'elbo' and gradient 'joint'.",
    );
  }
}
