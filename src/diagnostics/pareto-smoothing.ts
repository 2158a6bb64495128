import {DataError, ShapeError} from '../errors.ts';
import {ascendingOrder} from '../metrics/order.ts';
import {logSumExp} from '../special/index.ts';
import {fitGeneralizedPareto, generalizedParetoQuantile} from './generalized-pareto.ts';

const SMALLEST_LOG = Math.log(2.2250738585072014e-308);

/** What {@link paretoSmooth} returns. */
export interface ParetoSmoothed {
  /** Logarithms of the smoothed weights, which sum to 1, in the order of the weights given. */
  readonly logWeights: Float64Array;
  /** k-hat, the shape of the weights' tail: above `threshold` the weights cannot be trusted. Infinity if there is no tail. */
  readonly shape: number;
  /** 0.7, or `1 - 1 / log10 S` for fewer than 2000 weights where that is less. */
  readonly threshold: number;
  /** How many independent draws the smoothed weights are worth: 1 / sum of their squares. */
  readonly ess: number;
}

/**
 * Pareto-smoothed importance sampling: makes importance weights stable and says whether to trust them.
 *
 * The largest M = ceil(min(S / 5, 3 sqrt(S / relativeEfficiency))) of the S weights are replaced by the quantiles of a
 * generalized Pareto distribution fitted to them, none larger than the largest weight. Its shape, drawn to 0.5 by the weight
 * of ten draws, is k-hat.
 *
 * Source: Vehtari, Simpson, Gelman, Yao and Gabry (2024).
 *
 * @param logRatios log p - log q for each draw, up to a constant; NaN counts as -Infinity.
 * @param options how the draws were made.
 * @param options.relativeEfficiency ESS / S of the draws; default 1, independent draws.
 *
 * @throws DataError if no ratio is finite or one is Infinity.
 * @throws ShapeError if there are no ratios.
 *
 * @example
 * ```ts
 * import {createRng} from 'tfjs-bayes';
 * import {paretoSmooth} from 'tfjs-bayes/inference';
 * const z = createRng(1).normals(2000);
 * const {shape, threshold} = paretoSmooth(z.map((value) => 0.3 * value));
 * console.log(shape < threshold);   // true: these weights are harmless
 * ```
 */
export function paretoSmooth(
  logRatios: ArrayLike<number>,
  {relativeEfficiency = 1}: {relativeEfficiency?: number} = {},
): ParetoSmoothed {
  const count = logRatios.length;
  const weights = centred(logRatios);
  const order = ascendingOrder(weights);
  const tail = Math.ceil(Math.min(count / 5, 3 * Math.sqrt(count / relativeEfficiency)));
  const cut = Math.max(weights[order[Math.max(count - tail - 1, 0)] as number] as number, SMALLEST_LOG);
  let first = count - tail;
  while (first < count && (weights[order[first] as number] as number) <= cut) first++;
  const shape = count - first > 4 ? smoothTail(weights, order.subarray(first), cut) : Infinity;
  const total = logSumExp(weights);
  const logWeights = weights.map((value) => value - total);
  const threshold = count < 2000 ? Math.min(1 - 1 / Math.log10(count), 0.7) : 0.7;
  return {logWeights, shape, threshold, ess: 1 / logWeights.reduce((sum, value) => sum + Math.exp(2 * value), 0)};
}

/** Replaces the tail, indices in ascending order of weight, by quantiles; returns k-hat. */
function smoothTail(weights: Float64Array, tail: Uint32Array, cut: number): number {
  const size = tail.length;
  const base = Math.exp(cut);
  const exceedances = Float64Array.from(tail, (index) => Math.exp(weights[index] as number) - base);
  const {shape: fitted, scale} = fitGeneralizedPareto(exceedances);
  const shape = (size * fitted + 5) / (size + 10);
  tail.forEach((index, i) => {
    const quantile = generalizedParetoQuantile((i + 0.5) / size, {shape, scale});
    weights[index] = Math.min(Math.log(quantile + base), 0);
  });
  return shape;
}

/** The ratios less the largest, NaN as -Infinity. */
function centred(logRatios: ArrayLike<number>): Float64Array {
  if (logRatios.length === 0) throw new ShapeError('paretoSmooth: expected log ratios, got none. Pass one per draw.');
  const values = Float64Array.from(logRatios, (value) => (Number.isNaN(value) ? -Infinity : value));
  const largest = values.reduce((most, value) => Math.max(most, value), -Infinity);
  if (!Number.isFinite(largest)) {
    throw new DataError(
      `paretoSmooth: expected finite log ratios, got ${largest} as the largest. Look at both log densities.`,
    );
  }
  return values.map((value) => value - largest);
}
