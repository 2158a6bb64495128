import {ConfigError, DataError} from '../errors.ts';
import {rankedRuns, type TiedRuns} from './tied-runs.ts';
import {total} from './weights.ts';

/**
 * Area under the ROC curve: the probability that a positive example has a higher score than a negative one.
 *
 * mean over pairs of [scores_p > scores_n] + [scores_p = scores_n] / 2 (Mann & Whitney 1947): ties count one half. A pair weighs the
 * product of its weights.
 *
 * @param scores One number per example, higher for what should be positive (for out-of-distribution detection the
 * positives are the foreign inputs and the score an uncertainty).
 * @param positives Which examples are positive: booleans, or 0 and 1.
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns 1 for perfect separation, 0.5 for none.
 * @throws DataError for scores that are not finite, negative weights, or where one of the two classes has no example.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {auroc} from 'tfjs-bayes/metrics';
 * console.log(auroc([0.1, 0.4, 0.35, 0.8], [false, false, true, true])); // 0.75
 * ```
 */
export function auroc(
  scores: ArrayLike<number>,
  positives: ArrayLike<number | boolean>,
  {weights}: {weights?: ArrayLike<number>} = {},
): number {
  const {weight, outcome, found, alarms} = detected('auroc', scores, positives, weights);
  let won = 0;
  let below = 0;
  for (let r = 0; r < weight.length; r++) {
    const positive = outcome[r] as number;
    const negative = (weight[r] as number) - positive;
    won += positive * (below + negative / 2);
    below += negative;
  }
  return won / (found * alarms);
}

/**
 * Average precision, the area under the precision-recall curve as a sum without interpolation.
 *
 * sum_t (recall_t - recall_(t-1)) precision_t over the distinct scores as thresholds, from the highest down; tied scores
 * share one threshold.
 *
 * @param scores One number per example, higher for what should be positive.
 * @param positives Which examples are positive: booleans, or 0 and 1.
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns 1 for perfect separation, about the share of positives for none.
 * @throws DataError for scores that are not finite, negative weights, or where one of the two classes has no example.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {averagePrecision} from 'tfjs-bayes/metrics';
 * console.log(averagePrecision([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])); // 0.8333
 * ```
 */
export function averagePrecision(
  scores: ArrayLike<number>,
  positives: ArrayLike<number | boolean>,
  {weights}: {weights?: ArrayLike<number>} = {},
): number {
  const {weight, outcome, found} = detected('averagePrecision', scores, positives, weights);
  let [sum, called, right] = [0, 0, 0];
  for (let r = weight.length - 1; r >= 0; r--) {
    const gained = outcome[r] as number;
    called += weight[r] as number;
    right += gained;
    sum += (gained * right) / called;
  }
  return sum / found;
}

/**
 * False-positive rate at the highest threshold that still finds the share `tpr` of the positives (FPR95 by default).
 *
 * An example is called positive if its score is at or above the threshold; thresholds are the scores themselves, without
 * interpolation.
 *
 * @param scores One number per example, higher for what should be positive.
 * @param positives Which examples are positive: booleans, or 0 and 1.
 * @param options as follows.
 * @param options.tpr The true-positive rate to reach, above 0 and at most 1; 0.95 by default.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns 0 for perfect separation.
 * @throws DataError for scores that are not finite, negative weights, or where one of the two classes has no example.
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
  {tpr = 0.95, weights}: {tpr?: number; weights?: ArrayLike<number>} = {},
): number {
  if (!(tpr > 0 && tpr <= 1)) {
    throw new ConfigError(`fprAtTpr: expected tpr above 0 and at most 1, got ${tpr}. Use 0.95 for FPR95.`);
  }
  const {weight, outcome, found, alarms} = detected('fprAtTpr', scores, positives, weights);
  // The rounding of a product like 0.95 * 20 must not ask for one positive more.
  const needed = tpr * found * (1 - 1e-12);
  let [right, wrong] = [0, 0];
  for (let r = weight.length - 1; r >= 0 && right < needed; r--) {
    right += outcome[r] as number;
    wrong += (weight[r] as number) - (outcome[r] as number);
  }
  return wrong / alarms;
}

interface Detected extends TiedRuns {
  /** Weight of all positives. */
  readonly found: number;
  /** Weight of all negatives. */
  readonly alarms: number;
}

function detected(
  caller: string,
  scores: ArrayLike<number>,
  positives: ArrayLike<number | boolean>,
  weights: ArrayLike<number> | undefined,
): Detected {
  const runs = rankedRuns(caller, ['scores', 'positives'], scores, positives, weights);
  const [all, found] = [total(runs.weight), total(runs.outcome)];
  if (!(found > 0 && found < all)) {
    throw new DataError(
      `${caller}: expected positive and negative examples, got ${found} positive of ${all}. Pass scores of both groups in one ` +
        'array.',
    );
  }
  return {...runs, found, alarms: all - found};
}
