import {DataError} from '../errors.ts';
import {checkLength, finiteVector} from '../linalg/matrix-like.ts';
import {flags} from './flags.ts';
import {type SelectiveAreas, selectiveAreas} from './mean-risks.ts';
import {type DetectionScores, detectionScores} from './roc-curve.ts';
import {type TiedRuns, tiedRuns} from './tied-runs.ts';
import {batchWeights, checkCounts, total} from './weights.ts';

/** Everything a ranking accumulator has seen, one entry per example. */
export interface RankedExamples {
  /** The scores or confidences. */
  readonly values: Float64Array;
  /** 1 for positive or right, else 0. */
  readonly outcomes: Uint8Array;
  /** How often each example counts. */
  readonly weights: Float64Array;
}

/** Metrics of a ranking whose examples arrive in batches. */
export interface RankingAccumulator<Result, Options = undefined> {
  /** Adds a batch: numbers to rank by, which examples are positive (or right), and how often each counts. */
  update(
    values: ArrayLike<number>,
    outcomes: ArrayLike<number | boolean>,
    options?: {weights?: ArrayLike<number>},
  ): void;
  /** Adds what another accumulator has seen, or its `state()` from another worker; the other is left as it is. */
  merge(other: RankingAccumulator<Result, Options> | RankedExamples): void;
  /** The metrics of everything so far. */
  result(options?: Options): Result;
  /** Plain arrays that can be sent to another worker or saved, and go back in with `merge`. */
  state(): RankedExamples;
}

/**
 * Accumulates scores and positives over batches for AUROC, average precision both ways, FPR at a TPR and detection error.
 *
 * Exact: it keeps every score, 17 bytes per example, and sorts in `result()`, so that batches, merges and one pass give the same
 * to rounding. Definitions as in `auroc`, `averagePrecision`, `fprAtTpr` and `detectionError`, with weights.
 *
 * @throws DataError (on update) for scores that are not finite, negative weights, or no examples; (on result) where one of the
 * two classes has no example.
 * @throws ShapeError (on update) where the lengths differ.
 * @throws ConfigError (on result) for a tpr outside (0, 1].
 *
 * @example
 * ```ts
 * import {detectionAccumulator} from 'tfjs-bayes/metrics';
 * const scores = detectionAccumulator();
 * scores.update([0.1, 0.4], [0, 0]);
 * scores.update([0.35, 0.8], [1, 1]);
 * console.log(scores.result({tpr: 0.95}).auroc); // 0.75
 * ```
 */
export function detectionAccumulator(): RankingAccumulator<
  DetectionScores,
  {
    /** Share of the positives to find for `fprAtTpr`, above 0 and at most 1. Default 0.95. */
    readonly tpr?: number;
  }
> {
  return rankingAccumulator('detectionAccumulator', 'scores', 'positives', (runs, options) =>
    detectionScores('detectionAccumulator', runs, options?.tpr ?? 0.95),
  );
}

/**
 * Accumulates confidences and right answers over batches for the areas under the risk-coverage curves.
 *
 * Exact: it keeps every confidence, 17 bytes per example, and sorts in `result()`. Definitions as in `areaUnderRiskCoverage`,
 * `excessAreaUnderRiskCoverage` and `areaUnderGeneralizedRiskCoverage`, ties averaged. A weight of 2 counts like the same example
 * twice; for weights that are no integers the sum over examples is continued by the digamma function.
 *
 * @throws DataError (on update) for confidences that are not finite, negative weights, or no examples; (on result) for none, or several weights that sum to
 * at most 1.
 * @throws ShapeError (on update) where the lengths differ.
 *
 * @example
 * ```ts
 * import {selectiveAccumulator} from 'tfjs-bayes/metrics';
 * const scores = selectiveAccumulator();
 * scores.update([0.9, 0.6], [true, false]);
 * scores.update([0.8], [true]);
 * console.log(scores.result().areaUnderRiskCoverage); // 0.1111
 * ```
 */
export function selectiveAccumulator(): RankingAccumulator<SelectiveAreas> {
  return rankingAccumulator('selectiveAccumulator', 'confidences', 'correct', (runs, _, weights) => {
    checkCounts('selectiveAccumulator', weights);
    return selectiveAreas(runs);
  });
}

function rankingAccumulator<Result, Options>(
  caller: string,
  valuesName: string,
  outcomesName: string,
  measure: (runs: TiedRuns, options: Options | undefined, weights: Float64Array) => Result,
): RankingAccumulator<Result, Options> {
  const seen = new GrowingExamples();
  return {
    update(values, outcomes, {weights} = {}) {
      const batch = finiteVector(caller, valuesName, values);
      const bits = flags(caller, outcomesName, outcomes, batch.length);
      seen.append(batch, bits, batchWeights(caller, weights, batch.length));
    },
    merge(other) {
      const {values, outcomes, weights} = 'state' in other ? other.state() : other;
      checkLength(caller, outcomesName, outcomes, values.length);
      checkLength(caller, 'weights', weights, values.length);
      seen.append(values, outcomes, weights);
    },
    result(options) {
      const {values, outcomes, weights} = seen.view();
      if (total(weights) === 0) {
        throw new DataError(
          `${caller}: expected at least one example of weight above 0 before result(), got none. Call update first.`,
        );
      }
      return measure(tiedRuns(values, outcomes, weights), options, weights);
    },
    state() {
      const {values, outcomes, weights} = seen.view();
      return {values: values.slice(), outcomes: outcomes.slice(), weights: weights.slice()};
    },
  };
}

/** Arrays that double when they are full. */
class GrowingExamples {
  private length = 0;
  private values = new Float64Array(1024);
  private outcomes = new Uint8Array(1024);
  private weights = new Float64Array(1024);

  append(values: Float64Array, outcomes: Uint8Array, weights: Float64Array): void {
    const needed = this.length + values.length;
    if (needed > this.values.length) this.grow(Math.max(needed, 2 * this.values.length));
    this.values.set(values, this.length);
    this.outcomes.set(outcomes, this.length);
    this.weights.set(weights, this.length);
    this.length = needed;
  }

  view(): RankedExamples {
    const {length} = this;
    return {
      values: this.values.subarray(0, length),
      outcomes: this.outcomes.subarray(0, length),
      weights: this.weights.subarray(0, length),
    };
  }

  private grow(capacity: number): void {
    const {values, outcomes, weights} = this.view();
    this.values = new Float64Array(capacity);
    this.outcomes = new Uint8Array(capacity);
    this.weights = new Float64Array(capacity);
    this.values.set(values);
    this.outcomes.set(outcomes);
    this.weights.set(weights);
  }
}
