import {ConfigError} from '../errors.ts';
import type {Labels} from '../linalg/class-labels.ts';
import type {MatrixLike} from '../linalg/matrix-like.ts';
import {checkBins, type ReliabilityCurve, widthBin} from './binning.ts';
import {type ClassScore, scoresFor} from './example-scores.ts';
import {topLabelFor} from './top-label.ts';
import {batchWeights, total, weightedSum} from './weights.ts';

const CALLER = 'classificationAccumulator';

const SUMMED: readonly ClassScore[] = ['log', 'brier', 'spherical'];

/** What a {@link ClassificationAccumulator} has seen, as plain numbers. */
export interface ClassificationState {
  /** Sum of the weights. */
  readonly weight: number;
  /** Weighted sums of the log, Brier and spherical scores. */
  readonly scores: Float64Array;
  /** Weight, weighted confidence and weighted hits of each bin. */
  readonly bins: Float64Array;
}

/** The scores of a classifier over everything seen. */
export interface ClassificationSummary {
  /** Sum of the weights: the number of examples, without weights. */
  readonly weight: number;
  /** Share of right predictions. */
  readonly accuracy: number;
  /** Mean negative log-likelihood in nats; Infinity where a label had probability 0. */
  readonly negativeLogLikelihood: number;
  /** Mean multi-class Brier score. */
  readonly brierScore: number;
  /** Mean spherical score, lower for better. */
  readonly sphericalScore: number;
  /** Mean of the largest probabilities. */
  readonly meanConfidence: number;
  /** Top-label calibration error with bins of equal width: weighted mean of the gaps (ECE). */
  readonly calibrationError: number;
  /** Root of the weighted mean square of the gaps (RMSCE). */
  readonly rootMeanSquareCalibrationError: number;
  /** Largest gap (MCE). */
  readonly maximumCalibrationError: number;
  /** The bins themselves; `count` holds weights. */
  readonly reliability: ReliabilityCurve;
}

/** Scores of a classifier whose predictions arrive in batches. */
export interface ClassificationAccumulator {
  /** Adds a batch: probabilities [N, K], labels, and how often each example counts. */
  update(probs: MatrixLike, labels: Labels, options?: {weights?: ArrayLike<number>}): void;
  /** Adds what another accumulator has seen, or its `state()` from another worker; the other is left as it is. */
  merge(other: ClassificationAccumulator | ClassificationState): void;
  /** The scores so far; all NaN before the first update. */
  result(): ClassificationSummary;
  /** Plain arrays that can be sent to another worker or saved, and go back in with `merge`. */
  state(): ClassificationState;
}

/**
 * Accumulates a classifier's scores over batches of predictions, with sample weights, in memory that does not grow.
 *
 * The sums behind `accuracy`, `negativeLogLikelihood`, `brierScore`, `sphericalScore` and the top-label `calibrationError` with bins of
 * equal width: one pass, many batches and merged accumulators agree to rounding. A weight of 2 counts like the same example
 * twice. What needs all scores at once has `detectionAccumulator` and `selectiveAccumulator`.
 *
 * @param options as follows.
 * @param options.bins Number of bins of the calibration error, 15 by default.
 * @throws DataError (on update) for NaN, rows that are no distributions, labels out of range, negative weights, no examples.
 * @throws ConfigError for bins that are no positive integer, or a merge of accumulators with different bins.
 *
 * @example
 * ```ts
 * import {classificationAccumulator} from 'tfjs-bayes/metrics';
 * const scores = classificationAccumulator({bins: 10});
 * scores.update([[0.9, 0.1], [0.2, 0.8]], [0, 1]);
 * scores.update([[0.7, 0.3]], [1], {weights: [2]});
 * console.log(scores.result().accuracy, scores.result().calibrationError); // 0.5, 0.425
 * ```
 */
export function classificationAccumulator({bins = 15}: {bins?: number} = {}): ClassificationAccumulator {
  checkBins(CALLER, bins);
  let weight = 0;
  const scores = new Float64Array(SUMMED.length);
  const sums = new Float64Array(3 * bins);
  return {
    update(probs, labels, {weights} = {}) {
      const {confidence, correct} = topLabelFor(CALLER, probs, labels);
      const batch = batchWeights(CALLER, weights, confidence.length);
      SUMMED.forEach((score, s) => {
        scores[s] = (scores[s] as number) + weightedSum(scoresFor(CALLER, probs, labels, score), batch);
      });
      weight += total(batch);
      for (let i = 0; i < confidence.length; i++) {
        const at = 3 * widthBin(confidence[i] as number, bins);
        const w = batch[i] as number;
        sums[at] = (sums[at] as number) + w;
        sums[at + 1] = (sums[at + 1] as number) + w * (confidence[i] as number);
        sums[at + 2] = (sums[at + 2] as number) + w * (correct[i] as number);
      }
    },
    merge(other) {
      const seen = 'state' in other ? other.state() : other;
      if (seen.bins.length !== sums.length || seen.scores.length !== scores.length) {
        throw new ConfigError(
          `${CALLER}: expected to merge ${bins} bins, got ${seen.bins.length / 3}. Create both with the same bins.`,
        );
      }
      weight += seen.weight;
      for (let s = 0; s < scores.length; s++) scores[s] = (scores[s] as number) + (seen.scores[s] as number);
      for (let at = 0; at < sums.length; at++) sums[at] = (sums[at] as number) + (seen.bins[at] as number);
    },
    result: () => summary(weight, scores, sums, bins),
    state: () => ({weight, scores: scores.slice(), bins: sums.slice()}),
  };
}

function summary(weight: number, scores: Float64Array, sums: Float64Array, bins: number): ClassificationSummary {
  const column = (c: number) => Float64Array.from({length: bins}, (_, b) => sums[3 * b + c] as number);
  const [count, confidences, hits] = [column(0), column(1), column(2)];
  let [first, second, largest] = [0, 0, 0];
  for (let b = 0; b < bins; b++) {
    const size = count[b] as number;
    if (size === 0) continue;
    const gap = Math.abs((hits[b] as number) - (confidences[b] as number)) / size;
    first += size * gap;
    second += size * gap * gap;
    largest = Math.max(largest, gap);
  }
  const mean = (sum: number | undefined) => (sum as number) / weight;
  return {
    weight,
    accuracy: mean(total(hits)),
    negativeLogLikelihood: mean(scores[0]),
    brierScore: mean(scores[1]),
    sphericalScore: mean(scores[2]),
    meanConfidence: mean(total(confidences)),
    calibrationError: mean(first),
    rootMeanSquareCalibrationError: Math.sqrt(mean(second)),
    maximumCalibrationError: weight === 0 ? Number.NaN : largest,
    reliability: {
      count,
      confidence: confidences.map((sum, b) => sum / (count[b] as number)),
      accuracy: hits.map((sum, b) => sum / (count[b] as number)),
      edges: Float64Array.from({length: bins + 1}, (_, b) => b / bins),
    },
  };
}
