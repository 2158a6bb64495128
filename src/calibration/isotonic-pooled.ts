import {classLabels, type Labels} from '../linalg/class-labels.ts';
import type {MatrixLike} from '../linalg/matrix-like.ts';
import {type Float64Rows, probabilityRows} from './inputs.ts';
import {interpolate} from './interpolate.ts';
import {fitIsotonic, type IsotonicMap} from './isotonic.ts';

/** Slope added to flat pieces, so that different probabilities stay different. */
const SLOPE = 1e-6;

/**
 * Fits isotonic calibration that never changes which class is predicted (IRM), on held-out data.
 *
 * One {@link fitIsotonic} of [labels_i = k] on probs_ik over all examples and classes together (Zhang, Kailkhura & Han 2020).
 *
 * @param probs Probabilities [N, K], rows summing to one within 1e-3.
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @throws DataError for rows that are not probabilities, labels out of range, no examples.
 * @throws ShapeError where probs and labels do not fit.
 *
 * @example
 * ```ts
 * import {applyIsotonicPooled, fitIsotonicPooled} from 'tfjs-bayes';
 * const probs = [[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]];
 * const map = fitIsotonicPooled(probs, [0, 1, 1, 0]);
 * console.log(applyIsotonicPooled([[0.7, 0.3]], map).data); // the first stays ahead
 * ```
 */
export function fitIsotonicPooled(probs: MatrixLike, labels: Labels): IsotonicMap {
  const caller = 'fitIsotonicPooled';
  const {data, rows, columns} = probabilityRows(caller, probs);
  const target = classLabels(caller, labels, rows, columns);
  return fitIsotonic(
    data,
    Float64Array.from(data, (_, at) => Number(target[Math.floor(at / columns)] === at % columns)),
  );
}

/**
 * Probabilities after pooled isotonic calibration: map(p) + 1e-6 p for every class, rows made to sum to one. The second
 * term keeps the order of the classes where the map is flat.
 *
 * @param probs Probabilities [N, K] of the same model, rows summing to one within 1e-3.
 * @param map As returned by {@link fitIsotonicPooled}.
 * @returns Float64 probabilities [N, K], as the metrics take them.
 * @throws DataError for rows that are not probabilities, or no examples.
 *
 * @example
 * ```ts
 * import {applyIsotonicPooled} from 'tfjs-bayes';
 * console.log(applyIsotonicPooled([[0.8, 0.2]], {x: [0, 1], y: [0.3, 0.7]}).data); // about 0.62, 0.38
 * ```
 */
export function applyIsotonicPooled(probs: MatrixLike, {x, y}: IsotonicMap): Float64Rows {
  const {data, rows, columns} = probabilityRows('applyIsotonicPooled', probs);
  const result = Float64Array.from(data, (p) => interpolate(x, y, p) + SLOPE * p);
  normalizeRows(result, columns);
  return {data: result, shape: [rows, columns]};
}

/** Makes rows sum to one; a row of zeros becomes uniform. */
export function normalizeRows(data: Float64Array, columns: number): void {
  for (let from = 0; from < data.length; from += columns) {
    const row = data.subarray(from, from + columns);
    const sum = row.reduce((total, p) => total + p, 0);
    row.forEach((p, k) => {
      row[k] = sum > 0 ? p / sum : 1 / columns;
    });
  }
}
