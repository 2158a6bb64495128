import {ConfigError, DataError} from '../errors.ts';
import {classLabels, type Labels} from '../linalg/class-labels.ts';
import {denseMatrix, forEachBlock, type MatrixLike} from '../linalg/matrix-like.ts';
import {fastLog} from './fast-log.ts';
import {isDistribution, rowError, SUM_TOLERANCE} from './rows.ts';

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
 * @param options Named options.
 * @param options.scale What `probs` holds; 'probabilities' by default. With 'logits' the rows are normalized here.
 * @throws DataError for NaN, rows that are no distributions, labels out of range, no examples.
 * @throws ShapeError where probs and labels do not fit.
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
  {scale = 'probabilities'}: {scale?: Scale} = {},
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
  let total = 0;
  forEachBlock(matrix, (block, firstRow, rows) => {
    total +=
      scale === 'probabilities'
        ? fromProbabilities(block, columns, firstRow, rows, target)
        : fromLogits(block, columns, firstRow, rows, target, scale === 'logits');
  });
  return total / matrix.rows;
}

function fromProbabilities(
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
    for (let j = 0; j < columns; j++) {
      const p = block[i + j] as number;
      sum += p;
      if (p < low) low = p;
    }
    if (!isDistribution(sum, low)) throw rowError(CALLER, 'probs', block, i, columns, firstRow + r);
    const p = block[i + (target[firstRow + r] as number)] as number;
    total -= p > SMALLEST_NORMAL ? fastLog(p) : Math.log(p);
  }
  return total;
}

function fromLogits(
  block: Float64Array,
  columns: number,
  firstRow: number,
  rows: number,
  target: Int32Array,
  normalize: boolean,
): number {
  let total = 0;
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
    total += (normalize ? logSum : 0) - (block[i + (target[firstRow + r] as number)] as number);
  }
  return total;
}
