import {ConfigError, DataError} from '../errors.ts';
import {type TiedRuns, tiedRuns} from './tied-runs.ts';
import {total} from './weights.ts';

/** How confidences are put into bins: equal widths of [0, 1], equal counts, or between ascending edges of your own. */
export type Binning = 'equal-width' | 'equal-mass' | readonly number[];

/** The bins of a reliability diagram; every array has one entry per bin, `edges` one more. */
export interface ReliabilityCurve {
  /** Examples in the bin; with weights their sum. */
  readonly count: Float64Array;
  /** Mean confidence of the bin; NaN where it is empty. */
  readonly confidence: Float64Array;
  /** Share of the bin's examples that came true; NaN where it is empty. */
  readonly accuracy: Float64Array;
  /** Bin b holds confidences from edges[b] to edges[b + 1]. */
  readonly edges: Float64Array;
}

/** Counts, mean confidences and hit rates per bin; `hits` are 0 or 1, and without weights every example counts once. */
export function reliabilityBins(
  caller: string,
  confidence: Float64Array,
  hits: Uint8Array,
  bins: number,
  binning: Binning,
  weights: Float64Array | undefined,
): ReliabilityCurve {
  if (binning === 'equal-width') {
    const edges = Float64Array.from({length: checkBins(caller, bins) + 1}, (_, b) => b / bins);
    return equalWidth(confidence, hits, weights, edges);
  }
  if (binning === 'equal-mass') {
    checkBins(caller, bins);
    return equalMassCurve(tiedRuns(confidence, hits, weights), bins);
  }
  return betweenEdges(caller, confidence, hits, weights, checkEdges(caller, binning));
}

/** Throws ConfigError unless `bins` is a positive integer. */
export function checkBins(caller: string, bins: number): number {
  if (!Number.isInteger(bins) || bins < 1) {
    throw new ConfigError(`${caller}: expected a positive integer for bins, got ${bins}. 10 or 15 are common.`);
  }
  return bins;
}

/** The bin of a confidence among `bins` of equal width; the last one is closed, and an inner edge belongs to the bin above it. */
export function widthBin(confidence: number, bins: number): number {
  return Math.min(Math.floor(confidence * bins), bins - 1);
}

function equalWidth(
  confidence: Float64Array,
  hits: Uint8Array,
  weights: Float64Array | undefined,
  edges: Float64Array,
): ReliabilityCurve {
  const bins = edges.length - 1;
  const sums = new Sums(bins);
  for (let i = 0; i < confidence.length; i++) {
    const c = confidence[i] as number;
    const w = weights === undefined ? 1 : (weights[i] as number);
    sums.add(widthBin(c, bins), w, w * c, w * (hits[i] as number));
  }
  return sums.curve(edges);
}

function betweenEdges(
  caller: string,
  confidence: Float64Array,
  hits: Uint8Array,
  weights: Float64Array | undefined,
  edges: Float64Array,
): ReliabilityCurve {
  const bins = edges.length - 1;
  const sums = new Sums(bins);
  for (let i = 0; i < confidence.length; i++) {
    const c = confidence[i] as number;
    if (!(c >= (edges[0] as number) && c <= (edges[bins] as number))) {
      throw new DataError(
        `${caller}: expected confidences between the outer edges of binning, got ${c} at index ${i}. Let the edges ` +
          'span [0, 1].',
      );
    }
    let low = 0;
    let high = bins;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (c >= (edges[middle] as number)) low = middle;
      else high = middle;
    }
    const w = weights === undefined ? 1 : (weights[i] as number);
    sums.add(low, w, w * c, w * (hits[i] as number));
  }
  return sums.curve(edges);
}

function checkEdges(caller: string, edges: readonly number[]): Float64Array {
  if (
    !Array.isArray(edges) ||
    edges.length < 2 ||
    edges.some((e, b) => !Number.isFinite(e) || (b > 0 && e <= (edges[b - 1] as number)))
  ) {
    throw new ConfigError(
      `${caller}: expected 'equal-width', 'equal-mass' or ascending edges for binning, got ` +
        `${JSON.stringify(edges)}. Edges are one more than bins.`,
    );
  }
  return Float64Array.from(edges);
}

/**
 * Groups of N/B sorted confidences, the first N mod B one larger; weights that are not all whole numbers are cut at equal shares.
 * Ties share their hits, whichever side of a cut they are on.
 */
export function equalMassCurve({value, weight, outcome}: TiedRuns, bins: number): ReliabilityCurve {
  const all = total(weight);
  const step = weight.every(Number.isInteger) ? Math.floor(all / bins) : all / bins;
  const larger = all - bins * step;
  const start = (b: number) => b * step + Math.min(b, larger);
  const sums = new Sums(bins);
  const edges = new Float64Array(bins + 1).fill(value[value.length - 1] as number);
  edges[0] = value[0] as number;
  let bin = 0;
  let end = start(1);
  let before = 0;
  for (let r = 0; r < value.length; r++) {
    const v = value[r] as number;
    const rate = (outcome[r] as number) / (weight[r] as number);
    const next = before + (weight[r] as number);
    while (before < next) {
      while (before >= end && bin < bins - 1) {
        edges[++bin] = v;
        end = start(bin + 1);
      }
      const to = bin === bins - 1 ? next : Math.min(next, end);
      sums.add(bin, to - before, (to - before) * v, (to - before) * rate);
      before = to;
    }
  }
  return sums.curve(edges);
}

class Sums {
  private readonly count: Float64Array;
  private readonly confidence: Float64Array;
  private readonly hits: Float64Array;

  constructor(bins: number) {
    this.count = new Float64Array(bins);
    this.confidence = new Float64Array(bins);
    this.hits = new Float64Array(bins);
  }

  add(bin: number, count: number, confidence: number, hits: number): void {
    this.count[bin] = (this.count[bin] as number) + count;
    this.confidence[bin] = (this.confidence[bin] as number) + confidence;
    this.hits[bin] = (this.hits[bin] as number) + hits;
  }

  curve(edges: Float64Array): ReliabilityCurve {
    const {count} = this;
    return {
      count,
      confidence: this.confidence.map((sum, b) => sum / (count[b] as number)),
      accuracy: this.hits.map((sum, b) => sum / (count[b] as number)),
      edges,
    };
  }
}
