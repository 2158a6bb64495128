import type * as tf from '@tensorflow/tfjs-core';
import type {Rng} from '../../src/random/index.ts';
import type {Belief} from './belief.ts';
import type {Wire} from './wire.ts';

/**
 * How gradients pass the edge on which an inversion sends its draws.
 *
 * `'path'`: through the draws, for beliefs that are reparameterized. `'score'`: draws are constants, and the score function
 * corrects for that. `'stopped'`: neither draws nor prior pass a gradient, so that each game learns from its own loss alone.
 * `'exact'`: the expectation is taken over all states of a category, or, for the ELBO, over points of a Gaussian that are exact
 * for linear Gaussian links.
 */
export type Coupling = 'path' | 'score' | 'stopped' | 'exact';

/** How a bound is differentiated: see {@link freeEnergy}. */
export type GameGradient = 'joint' | 'local' | 'stl' | 'dreg';

/** What one game adds to the loss, each [1 or S, ...examples] or a scalar. */
export interface GameTerm {
  /** Energy of each draw, in nats. */
  readonly energy: tf.Tensor;
  /** log q of each draw where the game drew, in nats. */
  readonly logQ: tf.Tensor;
  /** Entropy or another regularizer, which is subtracted from the energy. */
  readonly regularizer: tf.Tensor;
  /** Whether the regularizer is another than -logQ. */
  readonly ownEntropy: boolean;
}

/** What an inversion is asked. */
export interface Problem<X extends Wire, Y extends Wire> {
  /** The belief about the input before y is seen; computed when called. Null if none flows in. */
  readonly prior: (() => Belief<X>) | null;
  /** What is observed. */
  readonly y: Y;
  /** The input, where it is known and need not be inferred. */
  readonly known?: X | undefined;
}

/** What all games of one sweep share. */
export interface Sweep {
  /** The random stream; each game forks its own. */
  readonly rng: Rng;
  /** How many draws each inversion makes. */
  readonly samples: number;
  /** How the bound will be differentiated. */
  readonly gradient: GameGradient;
  /** Factors for gradients through draws, [S, ...examples]. */
  readonly pathScale: tf.Tensor | null;
  /** Latents by name that are observed. */
  readonly given: Readonly<Record<string, Wire>>;
  /** Whether to compare each inversion with the exact one. */
  readonly gaps: boolean;
}

/** One backward sweep through a game. */
export interface Inferred<X extends Wire> {
  /** Draws of the input. */
  readonly x: X;
  /** Draws of what composition hid, by name. */
  readonly latents: Readonly<Record<string, Wire>>;
  /** The contributions to the loss by game. */
  readonly terms: Readonly<Record<string, GameTerm>>;
  /** Sum of log q over the draws that pass gradients by the score function. */
  readonly score: tf.Tensor | null;
  /** Weights of exact expectations, which sum to draws / states over the leading axis; null where all are 1. */
  readonly probability: tf.Tensor | null;
  /** The length of the leading axis. */
  readonly draws: number;
  /** How many of them are nodes of exact expectations. */
  readonly states: number;
  /** Nats lost by approximate inversions, by game. */
  readonly gaps: Readonly<Record<string, tf.Tensor>>;
}

/**
 * A statistical game from what is inferred (X) to what is observed (Y): an open model, an inversion, an energy and a
 * regularizer. Its loss is E[energy] - regularizer over draws of the inversion.
 *
 * Games are made by {@link game}, {@link conditional}, {@link linearGaussian} and {@link prior}, wired by {@link sequence},
 * {@link parallel}, {@link clamp}, {@link reveal}, {@link carry} and {@link plate}, and read by {@link freeEnergy}.
 * Source: St Clere Smithe and Perin (2025).
 */
export interface Game<X extends Wire = tf.Tensor, Y extends Wire = tf.Tensor> {
  /** The name of what it observes. */
  readonly name: string;
  /** Names of the games whose output is observed: their energies are data terms. */
  readonly observed: readonly string[];
  /** Names of what composition hid, each with the games whose output it is. */
  readonly latents: Readonly<Record<string, readonly string[]>>;
  /** What is trained. */
  readonly variables: readonly tf.Variable[];
  /**
   * Draws of the model forwards.
   *
   * @param x the input, [1 or draws, ...].
   * @param rng the random stream.
   * @param draws how many.
   */
  sample(
    x: X,
    rng: Rng,
    draws: number,
  ): {
    /** What is observed. */
    readonly y: Y;
    /** What composition hid, by the names of the games. */
    readonly latents: Readonly<Record<string, Wire>>;
  };
  /** The belief about what is observed that follows from one about the input. */
  pushforward(prior: (() => Belief<X>) | null, sweep: Sweep): Belief<Y>;
  /** Infers the input from what is observed, and says what that costs. */
  infer(problem: Problem<X, Y>, sweep: Sweep): Inferred<X>;
}
