import {lgamma} from '../special/gamma.ts';
import {binOf, type HistogramMap, massEdges} from './histogram-binning.ts';
import {binaryLabels, probabilityVector} from './inputs.ts';

/** Numbers of bins tried: from the cube root of N divided by this to as many times it. */
const RANGE = 10;
/** Pseudo-counts of the prior over all bins together. */
const PRIOR = 2;
/** Binnings with less than this share of the weight change no digit. */
const NEGLIGIBLE = 1e-12;

/**
 * Fits Bayesian binning into quantiles (BBQ) of a binary classifier's probabilities, on held-out data.
 *
 * Averages histograms of B = max(1, N^(1/3) / 10) ... min(N, 10 N^(1/3)) bins of equal mass. In each the share of label 1 of a
 * bin has the prior Beta(2 m / B, 2 (1 - m) / B), m being the middle of the bin, and its posterior mean is predicted; a histogram
 * counts by its marginal likelihood (Naeini, Cooper & Hauskrecht 2015). An average of step functions is a step function, so
 * that {@link applyHistogramBinning} applies it. Equal probabilities stay together.
 *
 * @param probs Probabilities of label 1.
 * @param labels 0 or 1, one per probability.
 * @throws DataError for numbers that are no probabilities, labels other than 0 and 1, or no examples.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {applyHistogramBinning, fitBayesianBinning} from 'tfjs-bayes';
 * const map = fitBayesianBinning([0.1, 0.2, 0.3, 0.7, 0.8, 0.9], [0, 0, 1, 0, 1, 1]);
 * console.log(applyHistogramBinning([0.15, 0.85], map)); // rising, neither 0 nor 1
 * ```
 */
export function fitBayesianBinning(probs: ArrayLike<number>, labels: ArrayLike<number>): HistogramMap {
  const caller = 'fitBayesianBinning';
  const p = probabilityVector(caller, 'probs', probs);
  const y = binaryLabels(caller, labels, p.length);
  const order = Uint32Array.from(p.keys()).sort((i, j) => (p[i] as number) - (p[j] as number));
  const sorted = Float64Array.from(order, (i) => p[i] as number);
  const outcome = Float64Array.from(order, (i) => y[i] as number);
  const root = Math.cbrt(p.length);
  const fewest = Math.max(1, Math.floor(root / RANGE));
  const most = Math.max(fewest, Math.min(p.length, Math.ceil(RANGE * root)));
  const binnings = Array.from({length: most - fewest + 1}, (_, i) => weighBinning(sorted, outcome, fewest + i));
  const highest = Math.max(...binnings.map(({logWeight}) => logWeight));
  const kept = binnings
    .map(({map, logWeight}) => ({map, weight: Math.exp(logWeight - highest)}))
    .filter(({weight}) => weight > NEGLIGIBLE);
  return averageMaps(kept);
}

/** A histogram and the logarithm of its marginal likelihood. */
function weighBinning(sorted: Float64Array, outcome: Float64Array, bins: number) {
  const edges = massEdges(sorted, bins);
  const prior = PRIOR / (edges.length + 1);
  let logWeight = 0;
  let from = 0;
  const values = Array.from({length: edges.length + 1}, (_, b) => {
    const upper = edges[b] ?? Infinity;
    let count = 0;
    let ones = 0;
    for (; from < sorted.length && (sorted[from] as number) < upper; from++) {
      count++;
      ones += outcome[from] as number;
    }
    // A middle of exactly 0 or 1 would be certain of what it never saw.
    const middle = Math.min(0.995, Math.max(0.005, ((edges[b - 1] ?? 0) + (edges[b] ?? 1)) / 2));
    const [alpha, beta] = [prior * middle, prior * (1 - middle)];
    logWeight += lgamma(prior) - lgamma(count + prior);
    logWeight += lgamma(ones + alpha) - lgamma(alpha) + lgamma(count - ones + beta) - lgamma(beta);
    return (ones + alpha) / (count + prior);
  });
  return {map: {edges, values}, logWeight};
}

function averageMaps(maps: readonly {map: HistogramMap; weight: number}[]): HistogramMap {
  const edges = [...new Set(maps.flatMap(({map}) => map.edges))].sort((a, b) => a - b);
  const total = maps.reduce((sum, {weight}) => sum + weight, 0);
  const values = Array.from({length: edges.length + 1}, (_, b) => {
    const inside = edges[b - 1] ?? -Infinity;
    return maps.reduce((sum, {map, weight}) => sum + (weight / total) * (map.values[binOf(inside, map.edges)] ?? 0), 0);
  });
  return {edges, values};
}
