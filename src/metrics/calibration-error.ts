import {ConfigError, ShapeError} from '../errors.ts';
import {classLabels, type Labels} from '../linalg/class-labels.ts';
import {denseMatrix, isMatrix, type MatrixLike} from '../linalg/matrix-like.ts';
import {type Binning, type ReliabilityCurve, reliabilityBins} from './binning.ts';
import {curveOfKind} from './reliability-curve.ts';
import {checkProbabilities, columnsOf} from './rows.ts';
import {givenWeights} from './weights.ts';

const COLUMNS_AT_ONCE = 16;

/** How the gaps of the bins are summed up: weighted mean, root of the weighted mean square, or the largest. */
export type CalibrationNorm = 'l1' | 'l2' | 'max';

/**
 * Which probability is held against which event: 'top-label' the largest against being right, 'binary' that of class 1
 * against its label, 'classwise' that of every class against its label, averaged over the classes.
 */
export type CalibrationKind = 'top-label' | 'binary' | 'classwise';

/**
 * Expected calibration error and its kin: how far confidence is from accuracy, bin by bin.
 *
 * With w_b = N_b / N and gap_b = |accuracy_b - confidence_b| over the bins that are not empty: 'l1' is sum_b w_b gap_b
 * (ECE; Naeini et al. 2015, Guo et al. 2017), 'l2' sqrt(sum_b w_b gap_b^2) (RMSCE), 'max' max_b gap_b (MCE).
 * 'classwise' with 'l1' is the classwise ECE of Kull et al. (2019). Bins and ties are those of {@link reliabilityCurve};
 * the plain plug-in estimate is biased upwards where bins hold few examples.
 *
 * @param probs Probabilities [N, K]; for 'binary' [N, 2], or P(y = 1) as a flat array [N].
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options as follows.
 * @param options.bins Number of bins, 15 by default; ignored with edges of your own.
 * @param options.binning 'equal-width' (default), 'equal-mass' (adaptive), or ascending edges.
 * @param options.norm 'l1' (default), 'l2' or 'max'.
 * @param options.kind 'top-label' (default), 'binary' or 'classwise'.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns A number from 0 to 1.
 * @throws DataError for NaN, rows that are no distributions, labels out of range, negative weights, no examples.
 * @throws ShapeError where probs, labels, weights and kind do not fit.
 * @throws ConfigError for an unknown option.
 *
 * @example
 * ```ts
 * import {calibrationError} from 'tfjs-bayes/metrics';
 * const probs = [[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]];
 * console.log(calibrationError(probs, [0, 1, 1])); // 0.4
 * console.log(calibrationError([0.9, 0.8, 0.3, 0.2], [1, 1, 0, 0], {kind: 'binary', bins: 5})); // 0.2
 * ```
 */
export function calibrationError(
  probs: MatrixLike | ArrayLike<number>,
  labels: Labels,
  {
    bins = 15,
    binning = 'equal-width',
    norm = 'l1',
    kind = 'top-label',
    weights,
  }: {
    bins?: number;
    binning?: Binning;
    norm?: CalibrationNorm;
    kind?: CalibrationKind;
    weights?: ArrayLike<number>;
  } = {},
): number {
  const caller = 'calibrationError';
  if (norm !== 'l1' && norm !== 'l2' && norm !== 'max') {
    throw new ConfigError(
      `${caller}: expected norm 'l1', 'l2' or 'max', got ${JSON.stringify(norm)}. Choose one of them.`,
    );
  }
  if (kind !== 'classwise') return gapNorm(curveOfKind(caller, probs, labels, bins, binning, kind, weights), norm);

  if (!isMatrix(probs)) {
    throw new ShapeError(
      `${caller}: expected probs of shape [N, K] for kind 'classwise', got a flat array of length ${probs.length}. Pass ` +
        "{kind: 'binary'} for probabilities of class 1.",
    );
  }
  const matrix = denseMatrix(caller, 'probs', probs);
  const target = classLabels(caller, labels, matrix.rows, matrix.columns);
  checkProbabilities(caller, 'probs', matrix);
  const given = givenWeights(caller, weights, matrix.rows);
  const hits = new Uint8Array(matrix.rows);
  let sum = 0;
  for (let first = 0; first < matrix.columns; first += COLUMNS_AT_ONCE) {
    const columns = columnsOf(matrix, first, Math.min(first + COLUMNS_AT_ONCE, matrix.columns));
    columns.forEach((column, k) => {
      for (let i = 0; i < hits.length; i++) hits[i] = Number(target[i] === first + k);
      sum += gapNorm(reliabilityBins(caller, column, hits, bins, binning, given), norm);
    });
  }
  return sum / matrix.columns;
}

function gapNorm({count, confidence, accuracy}: ReliabilityCurve, norm: CalibrationNorm): number {
  let examples = 0;
  let first = 0;
  let second = 0;
  let largest = 0;
  for (let b = 0; b < count.length; b++) {
    const weight = count[b] as number;
    if (weight === 0) continue;
    const gap = Math.abs((accuracy[b] as number) - (confidence[b] as number));
    examples += weight;
    first += weight * gap;
    second += weight * gap * gap;
    largest = Math.max(largest, gap);
  }
  if (norm === 'max') return largest;
  return norm === 'l1' ? first / examples : Math.sqrt(second / examples);
}
