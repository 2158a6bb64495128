import type {Labels} from '../linalg/class-labels.ts';
import type {MatrixLike} from '../linalg/matrix-like.ts';
import {topLabelFor} from './top-label.ts';

/**
 * Share of examples whose most probable class is the label.
 *
 * mean_i [argmax_k probs_ik = labels_i]; among equal probabilities the first class counts as predicted.
 *
 * @param probs Probabilities [N, K], rows summing to one within 1e-3.
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @returns A number from 0 to 1.
 * @throws DataError for NaN, negative numbers, rows that do not sum to one, labels out of range, no examples.
 * @throws ShapeError where probs and labels do not fit.
 *
 * @example
 * ```ts
 * import {accuracy} from 'tfjs-bayes/metrics';
 * console.log(accuracy([[0.7, 0.3], [0.4, 0.6]], [0, 0])); // 0.5
 * ```
 */
export function accuracy(probs: MatrixLike, labels: Labels): number {
  const {correct} = topLabelFor('accuracy', probs, labels);
  let sum = 0;
  for (let i = 0; i < correct.length; i++) sum += correct[i] as number;
  return sum / correct.length;
}
