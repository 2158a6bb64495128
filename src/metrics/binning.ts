import {ConfigError, DataError} from '../errors.ts';
import {ascendingOrder} from './order.ts';

/** How confidences are put into bins: equal widths of [0, 1], equal counts, or between ascending edges of your own. */
export type Binning = 'equal-width' | 'equal-mass' | readonly number[];

/** The bins of a reliability diagram; every array has one entry per bin, `edges` one more. */
export interface ReliabilityCurve {
  /** Examples in the bin. */
  readonly count: Float64Array;
  /** Mean confidence of the bin; NaN where it is empty. */
  readonly confidence: Float64Array;
  /** Share of the bin's examples that came true; NaN where it is empty. */
  readonly accuracy: Float64Array;
  /** Bin b holds confidences from edges[b] to edges[b + 1]. */
  readonly edges: Float64Array;
}

/** Counts, mean confidences and hit rates per bin; `hits` are 0 or 1. */
export function reliabilityBins(
  caller: string,
  confidence: Float64Array,
  hits: Uint8Array,
  bins: number,
  binning: Binning,
): ReliabilityCurve {
  if (binning === 'equal-width') {
    const edges = Float64Array.from({length: checkBins(caller, bins) + 1}, (_, b) => b / bins);
    return equalWidth(confidence, hits, edges);
  }
  if (binning === 'equal-mass') return equalMass(confidence, hits, checkBins(caller, bins));
  return betweenEdges(caller, confidence, hits, checkEdges(caller, binning));
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

function equalWidth(confidence: Float64Array, hits: Uint8Array, edges: Float64Array): ReliabilityCurve {
  const bins = edges.length - 1;
  const sums = new Sums(bins);
  for (let i = 0; i < confidence.length; i++) {
    const c = confidence[i] as number;
    sums.add(widthBin(c, bins), 1, c, hits[i] as number);
  }
  return sums.curve(edges);
}

function betweenEdges(
  caller: string,
  confidence: Float64Array,
  hits: Uint8Array,
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
    sums.add(low, 1, c, hits[i] as number);
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

/** Groups of N/B sorted confidences, the first N mod B one larger; ties share their hits, whichever side of a cut they are on. */
function equalMass(confidence: Float64Array, hits: Uint8Array, bins: number): ReliabilityCurve {
  const n = confidence.length;
  const order = ascendingOrder(confidence);
  const at = (i: number) => confidence[order[i] as number] as number;
  const start = (b: number) => b * Math.floor(n / bins) + Math.min(b, n % bins);
  const sums = new Sums(bins);
  let bin = 0;
  let end = start(1);
  for (let i = 0; i < n; ) {
    const c = at(i);
    let next = i;
    let runHits = 0;
    for (; next < n && at(next) === c; next++) runHits += hits[order[next] as number] as number;
    const rate = runHits / (next - i);
    while (i < next) {
      if (i === end) end = start(++bin + 1);
      const taken = Math.min(end, next) - i;
      sums.add(bin, taken, taken * c, taken * rate);
      i += taken;
    }
  }
  const edges = Float64Array.from({length: bins + 1}, (_, b) => at(Math.min(start(b), n - 1)));
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
