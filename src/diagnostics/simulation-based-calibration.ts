import {ConfigError, DataError} from '../errors.ts';
import {gammaQ} from '../special/index.ts';

/**
 * The rank of the true value among posterior draws: how many draws are smaller, 0 to S. Uniform over simulations where the
 * true value comes from the prior, the data from the model and the draws from the exact posterior.
 *
 * Correlated draws must be thinned first: the ranks of correlated draws are not uniform. Ties are counted by half, the odd one
 * down.
 *
 * Source: Talts, Betancourt, Simpson, Vehtari and Gelman (2018).
 *
 * @param truth the value that the data were simulated from.
 * @param draws draws from the posterior given these data.
 *
 * @throws DataError if a number is NaN.
 *
 * @example
 * ```ts
 * import {sbcRank} from 'tfjs-bayes/inference';
 * console.log(sbcRank(0.5, [0, 0.4, 0.6, 1]));   // 2
 * ```
 */
export function sbcRank(truth: number, draws: ArrayLike<number>): number {
  let below = 0;
  let ties = 0;
  for (let s = 0; s < draws.length; s++) {
    const draw = draws[s] as number;
    if (Number.isNaN(draw) || Number.isNaN(truth)) {
      throw new DataError(`sbcRank: expected numbers, got ${draw} and the true value ${truth}. Leave failed fits out.`);
    }
    if (draw < truth) below++;
    else if (draw === truth) ties++;
  }
  return below + (ties >> 1);
}

/** What {@link sbcUniformity} returns. */
export interface SbcUniformity {
  /** The chi-squared statistic of the ranks' histogram. */
  readonly statistic: number;
  /** The chance of one at least as large if the ranks are uniform. */
  readonly pValue: number;
  /** Counts of the bins. */
  readonly counts: Uint32Array;
}

/**
 * Tests whether SBC ranks are uniform on 0..S by the chi-squared statistic of a histogram.
 *
 * @param ranks one rank per simulation.
 * @param options the ranks' range and the histogram.
 * @param options.draws S, the number of draws that each rank is among.
 * @param options.bins the number of bins, a divisor of S + 1; 5 simulations or more to a bin are wanted.
 *
 * @throws ConfigError unless `bins` divides S + 1.
 *
 * @example
 * ```ts
 * import {sbcUniformity} from 'tfjs-bayes/inference';
 * const ranks = Array.from({length: 100}, (_, i) => i % 10);
 * console.log(sbcUniformity(ranks, {draws: 9, bins: 5}).pValue);   // 1: as even as can be
 * ```
 */
export function sbcUniformity(ranks: ArrayLike<number>, {draws, bins}: {draws: number; bins: number}): SbcUniformity {
  const width = (draws + 1) / bins;
  if (!(Number.isInteger(bins) && bins >= 2 && Number.isInteger(width))) {
    throw new ConfigError(
      `sbcUniformity: expected bins to divide draws + 1 = ${draws + 1}, got ${bins}. Choose a divisor or thin the draws.`,
    );
  }
  const counts = new Uint32Array(bins);
  for (let i = 0; i < ranks.length; i++) {
    const rank = ranks[i] as number;
    if (!(Number.isInteger(rank) && rank >= 0 && rank <= draws)) {
      throw new DataError(`sbcUniformity: expected whole ranks from 0 to ${draws}, got ${rank}. Use sbcRank.`);
    }
    const bin = Math.floor(rank / width);
    counts[bin] = (counts[bin] as number) + 1;
  }
  const expected = ranks.length / bins;
  const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  return {statistic, pValue: gammaQ((bins - 1) / 2, statistic / 2), counts};
}
