import {DataError, ShapeError} from '../errors.ts';
import {denseMatrix, finiteVector, isMatrix, type MatrixLike} from '../linalg/matrix-like.ts';
import {normalCdf, normalPdf} from '../special/normal.ts';
import {meanOf, parameter} from './parameters.ts';
import {givenWeights} from './weights.ts';

/**
 * Mean continuous ranked probability score of predictions that are mixtures of normal distributions.
 *
 * mean_i sum_j w_j A(y - m_j, s_j) - 1/2 sum_jk w_j w_k A(m_j - m_k, sqrt(s_j^2 + s_k^2)) with
 * A(m, s) = 2 s phi(m / s) + m (2 Phi(m / s) - 1) (Grimit et al. 2006). Exact, in O(M^2) per example: an ensemble of
 * Gaussian nets is scored as the mixture it is, not as one normal distribution with the same moments.
 *
 * @param means Means of the members [N, M].
 * @param stds Standard deviations of the members (not variances) [N, M], above 0.
 * @param targets The true values [N].
 * @param options as follows.
 * @param options.weights Weights of the members, [M] or per example [N, M], not negative; they are normalized. Equal by default.
 * @param options.exampleWeights How often each example counts; all 1 by default.
 * @returns In the unit of the targets; lower is better.
 * @throws DataError for numbers that are not finite or out of range, weights that sum to 0, or no examples.
 * @throws ShapeError where the shapes differ.
 *
 * @example
 * ```ts
 * import {crpsGaussianMixture} from 'tfjs-bayes/metrics';
 * console.log(crpsGaussianMixture([[0, -2.9, 0.9]], [[0.5, 1.4, 0.7]], [0.3])); // 0.4510
 * ```
 */
export function crpsGaussianMixture(
  means: MatrixLike,
  stds: MatrixLike,
  targets: ArrayLike<number>,
  {weights, exampleWeights}: {weights?: MatrixLike | ArrayLike<number>; exampleWeights?: ArrayLike<number>} = {},
): number {
  const caller = 'crpsGaussianMixture';
  const {rows, columns, data} = denseMatrix(caller, 'means', means);
  const scale = denseMatrix(caller, 'stds', stds);
  if (scale.rows !== rows || scale.columns !== columns) {
    throw new ShapeError(
      `${caller}: expected stds of shape [${rows}, ${columns}] like means, got [${scale.rows}, ${scale.columns}]. Pass one ` +
        'standard deviation per mean.',
    );
  }
  const y = finiteVector(caller, 'targets', targets, rows);
  const m = finiteVector(caller, 'means', data);
  const s = parameter(caller, 'stds', scale.data, rows * columns, {above: 0});
  const weightsOf = memberWeights(caller, weights, rows, columns);
  const score = (i: number) => {
    const from = i * columns;
    const to = from + columns;
    return mixtureCrps(y[i] as number, m.subarray(from, to), s.subarray(from, to), weightsOf(i));
  };
  return meanOf(rows, score, givenWeights(caller, exampleWeights, rows));
}

function mixtureCrps(y: number, m: Float64Array, s: Float64Array, w: Float64Array): number {
  let score = 0;
  for (let j = 0; j < m.length; j++) {
    const weight = w[j] as number;
    if (weight === 0) continue;
    const mean = m[j] as number;
    const scale = s[j] as number;
    let half = (weight * scale) / Math.sqrt(Math.PI);
    for (let k = 0; k < j; k++) {
      half += (w[k] as number) * expectedDistance(mean - (m[k] as number), Math.hypot(scale, s[k] as number));
    }
    score += weight * (expectedDistance(y - mean, scale) - half);
  }
  return score;
}

/** E|X| for a normal X. */
function expectedDistance(mean: number, std: number): number {
  const z = mean / std;
  return 2 * std * normalPdf(z) + mean * (2 * normalCdf(z) - 1);
}

/** Normalized weights of the members, per example. */
export function memberWeights(
  caller: string,
  weights: MatrixLike | ArrayLike<number> | undefined,
  rows: number,
  members: number,
): (row: number) => Float64Array {
  if (weights === undefined) {
    const equal = new Float64Array(members).fill(1 / members);
    return () => equal;
  }
  if (!isMatrix(weights)) {
    const shared = normalized(caller, finiteVector(caller, 'weights', weights, members));
    return () => shared;
  }
  const matrix = denseMatrix(caller, 'weights', weights);
  if (matrix.rows !== rows || matrix.columns !== members) {
    throw new ShapeError(
      `${caller}: expected weights of shape [${rows}, ${members}] or [${members}], got [${matrix.rows}, ${matrix.columns}]. ` +
        'Pass one weight per member.',
    );
  }
  const data = finiteVector(caller, 'weights', matrix.data);
  return (row) => normalized(caller, data.subarray(row * members, (row + 1) * members));
}

function normalized(caller: string, weights: Float64Array): Float64Array {
  const sum = weights.reduce((total, w) => total + w, 0);
  if (!(sum > 0) || weights.some((w) => w < 0)) {
    throw new DataError(
      `${caller}: expected weights of at least 0 that do not all vanish, got [${weights.slice(0, 5).join(', ')}${weights.length > 5 ? ', ...' : ''}]. ` +
        'Leave out the members that do not count.',
    );
  }
  return weights.map((w) => w / sum);
}
