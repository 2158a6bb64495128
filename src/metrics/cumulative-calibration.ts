import {DataError} from '../errors.ts';
import type {Labels} from '../linalg/class-labels.ts';
import type {MatrixLike} from '../linalg/matrix-like.ts';
import {normalCdf} from '../special/normal.ts';
import {type Events, eventsOf, type ReliabilityKind} from './events.ts';
import {tiedRuns} from './tied-runs.ts';
import {checkCounts, total} from './weights.ts';

/** Options of the calibration tests without bins. */
export interface CalibrationTestOptions {
  /** 'top-label' (default): the largest probability against being right; 'binary': P(y = 1) against the label. */
  readonly kind?: ReliabilityKind;
  /** How often each example counts, not its share of the whole; all 1 by default. */
  readonly weights?: ArrayLike<number>;
}

/** A calibration error with a test of the hypothesis that there is none. */
export interface CalibrationTest {
  /** The error on the scale of probabilities. */
  readonly error: number;
  /** The error in units of its standard deviation under perfect calibration. */
  readonly statistic: number;
  /** Asymptotic probability of a statistic at least as large under perfect calibration. */
  readonly pValue: number;
}

/** Cumulative difference between outcomes and probabilities; one entry per distinct probability. */
export interface CumulativeDifferences {
  /** The distinct probabilities, ascending. */
  readonly probability: Float64Array;
  /** (1/N) sum of outcome - probability over all examples up to this probability. */
  readonly difference: Float64Array;
  /** Standard deviation of the last difference under perfect calibration: sqrt(sum_i p_i (1 - p_i)) / N. */
  readonly scale: number;
}

/**
 * Cumulative differences between outcomes and probabilities: slopes of this curve are calibration errors, without bins.
 *
 * difference_k = (1/N) sum over p_i <= probability_k of (outcome_i - p_i) (Arrieta-Ibarra et al. 2022). Equal probabilities
 * are one step, so that the order of the examples does not matter.
 *
 * @param probs Probabilities [N, K]; for 'binary' [N, 2], or P(y = 1) as a flat array [N].
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options See {@link CalibrationTestOptions}.
 * @throws DataError for NaN, rows that are no distributions, labels out of range, negative weights, several that sum to at most 1, no examples.
 * @throws ShapeError where probs, labels, weights and kind do not fit.
 *
 * @example
 * ```ts
 * import {cumulativeDifferences} from 'tfjs-bayes/metrics';
 * const {difference} = cumulativeDifferences([0.7, 0.3, 0.6], [1, 0, 0], {kind: 'binary'});
 * console.log(difference); // [-0.1, -0.3, -0.2]
 * ```
 */
export function cumulativeDifferences(
  probs: MatrixLike | ArrayLike<number>,
  labels: Labels,
  {kind = 'top-label', weights}: CalibrationTestOptions = {},
): CumulativeDifferences {
  return differencesOf(countedEvents('cumulativeDifferences', probs, labels, kind, weights));
}

/**
 * Kolmogorov-Smirnov calibration error (ECCE-MAD): the largest absolute cumulative difference, with its test.
 *
 * error = max_k |difference_k|, statistic = error / scale, of {@link cumulativeDifferences}; pValue = P(max over [0, 1] of |Brownian
 * motion| > statistic) (Gupta et al. 2021; Arrieta-Ibarra et al. 2022). Asymptotic: trust it from some hundred examples.
 *
 * @param probs Probabilities [N, K]; for 'binary' [N, 2], or P(y = 1) as a flat array [N].
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options See {@link CalibrationTestOptions}.
 * @throws DataError for NaN, rows that are no distributions, labels out of range, negative weights, several that sum to at most 1, no examples; or where
 * every probability is 0 or 1, which leaves nothing to test.
 * @throws ShapeError where probs, labels, weights and kind do not fit.
 *
 * @example
 * ```ts
 * import {kolmogorovSmirnovCalibration} from 'tfjs-bayes/metrics';
 * const result = kolmogorovSmirnovCalibration([0.1, 0.9, 0.21, 0.9, 0.5], [0, 1, 0, 1, 0], {kind: 'binary'});
 * console.log(result); // error 0.162, statistic 0.978, pValue 0.649
 * ```
 */
export function kolmogorovSmirnovCalibration(
  probs: MatrixLike | ArrayLike<number>,
  labels: Labels,
  {kind = 'top-label', weights}: CalibrationTestOptions = {},
): CalibrationTest {
  const caller = 'kolmogorovSmirnovCalibration';
  const {difference, scale} = differencesOf(countedEvents(caller, probs, labels, kind, weights));
  let error = 0;
  for (let k = 0; k < difference.length; k++) error = Math.max(error, Math.abs(difference[k] as number));
  const statistic = error / positiveScale(caller, scale);
  return {error, statistic, pValue: brownianMaximumTail(statistic)};
}

/**
 * Kuiper calibration error (ECCE-R): the range of the cumulative differences, with its test.
 *
 * error = max_k difference_k - min_k difference_k of {@link cumulativeDifferences}, the start at 0 included; statistic = error /
 * scale; pValue = P(range over [0, 1] of Brownian motion > statistic) (Feller 1951; Arrieta-Ibarra et al. 2022). It sees
 * errors of opposite sign at different confidences better than {@link kolmogorovSmirnovCalibration}.
 *
 * @param probs Probabilities [N, K]; for 'binary' [N, 2], or P(y = 1) as a flat array [N].
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options See {@link CalibrationTestOptions}.
 * @throws DataError for NaN, rows that are no distributions, labels out of range, negative weights, several that sum to at most 1, no examples; or where
 * every probability is 0 or 1, which leaves nothing to test.
 * @throws ShapeError where probs, labels, weights and kind do not fit.
 *
 * @example
 * ```ts
 * import {kuiperCalibration} from 'tfjs-bayes/metrics';
 * const result = kuiperCalibration([0.1, 0.3, 0.6, 0.8], [0, 1, 0, 1], {kind: 'binary'});
 * console.log(result.error); // 0.175
 * ```
 */
export function kuiperCalibration(
  probs: MatrixLike | ArrayLike<number>,
  labels: Labels,
  {kind = 'top-label', weights}: CalibrationTestOptions = {},
): CalibrationTest {
  const caller = 'kuiperCalibration';
  const {difference, scale} = differencesOf(countedEvents(caller, probs, labels, kind, weights));
  let [low, high] = [0, 0];
  for (let k = 0; k < difference.length; k++) {
    low = Math.min(low, difference[k] as number);
    high = Math.max(high, difference[k] as number);
  }
  const error = high - low;
  const statistic = error / positiveScale(caller, scale);
  return {error, statistic, pValue: brownianRangeTail(statistic)};
}

/**
 * Spiegelhalter's test of calibration: whether the Brier score is what the probabilities themselves predict.
 *
 * statistic = sum_i (y_i - p_i)(1 - 2 p_i) / sqrt(sum_i (1 - 2 p_i)^2 p_i (1 - p_i)), about standard normal under perfect
 * calibration, positive for overconfidence; pValue = P(|normal| > |statistic|); error is the difference of the Brier score
 * from its expectation, (1/N) sum_i (y_i - p_i)(1 - 2 p_i) (Spiegelhalter 1986).
 *
 * @param probs Probabilities [N, K]; for 'binary' [N, 2], or P(y = 1) as a flat array [N].
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options See {@link CalibrationTestOptions}.
 * @throws DataError for NaN, rows that are no distributions, labels out of range, negative weights, several that sum to at most 1, no examples; or where
 * every probability is 0, 1/2 or 1, which leaves nothing to test.
 * @throws ShapeError where probs, labels, weights and kind do not fit.
 *
 * @example
 * ```ts
 * import {spiegelhalterTest} from 'tfjs-bayes/metrics';
 * const {statistic} = spiegelhalterTest([0.1, 0.9, 0.21, 0.9, 0.5], [0, 1, 0, 1, 0], {kind: 'binary'});
 * console.log(statistic); // -0.757
 * ```
 */
export function spiegelhalterTest(
  probs: MatrixLike | ArrayLike<number>,
  labels: Labels,
  {kind = 'top-label', weights}: CalibrationTestOptions = {},
): CalibrationTest {
  const caller = 'spiegelhalterTest';
  const {probability, outcome, weight} = countedEvents(caller, probs, labels, kind, weights);
  let [excess, variance] = [0, 0];
  for (let i = 0; i < probability.length; i++) {
    const p = probability[i] as number;
    const w = weight[i] as number;
    const slope = 1 - 2 * p;
    excess += w * ((outcome[i] as number) - p) * slope;
    variance += w * slope * slope * p * (1 - p);
  }
  const statistic = excess / positiveScale(caller, Math.sqrt(variance));
  return {error: excess / total(weight), statistic, pValue: 2 * normalCdf(-Math.abs(statistic))};
}

function countedEvents(...given: Parameters<typeof eventsOf>): Events {
  const [caller, , , , weights] = given;
  const events = eventsOf(...given);
  checkCounts(caller, weights);
  return events;
}

function differencesOf({probability, outcome, weight}: Events): CumulativeDifferences {
  const runs = tiedRuns(probability, outcome, weight);
  const n = total(runs.weight);
  const difference = new Float64Array(runs.value.length);
  let [sum, variance] = [0, 0];
  for (let k = 0; k < difference.length; k++) {
    const p = runs.value[k] as number;
    const w = runs.weight[k] as number;
    sum += (runs.outcome[k] as number) - w * p;
    variance += w * p * (1 - p);
    difference[k] = sum / n;
  }
  return {probability: runs.value, difference, scale: Math.sqrt(variance) / n};
}

function positiveScale(caller: string, scale: number): number {
  if (scale > 0) return scale;
  throw new DataError(
    `${caller}: expected probabilities that leave the outcome open, got none between 0 and 1 whose score can vary. Use ` +
      'calibrationError for them.',
  );
}

/** P(max |B| > x) for Brownian motion on [0, 1], by the series that converges fast on its side of 1. */
function brownianMaximumTail(x: number): number {
  if (x < 1) {
    let cdf = 0;
    for (let k = 0; k < 6 && x > 0; k++) {
      const odd = 2 * k + 1;
      cdf += ((k % 2 === 0 ? 4 : -4) / (Math.PI * odd)) * Math.exp(-((odd * Math.PI) ** 2) / (8 * x * x));
    }
    return 1 - cdf;
  }
  let tail = 0;
  for (let k = 0; k < 6; k++) tail += (k % 2 === 0 ? 4 : -4) * normalCdf(-(2 * k + 1) * x);
  return tail;
}

/** P(max B - min B > x) for Brownian motion on [0, 1]. */
function brownianRangeTail(x: number): number {
  if (x < 2) {
    let cdf = 0;
    for (let k = 0; k < 6 && x > 0; k++) {
      const c = ((k + 0.5) * Math.PI) ** 2;
      cdf += (8 / (x * x) + 2 / c) * Math.exp((-2 * c) / (x * x));
    }
    return 1 - cdf;
  }
  let tail = 0;
  for (let k = 1; k <= 8; k++) tail += (k % 2 === 1 ? 8 : -8) * k * normalCdf(-k * x);
  return tail;
}
