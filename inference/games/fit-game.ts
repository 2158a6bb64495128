import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../src/errors.ts';
import {createRng} from '../../src/random/index.ts';
import {type FreeEnergyOptions, freeEnergyLoss} from './free-energy.ts';
import type {Game} from './game.ts';
import type {Wire} from './wire.ts';

/** Where training stands. */
export interface GameProgress {
  /** Steps done. */
  readonly step: number;
  /** How many there will be. */
  readonly steps: number;
  /** The loss of the last step, in nats. */
  readonly loss: number;
}

/** Options of {@link fitGame}. */
export interface FitGameOptions<X extends Wire = Wire> extends Omit<FreeEnergyOptions<X>, 'klWeight'> {
  /** How many steps of the optimizer. */
  readonly steps: number;
  /** Default Adam at 0.01. */
  readonly optimizer?: tf.Optimizer;
  /** As for {@link freeEnergy}, or a number for each step from 0 on: a warm-up. */
  readonly klWeight?: number | ((step: number) => number);
  /** Called every `every` steps and after the last; a promise is waited for. */
  readonly onProgress?: (progress: GameProgress) => void | Promise<void>;
  /** Steps from one reading of the loss to the next. Default 10. */
  readonly every?: number;
}

/** What {@link fitGame} returns. */
export interface GameFit {
  /** The losses that were read, in nats. */
  readonly losses: readonly number[];
}

/**
 * Trains the variables of a game by gradient descent on its free energy.
 *
 * Each step draws anew. In place: the game's own variables change.
 *
 * @param game the composition; its games name their `variables`.
 * @param y what it observes, or a function that makes the minibatch of a step, which is disposed after it.
 * @param options how long, and what {@link freeEnergy} takes.
 *
 * @throws ConfigError if there is nothing to train, `steps` or `every` is not a whole number above 0, or the loss is not a
 * number any more.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {diagonalGaussian, fitGame, prior} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const mean = tf.variable(tf.zeros([1, 1]));
 * const x = prior('x', () => diagonalGaussian(mean, 1), {variables: [mean]});
 * await fitGame(x, tf.tensor2d([[1], [3]]), {steps: 50, optimizer: tf.train.sgd(0.2)});
 * console.log((await mean.data())[0]);   // 2
 * ```
 */
export async function fitGame<X extends Wire, Y extends Wire>(
  game: Game<X, Y>,
  y: Y | ((step: number) => Y),
  options: FitGameOptions<X>,
): Promise<GameFit> {
  const {steps, optimizer: given, klWeight = 1, onProgress, every = 10, rng, ...rest} = options;
  checkFit(game, {steps, every});
  const stream = rng ?? createRng(0);
  const losses: number[] = [];
  const optimizer = given ?? tf.train.adam(0.01);
  try {
    for (let step = 0; step < steps; step++) {
      const weight = typeof klWeight === 'number' ? klWeight : klWeight(step);
      const batch = typeof y === 'function' ? y(step) : y;
      const settings = {...rest, klWeight: weight, rng: stream.fork(step)} as FreeEnergyOptions<X>;
      const {value, grads} = tf.variableGrads(() => freeEnergyLoss(game, batch, settings), [...game.variables]);
      optimizer.applyGradients(grads);
      const read = (step + 1) % every === 0 || step + 1 === steps;
      const loss = read ? ((await value.data())[0] as number) : 0;
      tf.dispose([value, grads]);
      if (typeof y === 'function') tf.dispose(batch as tf.TensorContainer);
      if (!read) continue;
      if (Number.isNaN(loss)) {
        throw new ConfigError(
          `fitGame: expected a loss that is a number, got NaN at step ${step + 1}. Lower the learning rate, and keep scales ` +
            'above 0, by softplus for example.',
        );
      }
      losses.push(loss);
      await onProgress?.({step: step + 1, steps, loss});
    }
  } finally {
    if (given === undefined) optimizer.dispose();
  }
  return {losses};
}

function checkFit(game: Pick<Game, 'variables'>, {steps, every}: {steps: number; every: number}): void {
  if (game.variables.length === 0) {
    throw new ConfigError('fitGame: expected a game with variables, got none. Name them as `variables` of its games.');
  }
  for (const [name, value] of Object.entries({steps, every})) {
    if (Number.isInteger(value) && value > 0) continue;
    throw new ConfigError(`fitGame: expected ${name} to be a whole number above 0, got ${value}.`);
  }
}
