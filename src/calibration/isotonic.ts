import {DataError} from '../errors.ts';
import {classLabels, type Labels} from '../linalg/class-labels.ts';
import {finiteVector, type MatrixLike} from '../linalg/matrix-like.ts';
import {poolAdjacentViolators} from '../linalg/pool-adjacent-violators.ts';
import {checkColumns, type Float64Rows, probabilityRows} from './inputs.ts';
import {interpolate} from './interpolate.ts';

/** A non-decreasing map, as the corners of a piecewise linear curve that is constant beyond its ends. */
export interface IsotonicMap {
  /** Ascending inputs. */
  readonly x: readonly number[];
  /** Outputs, not descending. */
  readonly y: readonly number[];
}

/**
 * Isotonic regression: the non-decreasing function nearest to the data in (weighted) squared error.
 *
 * Pool adjacent violators, exact in O(N log N) (Barlow et al. 1972). Equal inputs are first averaged; between the inputs the map
 * is linear. With probabilities and labels 0 and 1 it is isotonic calibration (Zadrozny & Elkan 2002), which needs some
 * hundred held-out examples or more.
 *
 * @param x Inputs, such as probabilities of label 1.
 * @param y Outputs, such as labels 0 and 1.
 * @param options as follows.
 * @param options.weights How much every example counts, at least 0 and not all 0; 1 by default.
 * @throws DataError for numbers that are not finite, negative weights, or no examples.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {applyIsotonic, fitIsotonic} from 'tfjs-bayes';
 * const map = fitIsotonic([0.1, 0.4, 0.6, 0.9], [0, 1, 0, 1]);
 * console.log(applyIsotonic([0.25, 0.5, 1], map)); // 0.25, 0.5, 1
 * ```
 */
export function fitIsotonic(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  {weights}: {weights?: ArrayLike<number>} = {},
): IsotonicMap {
  const caller = 'fitIsotonic';
  const inputs = finiteVector(caller, 'x', x);
  const outputs = finiteVector(caller, 'y', y, inputs.length);
  const w =
    weights === undefined
      ? new Float64Array(inputs.length).fill(1)
      : finiteVector(caller, 'weights', weights, inputs.length);
  if (w.some((v) => v < 0) || !w.some((v) => v > 0)) {
    throw new DataError(
      `${caller}: expected weights of at least 0 that do not all vanish. Leave them out for equal weights.`,
    );
  }
  const {position, mean, weight} = averageTies(inputs, outputs, w);
  return corners(position, poolAdjacentViolators(mean, weight));
}

/**
 * Applies a map of {@link fitIsotonic} or {@link fitPitRecalibration}: linear between its corners, constant beyond them.
 *
 * @param values Inputs.
 * @param map The fitted map.
 * @throws DataError for values that are not finite, or none.
 *
 * @example
 * ```ts
 * import {applyIsotonic} from 'tfjs-bayes';
 * console.log(applyIsotonic([-1, 0.5, 2], {x: [0, 1], y: [0.2, 0.6]})); // 0.2, 0.4, 0.6
 * ```
 */
export function applyIsotonic(values: ArrayLike<number>, {x, y}: IsotonicMap): Float64Array {
  return finiteVector('applyIsotonic', 'values', values).map((value) => interpolate(x, y, value));
}

/**
 * Fits isotonic calibration of several classes, one against the rest, on held-out data.
 *
 * For every class k the {@link fitIsotonic} of [labels_i = k] on probs_ik (Zadrozny & Elkan 2002). Can change the predicted
 * class and create ties.
 *
 * @param probs Probabilities [N, K], rows summing to one within 1e-3.
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @returns One map per class.
 * @throws DataError for rows that are not probabilities, labels out of range, no examples.
 * @throws ShapeError where probs and labels do not fit.
 *
 * @example
 * ```ts
 * import {applyIsotonicOneVsRest, fitIsotonicOneVsRest} from 'tfjs-bayes';
 * const probs = [[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]];
 * const maps = fitIsotonicOneVsRest(probs, [0, 1, 1, 0]);
 * console.log(applyIsotonicOneVsRest([[0.7, 0.3]], maps).data); // 0.5, 0.5
 * ```
 */
export function fitIsotonicOneVsRest(probs: MatrixLike, labels: Labels): IsotonicMap[] {
  const caller = 'fitIsotonicOneVsRest';
  const {data, rows, columns} = probabilityRows(caller, probs);
  const target = classLabels(caller, labels, rows, columns);
  return Array.from({length: columns}, (_, k) => {
    const column = Float64Array.from({length: rows}, (_row, i) => data[i * columns + k] as number);
    return fitIsotonic(
      column,
      Float64Array.from(target, (label) => Number(label === k)),
    );
  });
}

/**
 * Probabilities after one-against-rest isotonic calibration: every class through its map, rows made to sum to one.
 *
 * A row that maps to zeros becomes uniform.
 *
 * @param probs Probabilities [N, K], rows summing to one within 1e-3.
 * @param maps As returned by {@link fitIsotonicOneVsRest}.
 * @returns Float64 probabilities [N, K], as the metrics take them.
 * @throws DataError for rows that are not probabilities, or no examples.
 * @throws ShapeError where the number of classes differs.
 *
 * @example
 * ```ts
 * import {applyIsotonicOneVsRest} from 'tfjs-bayes';
 * const half = {x: [0, 1], y: [0, 0.5]};
 * console.log(applyIsotonicOneVsRest([[0.75, 0.25]], [half, half]).data); // 0.75, 0.25
 * ```
 */
export function applyIsotonicOneVsRest(probs: MatrixLike, maps: readonly IsotonicMap[]): Float64Rows {
  const caller = 'applyIsotonicOneVsRest';
  const matrix = probabilityRows(caller, probs);
  checkColumns(caller, 'probs', matrix, maps.length);
  const {rows, columns} = matrix;
  const data = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const row = Array.from(matrix.data.subarray(i * columns, (i + 1) * columns));
    const mapped = maps.map((map, k) => applyIsotonic([row[k] as number], map)[0] as number);
    const sum = mapped.reduce((total, p) => total + p, 0);
    data.set(sum > 0 ? mapped.map((p) => p / sum) : mapped.fill(1 / columns), i * columns);
  }
  return {data, shape: [rows, columns]};
}

/** Distinct inputs in ascending order, with the weighted mean output and the weight of each; weight 0 is left out. */
export function averageTies(x: Float64Array, y: Float64Array, w: Float64Array) {
  const order = Uint32Array.from(x.keys()).sort((i, j) => (x[i] as number) - (x[j] as number));
  const position: number[] = [];
  const mean: number[] = [];
  const weight: number[] = [];
  for (const i of order) {
    const own = w[i] as number;
    if (own === 0) continue;
    const last = position.length - 1;
    if (last >= 0 && position[last] === x[i]) {
      const total = (weight[last] as number) + own;
      mean[last] = (mean[last] as number) + (own / total) * ((y[i] as number) - (mean[last] as number));
      weight[last] = total;
    } else {
      position.push(x[i] as number);
      mean.push(y[i] as number);
      weight.push(own);
    }
  }
  return {position, mean, weight};
}

/** The corners of a curve: points between two others of the same height say nothing. */
function corners(position: readonly number[], height: Float64Array): IsotonicMap {
  const kept = position.map((_, i) => i).filter((i) => height[i] !== height[i - 1] || height[i] !== height[i + 1]);
  return {x: kept.map((i) => position[i] as number), y: kept.map((i) => height[i] as number)};
}
