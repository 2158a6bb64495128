import {ConfigError} from '../errors.ts';
import {binomialQuantile, lgamma} from '../special/index.ts';

/** What {@link ecdfBand} returns: one entry per evaluation point. */
export interface EcdfBand {
  /** The evaluation points 1 / K, 2 / K, ..., 1. */
  readonly points: Float64Array;
  /** Lowest value of the empirical distribution function inside the band. */
  readonly lower: Float64Array;
  /** Highest value inside the band. */
  readonly upper: Float64Array;
  /** The chance that each single point is allowed to leave its interval, so that together they stay with `level`. */
  readonly pointwiseError: number;
}

/**
 * A band that holds the whole empirical distribution function of `count` uniform numbers with probability `level`: what the
 * ECDF of SBC ranks must stay inside. Ranks among S draws are whole numbers from 0 to S: spread them out as (rank + u) / (S + 1)
 * with u uniform in (0, 1), or take rank / S where `points` divides S + 1.
 *
 * At each point z_i the count below is binomial; the intervals have one pointwise error, found by halving so that the chance of
 * leaving any of them, which the Markov chain of the counts gives exactly, is 1 - level.
 *
 * Source: Säilynoja, Bürkner and Vehtari (2022).
 *
 * @param count N, how many numbers (simulations) the function is made of.
 * @param options the band.
 * @param options.points K, how many evenly spaced points are looked at; default the smaller of N and 100. A divisor of S + 1 for
 *   ranks that are not spread out.
 * @param options.level the simultaneous probability; default 0.95.
 *
 * @throws ConfigError unless count and points are whole numbers from 1 on and the level lies between 0 and 1.
 *
 * @example
 * ```ts
 * import {ecdfBand} from 'tfjs-bayes/inference';
 * const {lower, upper} = ecdfBand(100, {points: 20});
 * console.log((lower[9] ?? 0) < 0.5 && (upper[9] ?? 0) > 0.5);   // true
 * ```
 */
export function ecdfBand(
  count: number,
  {points = Math.min(count, 100), level = 0.95}: {points?: number; level?: number} = {},
): EcdfBand {
  if (!(Number.isInteger(count) && count >= 1 && Number.isInteger(points) && points >= 1 && level > 0 && level < 1)) {
    throw new ConfigError(
      `ecdfBand: expected whole count and points and a level in (0, 1), got ${count}, ${points} and ${level}. ` +
        'Pass the number of simulations.',
    );
  }
  const at = Float64Array.from({length: points}, (_, i) => (i + 1) / points);
  const logFactorials = new Float64Array(count + 1).map((_, n) => lgamma(n + 1));
  let [low, high] = [0, 1 - level];
  for (let i = 0; i < 30; i++) {
    const middle = (low + high) / 2;
    if (probabilityInside(at, intervals(at, count, middle), logFactorials) > level) low = middle;
    else high = middle;
  }
  const ends = intervals(at, count, low);
  return {
    points: at,
    lower: Float64Array.from(ends, ([from]) => from / count),
    upper: Float64Array.from(ends, ([, to]) => to / count),
    pointwiseError: low,
  };
}

/** At each point the central interval of the binomial count, each tail with at most half the error. */
function intervals(at: Float64Array, count: number, error: number): [from: number, to: number][] {
  return Array.from(at, (z) => [binomialQuantile(count, z, error / 2), binomialQuantile(count, z, 1 - error / 2)]);
}

/** The chance that the counts at all points lie in their intervals; counts between points gain binomially. */
function probabilityInside(at: Float64Array, ends: [number, number][], logFactorials: Float64Array): number {
  const count = logFactorials.length - 1;
  let chances = new Map([[0, 1]]);
  let before = 0;
  at.forEach((z, i) => {
    const share = Math.min((z - before) / (1 - before), 1);
    const [from, to] = ends[i] as [number, number];
    const next = new Map<number, number>();
    for (const [held, chance] of chances) {
      for (let reached = Math.max(from, held); reached <= to; reached++) {
        const gained = chance * binomialMass(reached - held, count - held, share, logFactorials);
        next.set(reached, (next.get(reached) ?? 0) + gained);
      }
    }
    chances = next;
    before = z;
  });
  return [...chances.values()].reduce((sum, chance) => sum + chance, 0);
}

function binomialMass(k: number, n: number, p: number, logFactorials: Float64Array): number {
  if (p === 1) return k === n ? 1 : 0;
  const ways = (logFactorials[n] as number) - (logFactorials[k] as number) - (logFactorials[n - k] as number);
  return Math.exp(ways + k * Math.log(p) + (n - k) * Math.log1p(-p));
}
