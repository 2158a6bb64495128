import {ConfigError} from '../errors.ts';
import type {DenseMatrix} from '../linalg/matrix-like.ts';
import {argmax} from './argmax.ts';
import {checkSeveral, forEachExample, type Members, meanOfMembers, memberProbabilities} from './members.ts';

/**
 * Expected pairwise Kullback-Leibler divergence between members (EPKL), in nats: an epistemic uncertainty.
 *
 * mean over i != j of KL(p_i || p_j) (Malinin & Gales 2018; Schweighofer et al. 2023); M/(M-1) times the sum of mutual information and
 * {@link reverseMutualInformation}.
 *
 * @param members Probabilities [M, N, K] of at least two members, or a list of matrices [N, K].
 * @returns One number per example, [N]; Infinity where a member excludes what another does not.
 * @throws DataError for NaN, or rows that are no distributions.
 * @throws ShapeError for members of different shapes, or fewer than two.
 *
 * @example
 * ```ts
 * import {pairwiseDivergence} from 'tfjs-bayes/metrics';
 * console.log(pairwiseDivergence([[[0.9, 0.1]], [[0.5, 0.5]], [[0.1, 0.9]]])); // [0.8789]
 * ```
 */
export function pairwiseDivergence(members: Members): Float64Array {
  return perExample('pairwiseDivergence', members, true, (of, columns, mean) => {
    let sum = 0;
    for (let k = 0; k < columns; k++) {
      const centre = mean[k] as number;
      if (centre === 0) continue;
      for (let at = k; at < of.length; at += columns) {
        const p = of[at] as number;
        if (p === 0) return Infinity;
        sum += (p - centre) * Math.log(p / centre);
      }
    }
    return Math.max(0, sum / (of.length / columns - 1));
  });
}

/**
 * Reverse mutual information, in nats: how far the members are from the mean prediction, seen from the mean.
 *
 * mean_m KL(mean p || p_m) (Malinin & Gales 2021). It weighs members that exclude a class more than mutual information does.
 *
 * @param members Probabilities [M, N, K], or a list of matrices [N, K].
 * @returns One number per example, [N]; Infinity where a member excludes what another does not.
 * @throws DataError for NaN, or rows that are no distributions.
 * @throws ShapeError for members of different shapes, or none.
 *
 * @example
 * ```ts
 * import {reverseMutualInformation} from 'tfjs-bayes/metrics';
 * console.log(reverseMutualInformation([[[0.9, 0.1]], [[0.5, 0.5]], [[0.1, 0.9]]])); // [0.3406]
 * ```
 */
export function reverseMutualInformation(members: Members): Float64Array {
  return perExample('reverseMutualInformation', members, false, (of, columns, mean) => {
    let sum = 0;
    for (let k = 0; k < columns; k++) {
      const centre = mean[k] as number;
      if (centre === 0) continue;
      for (let at = k; at < of.length; at += columns) sum += centre * Math.log(centre / (of[at] as number));
    }
    return Math.max(0, (sum * columns) / of.length);
  });
}

/**
 * Variation ratio: how little of the members' belief, or how few of their votes, the winning class has.
 *
 * 'probability': 1 - max_k mean_m p_mk; 'votes': 1 - n/M with n the votes of the class that most members prefer (Freeman 1965).
 * Each member votes for its most probable class, the first of equal ones.
 *
 * @param members Probabilities [M, N, K], or a list of matrices [N, K].
 * @param options as follows.
 * @param options.by 'probability' (default) or 'votes'.
 * @returns One number from 0 to 1 - 1/K per example, [N].
 * @throws DataError for NaN, or rows that are no distributions.
 * @throws ShapeError for members of different shapes, or none.
 * @throws ConfigError for an unknown option.
 *
 * @example
 * ```ts
 * import {variationRatio} from 'tfjs-bayes/metrics';
 * const members = [[[0.7, 0.3]], [[0.4, 0.6]]];
 * console.log(variationRatio(members), variationRatio(members, {by: 'votes'})); // [0.45], [0.5]
 * ```
 */
export function variationRatio(
  members: Members,
  {by = 'probability'}: {by?: 'probability' | 'votes'} = {},
): Float64Array {
  const caller = 'variationRatio';
  if (by !== 'probability' && by !== 'votes') {
    throw new ConfigError(
      `${caller}: expected by 'probability' or 'votes', got ${JSON.stringify(by)}. Choose one of them.`,
    );
  }
  return perExample(caller, members, false, (of, columns, mean) => {
    const shares = by === 'probability' ? mean : votes(of, columns).map((n) => (n * columns) / of.length);
    return Math.max(0, 1 - (shares[argmax(shares)] as number));
  });
}

/**
 * Share of the pairs of members that prefer different classes.
 *
 * 1 - sum_k n_k (n_k - 1) / (M (M - 1)) with n_k the votes for class k; a member votes for its most probable class, the first of
 * equal ones.
 *
 * @param members Probabilities [M, N, K] of at least two members, or a list of matrices [N, K].
 * @returns One number from 0 to 1 per example, [N].
 * @throws DataError for NaN, or rows that are no distributions.
 * @throws ShapeError for members of different shapes, or fewer than two.
 *
 * @example
 * ```ts
 * import {disagreement} from 'tfjs-bayes/metrics';
 * console.log(disagreement([[[0.7, 0.3]], [[0.6, 0.4]], [[0.2, 0.8]]])); // [0.6667]
 * ```
 */
export function disagreement(members: Members): Float64Array {
  return perExample('disagreement', members, true, (of, columns) => {
    const count = of.length / columns;
    const agreeing = votes(of, columns).reduce((sum, n) => sum + n * (n - 1), 0);
    return 1 - agreeing / (count * (count - 1));
  });
}

/**
 * Standard deviation over the members of the probability of the class that their mean prefers.
 *
 * sqrt(mean_m (p_mc - q_c)^2) with q = mean_m p_m and c = argmax_k q_k, the first of equal ones; divided by M.
 *
 * @param members Probabilities [M, N, K], or a list of matrices [N, K].
 * @returns One number from 0 to 0.5 per example, [N].
 * @throws DataError for NaN, or rows that are no distributions.
 * @throws ShapeError for members of different shapes, or none.
 *
 * @example
 * ```ts
 * import {topClassDeviation} from 'tfjs-bayes/metrics';
 * console.log(topClassDeviation([[[0.9, 0.1]], [[0.7, 0.3]]])); // [0.1]
 * ```
 */
export function topClassDeviation(members: Members): Float64Array {
  return perExample('topClassDeviation', members, false, (of, columns, mean) => {
    const top = argmax(mean);
    let sum = 0;
    for (let at = top; at < of.length; at += columns) sum += ((of[at] as number) - (mean[top] as number)) ** 2;
    return Math.sqrt((sum * columns) / of.length);
  });
}

function votes(of: Float64Array, columns: number): Float64Array {
  const counts = new Float64Array(columns);
  for (let from = 0; from < of.length; from += columns) {
    const vote = argmax(of.subarray(from, from + columns));
    counts[vote] = (counts[vote] as number) + 1;
  }
  return counts;
}

function perExample(
  caller: string,
  members: Members,
  several: boolean,
  measure: (of: Float64Array, columns: number, mean: Float64Array) => number,
): Float64Array {
  const matrices = memberProbabilities(caller, members);
  if (several) checkSeveral(caller, matrices);
  const {rows, columns} = matrices[0] as DenseMatrix;
  const mean = new Float64Array(columns);
  const result = new Float64Array(rows);
  forEachExample(matrices, (i, of) => {
    meanOfMembers(of, columns, mean);
    result[i] = measure(of, columns, mean);
  });
  return result;
}
