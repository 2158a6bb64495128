import * as tf from '@tensorflow/tfjs-core';
import {drawWeights, type FreeEnergyOptions, inferFrom, overDraws} from './free-energy.ts';
import type {Game} from './game.ts';
import {mapRecord} from './inferred.ts';
import type {Wire} from './wire.ts';

/**
 * How many nats of the free energy each approximation costs, by game and averaged over draws and examples.
 *
 * For a game with an exact inversion (`linearGaussian`, or `exactInversion`) that is KL(inversion || exact inversion) under the
 * prior that flows into it; their sum over a chain is loss + log p(y). For `parallel` it is the mutual information of the parts
 * of the prior, which its inversions do not see. Games of which neither is known are left out.
 *
 * @param game the composition.
 * @param y what it observes, as for {@link freeEnergy}.
 * @param options draws, as for {@link freeEnergy}.
 *
 * @throws ConfigError if an inversion and its exact one have no divergence in closed form.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {diagonalGaussian, gapReport, linearGaussian, prior, sequence} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const y = linearGaussian('y', {
 *   matrix: tf.eye(1),
 *   covariance: tf.eye(1),
 *   inversion: (value) => diagonalGaussian(tf.mul(value, 0.5), 1),   // the mean is right, the variance should be 1/2
 * });
 * const chain = sequence(prior('x', diagonalGaussian(tf.zeros([1, 1]), 1)), y);
 * console.log(await gapReport(chain, tf.tensor1d([1.5])));   // {y: 0.1534}
 * ```
 */
export async function gapReport<X extends Wire, Y extends Wire>(
  game: Game<X, Y>,
  y: Y,
  options: Pick<FreeEnergyOptions<X>, 'samples' | 'rng' | 'prior'> = {},
): Promise<Record<string, number>> {
  const gaps = tf.tidy(() => {
    const inferred = inferFrom(game, y, {options, gaps: true});
    const weights = drawWeights(inferred);
    return mapRecord(inferred.gaps, (gap) => {
      const each = overDraws(gap, inferred.draws);
      return weights === null ? tf.mean(each) : tf.mean(tf.sum(tf.mul(each, weights), 0));
    });
  });
  const values = Object.entries(gaps).map(async ([name, gap]) => [name, (await gap.data())[0] as number] as const);
  const report = Object.fromEntries(await Promise.all(values));
  tf.dispose(gaps);
  return report;
}
