import type {Labels} from '../linalg/class-labels.ts';
import type {MatrixLike} from '../linalg/matrix-like.ts';
import {type Grouping, scoreGroups} from './score-groups.ts';

/** The negative log-likelihood and its parts, in nats. */
export interface LogScoreDecomposition {
  /** The negative log-likelihood: calibration + refinement. */
  readonly negativeLogLikelihood: number;
  /** What replacing every prediction by its group's class frequencies would save. */
  readonly calibration: number;
  /** What remains then: the groups' mean entropy, uncertainty - resolution. */
  readonly refinement: number;
  /** Entropy of the overall class frequencies. */
  readonly uncertainty: number;
  /** What knowing the group says about the label (mutual information); more is better. */
  readonly resolution: number;
}

/**
 * Splits the negative log-likelihood into calibration and refinement over a grouping of the examples, exactly.
 *
 * With groups g of weight w_g and class frequencies o_g, and o those of all: refinement = sum_g w_g H(o_g), calibration =
 * mean_i log(o_g(i),y_i / probs_i,y_i), uncertainty = H(o), resolution = sum_g w_g KL(o_g || o) (Bröcker 2009). Where predictions differ
 * within a group, `calibration` holds what they know beyond it and may be negative: choose groups that are as large as the
 * data allow and no larger.
 *
 * @param probs Probabilities [N, K], rows summing to one within 1e-3.
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options as follows.
 * @param options.groups 'predicted-class' (default), or an integer per example.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns Parts that sum to the score; it and calibration are Infinity where a label has probability 0.
 * @throws DataError for NaN, rows that are no distributions, labels out of range, negative weights, no examples.
 * @throws ShapeError where probs, labels, groups and weights do not fit.
 * @throws ConfigError for groups that are no integers.
 *
 * @example
 * ```ts
 * import {logScoreDecomposition} from 'tfjs-bayes/metrics';
 * const probs = [[0.9, 0.1], [0.9, 0.1], [0.1, 0.9], [0.1, 0.9]];
 * const {calibration, refinement} = logScoreDecomposition(probs, [0, 1, 1, 0]);
 * console.log(calibration, refinement); // 0.5108, 0.6931
 * ```
 */
export function logScoreDecomposition(
  probs: MatrixLike,
  labels: Labels,
  {groups = 'predicted-class', weights}: {groups?: Grouping; weights?: ArrayLike<number>} = {},
): LogScoreDecomposition {
  const {columns, weight, frequency, overall, total, visit} = scoreGroups(
    'logScoreDecomposition',
    probs,
    labels,
    groups,
    weights,
  );
  let [refinement, resolution] = [0, 0];
  for (let at = 0; at < frequency.length; at++) {
    const o = frequency[at] as number;
    if (o === 0) continue;
    const w = weight[Math.floor(at / columns)] as number;
    refinement -= w * o * Math.log(o);
    resolution += w * o * Math.log(o / (overall[at % columns] as number));
  }
  let [score, calibration] = [0, 0];
  visit((block, from, label, group, w) => {
    const p = block[from + label] as number;
    score -= w * Math.log(p);
    calibration += w * Math.log((frequency[group * columns + label] as number) / p);
  });
  return {
    negativeLogLikelihood: score / total,
    calibration: calibration / total,
    refinement: refinement / total,
    uncertainty: overall.reduce((sum, o) => (o === 0 ? sum : sum - o * Math.log(o)), 0),
    resolution: resolution / total,
  };
}
