import {DataError} from '../errors.ts';
import {finiteVector} from '../linalg/matrix-like.ts';
import {analyticInterval, type MetricInterval, type Moments, momentsOf} from './interval-estimate.ts';
import {batchWeights} from './weights.ts';

/** Mean and spread of numbers that arrive in batches. */
export interface MeanAccumulator {
  /** Adds a batch of numbers, each counted as often as its weight says; all 1 by default. */
  update(scores: ArrayLike<number>, options?: {weights?: ArrayLike<number>}): void;
  /** Adds what another accumulator has seen, or its `state()` from another worker; the other is left as it is. */
  merge(other: MeanAccumulator | Moments): void;
  /** The mean so far with an interval of probability `level`, 0.95 by default; DataError for fewer than two examples. */
  result(options?: {level?: number}): MetricInterval;
  /** Plain numbers that can be sent to another worker or saved, and go back in with `merge`. */
  state(): Moments;
}

/**
 * Accumulates the mean of per-example scores over batches, with its confidence interval: nothing is kept but three numbers.
 *
 * Batches are merged by their weights, means and squared deviations (Chan, Golub & LeVeque 1979), so that one pass, many
 * batches and merged accumulators agree to rounding. A weight of 2 counts like the same example twice.
 *
 * @throws DataError (on update) for numbers that are not finite, negative weights, or an empty batch.
 *
 * @example
 * ```ts
 * import {meanAccumulator} from 'tfjs-bayes/metrics';
 * const first = meanAccumulator();
 * first.update([1, 2]);
 * const second = meanAccumulator();
 * second.update([3, 6]);
 * first.merge(second.state());
 * console.log(first.result().estimate); // 3
 * ```
 */
export function meanAccumulator(): MeanAccumulator {
  let moments: Moments = {weight: 0, mean: 0, squares: 0};
  return {
    update(scores, {weights} = {}) {
      const values = finiteVector('meanAccumulator', 'scores', scores);
      moments = mergedMoments(moments, momentsOf(values, batchWeights('meanAccumulator', weights, values.length)));
    },
    merge(other) {
      moments = mergedMoments(moments, 'state' in other ? other.state() : other);
    },
    result({level = 0.95} = {}) {
      return analyticInterval('meanAccumulator', moments, level);
    },
    state: () => ({...moments}),
  };
}

/** Moments of two samples together. */
export function mergedMoments(a: Moments, b: Moments): Moments {
  for (const {weight, squares} of [a, b]) {
    if (!(weight >= 0 && squares >= 0)) {
      throw new DataError(
        `meanAccumulator: expected a state with weight and squares of at least 0, got ${weight} and ${squares}. Pass what ` +
          'state() returned.',
      );
    }
  }
  const weight = a.weight + b.weight;
  if (weight === 0) return a;
  const step = b.mean - a.mean;
  const share = b.weight / weight;
  return {weight, mean: a.mean + step * share, squares: a.squares + b.squares + step * step * a.weight * share};
}
