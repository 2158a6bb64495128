import type {Labels} from '../linalg/class-labels.ts';
import type {MatrixLike} from '../linalg/matrix-like.ts';
import {eventBins} from './event-bins.ts';
import {eventsOf, type ReliabilityKind} from './events.ts';
import {checkCounts, total} from './weights.ts';

/**
 * Root mean square calibration error without the upward bias that the noise of the bins' accuracies gives the plug-in one.
 *
 * sqrt(max(0, e)) with e = sum_b w_b ((accuracy_b - confidence_b)^2 - accuracy_b (1 - accuracy_b) / (N_b - 1)) (Kumar,
 * Liang & Ma 2019). Bins with at most one example have no estimate and add nothing.
 *
 * @param probs Probabilities [N, K]; for 'binary' [N, 2], or P(y = 1) as a flat array [N].
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options as follows.
 * @param options.bins Number of bins, 15 by default.
 * @param options.binning 'equal-mass' (default) or 'equal-width'.
 * @param options.kind 'top-label' (default) or 'binary'.
 * @param options.squared true for e itself, which may be negative and whose mean over data sets is the squared error of
 * the binned model; false by default.
 * @param options.weights How often each example counts, not its share of the whole; all 1 by default.
 * @throws DataError for NaN, rows that are no distributions, labels out of range, negative weights, several that sum to at most 1, no examples.
 * @throws ShapeError where probs, labels, weights and kind do not fit.
 * @throws ConfigError for an unknown kind, or bins that are no positive integer.
 *
 * @example
 * ```ts
 * import {debiasedCalibrationError} from 'tfjs-bayes/metrics';
 * const probs = [0.8, 0.8, 0.8, 0.8, 0.2, 0.2];
 * console.log(debiasedCalibrationError(probs, [0, 0, 0, 1, 1, 1], {kind: 'binary', bins: 2})); // 0.3446
 * ```
 */
export function debiasedCalibrationError(
  probs: MatrixLike | ArrayLike<number>,
  labels: Labels,
  {
    bins = 15,
    binning = 'equal-mass',
    kind = 'top-label',
    squared = false,
    weights,
  }: {
    bins?: number;
    binning?: 'equal-width' | 'equal-mass';
    kind?: ReliabilityKind;
    squared?: boolean;
    weights?: ArrayLike<number>;
  } = {},
): number {
  const caller = 'debiasedCalibrationError';
  const events = eventsOf(caller, probs, labels, kind, weights);
  checkCounts(caller, weights);
  let sum = 0;
  for (const {weight, probability, rate} of eventBins(caller, events, bins, binning)) {
    if (weight > 1) sum += weight * ((rate - probability) ** 2 - (rate * (1 - rate)) / (weight - 1));
  }
  const estimate = sum / total(events.weight);
  return squared ? estimate : Math.sqrt(Math.max(0, estimate));
}
