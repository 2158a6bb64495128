import type {Labels} from '../linalg/class-labels.ts';
import type {MatrixLike} from '../linalg/matrix-like.ts';
import {topLabelFor} from './top-label.ts';
import {givenWeights, weightedMeanOf} from './weights.ts';

/**
 * Share of examples whose most probable class is the label.
 *
 * mean_i [argmax_k probs_ik = labels_i]; among equal probabilities the first class counts as predicted.
 *
 * @param probs Probabilities [N, K], rows summing to one within 1e-3.
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns A number from 0 to 1.
 * @throws DataError for NaN, negative numbers, rows that do not sum to one, labels out of range, negative weights, no examples.
 * @throws ShapeError where probs, labels and weights do not fit.
 *
 * @example
 * ```ts
 * import {accuracy} from 'tfjs-bayes/metrics';
 * console.log(accuracy([[0.7, 0.3], [0.4, 0.6]], [0, 0])); // 0.5
 * ```
 */
export function accuracy(probs: MatrixLike, labels: Labels, {weights}: {weights?: ArrayLike<number>} = {}): number {
  const {correct} = topLabelFor('accuracy', probs, labels);
  const given = givenWeights('accuracy', weights, correct.length);
  if (given !== undefined) return weightedMeanOf(correct, given);
  let sum = 0;
  for (let i = 0; i < correct.length; i++) sum += correct[i] as number;
  return sum / correct.length;
}
