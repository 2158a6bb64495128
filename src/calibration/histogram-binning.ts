import {ConfigError} from '../errors.ts';
import {binaryLabels, probabilityVector} from './inputs.ts';

/** A fitted histogram binning: a constant between edges. */
export interface HistogramMap {
  /** Ascending inner edges; a probability on an edge belongs to the bin above. */
  readonly edges: readonly number[];
  /** The calibrated probability of every bin, one more than edges. */
  readonly values: readonly number[];
}

/** Options of {@link fitHistogramBinning}. */
export interface HistogramBinningOptions {
  /** Number of bins, 10 by default. */
  readonly bins?: number;
  /** `'equal-mass'` (default) puts as many examples in every bin, `'equal-width'` divides [0, 1] evenly. */
  readonly binning?: 'equal-mass' | 'equal-width';
}

/**
 * Fits histogram binning of a binary classifier's probabilities, on held-out data.
 *
 * Every bin's value is the share of label 1 in it (Zadrozny & Elkan 2001); an empty bin keeps its middle. Equal probabilities stay
 * together, so equal-mass bins may be fewer and uneven where there are many ties.
 *
 * @param probs Probabilities of label 1.
 * @param labels 0 or 1, one per probability.
 * @param options See {@link HistogramBinningOptions}.
 * @throws DataError for numbers that are no probabilities, labels other than 0 and 1, or no examples.
 * @throws ShapeError where the lengths differ.
 * @throws ConfigError for bins that are no positive integer, or an unknown binning.
 *
 * @example
 * ```ts
 * import {applyHistogramBinning, fitHistogramBinning} from 'tfjs-bayes';
 * const map = fitHistogramBinning([0.1, 0.2, 0.7, 0.8], [0, 1, 1, 1], {bins: 2});
 * console.log(applyHistogramBinning([0.3, 0.9], map)); // 0.5, 1
 * ```
 */
export function fitHistogramBinning(
  probs: ArrayLike<number>,
  labels: ArrayLike<number>,
  {bins = 10, binning = 'equal-mass'}: HistogramBinningOptions = {},
): HistogramMap {
  const caller = 'fitHistogramBinning';
  if (!Number.isInteger(bins) || bins < 1) {
    throw new ConfigError(`${caller}: expected a positive integer for bins, got ${bins}. 10 or 15 are common.`);
  }
  const p = probabilityVector(caller, 'probs', probs);
  const y = binaryLabels(caller, labels, p.length);
  const edges = innerEdges(caller, p, bins, binning);
  const count = new Float64Array(edges.length + 1);
  const ones = new Float64Array(edges.length + 1);
  p.forEach((value, i) => {
    const bin = binOf(value, edges);
    count[bin] = (count[bin] as number) + 1;
    ones[bin] = (ones[bin] as number) + (y[i] as number);
  });
  const values = Array.from(count, (n, b) => {
    return n > 0 ? (ones[b] as number) / n : ((edges[b - 1] ?? 0) + (edges[b] ?? 1)) / 2;
  });
  return {edges, values};
}

/**
 * Probabilities of label 1 after histogram binning: the value of the bin that each falls in.
 *
 * @param probs Probabilities of the same classifier.
 * @param map As returned by {@link fitHistogramBinning}.
 * @throws DataError for numbers that are no probabilities, or none.
 *
 * @example
 * ```ts
 * import {applyHistogramBinning} from 'tfjs-bayes';
 * console.log(applyHistogramBinning([0.2, 0.5], {edges: [0.5], values: [0.1, 0.8]})); // 0.1, 0.8
 * ```
 */
export function applyHistogramBinning(probs: ArrayLike<number>, {edges, values}: HistogramMap): Float64Array {
  return probabilityVector('applyHistogramBinning', 'probs', probs).map((p) => values[binOf(p, edges)] as number);
}

function innerEdges(caller: string, p: Float64Array, bins: number, binning: string): number[] {
  if (binning === 'equal-width') return Array.from({length: bins - 1}, (_, b) => (b + 1) / bins);
  if (binning !== 'equal-mass') {
    throw new ConfigError(
      `${caller}: expected binning 'equal-mass' or 'equal-width', got '${binning}'. Leave it out for equal mass.`,
    );
  }
  return massEdges(p.slice().sort(), bins);
}

/** Inner edges of at most `bins` bins of equal mass: halfway between neighbours, or at a whole run of ties. */
export function massEdges(sorted: Float64Array, bins: number): number[] {
  const edges = new Set<number>();
  for (let b = 1; b < bins; b++) {
    const at = Math.round((b * sorted.length) / bins);
    const below = sorted[at - 1];
    const above = sorted[at];
    if (below !== undefined && above !== undefined) edges.add(below === above ? above : (below + above) / 2);
  }
  return Array.from(edges);
}

/** How many edges are at or below `p`. */
export function binOf(p: number, edges: readonly number[]): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (p >= (edges[middle] as number)) low = middle + 1;
    else high = middle;
  }
  return low;
}
