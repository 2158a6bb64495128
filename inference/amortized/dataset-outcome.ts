/** Where the draws of a data set come from: the networks alone, the networks corrected by weights, or a sampler. */
export type OutcomeStep = 'amortized' | 'importance' | 'mcmc';

/** What the steps found for a data set; left out where a step was not taken. */
export interface OutcomeDiagnostics {
  /** Mahalanobis distance of its summaries from those of training. */
  readonly distance: number;
  /** Whether that is above the threshold. */
  readonly outOfDistribution: boolean;
  /** k-hat, the shape of the tail of the importance weights. */
  readonly paretoShape?: number;
  /** How many independent draws the smoothed weights are worth. */
  readonly importanceEss?: number;
  /** The largest R-hat of the sampler over theta's columns: nested R-hat (ChEES), rank-normalized split R-hat (NUTS). */
  readonly rHat?: number;
  /** Mean acceptance probability of the sampler. */
  readonly acceptance?: number;
  /** Transitions of the sampler that diverged. */
  readonly divergences?: number;
}

/** What an amortized workflow returns for one data set. */
export interface DatasetOutcome {
  /** The data set's number. */
  readonly index: number;
  /**
   * `'accepted'`: the draws passed the test of their step. `'needs-review'`: the sampler's R-hat is too large, or
   * fewer draws of the networks than it has chains to start have a finite density. `'failed'`: no step gave draws, and
   * `message` says why.
   */
  readonly status: 'accepted' | 'needs-review' | 'failed';
  /** The last step that was taken. */
  readonly step: OutcomeStep;
  /** Draws in unconstrained space, row after row of theta, [S, D]; empty where it failed. */
  readonly draws: Float32Array;
  /** Logarithms of the draws' weights, which sum to 1, [S]; left out where all count the same. */
  readonly logWeights?: Float64Array;
  /** What was measured. */
  readonly diagnostics: OutcomeDiagnostics;
  /** Why it failed. */
  readonly message?: string;
}

/** Moments of a data set's draws. */
export interface OutcomeMoments {
  /** Weighted mean of each column of theta, [D]. */
  readonly mean: Float64Array;
  /** Weighted standard deviation of each column, [D]. */
  readonly sd: Float64Array;
}

/**
 * The mean and standard deviation of each column of draws, by their weights where they have some.
 *
 * @param outcome what a workflow returned for a data set, or its draws and log weights.
 * @param dimension D, the number of columns of theta.
 *
 * @example
 * ```ts
 * import {outcomeMoments} from 'tfjs-bayes/inference';
 * const {mean} = outcomeMoments({draws: Float32Array.of(1, 10, 3, 30)}, 2);
 * console.log(mean);   // [2, 20]
 * ```
 */
export function outcomeMoments(
  {draws, logWeights}: Pick<DatasetOutcome, 'draws' | 'logWeights'>,
  dimension: number,
): OutcomeMoments {
  const count = draws.length / dimension;
  const weights = logWeights?.map(Math.exp) ?? new Float64Array(count).fill(1 / count);
  const none = count === 0 ? Number.NaN : 0; // of no draws, as those of a data set that failed
  const mean = new Float64Array(dimension).fill(none);
  const squares = new Float64Array(dimension).fill(none);
  draws.forEach((value, i) => {
    mean[i % dimension] = (mean[i % dimension] as number) + value * (weights[Math.floor(i / dimension)] as number);
  });
  draws.forEach((value, i) => {
    const [column, row] = [i % dimension, Math.floor(i / dimension)];
    squares[column] = (squares[column] as number) + (weights[row] as number) * (value - (mean[column] as number)) ** 2;
  });
  return {mean, sd: squares.map(Math.sqrt)};
}
