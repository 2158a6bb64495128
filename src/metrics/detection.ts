import {ConfigError, DataError} from '../errors.ts';
import {finiteVector} from '../linalg/matrix-like.ts';
import {flags} from './flags.ts';
import {ascendingOrder} from './order.ts';

/**
 * Area under the ROC curve: the probability that a positive example has a higher score than a negative one.
 *
 * mean over pairs of [scores_p > scores_n] + [scores_p = scores_n] / 2 (Mann & Whitney 1947): ties count one half.
 *
 * @param scores One number per example, higher for what should be positive (for out-of-distribution detection the
 * positives are the foreign inputs and the score an uncertainty).
 * @param positives Which examples are positive: booleans, or 0 and 1.
 * @returns 1 for perfect separation, 0.5 for none.
 * @throws DataError for scores that are not finite, or where one of the two classes has no example.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {auroc} from 'tfjs-bayes/metrics';
 * console.log(auroc([0.1, 0.4, 0.35, 0.8], [false, false, true, true])); // 0.75
 * ```
 */
export function auroc(scores: ArrayLike<number>, positives: ArrayLike<number | boolean>): number {
  const {truePositives, falsePositives, totalPositives, totalNegatives} = thresholds('auroc', scores, positives);
  let twice = 0;
  let lastTrue = 0;
  let lastFalse = 0;
  for (let t = 0; t < truePositives.length; t++) {
    const tp = truePositives[t] as number;
    const fp = falsePositives[t] as number;
    twice += (fp - lastFalse) * (tp + lastTrue);
    lastTrue = tp;
    lastFalse = fp;
  }
  return twice / (2 * totalPositives * totalNegatives);
}

/**
 * Average precision, the area under the precision-recall curve as a sum without interpolation.
 *
 * sum_t (recall_t - recall_(t-1)) precision_t over the distinct scores as thresholds, from the highest down; tied scores
 * share one threshold.
 *
 * @param scores One number per example, higher for what should be positive.
 * @param positives Which examples are positive: booleans, or 0 and 1.
 * @returns 1 for perfect separation, about the share of positives for none.
 * @throws DataError for scores that are not finite, or where one of the two classes has no example.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {averagePrecision} from 'tfjs-bayes/metrics';
 * console.log(averagePrecision([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])); // 0.8333
 * ```
 */
export function averagePrecision(scores: ArrayLike<number>, positives: ArrayLike<number | boolean>): number {
  const {truePositives, falsePositives, totalPositives} = thresholds('averagePrecision', scores, positives);
  let sum = 0;
  let last = 0;
  for (let t = 0; t < truePositives.length; t++) {
    const tp = truePositives[t] as number;
    sum += ((tp - last) * tp) / (tp + (falsePositives[t] as number));
    last = tp;
  }
  return sum / totalPositives;
}

/**
 * False-positive rate at the highest threshold that still finds the share `tpr` of the positives (FPR95 by default).
 *
 * An example is called positive if its score is at or above the threshold; thresholds are the scores themselves, without
 * interpolation.
 *
 * @param scores One number per example, higher for what should be positive.
 * @param positives Which examples are positive: booleans, or 0 and 1.
 * @param options Named options.
 * @param options.tpr The true-positive rate to reach, above 0 and at most 1; 0.95 by default.
 * @returns 0 for perfect separation.
 * @throws DataError for scores that are not finite, or where one of the two classes has no example.
 * @throws ShapeError where the lengths differ.
 * @throws ConfigError for a tpr outside (0, 1].
 *
 * @example
 * ```ts
 * import {fprAtTpr} from 'tfjs-bayes/metrics';
 * console.log(fprAtTpr([0.9, 0.8, 0.3, 0.2], [1, 0, 1, 0], {tpr: 0.95})); // 0.5
 * ```
 */
export function fprAtTpr(
  scores: ArrayLike<number>,
  positives: ArrayLike<number | boolean>,
  {tpr = 0.95}: {tpr?: number} = {},
): number {
  if (!(tpr > 0 && tpr <= 1)) {
    throw new ConfigError(`fprAtTpr: expected tpr above 0 and at most 1, got ${tpr}. Use 0.95 for FPR95.`);
  }
  const {truePositives, falsePositives, totalPositives, totalNegatives} = thresholds('fprAtTpr', scores, positives);
  // The subtraction keeps a product that should be whole, like 0.95 * 20, from asking for one positive more.
  const needed = Math.ceil(tpr * totalPositives - 1e-9);
  const t = truePositives.findIndex((tp) => tp >= needed);
  return (falsePositives[t] as number) / totalNegatives;
}

interface Thresholds {
  /** Positives at or above each distinct score, from the highest score down. */
  readonly truePositives: Float64Array;
  readonly falsePositives: Float64Array;
  readonly totalPositives: number;
  readonly totalNegatives: number;
}

function thresholds(caller: string, scores: ArrayLike<number>, positives: ArrayLike<number | boolean>): Thresholds {
  const values = finiteVector(caller, 'scores', scores);
  const n = values.length;
  const positive = flags(caller, 'positives', positives, n);
  const order = ascendingOrder(values);
  const truePositives = new Float64Array(n);
  const falsePositives = new Float64Array(n);
  let distinct = 0;
  let tp = 0;
  for (let i = n - 1; i >= 0; i--) {
    const at = order[i] as number;
    tp += positive[at] as number;
    if (i > 0 && values[order[i - 1] as number] === values[at]) continue;
    truePositives[distinct] = tp;
    falsePositives[distinct++] = n - i - tp;
  }
  if (tp === 0 || tp === n) {
    throw new DataError(
      `${caller}: expected positive and negative examples, got ${tp} positive of ${n}. Pass scores of both groups in one ` +
        'array.',
    );
  }
  return {
    truePositives: truePositives.subarray(0, distinct),
    falsePositives: falsePositives.subarray(0, distinct),
    totalPositives: tp,
    totalNegatives: n - tp,
  };
}
