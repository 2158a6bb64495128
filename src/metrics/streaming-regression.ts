import {ConfigError} from '../errors.ts';
import {checkLength} from '../linalg/matrix-like.ts';
import {intervalCoverage, intervalWidth} from './interval.ts';
import {checkLevel} from './interval-estimate.ts';
import {crpsGaussian, gaussianNegativeLogLikelihood, rootMeanSquaredError} from './regression.ts';
import {sharpness} from './variance-calibration.ts';
import {batchWeights, total} from './weights.ts';

const CALLER = 'regressionAccumulator';

/** What a {@link RegressionAccumulator} has seen, as plain numbers. */
export interface RegressionState {
  /** Sum of the weights. */
  readonly weight: number;
  /** Probability of the intervals. */
  readonly level: number;
  /** Weighted sums of squared errors, log scores, CRPS, hits, widths and variances. */
  readonly sums: Float64Array;
}

/** The scores of normal predictions over everything seen. */
export interface RegressionSummary {
  /** Sum of the weights: the number of examples, without weights. */
  readonly weight: number;
  /** Root mean squared error of the means. */
  readonly rootMeanSquaredError: number;
  /** Mean negative log-density of the targets, in nats. */
  readonly negativeLogLikelihood: number;
  /** Mean continuous ranked probability score. */
  readonly crps: number;
  /** Share of targets inside the central intervals (PICP). */
  readonly intervalCoverage: number;
  /** Mean width of these intervals (MPIW). */
  readonly intervalWidth: number;
  /** Root mean predicted variance. */
  readonly sharpness: number;
}

/** Scores of normal predictions that arrive in batches. */
export interface RegressionAccumulator {
  /** Adds a batch: means, standard deviations (not variances), targets, and how often each example counts. */
  update(
    mean: ArrayLike<number>,
    std: ArrayLike<number>,
    targets: ArrayLike<number>,
    options?: {weights?: ArrayLike<number>},
  ): void;
  /** Adds what another accumulator has seen, or its `state()` from another worker; the other is left as it is. */
  merge(other: RegressionAccumulator | RegressionState): void;
  /** The scores so far; all NaN before the first update. */
  result(): RegressionSummary;
  /** Plain numbers that can be sent to another worker or saved, and go back in with `merge`. */
  state(): RegressionState;
}

/**
 * Accumulates the scores of normal predictions over batches, with sample weights, in memory that does not grow.
 *
 * The sums behind `rootMeanSquaredError`, `gaussianNegativeLogLikelihood`, `crpsGaussian`, `intervalCoverage`, `intervalWidth` and
 * `sharpness`: one pass, many batches and merged accumulators agree to rounding. A weight of 2 counts like the same example twice.
 *
 * @param options as follows.
 * @param options.level Probability of the central intervals, between 0 and 1; 0.95 by default.
 * @throws DataError (on update) for numbers that are not finite, a std that is not positive, negative weights, or no examples.
 * @throws ShapeError (on update) where the lengths differ.
 * @throws ConfigError for a level outside (0, 1), or a merge of accumulators with different levels.
 *
 * @example
 * ```ts
 * import {regressionAccumulator} from 'tfjs-bayes/metrics';
 * const scores = regressionAccumulator({level: 0.9});
 * scores.update([0, 1], [1, 1], [0, 4]);
 * scores.update([2], [1], [2], {weights: [2]});
 * console.log(scores.result().intervalCoverage, scores.result().rootMeanSquaredError); // 0.75, 1.5
 * ```
 */
export function regressionAccumulator({level = 0.95}: {level?: number} = {}): RegressionAccumulator {
  checkLevel(CALLER, level);
  let weight = 0;
  const sums = new Float64Array(6);
  const add = (terms: ArrayLike<number>, times: number) => {
    for (let s = 0; s < sums.length; s++) sums[s] = (sums[s] as number) + times * (terms[s] as number);
  };
  return {
    update(mean, std, targets, {weights} = {}) {
      checkLength(CALLER, 'mean', mean, undefined);
      const batch = total(batchWeights(CALLER, weights, mean.length));
      if (batch === 0) return;
      const counted = weights === undefined ? {} : {weights};
      const terms = [
        rootMeanSquaredError(mean, targets, counted) ** 2,
        gaussianNegativeLogLikelihood(mean, std, targets, counted),
        crpsGaussian(mean, std, targets, counted),
        intervalCoverage(mean, std, targets, {level, ...counted}),
        intervalWidth(std, {level, ...counted}),
        sharpness(std, counted) ** 2,
      ];
      add(terms, batch);
      weight += batch;
    },
    merge(other) {
      const seen = 'state' in other ? other.state() : other;
      if (seen.level !== level || seen.sums.length !== sums.length) {
        throw new ConfigError(
          `${CALLER}: expected to merge intervals of level ${level}, got ${seen.level}. Create both with the same level.`,
        );
      }
      add(seen.sums, 1);
      weight += seen.weight;
    },
    result: () => {
      const mean = (s: number) => (sums[s] as number) / weight;
      return {
        weight,
        rootMeanSquaredError: Math.sqrt(mean(0)),
        negativeLogLikelihood: mean(1),
        crps: mean(2),
        intervalCoverage: mean(3),
        intervalWidth: mean(4),
        sharpness: Math.sqrt(mean(5)),
      };
    },
    state: () => ({weight, level, sums: sums.slice()}),
  };
}
