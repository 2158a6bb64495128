import type {Labels} from '../linalg/class-labels.ts';
import type {MatrixLike} from '../linalg/matrix-like.ts';
import {type ClassScore, scoresFor} from './example-scores.ts';
import {exampleWeights, weightedMeanOf} from './weights.ts';

/**
 * Spherical score, turned so that lower is better: 0 for certainty in the right class, 1 for none in it.
 *
 * 1 - mean_i probs[i, labels_i] / sqrt(sum_k probs_ik^2) (Gneiting & Raftery 2007, whose score is the mean itself).
 *
 * @param probs Probabilities [N, K], rows summing to one within 1e-3.
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns A number from 0 to 1.
 * @throws DataError for NaN, negative numbers, rows that do not sum to one, labels out of range, no examples.
 * @throws ShapeError where probs, labels and weights do not fit.
 *
 * @example
 * ```ts
 * import {sphericalScore} from 'tfjs-bayes/metrics';
 * console.log(sphericalScore([[0.6, 0.4]], [0])); // 0.1679
 * ```
 */
export function sphericalScore(
  probs: MatrixLike,
  labels: Labels,
  {weights}: {weights?: ArrayLike<number>} = {},
): number {
  return meanScore('sphericalScore', probs, labels, 'spherical', weights);
}

/**
 * Ranked probability score (RPS) for ordered classes: a wrong class costs more the farther it is from the label.
 *
 * mean_i sum_k (P_ik - [labels_i <= k])^2 with P_ik = probs_i0 + ... + probs_ik (Epstein 1969). Not divided by K - 1; for two
 * classes it is half the Brier score.
 *
 * @param probs Probabilities [N, K] of classes in their order, rows summing to one within 1e-3.
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns A number from 0 to K - 1.
 * @throws DataError for NaN, negative numbers, rows that do not sum to one, labels out of range, no examples.
 * @throws ShapeError where probs, labels and weights do not fit.
 *
 * @example
 * ```ts
 * import {rankedProbabilityScore} from 'tfjs-bayes/metrics';
 * console.log(rankedProbabilityScore([[0.01, 0.32, 0.44, 0.23]], [2])); // 0.1619
 * ```
 */
export function rankedProbabilityScore(
  probs: MatrixLike,
  labels: Labels,
  {weights}: {weights?: ArrayLike<number>} = {},
): number {
  return meanScore('rankedProbabilityScore', probs, labels, 'ranked-probability', weights);
}

/**
 * Ranked logarithmic score (RLS) for ordered classes, in nats: the log scores of all questions "at most class k?" together.
 *
 * mean_i -sum_k log(P_ik if labels_i <= k, else 1 - P_ik) with P_ik = probs_i0 + ... + probs_ik (Tödter & Ahrens 2012, up to the
 * base of the logarithm).
 *
 * @param probs Probabilities [N, K] of classes in their order, rows summing to one within 1e-3.
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @throws DataError for NaN, negative numbers, rows that do not sum to one, labels out of range, no examples.
 * @throws ShapeError where probs, labels and weights do not fit.
 *
 * @example
 * ```ts
 * import {rankedLogScore} from 'tfjs-bayes/metrics';
 * console.log(rankedLogScore([[0.21, 0.31, 0.32, 0.16]], [1])); // 1.0640
 * ```
 */
export function rankedLogScore(
  probs: MatrixLike,
  labels: Labels,
  {weights}: {weights?: ArrayLike<number>} = {},
): number {
  return meanScore('rankedLogScore', probs, labels, 'ranked-log', weights);
}

function meanScore(
  caller: string,
  probs: MatrixLike,
  labels: Labels,
  score: ClassScore,
  weights: ArrayLike<number> | undefined,
): number {
  const scores = scoresFor(caller, probs, labels, score);
  return weightedMeanOf(scores, exampleWeights(caller, weights, scores.length));
}
