import {ConfigError} from '../errors.ts';
import {sortedQuantile} from '../metrics/interval-estimate.ts';
import {type Chains, checkChains, mapChains, pooled, splitChains} from './chains.ts';
import {moments} from './moments.ts';
import {rankNormalize} from './rank-normalize.ts';

/**
 * Rank-normalized split R-hat: how much wider the draws of all chains together are than those of one chain; 1 when the chains
 * agree.
 *
 * Each chain is cut in halves and the draws replaced by the normal scores z of their ranks; then
 * `sqrt((B / W + n - 1) / n)` with B = n var(chain means) and W the mean variance within chains. The larger of the values for
 * z and for the ranks of |draw - median|, which sees chains that differ in scale alone. Below 1.01 is the usual demand.
 * NaN where every draw is the same.
 *
 * Source: Vehtari, Gelman, Simpson, Carpenter and Bürkner (2021).
 *
 * @param chains the draws of one number, one array per chain.
 *
 * @throws ShapeError unless the chains have the same length of 4 or more.
 * @throws DataError if a draw is not finite.
 *
 * @example
 * ```ts
 * import {createRng} from 'tfjs-bayes';
 * import {rHat} from 'tfjs-bayes/inference';
 * const rng = createRng(1);
 * const chains = [0, 1, 2, 3].map(() => rng.normals(500));
 * console.log(rHat(chains) < 1.01);   // true
 * ```
 */
export function rHat(chains: Chains): number {
  checkChains('rHat', chains, 4);
  const halves = splitChains(chains);
  const median = sortedQuantile(pooled(halves).sort(), 0.5);
  const folded = mapChains(halves, (draw) => Math.abs(draw - median));
  return Math.max(plainRHat(rankNormalize(halves)), plainRHat(rankNormalize(folded)));
}

/** sqrt((B / W + n - 1) / n) of chains as they are. */
function plainRHat(chains: readonly Float64Array[]): number {
  const n = (chains[0] as Float64Array).length;
  const each = chains.map(moments);
  const between = n * moments(each.map(({mean}) => mean)).variance;
  const within = moments(each.map(({variance}) => variance)).mean;
  return Math.sqrt((between / within + n - 1) / n);
}

/**
 * Nested R-hat, for many short chains: K superchains, each of M subchains that started at one point.
 *
 *     sqrt(1 + B / mean_k(B_k + W_k))
 *
 * B is the variance of the superchains' means, B_k that of the means of superchain k's subchains, and W_k the mean variance
 * within them (0 for a single draw). It works with one draw per chain, where R-hat cannot.
 *
 * Source: Margossian, Hoffman, Sountsov, Riou-Durand, Vehtari and Gelman (2024).
 *
 * @param chains the draws of one number, one array per chain, superchain after superchain.
 * @param options the superchains.
 * @param options.superchains K, a divisor of the number of chains; 2 subchains or more to each.
 *
 * @throws ConfigError unless the chains part evenly into 2 or more superchains of 2 or more.
 *
 * @example
 * ```ts
 * import {createRng} from 'tfjs-bayes';
 * import {nestedRHat} from 'tfjs-bayes/inference';
 * const rng = createRng(1);
 * const chains = Array.from({length: 512}, () => rng.normals(1));
 * console.log(nestedRHat(chains, {superchains: 16}) < 1.05);   // true
 * ```
 */
export function nestedRHat(chains: Chains, {superchains}: {superchains: number}): number {
  checkChains('nestedRHat', chains, 1);
  const size = chains.length / superchains;
  if (!(Number.isInteger(superchains) && superchains >= 2 && Number.isInteger(size) && size >= 2)) {
    throw new ConfigError(
      `nestedRHat: expected superchains to part ${chains.length} chains evenly into two or more of two or more, got ` +
        `${superchains}. Choose a divisor.`,
    );
  }
  const single = chains[0]?.length === 1;
  const groups = Array.from({length: superchains}, (_, k) => {
    const members = chains.slice(k * size, (k + 1) * size).map(moments);
    const {mean, variance} = moments(members.map((chain) => chain.mean));
    return {mean, spread: variance + (single ? 0 : moments(members.map((chain) => chain.variance)).mean)};
  });
  const between = moments(groups.map(({mean}) => mean)).variance;
  return Math.sqrt(1 + between / moments(groups.map(({spread}) => spread)).mean);
}
