import {ConfigError, DataError} from '../errors.ts';
import {classLabels, type Labels} from '../linalg/class-labels.ts';
import {denseMatrix, forEachBlock, type MatrixLike} from '../linalg/matrix-like.ts';
import {fastLog} from './fast-log.ts';
import {isDistribution, rowError, SUM_TOLERANCE} from './rows.ts';
import {givenWeights, total} from './weights.ts';

const CALLER = 'negativeLogLikelihood';
const SMALLEST_NORMAL = 2 ** -1022;

/** What the numbers of a prediction are: probabilities, their logarithms, or logits (log-probabilities up to a constant per row). */
export type Scale = 'probabilities' | 'log-probabilities' | 'logits';

/**
 * Mean negative log-likelihood of the labels (log score, cross-entropy), in nats.
 *
 * -mean_i log probs[i, labels_i]. A label with probability 0 gives Infinity: nothing is clipped. Where float32
 * probabilities underflow, pass log-probabilities or logits and say so in `scale`.
 *
 * @param probs Probabilities [N, K], rows summing to one within 1e-3; or what `scale` says.
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options as follows.
 * @param options.scale What `probs` holds; 'probabilities' by default. With 'logits' the rows are normalized here.
 * @param options.weights How often each example counts; all 1 by default.
 * @throws DataError for NaN, rows that are no distributions, labels out of range, negative weights, no examples.
 * @throws ShapeError where probs, labels and weights do not fit.
 * @throws ConfigError for an unknown scale.
 *
 * @example
 * ```ts
 * import {negativeLogLikelihood} from 'tfjs-bayes/metrics';
 * console.log(negativeLogLikelihood([[0.7, 0.3], [0.4, 0.6]], [0, 1])); // 0.4338
 * console.log(negativeLogLikelihood([[800, 0]], [1], {scale: 'logits'})); // 800
 * ```
 */
export function negativeLogLikelihood(
  probs: MatrixLike,
  labels: Labels,
  {scale = 'probabilities', weights}: {scale?: Scale; weights?: ArrayLike<number>} = {},
): number {
  if (scale !== 'probabilities' && scale !== 'log-probabilities' && scale !== 'logits') {
    throw new ConfigError(
      `${CALLER}: expected scale 'probabilities', 'log-probabilities' or 'logits', got ${JSON.stringify(scale)}. Choose ` +
        'one of them.',
    );
  }
  const matrix = denseMatrix(CALLER, 'probs', probs);
  const {columns} = matrix;
  const target = classLabels(CALLER, labels, matrix.rows, columns);
  const given = givenWeights(CALLER, weights, matrix.rows);
  let sum = 0;
  forEachBlock(matrix, (block, firstRow, rows) => {
    sum +=
      scale === 'probabilities'
        ? fromProbabilities(block, columns, firstRow, rows, target, given)
        : fromLogits(block, columns, firstRow, rows, target, given, scale === 'logits');
  });
  return sum / (given === undefined ? matrix.rows : total(given));
}

/** A loss as often as its example counts; an infinite one of weight 0 does not. */
function weighed(loss: number, weights: Float64Array | undefined, i: number): number {
  if (weights === undefined) return loss;
  const w = weights[i] as number;
  return w > 0 ? w * loss : 0;
}

function fromProbabilities(
  block: Float64Array,
  columns: number,
  firstRow: number,
  rows: number,
  target: Int32Array,
  weights: Float64Array | undefined,
): number {
  let losses = 0;
  for (let r = 0, i = 0; r < rows; r++, i += columns) {
    let sum = 0;
    let low = 0;
    for (let j = 0; j < columns; j++) {
      const p = block[i + j] as number;
      sum += p;
      if (p < low) low = p;
    }
    if (!isDistribution(sum, low)) throw rowError(CALLER, 'probs', block, i, columns, firstRow + r);
    const p = block[i + (target[firstRow + r] as number)] as number;
    losses += weighed(-(p > SMALLEST_NORMAL ? fastLog(p) : Math.log(p)), weights, firstRow + r);
  }
  return losses;
}

function fromLogits(
  block: Float64Array,
  columns: number,
  firstRow: number,
  rows: number,
  target: Int32Array,
  weights: Float64Array | undefined,
  normalize: boolean,
): number {
  let losses = 0;
  for (let r = 0, i = 0; r < rows; r++, i += columns) {
    let max = -Infinity;
    for (let j = 0; j < columns; j++) max = Math.max(max, block[i + j] as number);
    let sum = 0;
    for (let j = 0; j < columns; j++) sum += Math.exp((block[i + j] as number) - max);
    const logSum = max + Math.log(sum);
    if (!Number.isFinite(logSum)) {
      throw new DataError(
        `${CALLER}: expected finite logits in probs, got NaN, Infinity or only -Infinity in row ${firstRow + r}. Drop ` +
          'or repair such examples first.',
      );
    }
    if (!normalize && Math.abs(Math.expm1(logSum)) > SUM_TOLERANCE) {
      throw new DataError(
        `${CALLER}: expected log-probabilities whose exponentials sum to 1 within ${SUM_TOLERANCE}, got a sum of ` +
          `${Math.exp(logSum)} in row ${firstRow + r}. Pass {scale: 'logits'} to have rows normalized.`,
      );
    }
    const label = block[i + (target[firstRow + r] as number)] as number;
    losses += weighed((normalize ? logSum : 0) - label, weights, firstRow + r);
  }
  return losses;
}
