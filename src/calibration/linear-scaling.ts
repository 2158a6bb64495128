import {ConfigError} from '../errors.ts';
import {classLabels, type Labels} from '../linalg/class-labels.ts';
import {type DenseMatrix, denseMatrix, type MatrixLike} from '../linalg/matrix-like.ts';
import {logSumExp} from '../special/log-sum-exp.ts';
import {warn} from '../warn.ts';
import {checkColumns, checkFinite, type Float64Rows, probabilityRows} from './inputs.ts';
import {minimizeConvex} from './minimize-convex.ts';
import {type Ridge, softmaxRegression} from './softmax-regression.ts';

const SMALLEST = 1e-12;
const SEPARATED = 1e-9;

/** A fitted vector, matrix or Dirichlet scaling, as plain numbers that can be stored as JSON. */
export interface LinearScaling {
  /** What it scales: logits, or, for `'dirichlet'`, logarithms of probabilities. */
  readonly kind: 'vector' | 'matrix' | 'dirichlet';
  /** W [K, K]; for `'vector'` its diagonal in one row. */
  readonly weights: readonly (readonly number[])[];
  /** b [K]. */
  readonly bias: readonly number[];
}

/**
 * Fits vector scaling: a factor and a shift for the logit of each class, on held-out data.
 *
 * Minimizes the mean negative log-likelihood of softmax(w * logits_i + b) over w and b (Guo et al. 2017). Convex: Newton's
 * method, to within 1e-14 of the minimum. Can change the predicted class. Labels that some w and b separate perfectly give
 * huge weights and a warning.
 *
 * @param logits Logits or log-probabilities [N, K], finite.
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @throws DataError for logits that are not finite, labels out of range, no examples.
 * @throws ShapeError where logits and labels do not fit.
 *
 * @example
 * ```ts
 * import {applyLinearScaling, fitVectorScaling} from 'tfjs-bayes';
 * const logits = [[4, 0], [5, 0], [0, 6], [3, 0], [0, 3], [1, 0]];
 * const scaling = fitVectorScaling(logits, [0, 0, 1, 1, 1, 0]);
 * console.log(applyLinearScaling(logits, scaling).data[0]); // less sure than before
 * ```
 */
export function fitVectorScaling(logits: MatrixLike, labels: Labels): LinearScaling {
  const x = finiteLogits('fitVectorScaling', logits);
  return fitScaling('fitVectorScaling', 'vector', x, labels, {offDiagonal: 0, bias: 0});
}

/** Options of {@link fitMatrixScaling} and {@link fitDirichletScaling}. */
export interface MatrixScalingOptions {
  /** Weight of the mean square of the off-diagonal weights, at least 0; 0.01 by default. */
  readonly offDiagonal?: number;
  /** Weight of the mean square of the biases, at least 0; 0.01 by default. */
  readonly bias?: number;
}

/**
 * Fits matrix scaling: a linear map of all logits, on held-out data.
 *
 * Minimizes the mean negative log-likelihood of softmax(W logits_i + b) over W and b (Guo et al. 2017), plus
 * offDiagonal mean_(j != k) W_jk^2 + bias mean_k b_k^2 (Kull et al. 2019), without which K^2 weights overfit. Convex: Newton's
 * method, to within 1e-14 of the minimum, N K^2 operations per step of its inner loop.
 *
 * @param logits Logits or log-probabilities [N, K], finite.
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options See {@link MatrixScalingOptions}; choose both by cross-validation where N is small.
 * @throws DataError for logits that are not finite, labels out of range, no examples.
 * @throws ShapeError where logits and labels do not fit.
 * @throws ConfigError for a negative option.
 *
 * @example
 * ```ts
 * import {applyLinearScaling, fitMatrixScaling} from 'tfjs-bayes';
 * const logits = [[2, 0], [1, 0], [0.5, 0], [0, 2], [0, 1], [1, 0]];
 * const scaling = fitMatrixScaling(logits, [0, 0, 1, 1, 0, 1]);
 * console.log(scaling.weights, applyLinearScaling([[2, 0]], scaling).data);
 * ```
 */
export function fitMatrixScaling(
  logits: MatrixLike,
  labels: Labels,
  {offDiagonal = 0.01, bias = 0.01}: MatrixScalingOptions = {},
): LinearScaling {
  const x = finiteLogits('fitMatrixScaling', logits);
  return fitScaling('fitMatrixScaling', 'matrix', x, labels, checkRidge('fitMatrixScaling', {offDiagonal, bias}));
}

/**
 * Fits Dirichlet calibration: {@link fitMatrixScaling} of the logarithms of probabilities, on held-out data.
 *
 * Minimizes the mean negative log-likelihood of softmax(W log(probs_i) + b) with the same penalties (ODIR; Kull et al. 2019).
 * It is what calibrates classes whose predictions are Dirichlet distributed. Probabilities below 1e-12 count as that.
 *
 * @param probs Probabilities [N, K], rows summing to one within 1e-3.
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options See {@link MatrixScalingOptions}.
 * @throws DataError for rows that are not probabilities, labels out of range, no examples.
 * @throws ShapeError where probs and labels do not fit.
 * @throws ConfigError for a negative option.
 *
 * @example
 * ```ts
 * import {applyLinearScaling, fitDirichletScaling} from 'tfjs-bayes';
 * const probs = [[0.9, 0.1], [0.8, 0.2], [0.6, 0.4], [0.1, 0.9], [0.3, 0.7], [0.7, 0.3]];
 * const scaling = fitDirichletScaling(probs, [0, 0, 1, 1, 0, 1]);
 * console.log(applyLinearScaling([[0.9, 0.1]], scaling).data);
 * ```
 */
export function fitDirichletScaling(
  probs: MatrixLike,
  labels: Labels,
  {offDiagonal = 0.01, bias = 0.01}: MatrixScalingOptions = {},
): LinearScaling {
  const caller = 'fitDirichletScaling';
  return fitScaling(
    caller,
    'dirichlet',
    logProbabilities(caller, probs),
    labels,
    checkRidge(caller, {offDiagonal, bias}),
  );
}

/**
 * Probabilities after vector, matrix or Dirichlet scaling: softmax(W x + b), row by row.
 *
 * @param inputs What the scaling was fitted on: logits [N, K], or probabilities for `'dirichlet'`.
 * @param scaling As returned by {@link fitVectorScaling}, {@link fitMatrixScaling} or {@link fitDirichletScaling}.
 * @returns Float64 probabilities [N, K], as the metrics take them.
 * @throws DataError for inputs that are not finite, or no probabilities for `'dirichlet'`.
 * @throws ShapeError where the number of classes differs.
 *
 * @example
 * ```ts
 * import {applyLinearScaling} from 'tfjs-bayes';
 * console.log(applyLinearScaling([[2, 0]], {kind: 'vector', weights: [[0.5, 0.5]], bias: [0, 0]}).data); // 0.7311, 0.2689
 * ```
 */
export function applyLinearScaling(inputs: MatrixLike, {kind, weights, bias}: LinearScaling): Float64Rows {
  const caller = 'applyLinearScaling';
  const x = kind === 'dirichlet' ? logProbabilities(caller, inputs) : finiteLogits(caller, inputs);
  const {data, rows, columns} = x;
  checkColumns(caller, 'inputs', x, bias.length);
  const probs = new Float64Array(rows * columns);
  const f = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    const row = data.subarray(i * columns, (i + 1) * columns);
    bias.forEach((b, k) => {
      if (kind === 'vector') f[k] = b + (weights[0]?.[k] as number) * (row[k] as number);
      else f[k] = (weights[k] ?? []).reduce((sum, w, j) => sum + w * (row[j] as number), b);
    });
    const normalizer = logSumExp(f);
    for (let k = 0; k < columns; k++) probs[i * columns + k] = Math.exp((f[k] as number) - normalizer);
  }
  return {data: probs, shape: [rows, columns]};
}

function fitScaling(
  caller: string,
  kind: LinearScaling['kind'],
  x: DenseMatrix,
  labels: Labels,
  ridge: Ridge,
): LinearScaling {
  const k = x.columns;
  const target = classLabels(caller, labels, x.rows, k);
  const diagonal = kind === 'vector';
  const size = diagonal ? k : k * k;
  const start = new Float64Array(size + k);
  for (let c = 0; c < k; c++) start[diagonal ? c : c * (k + 1)] = 1;
  const {theta, value} = minimizeConvex(caller, softmaxRegression(x, target, diagonal, ridge), start);
  if (value < SEPARATED) {
    warn(
      `${caller}: the labels can be separated perfectly, so that the weights have no finite optimum. Fit on more held-out data.`,
    );
  }
  const rows = diagonal ? 1 : k;
  return {
    kind,
    weights: Array.from({length: rows}, (_, r) => Array.from(theta.subarray(r * k, (r + 1) * k))),
    bias: Array.from(theta.subarray(size)),
  };
}

function finiteLogits(caller: string, logits: MatrixLike): DenseMatrix {
  const matrix = denseMatrix(caller, 'logits', logits);
  checkFinite(caller, 'logits', matrix);
  return matrix;
}

function logProbabilities(caller: string, probs: MatrixLike): DenseMatrix {
  const {data, rows, columns} = probabilityRows(caller, probs);
  return {data: Float64Array.from(data, (p) => Math.log(Math.max(p, SMALLEST))), rows, columns};
}

function checkRidge(caller: string, ridge: Ridge): Ridge {
  if (!(ridge.offDiagonal >= 0 && ridge.bias >= 0)) {
    throw new ConfigError(
      `${caller}: expected offDiagonal and bias of at least 0, got ${ridge.offDiagonal} and ${ridge.bias}. Leave them out for 0.01.`,
    );
  }
  return ridge;
}
