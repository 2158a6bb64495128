import {ConfigError} from '../errors.ts';
import {classLabels, type Labels} from '../linalg/class-labels.ts';
import {denseMatrix, forEachBlock, type MatrixLike} from '../linalg/matrix-like.ts';
import {isDistribution, rowError} from './rows.ts';

/**
 * Scores of one prediction, all lower for better: 'log' -log p_y, 'brier' sum_k (p_k - [y = k])^2, 'spherical'
 * 1 - p_y / |p|, 'ranked-probability' sum_k (P_k - [y <= k])^2 and 'ranked-log' -sum_k log(P_k if y <= k, else 1 - P_k)
 * with P_k = p_0 + ... + p_k, 'zero-one' 1 for a wrong class and else 0.
 */
export type ClassScore = 'log' | 'brier' | 'spherical' | 'ranked-probability' | 'ranked-log' | 'zero-one';

type RowScore = (block: Float64Array, from: number, columns: number, label: number) => number;

const SCORES: Readonly<Record<ClassScore, RowScore>> = {
  log: (block, from, _columns, label) => -Math.log(block[from + label] as number),
  brier: brierRow,
  spherical: sphericalRow,
  'ranked-probability': rankedRow,
  'ranked-log': rankedLogRow,
  'zero-one': zeroOneRow,
};

/**
 * Score of every single prediction: what weighted means, intervals and paired comparisons are made of.
 *
 * Lower is better for each {@link ClassScore}. All but 'zero-one' are proper: the true probabilities have the least
 * expected score.
 *
 * @param probs Probabilities [N, K], rows summing to one within 1e-3.
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options as follows.
 * @param options.score 'log' (default), 'brier', 'spherical', 'ranked-probability', 'ranked-log' or 'zero-one'.
 * @returns One score per example, [N]; a label with probability 0 has log score Infinity.
 * @throws DataError for NaN, negative numbers, rows that do not sum to one, labels out of range, no examples.
 * @throws ShapeError where probs and labels do not fit.
 * @throws ConfigError for an unknown score.
 *
 * @example
 * ```ts
 * import {exampleScores} from 'tfjs-bayes/metrics';
 * console.log(exampleScores([[0.8, 0.2], [0.3, 0.7]], [0, 0], {score: 'brier'})); // [0.08, 0.98]
 * ```
 */
export function exampleScores(
  probs: MatrixLike,
  labels: Labels,
  {score = 'log'}: {score?: ClassScore} = {},
): Float64Array {
  return scoresFor('exampleScores', probs, labels, score);
}

/** {@link exampleScores} whose errors name the caller. */
export function scoresFor(caller: string, probs: MatrixLike, labels: Labels, score: ClassScore): Float64Array {
  const rowScore = Object.hasOwn(SCORES, score) ? SCORES[score] : undefined;
  if (rowScore === undefined) {
    throw new ConfigError(
      `${caller}: expected score to be one of '${Object.keys(SCORES).join("', '")}', got ${JSON.stringify(score)}. Choose ` +
        'one of them.',
    );
  }
  const matrix = denseMatrix(caller, 'probs', probs);
  const {columns} = matrix;
  const target = classLabels(caller, labels, matrix.rows, columns);
  const scores = new Float64Array(matrix.rows);
  forEachBlock(matrix, (block, firstRow, rows) => {
    for (let r = 0, i = 0; r < rows; r++, i += columns) {
      let sum = 0;
      let low = 0;
      for (let j = i; j < i + columns; j++) {
        const p = block[j] as number;
        sum += p;
        if (p < low) low = p;
      }
      if (!isDistribution(sum, low)) throw rowError(caller, 'probs', block, i, columns, firstRow + r);
      scores[firstRow + r] = rowScore(block, i, columns, target[firstRow + r] as number);
    }
  });
  return scores;
}

function brierRow(block: Float64Array, from: number, columns: number, label: number): number {
  let sum = 0;
  for (let k = 0; k < columns; k++) {
    const difference = (block[from + k] as number) - Number(k === label);
    sum += difference * difference;
  }
  return sum;
}

/** 1 - p_y / |p| as (|p|^2 - p_y^2) / (|p| (|p| + p_y)), which keeps its digits where the score is small. */
function sphericalRow(block: Float64Array, from: number, columns: number, label: number): number {
  let others = 0;
  for (let k = 0; k < columns; k++) {
    const p = block[from + k] as number;
    if (k !== label) others += p * p;
  }
  const right = block[from + label] as number;
  const norm = Math.sqrt(others + right * right);
  return others / (norm * (norm + right));
}

function rankedRow(block: Float64Array, from: number, columns: number, label: number): number {
  let below = 0;
  let sum = 0;
  for (let k = 0; k < columns - 1; k++) {
    below += block[from + k] as number;
    const difference = below - Number(label <= k);
    sum += difference * difference;
  }
  return sum;
}

function rankedLogRow(block: Float64Array, from: number, columns: number, label: number): number {
  let sum = 0;
  let below = 0;
  for (let k = 0; k < label; k++) below += block[from + k] as number;
  for (let k = label; k < columns - 1; k++) {
    below += block[from + k] as number;
    sum -= Math.log(Math.min(1, below));
  }
  let above = 0;
  for (let k = columns - 1; k > label; k--) above += block[from + k] as number;
  for (let k = label - 1; k >= 0; k--) {
    above += block[from + k + 1] as number;
    sum -= Math.log(Math.min(1, above));
  }
  return sum;
}

function zeroOneRow(block: Float64Array, from: number, columns: number, label: number): number {
  let best = 0;
  for (let k = 1; k < columns; k++) if ((block[from + k] as number) > (block[from + best] as number)) best = k;
  return Number(best !== label);
}
