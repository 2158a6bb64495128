import {DataError, ShapeError} from '../errors.ts';
import {type DenseMatrix, denseMatrix, finiteVector, type MatrixLike} from '../linalg/matrix-like.ts';
import {forEachExample, type Members, meanOfMembers, memberProbabilities} from './members.ts';

/** Uncertainty of every example and where it comes from: total = aleatoric + epistemic, each [N]. */
export interface UncertaintyParts {
  /** All of it. */
  readonly total: Float64Array;
  /** Noise in the labels, which more data would not remove. */
  readonly aleatoric: Float64Array;
  /** Disagreement of the members, which more data would remove; never negative. */
  readonly epistemic: Float64Array;
}

/**
 * Entropy of the mean prediction, split into the members' mean entropy and the mutual information between label and member.
 *
 * total = H(mean_m p_m), aleatoric = mean_m H(p_m), epistemic = mean_m KL(p_m || mean p), in nats with 0 log 0 = 0 (Depeweg et al.
 * 2018; the epistemic part is BALD, Houlsby et al. 2011). It is summed as the divergence, so that small disagreement keeps
 * its digits.
 *
 * @param members Probabilities [M, N, K], or a list of matrices [N, K].
 * @returns Three arrays [N].
 * @throws DataError for NaN, or rows that are no distributions.
 * @throws ShapeError for members of different shapes, or none.
 *
 * @example
 * ```ts
 * import {entropyParts} from 'tfjs-bayes/metrics';
 * const {total, aleatoric, epistemic} = entropyParts([[[0.9, 0.1]], [[0.5, 0.5]], [[0.1, 0.9]]]);
 * console.log(total, aleatoric, epistemic); // [0.6931], [0.4478], [0.2454]
 * ```
 */
export function entropyParts(members: Members): UncertaintyParts {
  return partsPerExample('entropyParts', members, (of, columns, mean) => {
    let [total, aleatoric, epistemic] = [0, 0, 0];
    for (let k = 0; k < columns; k++) {
      const centre = mean[k] as number;
      if (centre === 0) continue;
      total -= centre * Math.log(centre);
      for (let at = k; at < of.length; at += columns) {
        const p = of[at] as number;
        if (p === 0) continue;
        aleatoric -= p * Math.log(p);
        epistemic += p * Math.log(p / centre);
      }
    }
    const count = of.length / columns;
    return [total, aleatoric / count, epistemic / count];
  });
}

/**
 * Variance of the label's one-hot code, split into noise within members and the spread between them.
 *
 * total = sum_k q_k (1 - q_k) with q = mean_m p_m, aleatoric = mean_m sum_k p_mk (1 - p_mk), epistemic = sum_k mean_m (p_mk - q_k)^2
 * (Sale et al. 2024; divided by M). Unlike entropies they are bounded by 1 and weigh small probabilities little.
 *
 * @param members Probabilities [M, N, K], or a list of matrices [N, K].
 * @returns Three arrays [N].
 * @throws DataError for NaN, or rows that are no distributions.
 * @throws ShapeError for members of different shapes, or none.
 *
 * @example
 * ```ts
 * import {varianceParts} from 'tfjs-bayes/metrics';
 * const {total, aleatoric, epistemic} = varianceParts([[[1, 0]], [[0.5, 0.5]]]);
 * console.log(total, aleatoric, epistemic); // [0.375], [0.25], [0.125]
 * ```
 */
export function varianceParts(members: Members): UncertaintyParts {
  return partsPerExample('varianceParts', members, (of, columns, mean) => {
    let [total, aleatoric, epistemic] = [0, 0, 0];
    for (let k = 0; k < columns; k++) {
      const centre = mean[k] as number;
      total += centre * (1 - centre);
      for (let at = k; at < of.length; at += columns) {
        const p = of[at] as number;
        aleatoric += p * (1 - p);
        epistemic += (p - centre) ** 2;
      }
    }
    const count = of.length / columns;
    return [total, aleatoric / count, epistemic / count];
  });
}

/**
 * Mean and variance of an equal mixture of predictions of numbers, the variance split in two.
 *
 * total = aleatoric + epistemic with aleatoric = mean_m variances_mi and epistemic = mean_m (means_mi - mean_m means_mi)^2 (law of total
 * variance; divided by M).
 *
 * @param means Predicted means [M, N], a row per member.
 * @param variances Predicted noise variances (not standard deviations) [M, N], at least 0.
 * @returns The mixture's mean and the parts of its variance, each [N].
 * @throws DataError for numbers that are not finite, or negative variances.
 * @throws ShapeError where the shapes differ.
 *
 * @example
 * ```ts
 * import {mixtureVarianceParts} from 'tfjs-bayes/metrics';
 * const {aleatoric, epistemic} = mixtureVarianceParts([[1], [2], [4]], [[0.25], [0.5], [1]]);
 * console.log(aleatoric, epistemic); // [0.5833], [1.5556]
 * ```
 */
export function mixtureVarianceParts(
  means: MatrixLike,
  variances: MatrixLike,
): UncertaintyParts & {
  /** Mean of the mixture, [N]. */
  readonly mean: Float64Array;
} {
  const caller = 'mixtureVarianceParts';
  const m = denseMatrix(caller, 'means', means);
  const v = denseMatrix(caller, 'variances', variances);
  if (m.rows !== v.rows || m.columns !== v.columns) {
    throw new ShapeError(
      `${caller}: expected variances of the means' shape [${m.rows}, ${m.columns}], got [${v.rows}, ${v.columns}]. Pass one row ` +
        'per member in both.',
    );
  }
  const mu = finiteVector(caller, 'means', m.data);
  const noise = finiteVector(caller, 'variances', v.data);
  const negative = noise.findIndex((x) => x < 0);
  if (negative >= 0) {
    throw new DataError(
      `${caller}: expected variances of at least 0, got ${noise[negative]} at index ${negative}. Pass squares of standard ` +
        'deviations.',
    );
  }
  const {rows, columns} = m;
  const overMembers = (value: (at: number, i: number) => number) =>
    Float64Array.from({length: columns}, (_, i) => {
      let sum = 0;
      for (let at = i; at < rows * columns; at += columns) sum += value(at, i);
      return sum / rows;
    });
  const mean = overMembers((at) => mu[at] as number);
  const aleatoric = overMembers((at) => noise[at] as number);
  const epistemic = overMembers((at, i) => ((mu[at] as number) - (mean[i] as number)) ** 2);
  return {mean, total: aleatoric.map((a, i) => a + (epistemic[i] as number)), aleatoric, epistemic};
}

function partsPerExample(
  caller: string,
  members: Members,
  split: (
    of: Float64Array,
    columns: number,
    mean: Float64Array,
  ) => [total: number, aleatoric: number, epistemic: number],
): UncertaintyParts {
  const matrices = memberProbabilities(caller, members);
  const {rows, columns} = matrices[0] as DenseMatrix;
  const mean = new Float64Array(columns);
  const parts = {
    total: new Float64Array(rows),
    aleatoric: new Float64Array(rows),
    epistemic: new Float64Array(rows),
  };
  forEachExample(matrices, (i, of) => {
    meanOfMembers(of, columns, mean);
    const [total, aleatoric, epistemic] = split(of, columns, mean);
    parts.total[i] = Math.max(0, total);
    parts.aleatoric[i] = Math.max(0, aleatoric);
    parts.epistemic[i] = Math.max(0, epistemic);
  });
  return parts;
}
