import {ConfigError} from '../errors.ts';
import {finiteVector} from '../linalg/matrix-like.ts';
import type {Rng} from '../random/rng.ts';
import {checkLevel} from './inputs.ts';

const ROUNDING = 1e-9;

/**
 * Split conformal predictive distributions: distribution functions of new targets that are calibrated whatever the model.
 *
 * With residuals r of N held-out examples, targets - mean or that divided by a predicted scale, and t the same residual of a
 * target value in question,
 *
 *     cdf_j = (#{r_i < t_j} + U_j (#{r_i = t_j} + 1)) / (N + 1),   U_j uniform
 *
 * is uniform on [0, 1] at the true targets of exchangeable data, exactly (Vovk, Nouretdinov, Manokhin & Gammerman 2018; Vovk,
 * Petej, Nouretdinov, Manokhin & Gammerman 2020).
 *
 * @param residuals Residuals of held-out examples [N], with their signs.
 * @param values Residuals t of the values in question [M].
 * @param options Named options.
 * @param options.rng Stream of U; without it U = 1/2, which is off by at most 1 / (2 (N + 1)) where there are no ties.
 * @returns Distribution functions [M], which the tests and curves of PIT values take.
 * @throws DataError for numbers that are not finite, or none.
 *
 * @example
 * ```ts
 * import {conformalDistribution} from 'tfjs-bayes';
 * const residuals = [-2, -1, 0.5, 1];
 * const mean = 10; // of a new example: is its target below 10.7?
 * console.log(conformalDistribution(residuals, [10.7 - mean])); // (3 + 1/2) / 5
 * ```
 */
export function conformalDistribution(
  residuals: ArrayLike<number>,
  values: ArrayLike<number>,
  {rng}: {rng?: Rng} = {},
): Float64Array {
  const caller = 'conformalDistribution';
  const sorted = finiteVector(caller, 'residuals', residuals).slice().sort();
  const wanted = finiteVector(caller, 'values', values);
  const uniforms = rng?.uniforms(wanted.length);
  return wanted.map((t, j) => {
    const below = countBelow(sorted, (r) => r < t);
    const notAbove = countBelow(sorted, (r) => r <= t);
    return (below + (uniforms?.[j] ?? 0.5) * (notAbove - below + 1)) / (sorted.length + 1);
  });
}

/**
 * Quantiles of the conformal predictive distribution: what to add to a new prediction, times its scale if there is one.
 *
 * One-sided bounds: r_(ceil((N + 1) p)), the smallest value that a new residual stays at or below with probability at least p;
 * Infinity where that exceeds N. For the level p = 1/2 the median correction of a biased model.
 *
 * @param residuals Residuals of held-out examples [N], with their signs.
 * @param levels Probabilities p, between 0 and 1.
 * @throws DataError for numbers that are not finite, or none.
 * @throws ConfigError for a level outside (0, 1), or none.
 *
 * @example
 * ```ts
 * import {conformalDistributionQuantiles} from 'tfjs-bayes';
 * const residuals = [-2, -1, 0.5, 1];
 * console.log(conformalDistributionQuantiles(residuals, [0.2, 0.8, 0.9])); // -2, 1, Infinity
 * ```
 */
export function conformalDistributionQuantiles(residuals: ArrayLike<number>, levels: ArrayLike<number>): Float64Array {
  const caller = 'conformalDistributionQuantiles';
  const sorted = finiteVector(caller, 'residuals', residuals).slice().sort();
  if (levels.length === 0) {
    throw new ConfigError(`${caller}: expected at least one level, got none. Pass [0.05, 0.95], for example.`);
  }
  return Float64Array.from(levels, (level) => {
    const rank = Math.ceil((sorted.length + 1) * checkLevel(caller, level) - ROUNDING);
    return sorted[rank - 1] ?? Infinity;
  });
}

/** How many of ascending values fulfil a condition that the first ones do. */
function countBelow(sorted: Float64Array, fulfils: (value: number) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fulfils(sorted[middle] as number)) low = middle + 1;
    else high = middle;
  }
  return low;
}
