import {ConfigError, DataError, ShapeError} from '../errors.ts';
import {classLabels, type Labels} from '../linalg/class-labels.ts';
import {denseMatrix, finiteVector, isMatrix, type MatrixLike} from '../linalg/matrix-like.ts';
import {type Binning, checkBins, type ReliabilityCurve, reliabilityBins, widthBin} from './binning.ts';
import {flags} from './flags.ts';
import {checkProbabilities, columnsOf} from './rows.ts';
import {topLabelFor} from './top-label.ts';

/**
 * Which probability is held against which event: 'top-label' the largest probability against being right, 'binary' the
 * probability of class 1 against its label.
 */
export type ReliabilityKind = 'top-label' | 'binary';

/**
 * The bins of a reliability diagram: how often predictions of each confidence come true.
 *
 * Equal-width bins hold b/bins <= c < (b+1)/bins, by the index min(floor(c bins), bins - 1), so that c = 1 is in the
 * last. Equal-mass bins are N/bins sorted examples each, the first N mod bins one larger; where a cut divides equal
 * confidences, both sides get the mean accuracy of all of them, so that the order of the examples never matters. With
 * edges of your own, an inner edge belongs to the bin above it.
 *
 * @param probs Probabilities [N, K]; for 'binary' [N, 2], or P(y = 1) as a flat array [N].
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options Named options.
 * @param options.bins Number of bins, 15 by default; ignored with edges of your own.
 * @param options.binning 'equal-width' (default), 'equal-mass', or ascending edges.
 * @param options.kind 'top-label' (default) or 'binary'.
 * @returns One entry per bin; empty bins have count 0 and NaN confidence and accuracy.
 * @throws DataError for NaN, rows that are no distributions, labels out of range, no examples.
 * @throws ShapeError where probs and labels do not fit.
 * @throws ConfigError for bins that are no positive integer, or edges that do not ascend.
 *
 * @example
 * ```ts
 * import {reliabilityCurve} from 'tfjs-bayes/metrics';
 * const {count, accuracy} = reliabilityCurve([[0.9, 0.1], [0.7, 0.3], [0.1, 0.9]], [0, 1, 1], {bins: 5});
 * console.log(count, accuracy); // [0, 0, 0, 1, 2], [NaN, NaN, NaN, 0, 1]
 * ```
 */
export function reliabilityCurve(
  probs: MatrixLike | ArrayLike<number>,
  labels: Labels,
  {
    bins = 15,
    binning = 'equal-width',
    kind = 'top-label',
  }: {bins?: number; binning?: Binning; kind?: ReliabilityKind} = {},
): ReliabilityCurve {
  return curveOfKind('reliabilityCurve', probs, labels, bins, binning, kind);
}

/** {@link reliabilityCurve} whose errors name the caller. */
export function curveOfKind(
  caller: string,
  probs: MatrixLike | ArrayLike<number>,
  labels: Labels,
  bins: number,
  binning: Binning,
  kind: ReliabilityKind,
): ReliabilityCurve {
  if (kind === 'binary') {
    const {probability, outcome} = binaryEvents(caller, probs, labels);
    return reliabilityBins(caller, probability, outcome, bins, binning);
  }
  if (kind !== 'top-label') {
    throw new ConfigError(
      `${caller}: expected kind 'top-label' or 'binary', got ${JSON.stringify(kind)}. Choose one of them.`,
    );
  }
  if (!isMatrix(probs)) {
    throw new ShapeError(
      `${caller}: expected probs of shape [N, K], got a flat array of length ${probs.length}. Pass {kind: 'binary'} for ` +
        'probabilities of class 1, or rows of probabilities.',
    );
  }
  const {confidence, correct} = topLabelFor(caller, probs, labels);
  return reliabilityBins(caller, confidence, correct, bins, binning);
}

/** Counts of confidences (largest probability per row) in bins of equal width. */
export interface ConfidenceHistogram {
  /** Examples per bin. */
  readonly count: Float64Array;
  /** Bin b reaches from edges[b] to edges[b + 1]; one more than bins. */
  readonly edges: Float64Array;
}

/**
 * Histogram of the largest probability of every row, over [0, 1].
 *
 * Bin index min(floor(max_k probs_ik * bins), bins - 1).
 *
 * @param probs Probabilities [N, K], rows summing to one within 1e-3.
 * @param options Named options.
 * @param options.bins Number of bins, 15 by default.
 * @throws DataError for NaN, rows that are no distributions, no examples.
 *
 * @example
 * ```ts
 * import {confidenceHistogram} from 'tfjs-bayes/metrics';
 * console.log(confidenceHistogram([[0.9, 0.1], [0.4, 0.6]], {bins: 4}).count); // [0, 0, 1, 1]
 * ```
 */
export function confidenceHistogram(probs: MatrixLike, {bins = 15}: {bins?: number} = {}): ConfidenceHistogram {
  const caller = 'confidenceHistogram';
  checkBins(caller, bins);
  const matrix = denseMatrix(caller, 'probs', probs);
  const {confidence} = topLabelFor(caller, probs, new Int32Array(matrix.rows));
  const count = new Float64Array(bins);
  for (let i = 0; i < confidence.length; i++) {
    const bin = widthBin(confidence[i] as number, bins);
    count[bin] = (count[bin] as number) + 1;
  }
  return {count, edges: Float64Array.from({length: bins + 1}, (_, b) => b / bins)};
}

/** P(y = 1) and y of a two-class problem, given as a matrix [N, 2] or as a vector of P(y = 1). */
function binaryEvents(
  caller: string,
  probs: MatrixLike | ArrayLike<number>,
  labels: Labels,
): {probability: Float64Array; outcome: Uint8Array} {
  if (isMatrix(probs)) {
    const matrix = denseMatrix(caller, 'probs', probs);
    if (matrix.columns !== 2) {
      throw new ShapeError(
        `${caller}: expected probs of shape [N, 2] or [N] for kind 'binary', got [${matrix.rows}, ${matrix.columns}]. ` +
          "Use kind 'top-label' or 'classwise' for more classes.",
      );
    }
    checkProbabilities(caller, 'probs', matrix);
    const outcome = Uint8Array.from(classLabels(caller, labels, matrix.rows, 2));
    return {probability: columnsOf(matrix, 1, 2)[0] as Float64Array, outcome};
  }
  const probability = finiteVector(caller, 'probs', probs);
  const wrong = probability.findIndex((p) => p < 0 || p > 1);
  if (wrong >= 0) {
    throw new DataError(
      `${caller}: expected probabilities from 0 to 1 in probs, got ${probability[wrong]} at index ${wrong}. Apply a ` +
        'sigmoid to logits first.',
    );
  }
  const outcome = isMatrix(labels)
    ? Uint8Array.from(classLabels(caller, labels, probability.length, 2))
    : flags(caller, 'labels', labels, probability.length);
  return {probability, outcome};
}
