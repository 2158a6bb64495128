import {classLabels, type Labels} from '../linalg/class-labels.ts';
import {denseMatrix, forEachBlock, type MatrixLike} from '../linalg/matrix-like.ts';
import {isDistribution, rowError} from './rows.ts';

/** Per example: the probability of the most probable class, and whether that class is the label. */
export interface TopLabel {
  /** Largest probability of each row, [N]. */
  readonly confidence: Float64Array;
  /** 1 where the most probable class is the label, else 0, [N]. */
  readonly correct: Uint8Array;
}

/**
 * Confidence and correctness of every prediction: what calibration and selective prediction are measured on.
 *
 * confidence_i = max_k probs_ik, correct_i = [argmax_k probs_ik = labels_i]; among equal probabilities the first class
 * counts as predicted.
 *
 * @param probs Probabilities [N, K], rows summing to one within 1e-3.
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @throws DataError for NaN, negative numbers, rows that do not sum to one, labels out of range, no examples.
 * @throws ShapeError where probs and labels do not fit.
 *
 * @example
 * ```ts
 * import {areaUnderRiskCoverage, topLabel} from 'tfjs-bayes/metrics';
 * const {confidence, correct} = topLabel([[0.9, 0.1], [0.4, 0.6]], [0, 0]);
 * console.log(correct, areaUnderRiskCoverage(confidence, correct)); // [1, 0], 0.25
 * ```
 */
export function topLabel(probs: MatrixLike, labels: Labels): TopLabel {
  return topLabelFor('topLabel', probs, labels);
}

/** {@link topLabel} whose errors name the caller. */
export function topLabelFor(caller: string, probs: MatrixLike, labels: Labels): TopLabel {
  const matrix = denseMatrix(caller, 'probs', probs);
  const target = classLabels(caller, labels, matrix.rows, matrix.columns);
  const confidence = new Float64Array(matrix.rows);
  const correct = new Uint8Array(matrix.rows);
  forEachBlock(matrix, (block, firstRow, rows) => {
    const wrong = topLabelBlock(block, matrix.columns, firstRow, rows, target, confidence, correct);
    if (wrong >= 0) throw rowError(caller, 'probs', block, wrong * matrix.columns, matrix.columns, firstRow + wrong);
  });
  return {confidence, correct};
}

/** Fills in one block; returns the first row that is no distribution, else -1. */
function topLabelBlock(
  block: Float64Array,
  columns: number,
  firstRow: number,
  rows: number,
  target: Int32Array,
  confidence: Float64Array,
  correct: Uint8Array,
): number {
  for (let r = 0, i = 0; r < rows; r++, i += columns) {
    let sum = 0;
    let low = 0;
    let best = 0;
    for (let j = 0; j < columns; j++) {
      const p = block[i + j] as number;
      sum += p;
      if (p < low) low = p;
      // A branch here would be mispredicted several times per row.
      const larger = Number(p > best);
      best = best * (1 - larger) + p * larger;
    }
    if (!isDistribution(sum, low)) return r;
    const label = target[firstRow + r] as number;
    let right = Number(block[i + label] === best);
    // The label's probability is the largest: then an earlier class may share it, and be the one predicted.
    for (let j = 0; right === 1 && j < label; j++) if (block[i + j] === best) right = 0;
    confidence[firstRow + r] = best;
    correct[firstRow + r] = right;
  }
  return -1;
}
