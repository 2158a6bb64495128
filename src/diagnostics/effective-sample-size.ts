import {sortedQuantile} from '../metrics/interval-estimate.ts';
import {autocovariance} from './autocovariance.ts';
import {type Chains, checkChains, mapChains, pooled, splitChains} from './chains.ts';
import {moments} from './moments.ts';
import {rankNormalize} from './rank-normalize.ts';

/**
 * How many independent draws say as much about the middle of the distribution as these: the effective sample size of the
 * rank-normalized draws, chains cut in halves.
 *
 * ESS = C N / tau with tau = -1 + 2 sum of autocorrelations up to Geyer's initial monotone sequence, where the
 * autocorrelations, pooled over chains, also count the differences between chains. Works without finite variance.
 *
 * Source: Vehtari, Gelman, Simpson, Carpenter and Bürkner (2021).
 *
 * @param chains the draws of one number, one array per chain.
 *
 * @throws ShapeError unless the chains have the same length of 8 or more.
 * @throws DataError if a draw is not finite.
 *
 * @example
 * ```ts
 * import {createRng} from 'tfjs-bayes';
 * import {bulkEss} from 'tfjs-bayes/inference';
 * const rng = createRng(1);
 * const chains = [0, 1, 2, 3].map(() => rng.normals(500));
 * console.log(bulkEss(chains) > 1500);   // true: independent draws, 2000 of them
 * ```
 */
export function bulkEss(chains: Chains): number {
  checkChains('bulkEss', chains, 8);
  return plainEss(rankNormalize(splitChains(chains)));
}

/**
 * The effective sample size in the tails: the smaller of those of the indicators of draws up to the 5% and the 95% quantile.
 *
 * Source: Vehtari, Gelman, Simpson, Carpenter and Bürkner (2021).
 *
 * @param chains the draws of one number, one array per chain.
 *
 * @throws ShapeError unless the chains have the same length of 8 or more.
 * @throws DataError if a draw is not finite.
 *
 * @example
 * ```ts
 * import {createRng} from 'tfjs-bayes';
 * import {tailEss} from 'tfjs-bayes/inference';
 * const rng = createRng(1);
 * const chains = [0, 1, 2, 3].map(() => rng.normals(500));
 * console.log(tailEss(chains) > 1200);   // true
 * ```
 */
export function tailEss(chains: Chains): number {
  checkChains('tailEss', chains, 8);
  return Math.min(quantileEss(chains, 0.05), quantileEss(chains, 0.95));
}

/** The effective sample size of the indicator of draws up to the quantile at `level`. */
export function quantileEss(chains: Chains, level: number): number {
  const halves = splitChains(chains);
  const cut = sortedQuantile(pooled(chains).sort(), level);
  return plainEss(mapChains(halves, (draw) => (draw <= cut ? 1 : 0)));
}

/** The effective sample size for the mean of the draws as they are, chains cut in halves. */
export function meanEss(chains: Chains): number {
  return plainEss(splitChains(chains));
}

/** C N / tau of chains as they are; C N where no draw differs from another. */
function plainEss(chains: readonly Float64Array[]): number {
  const n = (chains[0] as Float64Array).length;
  const count = n * chains.length;
  const total = pooled(chains);
  if (total.every((value) => value === total[0])) return count;
  const covariance = new Float64Array(n);
  for (const chain of chains) {
    autocovariance(chain).forEach((value, lag) => {
      covariance[lag] = (covariance[lag] as number) + value / chains.length;
    });
  }
  const within = ((covariance[0] as number) * n) / (n - 1);
  const between = chains.length > 1 ? moments(chains.map((chain) => moments(chain).mean)).variance : 0;
  const variance = (within * (n - 1)) / n + between;
  const tau = autocorrelationTime((lag) => 1 - (within - (covariance[lag] as number)) / variance, n);
  return count / Math.max(tau, 1 / Math.log10(count));
}

/** -1 + 2 sum of autocorrelations: pairs of lags while they are positive, made monotone (Geyer, 1992). */
function autocorrelationTime(correlationAt: (lag: number) => number, n: number): number {
  let even = 1;
  let odd = correlationAt(1);
  let pair = even + odd;
  let sum = pair;
  for (let lag = 2; lag < n - 2 && even + odd > 0; lag += 2) {
    even = correlationAt(lag);
    odd = correlationAt(lag + 1);
    if (even + odd < 0) break;
    pair = Math.min(pair, even + odd);
    sum += pair;
  }
  return -1 + 2 * sum + Math.max(even + odd < 0 ? even : 0, 0);
}
