import {ConfigError, DataError} from '../errors.ts';
import {finiteVector} from '../linalg/matrix-like.ts';
import {rankedRuns, type TiedRuns} from './tied-runs.ts';

const NAMES = ['scores', 'positives'] as const;

/** Rates at every distinct score as threshold, from the highest down; an example is called positive at or above it. */
export interface RocCurve {
  /** The thresholds; Infinity first, where nothing is called positive. */
  readonly threshold: Float64Array;
  /** Share of the positives called positive (recall). */
  readonly truePositiveRate: Float64Array;
  /** Share of the negatives called positive. */
  readonly falsePositiveRate: Float64Array;
  /** Share of what is called positive that is so; 1 at the first threshold. */
  readonly precision: Float64Array;
}

/** Single numbers for how well scores tell positives from negatives. */
export interface DetectionScores {
  /** Area under the ROC curve, ties counting one half. */
  readonly auroc: number;
  /** Average precision with the positives as what is looked for. */
  readonly averagePrecision: number;
  /** Average precision with the negatives as what is looked for, by the negated scores. */
  readonly averagePrecisionNegatives: number;
  /** False-positive rate at the highest threshold that finds the wanted share of the positives. */
  readonly fprAtTpr: number;
  /** Least mean of the two error rates over all thresholds. */
  readonly detectionError: number;
}

/**
 * The ROC curve, with the precision at every threshold.
 *
 * Point t calls positive what has scores_i >= threshold_t; equal scores are one point, so that the order of the examples does
 * not matter.
 *
 * @param scores One number per example, higher for what should be positive.
 * @param positives Which examples are positive: booleans, or 0 and 1.
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns Four arrays, one entry more than there are distinct scores.
 * @throws DataError for scores that are not finite, negative weights, or where one of the two classes has no example.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {rocCurve} from 'tfjs-bayes/metrics';
 * const {truePositiveRate, falsePositiveRate} = rocCurve([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]);
 * console.log(truePositiveRate, falsePositiveRate); // [0, 0.5, 0.5, 1, 1], [0, 0, 0.5, 0.5, 1]
 * ```
 */
export function rocCurve(
  scores: ArrayLike<number>,
  positives: ArrayLike<number | boolean>,
  {weights}: {weights?: ArrayLike<number>} = {},
): RocCurve {
  return curveOf('rocCurve', rankedRuns('rocCurve', NAMES, scores, positives, weights));
}

/**
 * Detection error: the least mean of missed positives and false alarms over all thresholds.
 *
 * min_t (1 - TPR_t)/2 + FPR_t/2 (Liang, Li & Srikant 2018), the error rate where both classes are equally frequent.
 *
 * @param scores One number per example, higher for what should be positive.
 * @param positives Which examples are positive: booleans, or 0 and 1.
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns 0 for perfect separation, 0.5 for none.
 * @throws DataError for scores that are not finite, negative weights, or where one of the two classes has no example.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {detectionError} from 'tfjs-bayes/metrics';
 * console.log(detectionError([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])); // 0.25
 * ```
 */
export function detectionError(
  scores: ArrayLike<number>,
  positives: ArrayLike<number | boolean>,
  {weights}: {weights?: ArrayLike<number>} = {},
): number {
  return leastError(curveOf('detectionError', rankedRuns('detectionError', NAMES, scores, positives, weights)));
}

/**
 * How well an uncertainty tells out-of-distribution inputs (the positives) from in-distribution ones, in every usual number.
 *
 * `averagePrecision` is AUPR-out and `averagePrecisionNegatives` AUPR-in: the same ranking, looked at for either side.
 *
 * @param inside Uncertainty of in-distribution examples, higher for less certain.
 * @param outside Uncertainty of out-of-distribution examples.
 * @param options as follows.
 * @param options.tpr Share of the out-of-distribution examples to find for `fprAtTpr`, above 0 and at most 1; 0.95 by default.
 * @throws DataError for numbers that are not finite, or where one side has no example.
 * @throws ConfigError for a tpr outside (0, 1].
 *
 * @example
 * ```ts
 * import {outOfDistributionScores} from 'tfjs-bayes/metrics';
 * const {auroc, averagePrecision, fprAtTpr} = outOfDistributionScores([-0.9, -0.8, -0.55], [-0.65, -0.3]);
 * console.log(auroc, averagePrecision, fprAtTpr); // 0.8333, 0.8333, 0.3333
 * ```
 */
export function outOfDistributionScores(
  inside: ArrayLike<number>,
  outside: ArrayLike<number>,
  {tpr = 0.95}: {tpr?: number} = {},
): DetectionScores {
  const caller = 'outOfDistributionScores';
  const first = finiteVector(caller, 'inside', inside);
  const scores = new Float64Array(first.length + outside.length);
  scores.set(first);
  scores.set(finiteVector(caller, 'outside', outside), first.length);
  const positives = new Uint8Array(scores.length).fill(1, first.length);
  return detectionScores(caller, rankedRuns(caller, NAMES, scores, positives, undefined), tpr);
}

/** Every number of {@link DetectionScores} from groups of equal score whose outcomes are the positives. */
export function detectionScores(caller: string, runs: TiedRuns, tpr: number): DetectionScores {
  if (!(tpr > 0 && tpr <= 1)) {
    throw new ConfigError(`${caller}: expected tpr above 0 and at most 1, got ${tpr}. Use 0.95 for FPR95.`);
  }
  const curve = curveOf(caller, runs);
  const {truePositiveRate: found, falsePositiveRate: alarmed, precision} = curve;
  let [area, averagePrecision] = [0, 0];
  for (let t = 1; t < found.length; t++) {
    const gained = (found[t] as number) - (found[t - 1] as number);
    averagePrecision += gained * (precision[t] as number);
    area +=
      (((found[t] as number) + (found[t - 1] as number)) * ((alarmed[t] as number) - (alarmed[t - 1] as number))) / 2;
  }
  const at = found.findIndex((rate) => rate >= tpr - 1e-12);
  return {
    auroc: area,
    averagePrecision,
    averagePrecisionNegatives: negativePrecision(runs),
    fprAtTpr: alarmed[at] as number,
    detectionError: leastError(curve),
  };
}

/** Average precision of the negatives by negated scores: the runs, from the lowest score up. */
function negativePrecision({weight, outcome}: TiedRuns): number {
  let [sum, called, found] = [0, 0, 0];
  for (let r = 0; r < weight.length; r++) {
    const gained = (weight[r] as number) - (outcome[r] as number);
    called += weight[r] as number;
    found += gained;
    sum += (gained * found) / called;
  }
  return sum / found;
}

function curveOf(caller: string, {value, weight, outcome}: TiedRuns): RocCurve {
  const points = value.length + 1;
  const threshold = new Float64Array(points).fill(Infinity);
  const found = new Float64Array(points);
  const alarmed = new Float64Array(points);
  const precision = new Float64Array(points).fill(1);
  for (let t = 1; t < points; t++) {
    const r = value.length - t;
    threshold[t] = value[r] as number;
    found[t] = (found[t - 1] as number) + (outcome[r] as number);
    alarmed[t] = (alarmed[t - 1] as number) + (weight[r] as number) - (outcome[r] as number);
    precision[t] = (found[t] as number) / ((found[t] as number) + (alarmed[t] as number));
  }
  const positives = found[points - 1] as number;
  const negatives = alarmed[points - 1] as number;
  if (!(positives > 0 && negatives > 0)) {
    throw new DataError(
      `${caller}: expected positive and negative examples, got ${positives} positive and ${negatives} negative. Pass scores ` +
        'of both groups.',
    );
  }
  return {
    threshold,
    truePositiveRate: found.map((count) => count / positives),
    falsePositiveRate: alarmed.map((count) => count / negatives),
    precision,
  };
}

function leastError({truePositiveRate, falsePositiveRate}: RocCurve): number {
  let least = 0.5;
  for (let t = 0; t < truePositiveRate.length; t++) {
    least = Math.min(least, (1 - (truePositiveRate[t] as number) + (falsePositiveRate[t] as number)) / 2);
  }
  return least;
}
