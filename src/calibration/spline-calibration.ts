import {ConfigError} from '../errors.ts';
import {cholesky} from '../linalg/cholesky.ts';
import {matrix} from '../linalg/matrix.ts';
import {choleskySolve} from '../linalg/triangular-solve.ts';
import {binaryLabels, probabilityVector} from './inputs.ts';
import {interpolate} from './interpolate.ts';

/** At most so many corners are kept of a fitted curve. */
const CORNERS = 512;

/** A fitted spline calibration, as the corners of a piecewise linear curve that is constant beyond its ends. */
export interface SplineMap {
  /** Ascending probabilities of the classifier. */
  readonly x: readonly number[];
  /** The calibrated probability at each. */
  readonly y: readonly number[];
}

/**
 * Fits spline calibration of a binary classifier's probabilities, on held-out data, without bins.
 *
 * With the probabilities sorted and t = i / N, the cumulative share h(t) = (1/N) sum_(j <= i) labels_j is fitted by least squares
 * with a natural cubic spline; its slope at t is the calibrated probability there, clipped to [0, 1] (Gupta et al. 2021). Equal
 * probabilities get the mean slope over all of them. Stored as at most 512 corners, linear between them; it may fall.
 *
 * @param probs Probabilities of label 1.
 * @param labels 0 or 1, one per probability.
 * @param options Named options.
 * @param options.knots Knots of the spline, evenly spaced in t, at least 2; 6 by default.
 * @throws DataError for numbers that are no probabilities, labels other than 0 and 1, or no examples.
 * @throws ShapeError where the lengths differ.
 * @throws ConfigError for knots that are no whole number from 2.
 *
 * @example
 * ```ts
 * import {applySpline, fitSpline} from 'tfjs-bayes';
 * const probs = Array.from({length: 200}, (_, i) => i / 200);
 * const map = fitSpline(probs, probs.map((p, i) => Number((i * 37) % 100 < 100 * p * p))); // label 1 with probability p^2
 * console.log(applySpline([0.5], map)); // about 0.25
 * ```
 */
export function fitSpline(
  probs: ArrayLike<number>,
  labels: ArrayLike<number>,
  {knots = 6}: {knots?: number} = {},
): SplineMap {
  const caller = 'fitSpline';
  if (!Number.isInteger(knots) || knots < 2) {
    throw new ConfigError(`${caller}: expected knots to be a whole number from 2, got ${knots}. 6 are common.`);
  }
  const p = probabilityVector(caller, 'probs', probs);
  const y = binaryLabels(caller, labels, p.length);
  const n = p.length;
  const order = Uint32Array.from(p.keys()).sort((i, j) => (p[i] as number) - (p[j] as number));
  // The ends of the runs of equal probabilities: which of these comes first says nothing.
  const ends: {value: number; t: number; h: number}[] = [];
  let ones = 0;
  order.forEach((at, i) => {
    ones += y[at] as number;
    const value = p[at] as number;
    if (i === n - 1 || p[order[i + 1] as number] !== value) ends.push({value, t: (i + 1) / n, h: ones / n});
  });
  const curve = leastSquares(ends, Math.min(knots, ends.length + 1));
  const slopes = ends.map(({t}, i) => {
    const before = ends[i - 1]?.t ?? 0;
    return Math.min(1, Math.max(0, (curve(t) - curve(before)) / (t - before)));
  });
  const step = Math.max(1, (ends.length - 1) / (CORNERS - 1));
  const kept = Array.from({length: Math.min(CORNERS, ends.length)}, (_, c) => Math.round(c * step));
  return {x: kept.map((i) => ends[i]?.value as number), y: kept.map((i) => slopes[i] as number)};
}

/**
 * Probabilities of label 1 after spline calibration.
 *
 * @param probs Probabilities of the same classifier.
 * @param map As returned by {@link fitSpline}.
 * @throws DataError for numbers that are no probabilities, or none.
 *
 * @example
 * ```ts
 * import {applySpline} from 'tfjs-bayes';
 * console.log(applySpline([0.5], {x: [0, 1], y: [0.2, 0.6]})); // 0.4
 * ```
 */
export function applySpline(probs: ArrayLike<number>, {x, y}: SplineMap): Float64Array {
  return probabilityVector('applySpline', 'probs', probs).map((p) => interpolate(x, y, p));
}

/** The natural cubic spline with evenly spaced knots on [0, 1] that is nearest to (0, 0) and the points. */
function leastSquares(points: readonly {t: number; h: number}[], knots: number): (t: number) => number {
  const basis = (t: number): Float64Array => naturalBasis(t, knots);
  const normal = matrix(knots, knots);
  const right = new Float64Array(knots);
  for (const {t, h} of [{t: 0, h: 0}, ...points]) {
    const row = basis(t);
    for (let a = 0; a < knots; a++) {
      right[a] = (right[a] as number) + (row[a] as number) * h;
      for (let b = 0; b < knots; b++) {
        normal.data[a * knots + b] = (normal.data[a * knots + b] as number) + (row[a] as number) * (row[b] as number);
      }
    }
  }
  for (let a = 0; a < knots; a++) {
    // As much as rounding in the sums: a knot without points near it stays where it is.
    normal.data[a * (knots + 1)] = (normal.data[a * (knots + 1)] as number) * (1 + 1e-12) + 1e-12;
  }
  const coefficients = choleskySolve(cholesky(normal).factor, right);
  return (t) => basis(t).reduce((sum, value, a) => sum + value * (coefficients[a] as number), 0);
}

/** 1, t and the truncated cubes that end in straight lines (Hastie, Tibshirani & Friedman 2009, equation 5.4). */
function naturalBasis(t: number, knots: number): Float64Array {
  const at = (k: number): number => k / (knots - 1);
  const cube = (k: number): number => Math.max(0, t - at(k)) ** 3;
  const bent = (k: number): number => (cube(k) - cube(knots - 1)) / (1 - at(k));
  return Float64Array.from({length: knots}, (_, a) => {
    if (a < 2) return a === 0 ? 1 : t;
    return bent(a - 2) - bent(knots - 2);
  });
}
