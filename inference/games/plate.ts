import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../src/errors.ts';
import type {Game} from './game.ts';
import {mapRecord, mapTerm} from './inferred.ts';
import type {Wire} from './wire.ts';

/**
 * Examples that share what is outside: the sum over a minibatch, scaled from its B examples to all `total`.
 *
 * Energies and regularizers of shape [S, ...examples] become [S], the mean over the examples times `total`. Those without
 * axes of examples, such as log q of weights that all examples share, stay as they are.
 *
 * @param game the game of one example, whose data have the examples in their leading axis.
 * @param options the plate's size.
 * @param options.total N, the number of examples in the whole data set.
 *
 * @throws ConfigError if `total` is not positive, and in `freeEnergy` where a game inside is coupled `'exact'`.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {clamp, diagonalGaussian, freeEnergy, game, plate} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const net = clamp(game('y', {model: (x: tf.Tensor) => diagonalGaussian(x, 1)}));
 * const batch = [tf.zeros([5, 1]), tf.zeros([5, 1])] as const;
 * const {loss} = freeEnergy(plate(net, {total: 1000}), batch);
 * console.log((await loss.data())[0]);   // 1000 log(2 pi) / 2
 * ```
 */
export function plate<X extends Wire, Y extends Wire>(game: Game<X, Y>, {total}: {total: number}): Game<X, Y> {
  if (!(total > 0)) throw new ConfigError(`plate: expected total above 0, got ${total}. Pass the number of examples.`);
  const overExamples = (tensor: tf.Tensor, reduce: (values: tf.Tensor, axes: number[]) => tf.Tensor) =>
    tensor.rank < 2
      ? tensor
      : reduce(
          tensor,
          Array.from({length: tensor.rank - 1}, (_, i) => i + 1),
        );
  const scaled = (tensor: tf.Tensor) => overExamples(tensor, (values, axes) => tf.mul(tf.mean(values, axes), total));
  return {
    ...game,
    infer: (problem, sweep) => {
      const inferred = game.infer(problem, sweep);
      if (inferred.probability !== null) {
        throw new ConfigError(
          `plate: expected draws inside ${game.name}, got coupling 'exact'. Use 'path' or 'score' inside a plate, or leave ` +
            'the plate out: freeEnergy averages over examples.',
        );
      }
      return {
        ...inferred,
        terms: mapRecord(inferred.terms, (term) => mapTerm(term, scaled)),
        score: inferred.score === null ? null : overExamples(inferred.score, (values, axes) => tf.sum(values, axes)),
        gaps: mapRecord(inferred.gaps, scaled),
      };
    },
  };
}
