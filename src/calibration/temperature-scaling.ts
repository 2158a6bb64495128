import {ConfigError} from '../errors.ts';
import {classLabels, type Labels} from '../linalg/class-labels.ts';
import {type DenseMatrix, denseMatrix, forEachBlock, type MatrixLike} from '../linalg/matrix-like.ts';
import {warn} from '../warn.ts';
import {checkFinite, type Float64Rows} from './inputs.ts';

const COLDEST = 1e-3;
const HOTTEST = 1e3;
const MAX_STEPS = 200;

/**
 * Fits the one temperature that calibrates logits best on held-out data.
 *
 * Minimizes the mean of logSumExp(logits_i / T) - logits[i, labels_i] / T over T > 0 (Guo et al. 2017). In 1/T this is
 * convex, so Newton's method within a shrinking bracket finds the one minimum, to the last digits of float64. The
 * prediction with the largest probability never changes. Use other data than the model was trained on, and judge the
 * result on yet other data.
 *
 * A temperature outside [0.001, 1000] is not returned: where the likelihood still grows at such a bound (every label
 * already has the largest logit, or logits say nothing about labels), the bound is, with a warning.
 *
 * @param logits Logits or log-probabilities [N, K], finite.
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @returns The temperature T: above 1 for an overconfident model, below 1 for an underconfident one.
 * @throws DataError for logits that are not finite, labels out of range, no examples.
 * @throws ShapeError where logits and labels do not fit.
 *
 * @example
 * ```ts
 * import {applyTemperature, fitTemperature} from 'tfjs-bayes';
 * const logits = [[4, 0], [5, 0], [0, 6], [3, 0]];
 * const temperature = fitTemperature(logits, [0, 0, 1, 1]);
 * console.log(temperature > 1, applyTemperature(logits, temperature).data[0]);
 * ```
 */
export function fitTemperature(logits: MatrixLike, labels: Labels): number {
  const caller = 'fitTemperature';
  const matrix = denseMatrix(caller, 'logits', logits);
  const target = classLabels(caller, labels, matrix.rows, matrix.columns);
  checkFinite(caller, 'logits', matrix);

  let low = 1 / HOTTEST;
  let high = 1 / COLDEST;
  // The loss falls with 1/T where its slope is negative.
  if (derivatives(matrix, target, low).slope >= 0)
    return atBound(caller, HOTTEST, 'logits say nothing about the labels');
  if (derivatives(matrix, target, high).slope <= 0)
    return atBound(caller, COLDEST, 'every label has the largest logit');

  let inverse = 1;
  for (let i = 0; i < MAX_STEPS; i++) {
    const {slope, curvature} = derivatives(matrix, target, inverse);
    if (slope === 0) break;
    if (slope < 0) low = inverse;
    else high = inverse;
    let next = inverse - slope / curvature;
    if (!(next > low && next < high)) next = Math.sqrt(low * high);
    const change = Math.abs(next - inverse);
    inverse = next;
    if (change <= 4 * Number.EPSILON * inverse) break;
  }
  return 1 / inverse;
}

/**
 * Probabilities from logits at a temperature: softmax(logits / temperature), row by row.
 *
 * @param logits Logits or log-probabilities [N, K], finite.
 * @param temperature Above 0; 1 leaves the softmax as it is, more flattens it.
 * @returns Float64 probabilities [N, K] in one array with its shape, as the metrics take them.
 * @throws DataError for logits that are not finite.
 * @throws ConfigError for a temperature that is not a positive number.
 *
 * @example
 * ```ts
 * import {applyTemperature} from 'tfjs-bayes';
 * console.log(applyTemperature([[2, 0]], 2).data); // [0.7311, 0.2689]
 * ```
 */
export function applyTemperature(logits: MatrixLike, temperature: number): Float64Rows {
  const caller = 'applyTemperature';
  if (!(temperature > 0 && temperature < Infinity)) {
    throw new ConfigError(
      `${caller}: expected a positive temperature, got ${temperature}. Fit one with fitTemperature, or pass 1.`,
    );
  }
  const matrix = denseMatrix(caller, 'logits', logits);
  checkFinite(caller, 'logits', matrix);
  const {rows: n, columns} = matrix;
  const data = new Float64Array(n * columns);
  forEachBlock(matrix, (block, firstRow, rows) => {
    for (let r = 0, i = 0, to = firstRow * columns; r < rows; r++, i += columns, to += columns) {
      let max = -Infinity;
      for (let j = 0; j < columns; j++) max = Math.max(max, block[i + j] as number);
      let sum = 0;
      for (let j = 0; j < columns; j++) {
        const weight = Math.exp(((block[i + j] as number) - max) / temperature);
        data[to + j] = weight;
        sum += weight;
      }
      for (let j = 0; j < columns; j++) data[to + j] = (data[to + j] as number) / sum;
    }
  });
  return {data, shape: [n, columns]};
}

/**
 * First and second derivative, with respect to 1/T, of the mean negative log-likelihood: the mean over rows of the
 * mean and the variance of logit - label's logit under softmax(logits / T).
 */
function derivatives(matrix: DenseMatrix, target: Int32Array, inverse: number): {slope: number; curvature: number} {
  const {columns} = matrix;
  let slope = 0;
  let curvature = 0;
  forEachBlock(matrix, (block, firstRow, rows) => {
    for (let r = 0, i = 0; r < rows; r++, i += columns) {
      let max = -Infinity;
      for (let j = 0; j < columns; j++) max = Math.max(max, block[i + j] as number);
      const label = block[i + (target[firstRow + r] as number)] as number;
      let sum = 0;
      let first = 0;
      let second = 0;
      for (let j = 0; j < columns; j++) {
        const logit = block[i + j] as number;
        const difference = logit - label;
        const weight = Math.exp((logit - max) * inverse);
        sum += weight;
        first += weight * difference;
        second += weight * difference * difference;
      }
      const mean = first / sum;
      slope += mean;
      curvature += Math.max(0, second / sum - mean * mean);
    }
  });
  return {slope: slope / matrix.rows, curvature: curvature / matrix.rows};
}

function atBound(caller: string, temperature: number, reason: string): number {
  warn(
    `${caller}: the likelihood has no maximum between ${COLDEST} and ${HOTTEST}, because ${reason}; returning ` +
      `${temperature}. Fit on more held-out data.`,
  );
  return temperature;
}
