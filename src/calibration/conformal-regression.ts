import {ConfigError, DataError} from '../errors.ts';
import {checkLength, finiteVector, float64} from '../linalg/matrix-like.ts';
import {positiveVector} from './inputs.ts';

/** Prediction intervals by their ends, which may be infinite. */
export interface PredictionIntervals {
  /** Lower ends [N]. */
  readonly lower: Float64Array;
  /** Upper ends [N], not below the lower ones. */
  readonly upper: Float64Array;
}

/**
 * Nonconformity scores of point predictions: absolute residuals, by a predicted scale if one is given.
 *
 * |targets_i - mean_i| / scale_i (Lei et al. 2018). With a scale the intervals are wide where the model is unsure.
 *
 * @param mean Predictions for held-out examples.
 * @param targets Their true values.
 * @param options as follows.
 * @param options.scale Predicted standard deviations or other scales, above 0; 1 by default.
 * @returns Scores [N], for {@link conformalQuantile} and {@link weightedConformalQuantiles}.
 * @throws DataError for numbers that are not finite, scales that are not positive, or no examples.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {conformalQuantile, residualIntervals, residualScores} from 'tfjs-bayes';
 * const scores = residualScores([1, 2, 3, 4], [1.5, 1, 3, 6]); // 0.5, 1, 0, 2
 * console.log(residualIntervals([10], conformalQuantile(scores, {level: 0.8}))); // 8 to 12
 * ```
 */
export function residualScores(
  mean: ArrayLike<number>,
  targets: ArrayLike<number>,
  {scale}: {scale?: ArrayLike<number>} = {},
): Float64Array {
  const y = finiteVector('residualScores', 'targets', targets);
  const m = finiteVector('residualScores', 'mean', mean, y.length);
  const s = scale === undefined ? undefined : positiveVector('residualScores', 'scale', scale, y.length);
  return y.map((value, i) => Math.abs(value - (m[i] as number)) / (s?.[i] ?? 1));
}

/**
 * Prediction intervals around point predictions, from a threshold on {@link residualScores}.
 *
 * mean_i -/+ threshold scale_i.
 *
 * @param mean Predictions for new examples.
 * @param threshold One for all, or one per example; at least 0, may be Infinity.
 * @param options as follows.
 * @param options.scale Scales as in the calibration; 1 by default.
 * @throws DataError for numbers that are not finite, scales that are not positive, thresholds below 0, or no examples.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {residualIntervals} from 'tfjs-bayes';
 * console.log(residualIntervals([0, 10], 1.5, {scale: [1, 2]}).upper); // 1.5, 13
 * ```
 */
export function residualIntervals(
  mean: ArrayLike<number>,
  threshold: number | ArrayLike<number>,
  {scale}: {scale?: ArrayLike<number>} = {},
): PredictionIntervals {
  const caller = 'residualIntervals';
  const m = finiteVector(caller, 'mean', mean);
  const s = scale === undefined ? undefined : positiveVector(caller, 'scale', scale, m.length);
  const widths = perExample(caller, threshold, m.length);
  const wrong = widths.find((q) => !(q >= 0));
  if (wrong !== undefined) {
    throw new DataError(
      `${caller}: expected thresholds of at least 0, got ${wrong}. Use conformalQuantile of residualScores.`,
    );
  }
  const radius = widths.map((q, i) => q * (s?.[i] ?? 1));
  return {
    lower: m.map((value, i) => value - (radius[i] as number)),
    upper: m.map((value, i) => value + (radius[i] as number)),
  };
}

/** How {@link quantileScores} measure the distance to predicted quantiles. */
export interface QuantileRule {
  /**
   * `'shift'` (default) moves both ends by as much; `'width'` by a share of the interval's width; `'median'` each end by a
   * share of its distance to `median`.
   */
  readonly form?: 'shift' | 'width' | 'median';
  /** Predicted medians, strictly inside the intervals: required by the form `'median'`. */
  readonly median?: ArrayLike<number>;
}

/**
 * Nonconformity scores of predicted quantiles, for conformalized quantile regression (CQR).
 *
 * max((lower_i - targets_i) / a_i, (targets_i - upper_i) / b_i), negative inside the interval, with a = b = 1 for the form
 * `'shift'` (Romano, Patterson & Candes 2019), a = b = upper - lower for `'width'` (Sesia & Candes 2020), and
 * a = median - lower, b = upper - median for `'median'` (Kivaranovic, Johnson & Leeb 2020).
 *
 * @param lower Predicted lower quantiles of held-out examples.
 * @param upper Predicted upper quantiles, not below the lower ones (above them for `'width'` and `'median'`).
 * @param targets The true values.
 * @param options See {@link QuantileRule}, and `side`: `'lower'` or `'upper'` for the score of one end alone, from which two
 * thresholds at the level (1 + level) / 2 cover either side; both by default.
 * @returns Scores [N], for {@link conformalQuantile}.
 * @throws DataError for numbers that are not finite, crossed quantiles, or no examples.
 * @throws ShapeError where the lengths differ.
 * @throws ConfigError for an unknown form or side, or a missing median.
 *
 * @example
 * ```ts
 * import {conformalQuantile, quantileIntervals, quantileScores} from 'tfjs-bayes';
 * const scores = quantileScores([0, 0, 0, 0], [2, 2, 2, 2], [1, 3, -0.5, 2]); // -1, 1, 0.5, 0
 * console.log(quantileIntervals([5], [6], conformalQuantile(scores, {level: 0.8}))); // 4 to 7
 * ```
 */
export function quantileScores(
  lower: ArrayLike<number>,
  upper: ArrayLike<number>,
  targets: ArrayLike<number>,
  {side = 'both', ...rule}: QuantileRule & {side?: 'both' | 'lower' | 'upper'} = {},
): Float64Array {
  const caller = 'quantileScores';
  if (side !== 'both' && side !== 'lower' && side !== 'upper') {
    throw new ConfigError(`${caller}: expected side 'both', 'lower' or 'upper', got '${side}'. Leave it out for both.`);
  }
  const {l, u, below, above} = readQuantiles(caller, lower, upper, rule);
  const y = finiteVector(caller, 'targets', targets, l.length);
  return y.map((value, i) => {
    const under = ((l[i] as number) - value) / below(i);
    const over = (value - (u[i] as number)) / above(i);
    if (side === 'both') return Math.max(under, over);
    return side === 'lower' ? under : over;
  });
}

/**
 * Prediction intervals from predicted quantiles and a threshold on {@link quantileScores}.
 *
 * lower_i - threshold a_i to upper_i + threshold b_i, with a and b of the rule. A negative threshold shrinks; an interval
 * that would turn inside out becomes the point halfway.
 *
 * @param lower Predicted lower quantiles of new examples.
 * @param upper Predicted upper quantiles, not below the lower ones (above them for `'width'` and `'median'`).
 * @param threshold One for all, one per example, or `{lower, upper}` for thresholds of either side; may be Infinity.
 * @param rule The form that the calibration scores were made with, and the medians of the new examples if it needs them.
 * @throws DataError for numbers that are not finite, crossed quantiles, thresholds that are NaN, or no examples.
 * @throws ShapeError where the lengths differ.
 * @throws ConfigError for an unknown form or a missing median.
 *
 * @example
 * ```ts
 * import {quantileIntervals} from 'tfjs-bayes';
 * console.log(quantileIntervals([0], [4], 0.25, {form: 'width'})); // -1 to 5
 * ```
 */
export function quantileIntervals(
  lower: ArrayLike<number>,
  upper: ArrayLike<number>,
  threshold: number | ArrayLike<number> | {readonly lower: number; readonly upper: number},
  rule: QuantileRule = {},
): PredictionIntervals {
  const caller = 'quantileIntervals';
  const {l, u, below, above} = readQuantiles(caller, lower, upper, rule);
  const sides =
    typeof threshold === 'object' && 'upper' in threshold ? threshold : {lower: threshold, upper: threshold};
  const down = perExample(caller, sides.lower, l.length);
  const up = perExample(caller, sides.upper, l.length);
  const from = l.map((value, i) => value - (down[i] as number) * below(i));
  const to = u.map((value, i) => value + (up[i] as number) * above(i));
  for (let i = 0; i < l.length; i++) {
    if ((from[i] as number) > (to[i] as number)) {
      from[i] = to[i] = ((from[i] as number) + (to[i] as number)) / 2;
    }
  }
  return {lower: from, upper: to};
}

/** Reads quantiles and what distances from them are divided by. */
function readQuantiles(
  caller: string,
  lower: ArrayLike<number>,
  upper: ArrayLike<number>,
  {form = 'shift', median}: QuantileRule,
) {
  const l = finiteVector(caller, 'lower', lower);
  const u = finiteVector(caller, 'upper', upper, l.length);
  const crossed = l.findIndex((value, i) => value > (u[i] as number));
  if (crossed >= 0) throw quantileError(caller, 'lower at or below upper', l[crossed], u[crossed], crossed);
  if (form === 'shift') return {l, u, below: () => 1, above: () => 1};
  const empty = l.findIndex((value, i) => value === u[i]);
  if (empty >= 0) throw quantileError(caller, 'lower below upper', l[empty], u[empty], empty);
  const width = (i: number): number => (u[i] as number) - (l[i] as number);
  if (form === 'width') return {l, u, below: width, above: width};
  if (form !== 'median' || median === undefined) {
    throw new ConfigError(
      `${caller}: expected form 'shift', 'width', or 'median' with the option median, got form '${form}'` +
        `${form === 'median' ? ' without it' : ''}. Leave both out for 'shift'.`,
    );
  }
  const m = finiteVector(caller, 'median', median, l.length);
  const outside = m.findIndex((value, i) => !(value > (l[i] as number) && value < (u[i] as number)));
  if (outside >= 0)
    throw quantileError(caller, `medians inside (${m[outside]} is not)`, l[outside], u[outside], outside);
  return {
    l,
    u,
    below: (i: number): number => (m[i] as number) - (l[i] as number),
    above: (i: number): number => (u[i] as number) - (m[i] as number),
  };
}

function quantileError(
  caller: string,
  expected: string,
  lower: number | undefined,
  upper: number | undefined,
  index: number,
): DataError {
  return new DataError(
    `${caller}: expected ${expected}, got quantiles ${lower} and ${upper} at index ${index}. Sort crossed quantiles first.`,
  );
}

function perExample(caller: string, threshold: number | ArrayLike<number>, length: number): Float64Array {
  if (typeof threshold !== 'number') checkLength(caller, 'threshold', threshold, length);
  const values = typeof threshold === 'number' ? new Float64Array(length).fill(threshold) : float64(threshold);
  if (values.some(Number.isNaN))
    throw new DataError(`${caller}: expected numbers for threshold, got NaN. Use conformalQuantile.`);
  return values;
}
