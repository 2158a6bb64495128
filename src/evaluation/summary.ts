import type {Histogram} from './plotted.ts';
import type {StandardErrors} from './scores.ts';

/** Arithmetic mean. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / values.length;
}

/** Standard error of the mean of independent values; infinite where there are fewer than two or the mean is. */
function standardError(values: ArrayLike<number>): number {
  const centre = mean(values);
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += ((values[i] as number) - centre) ** 2;
  return values.length < 2 || !Number.isFinite(centre)
    ? Infinity
    : Math.sqrt(squares / (values.length - 1) / values.length);
}

/** Standard error of the mean negative log-likelihood, and of the accuracy where it is given. */
export function standardErrors(logProb: ArrayLike<number>, accuracy?: number): StandardErrors {
  const negativeLogLikelihood = standardError(logProb);
  if (accuracy === undefined) return {negativeLogLikelihood};
  return {accuracy: Math.sqrt((accuracy * (1 - accuracy)) / logProb.length), negativeLogLikelihood};
}

/** Edges of `bins` bins of equal width from `low` to `high`; one unit wide where these are equal. */
export function equalEdges(low: number, high: number, bins: number): number[] {
  const end = high > low ? high : low + 1;
  return Array.from({length: bins + 1}, (_, i) => (i === bins ? end : low + ((end - low) * i) / bins));
}

/** Counts values into bins of equal width given by their edges; the last bin is closed on both sides. */
export function countInto(edges: readonly number[], values: ArrayLike<number>): number[] {
  const bins = edges.length - 1;
  const low = edges[0] as number;
  const width = ((edges[bins] as number) - low) / bins;
  const counts = new Array<number>(bins).fill(0);
  for (let i = 0; i < values.length; i++) {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor(((values[i] as number) - low) / width)));
    counts[bin] = (counts[bin] as number) + 1;
  }
  return counts;
}

/** Histogram of numbers from 0 to 1. */
export function unitHistogram(values: ArrayLike<number>, bins: number): Histogram {
  const edges = equalEdges(0, 1, bins);
  return {edges, counts: countInto(edges, values)};
}

/** Positions of the values in ascending order; equal values keep their order. */
export function ascending(values: ArrayLike<number>): Uint32Array {
  const order = Uint32Array.from({length: values.length}, (_, i) => i);
  return order.sort((a, b) => (values[a] as number) - (values[b] as number) || a - b);
}

/** At most `limit` of the positions 0 to length - 1, evenly spread, the first and the last among them. */
export function thin(length: number, limit: number): number[] {
  if (length <= limit) return Array.from({length}, (_, i) => i);
  return Array.from({length: limit}, (_, i) => Math.round((i * (length - 1)) / (limit - 1)));
}

/** The mean of each score over several sets; scores that not all sets have are left out. */
export function scoreMeans(sets: readonly object[]): {[score: string]: number} {
  const numbers = sets.map((scores) => new Map<string, number>(Object.entries(scores)));
  const names = [...(numbers[0]?.keys() ?? [])].filter((name) => numbers.every((scores) => scores.has(name)));
  return Object.fromEntries(names.map((name) => [name, mean(numbers.map((scores) => scores.get(name) as number))]));
}
