import type {Labels} from '../linalg/class-labels.ts';
import {denseMatrix, type MatrixLike} from '../linalg/matrix-like.ts';
import {type Binning, checkBins, type ReliabilityCurve, reliabilityBins, widthBin} from './binning.ts';
import {type ReliabilityKind, unweightedEvents} from './events.ts';
import {topLabelFor} from './top-label.ts';
import {givenWeights} from './weights.ts';

/**
 * The bins of a reliability diagram: how often predictions of each confidence come true.
 *
 * Equal-width bins hold b/bins <= c < (b+1)/bins, by the index min(floor(c bins), bins - 1), so that c = 1 is in the
 * last. Equal-mass bins are N/bins sorted examples each, the first N mod bins one larger; where a cut divides equal
 * confidences, both sides get the mean accuracy of all of them, so that the order of the examples never matters. With
 * edges of your own, an inner edge belongs to the bin above it. A weight of 2 counts like the same example twice; weights that
 * are not all whole numbers are cut at equal shares of their sum.
 *
 * @param probs Probabilities [N, K]; for 'binary' [N, 2], or P(y = 1) as a flat array [N].
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options as follows.
 * @param options.bins Number of bins, 15 by default; ignored with edges of your own.
 * @param options.binning 'equal-width' (default), 'equal-mass', or ascending edges.
 * @param options.kind 'top-label' (default) or 'binary'.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns One entry per bin; empty bins have count 0 and NaN confidence and accuracy.
 * @throws DataError for NaN, rows that are no distributions, labels out of range, negative weights, no examples.
 * @throws ShapeError where probs, labels and weights do not fit.
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
    weights,
  }: {bins?: number; binning?: Binning; kind?: ReliabilityKind; weights?: ArrayLike<number>} = {},
): ReliabilityCurve {
  return curveOfKind('reliabilityCurve', probs, labels, bins, binning, kind, weights);
}

/** {@link reliabilityCurve} whose errors name the caller. */
export function curveOfKind(
  caller: string,
  probs: MatrixLike | ArrayLike<number>,
  labels: Labels,
  bins: number,
  binning: Binning,
  kind: ReliabilityKind,
  weights: ArrayLike<number> | undefined,
): ReliabilityCurve {
  const {probability, outcome} = unweightedEvents(caller, probs, labels, kind);
  const given = givenWeights(caller, weights, probability.length);
  return reliabilityBins(caller, probability, outcome, bins, binning, given);
}

/** Counts of confidences (largest probability per row) in bins of equal width. */
export interface ConfidenceHistogram {
  /** Examples per bin; with weights their sum. */
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
 * @param options as follows.
 * @param options.bins Number of bins, 15 by default.
 * @param options.weights How often each example counts; all 1 by default.
 * @throws DataError for NaN, rows that are no distributions, negative weights, no examples.
 * @throws ShapeError where probs and weights do not fit.
 * @throws ConfigError for bins that are no positive integer.
 *
 * @example
 * ```ts
 * import {confidenceHistogram} from 'tfjs-bayes/metrics';
 * console.log(confidenceHistogram([[0.9, 0.1], [0.4, 0.6]], {bins: 4}).count); // [0, 0, 1, 1]
 * ```
 */
export function confidenceHistogram(
  probs: MatrixLike,
  {bins = 15, weights}: {bins?: number; weights?: ArrayLike<number>} = {},
): ConfidenceHistogram {
  const caller = 'confidenceHistogram';
  checkBins(caller, bins);
  const matrix = denseMatrix(caller, 'probs', probs);
  const {confidence} = topLabelFor(caller, probs, new Int32Array(matrix.rows));
  const given = givenWeights(caller, weights, matrix.rows);
  const count = new Float64Array(bins);
  for (let i = 0; i < confidence.length; i++) {
    const bin = widthBin(confidence[i] as number, bins);
    count[bin] = (count[bin] as number) + (given === undefined ? 1 : (given[i] as number));
  }
  return {count, edges: Float64Array.from({length: bins + 1}, (_, b) => b / bins)};
}
