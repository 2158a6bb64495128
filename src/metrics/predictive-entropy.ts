import {denseMatrix, forEachBlock, type MatrixLike} from '../linalg/matrix-like.ts';
import {fastLog} from './fast-log.ts';
import {isDistribution, rowError} from './rows.ts';

/**
 * Entropy of every predicted distribution, in nats: 0 where the model is certain, log K where it knows nothing.
 *
 * entropy_i = -sum_k probs_ik log probs_ik, with 0 log 0 = 0. Of a mean over posterior samples it is the total
 * uncertainty; higher values can serve as a score for out-of-distribution inputs (see `auroc`).
 *
 * @param probs Probabilities [N, K], rows summing to one within 1e-3.
 * @returns One entropy per example, [N].
 * @throws DataError for NaN, negative numbers, rows that do not sum to one, no examples.
 *
 * @example
 * ```ts
 * import {predictiveEntropy} from 'tfjs-bayes/metrics';
 * console.log(predictiveEntropy([[0.5, 0.5], [1, 0]])); // [0.6931, 0]
 * ```
 */
export function predictiveEntropy(probs: MatrixLike): Float64Array {
  const matrix = denseMatrix('predictiveEntropy', 'probs', probs);
  const entropy = new Float64Array(matrix.rows);
  forEachBlock(matrix, (block, firstRow, rows) => {
    entropies(block, matrix.columns, firstRow, rows, entropy);
  });
  return entropy;
}

function entropies(block: Float64Array, columns: number, firstRow: number, rows: number, entropy: Float64Array): void {
  for (let r = 0, i = 0; r < rows; r++, i += columns) {
    let sum = 0;
    let low = 0;
    let negative = 0;
    for (let j = 0; j < columns; j++) {
      const p = block[i + j] as number;
      sum += p;
      if (p < low) low = p;
      negative += p * fastLog(p);
    }
    if (!isDistribution(sum, low)) throw rowError('predictiveEntropy', 'probs', block, i, columns, firstRow + r);
    entropy[firstRow + r] = Math.max(0, -negative);
  }
}
