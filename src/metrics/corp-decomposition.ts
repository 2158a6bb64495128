import {ConfigError} from '../errors.ts';
import type {Labels} from '../linalg/class-labels.ts';
import type {MatrixLike} from '../linalg/matrix-like.ts';
import {poolAdjacentViolators} from '../linalg/pool-adjacent-violators.ts';
import {type Events, eventsOf, type ReliabilityKind} from './events.ts';
import {type TiedRuns, tiedRuns} from './tied-runs.ts';
import {total} from './weights.ts';

/** A mean score and its CORP parts: score = miscalibration - discrimination + uncertainty. */
export interface CorpDecomposition {
  /** The mean score. */
  readonly score: number;
  /** What the best monotone recalibration would save; never negative. */
  readonly miscalibration: number;
  /** What the recalibrated predictions are better than a constant one; never negative. */
  readonly discrimination: number;
  /** Score of always predicting the share of events that came true. */
  readonly uncertainty: number;
}

/**
 * Decomposition of a mean score by isotonic recalibration: no bins, nothing to choose, all parts non-negative.
 *
 * With S the mean score of the probabilities, C that of their isotonic regression on the outcomes and R that of the share of
 * events: miscalibration = S - C, discrimination = R - C, uncertainty = R (Dimitriadis, Gneiting & Jordan 2021). For 'log',
 * C is the refinement part of the negative log-likelihood.
 *
 * @param probs Probabilities [N, K]; for 'binary' [N, 2], or P(y = 1) as a flat array [N].
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options as follows.
 * @param options.score 'log' (default), -log of the probability of what happened, in nats; or 'brier', (p - outcome)^2, the half
 * of the multi-class score.
 * @param options.kind 'top-label' (default): the largest probability against being right; or 'binary'.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns With 'log', score and miscalibration are Infinity where something of probability 0 happened.
 * @throws DataError for NaN, rows that are no distributions, labels out of range, negative weights, no examples.
 * @throws ShapeError where probs, labels, weights and kind do not fit.
 * @throws ConfigError for an unknown kind or score.
 *
 * @example
 * ```ts
 * import {corpDecomposition} from 'tfjs-bayes/metrics';
 * const parts = corpDecomposition([0.9, 0.6, 0.4, 0.2], [1, 0, 1, 0], {kind: 'binary', score: 'brier'});
 * console.log(parts); // score 0.1925, miscalibration 0.0675, discrimination 0.125, uncertainty 0.25
 * ```
 */
export function corpDecomposition(
  probs: MatrixLike | ArrayLike<number>,
  labels: Labels,
  {
    score = 'log',
    kind = 'top-label',
    weights,
  }: {score?: 'log' | 'brier'; kind?: ReliabilityKind; weights?: ArrayLike<number>} = {},
): CorpDecomposition {
  const caller = 'corpDecomposition';
  if (score !== 'log' && score !== 'brier') {
    throw new ConfigError(
      `${caller}: expected score 'log' or 'brier', got ${JSON.stringify(score)}. Choose one of them.`,
    );
  }
  const loss = score === 'log' ? logLoss : squaredLoss;
  const events: Events = eventsOf(caller, probs, labels, kind, weights);
  const runs = tiedRuns(events.probability, events.outcome, events.weight);
  const recalibrated = isotonicRates(runs);
  const n = total(runs.weight);
  const share = total(runs.outcome) / n;
  let [given, refined, constant] = [0, 0, 0];
  for (let r = 0; r < recalibrated.length; r++) {
    const w = runs.weight[r] as number;
    const hits = runs.outcome[r] as number;
    given += loss(runs.value[r] as number, hits, w - hits);
    refined += loss(recalibrated[r] as number, hits, w - hits);
    constant += loss(share, hits, w - hits);
  }
  return {
    score: given / n,
    miscalibration: Math.max(0, given - refined) / n,
    discrimination: Math.max(0, constant - refined) / n,
    uncertainty: constant / n,
  };
}

/** Non-decreasing rates nearest to the runs' own in squared error. */
function isotonicRates({weight, outcome}: TiedRuns): Float64Array {
  const rates = Float64Array.from(weight, (w, r) => (outcome[r] as number) / w);
  return poolAdjacentViolators(rates, weight);
}

function logLoss(p: number, hits: number, misses: number): number {
  return (hits > 0 ? -hits * Math.log(p) : 0) + (misses > 0 ? -misses * Math.log1p(-p) : 0);
}

function squaredLoss(p: number, hits: number, misses: number): number {
  return hits * (1 - p) ** 2 + misses * p ** 2;
}
