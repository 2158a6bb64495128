import {ConfigError, ShapeError} from '../errors.ts';
import {denseMatrix, finiteVector, forEachBlock, type MatrixLike} from '../linalg/matrix-like.ts';
import {logSumExp} from '../special/log-sum-exp.ts';
import {argmax} from './argmax.ts';
import {checkProbabilities} from './rows.ts';

/**
 * Margin between the two most probable classes: higher is more certain.
 *
 * margin_i = p_(1) - p_(2), the largest minus the second largest of row i; 0 for a tie.
 *
 * @param probs Probabilities [N, K] of at least two classes, rows summing to one within 1e-3.
 * @returns One number from 0 to 1 per example, [N].
 * @throws DataError for NaN, negative numbers, rows that do not sum to one, no examples.
 * @throws ShapeError for a single class.
 *
 * @example
 * ```ts
 * import {margin} from 'tfjs-bayes/metrics';
 * console.log(margin([[0.6, 0.3, 0.1], [0.5, 0.5, 0]])); // [0.3, 0]
 * ```
 */
export function margin(probs: MatrixLike): Float64Array {
  const matrix = denseMatrix('margin', 'probs', probs);
  if (matrix.columns < 2) {
    throw new ShapeError(
      `margin: expected probs of at least two classes, got [${matrix.rows}, 1]. Pass [1 - p, p] per row.`,
    );
  }
  checkProbabilities('margin', 'probs', matrix);
  return perRow(matrix, (row) => {
    let [first, second] = [0, 0];
    for (const p of row) {
      if (p > first) [first, second] = [p, first];
      else if (p > second) second = p;
    }
    return first - second;
  });
}

/**
 * Largest probability of every row (maximum softmax probability, MSP): higher is more certain.
 *
 * confidence_i = max_k probs_ik (Hendrycks & Gimpel 2017).
 *
 * @param probs Probabilities [N, K], rows summing to one within 1e-3.
 * @returns One number per example, [N].
 * @throws DataError for NaN, negative numbers, rows that do not sum to one, no examples.
 *
 * @example
 * ```ts
 * import {maximumProbability} from 'tfjs-bayes/metrics';
 * console.log(maximumProbability([[0.6, 0.3, 0.1], [0.5, 0.5, 0]])); // [0.6, 0.5]
 * ```
 */
export function maximumProbability(probs: MatrixLike): Float64Array {
  const matrix = denseMatrix('maximumProbability', 'probs', probs);
  checkProbabilities('maximumProbability', 'probs', matrix);
  return perRow(matrix, (row) => row[argmax(row)] as number);
}

/**
 * Largest logit of every row: higher is more certain, and unlike a probability not blind to how large all logits are.
 *
 * max_k logits_ik (Hendrycks et al. 2022).
 *
 * @param logits Finite numbers [N, K].
 * @returns One number per example, [N].
 * @throws DataError for numbers that are not finite, or no examples.
 *
 * @example
 * ```ts
 * import {maximumLogit} from 'tfjs-bayes/metrics';
 * console.log(maximumLogit([[4, -1], [0.5, 0.2]])); // [4, 0.5]
 * ```
 */
export function maximumLogit(logits: MatrixLike): Float64Array {
  return perRow(finiteMatrix('maximumLogit', logits), (row) => row[argmax(row)] as number);
}

/**
 * Energy of every row of logits: a score for out-of-distribution inputs, higher for foreign ones.
 *
 * energy_i = -temperature log sum_k exp(logits_ik / temperature) (Liu et al. 2020).
 *
 * @param logits Finite numbers [N, K].
 * @param options as follows.
 * @param options.temperature Above 0; 1 by default.
 * @returns One number per example, [N].
 * @throws DataError for numbers that are not finite, or no examples.
 * @throws ConfigError for a temperature that is not above 0.
 *
 * @example
 * ```ts
 * import {energy} from 'tfjs-bayes/metrics';
 * console.log(energy([[4, -1], [0, 0]])); // [-4.0067, -0.6931]
 * ```
 */
export function energy(logits: MatrixLike, {temperature = 1}: {temperature?: number} = {}): Float64Array {
  if (!(temperature > 0 && temperature < Infinity)) {
    throw new ConfigError(`energy: expected a temperature above 0, got ${temperature}. Use 1 for the usual energy.`);
  }
  return perRow(finiteMatrix('energy', logits), (row) => -temperature * logSumExp(row.map((z) => z / temperature)));
}

type Dense = ReturnType<typeof denseMatrix>;

function finiteMatrix(caller: string, logits: MatrixLike): Dense {
  const {rows, columns, data} = denseMatrix(caller, 'logits', logits);
  return {data: finiteVector(caller, 'logits', data), rows, columns};
}

function perRow(matrix: Dense, measure: (row: Float64Array) => number): Float64Array {
  const result = new Float64Array(matrix.rows);
  forEachBlock(matrix, (block, firstRow, rows) => {
    for (let r = 0; r < rows; r++) {
      result[firstRow + r] = measure(block.subarray(r * matrix.columns, (r + 1) * matrix.columns));
    }
  });
  return result;
}
