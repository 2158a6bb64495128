import {ConfigError} from '../errors.ts';
import type {Labels} from '../linalg/class-labels.ts';
import type {MatrixLike} from '../linalg/matrix-like.ts';
import {type Events, eventsOf, type ReliabilityKind} from './events.ts';
import {tiedRuns} from './tied-runs.ts';
import {total} from './weights.ts';

/**
 * Kernel calibration error with the Laplace kernel: a calibration error without bins, continuous in the predictions.
 *
 * sqrt(sum_ij d_i d_j exp(-|c_i - c_j| / bandwidth)) / N with d_i = outcome_i - c_i and confidences c (Blasiok, Gopalan, Hu &
 * Nakkiran 2023). All pairs, i = j too; summed in one pass over the sorted confidences.
 *
 * @param probs Probabilities [N, K]; for 'binary' [N, 2], or P(y = 1) as a flat array [N].
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options as follows.
 * @param options.bandwidth Width of the kernel on the scale of probabilities, above 0; 1 by default.
 * @param options.kind 'top-label' (default) or 'binary'.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns A number from 0 to 1.
 * @throws DataError for NaN, rows that are no distributions, labels out of range, negative weights, no examples.
 * @throws ShapeError where probs, labels, weights and kind do not fit.
 * @throws ConfigError for an unknown kind, or a bandwidth that is not above 0.
 *
 * @example
 * ```ts
 * import {kernelCalibrationError} from 'tfjs-bayes/metrics';
 * console.log(kernelCalibrationError([0.9, 0.9, 0.1], [1, 0, 0], {kind: 'binary'})); // 0.2832
 * ```
 */
export function kernelCalibrationError(
  probs: MatrixLike | ArrayLike<number>,
  labels: Labels,
  {
    bandwidth = 1,
    kind = 'top-label',
    weights,
  }: {bandwidth?: number; kind?: ReliabilityKind; weights?: ArrayLike<number>} = {},
): number {
  const caller = 'kernelCalibrationError';
  return laplaceNorm(caller, eventsOf(caller, probs, labels, kind, weights), bandwidth);
}

/**
 * Maximum mean calibration error (MMCE): {@link kernelCalibrationError} as its authors define it for training.
 *
 * sqrt(sum_ij d_i d_j exp(-|c_i - c_j| / 0.4)) / N with d_i = correct_i - c_i and c_i the largest probability of row i
 * (Kumar, Sarawagi & Jain 2018).
 *
 * @param probs Probabilities [N, K], rows summing to one within 1e-3.
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns A number from 0 to 1.
 * @throws DataError for NaN, rows that are no distributions, labels out of range, negative weights, no examples.
 * @throws ShapeError where probs, labels and weights do not fit.
 *
 * @example
 * ```ts
 * import {maximumMeanCalibrationError} from 'tfjs-bayes/metrics';
 * console.log(maximumMeanCalibrationError([[0.9, 0.1], [0.2, 0.8]], [0, 0])); // 0.3624
 * ```
 */
export function maximumMeanCalibrationError(
  probs: MatrixLike,
  labels: Labels,
  {weights}: {weights?: ArrayLike<number>} = {},
): number {
  const caller = 'maximumMeanCalibrationError';
  return laplaceNorm(caller, eventsOf(caller, probs, labels, 'top-label', weights), 0.4);
}

function laplaceNorm(caller: string, events: Events, bandwidth: number): number {
  if (!(bandwidth > 0 && bandwidth < Infinity)) {
    throw new ConfigError(
      `${caller}: expected a bandwidth above 0, got ${bandwidth}. It is a distance between probabilities, such as 0.4.`,
    );
  }
  const {value, weight, outcome} = tiedRuns(events.probability, events.outcome, events.weight);
  let squares = 0;
  let crossed = 0;
  let reach = 0; // sum of the residuals so far, each faded by its distance from the last confidence
  for (let r = 0; r < value.length; r++) {
    const c = value[r] as number;
    if (r > 0) reach *= Math.exp(((value[r - 1] as number) - c) / bandwidth);
    const residual = (outcome[r] as number) - (weight[r] as number) * c;
    squares += residual * residual;
    crossed += residual * reach;
    reach += residual;
  }
  return Math.sqrt(Math.max(0, squares + 2 * crossed)) / total(weight);
}
