import {sortedQuantile} from '../metrics/interval-estimate.ts';
import {betainc} from '../special/index.ts';
import {type Chains, checkChains, mapChains, pooled} from './chains.ts';
import {meanEss, quantileEss} from './effective-sample-size.ts';
import {moments} from './moments.ts';

const ONE_SIGMA = 0.8413447460685429;

/**
 * The Monte-Carlo standard error of the mean of the draws: sd / sqrt(ESS).
 *
 * @param chains the draws of one number, one array per chain.
 *
 * @throws ShapeError unless the chains have the same length of 8 or more.
 * @throws DataError if a draw is not finite.
 *
 * @example
 * ```ts
 * import {createRng} from 'tfjs-bayes';
 * import {mcseMean} from 'tfjs-bayes/inference';
 * const rng = createRng(1);
 * const chains = [0, 1, 2, 3].map(() => rng.normals(500));
 * console.log(mcseMean(chains) < 0.03);   // true: about 1 / sqrt(2000)
 * ```
 */
export function mcseMean(chains: Chains): number {
  checkChains('mcseMean', chains, 8);
  return Math.sqrt(moments(pooled(chains)).variance / meanEss(chains));
}

/**
 * The Monte-Carlo standard error of the standard deviation of the draws, by the delta method:
 * sqrt(var((x - mean)^2) / ESS((x - mean)^2)) / (2 sd).
 *
 * @param chains the draws of one number, one array per chain.
 *
 * @throws ShapeError unless the chains have the same length of 8 or more.
 * @throws DataError if a draw is not finite.
 *
 * @example
 * ```ts
 * import {createRng} from 'tfjs-bayes';
 * import {mcseSd} from 'tfjs-bayes/inference';
 * const rng = createRng(1);
 * const chains = [0, 1, 2, 3].map(() => rng.normals(500));
 * console.log(mcseSd(chains) < 0.02);   // true: about 1 / sqrt(2 * 2000)
 * ```
 */
export function mcseSd(chains: Chains): number {
  checkChains('mcseSd', chains, 8);
  const {mean, variance} = moments(pooled(chains));
  const squares = mapChains(chains, (draw) => (draw - mean) ** 2);
  return Math.sqrt(moments(pooled(squares)).variance / meanEss(squares) / variance) / 2;
}

/**
 * The Monte-Carlo standard error of a quantile of the draws: half the distance between the draws at the ends of the central
 * 68% of the Beta(ESS p + 1, ESS (1 - p) + 1) distribution of the quantile's level.
 *
 * Source: Vehtari, Gelman, Simpson, Carpenter and Bürkner (2021).
 *
 * @param chains the draws of one number, one array per chain.
 * @param level the quantile, between 0 and 1.
 *
 * @throws ShapeError unless the chains have the same length of 8 or more.
 * @throws DataError if a draw is not finite.
 *
 * @example
 * ```ts
 * import {createRng} from 'tfjs-bayes';
 * import {mcseQuantile} from 'tfjs-bayes/inference';
 * const rng = createRng(1);
 * const chains = [0, 1, 2, 3].map(() => rng.normals(500));
 * console.log(mcseQuantile(chains, 0.5) < 0.04);   // true: about 1.25 / sqrt(2000)
 * ```
 */
export function mcseQuantile(chains: Chains, level: number): number {
  checkChains('mcseQuantile', chains, 8);
  const ess = quantileEss(chains, level);
  const [a, b] = [ess * level + 1, ess * (1 - level) + 1];
  const sorted = pooled(chains).sort();
  const last = sorted.length - 1;
  const low = Math.max(Math.floor(betaQuantile(1 - ONE_SIGMA, a, b) * sorted.length - 1), 0);
  const high = Math.min(Math.ceil(betaQuantile(ONE_SIGMA, a, b) * sorted.length - 1), last);
  return ((sorted[high] as number) - (sorted[low] as number)) / 2;
}

/** The quantile of the draws at `level`, interpolated between neighbours. */
export function drawsQuantile(chains: Chains, level: number): number {
  return sortedQuantile(pooled(chains).sort(), level);
}

/** The p quantile of a beta distribution, by halving. */
function betaQuantile(p: number, a: number, b: number): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (betainc(a, b, middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
