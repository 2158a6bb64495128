import {classLabels, type Labels} from '../linalg/class-labels.ts';
import {denseMatrix, forEachBlock, type MatrixLike} from '../linalg/matrix-like.ts';
import {scoresFor} from './example-scores.ts';
import {isDistribution, rowError} from './rows.ts';
import {exampleWeights, weightedMeanOf} from './weights.ts';

/**
 * Multi-class Brier score: mean squared distance between the probabilities and the one-hot labels, from 0 (best) to 2.
 *
 * mean_i sum_k (probs_ik - [labels_i = k])^2 (Brier, 1950). Not divided by K; for two classes it is twice the binary
 * Brier score.
 *
 * @param probs Probabilities [N, K], rows summing to one within 1e-3.
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @throws DataError for NaN, negative numbers, rows that do not sum to one, labels out of range, negative weights, no examples.
 * @throws ShapeError where probs, labels and weights do not fit.
 *
 * @example
 * ```ts
 * import {brierScore} from 'tfjs-bayes/metrics';
 * console.log(brierScore([[0.8, 0.2], [0.3, 0.7]], [0, 1])); // 0.13
 * ```
 */
export function brierScore(probs: MatrixLike, labels: Labels, {weights}: {weights?: ArrayLike<number>} = {}): number {
  if (weights !== undefined) {
    const scores = scoresFor('brierScore', probs, labels, 'brier');
    return weightedMeanOf(scores, exampleWeights('brierScore', weights, scores.length));
  }
  const matrix = denseMatrix('brierScore', 'probs', probs);
  const target = classLabels('brierScore', labels, matrix.rows, matrix.columns);
  let total = 0;
  forEachBlock(matrix, (block, firstRow, rows) => {
    total += squaredDistances(block, matrix.columns, firstRow, rows, target);
  });
  return total / matrix.rows;
}

function squaredDistances(
  block: Float64Array,
  columns: number,
  firstRow: number,
  rows: number,
  target: Int32Array,
): number {
  let total = 0;
  for (let r = 0, i = 0; r < rows; r++, i += columns) {
    let sum = 0;
    let low = 0;
    let squares = 0;
    for (let j = 0; j < columns; j++) {
      const p = block[i + j] as number;
      sum += p;
      if (p < low) low = p;
      squares += p * p;
    }
    if (!isDistribution(sum, low)) throw rowError('brierScore', 'probs', block, i, columns, firstRow + r);
    const p = block[i + (target[firstRow + r] as number)] as number;
    // The other classes' squares as a difference, which rounding must not make negative.
    total += Math.max(0, squares - p * p) + (1 - p) * (1 - p);
  }
  return total;
}
