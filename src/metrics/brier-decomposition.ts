import type {Labels} from '../linalg/class-labels.ts';
import type {MatrixLike} from '../linalg/matrix-like.ts';
import {type Grouping, scoreGroups} from './score-groups.ts';

/** The Brier score and the five parts that it is the sum of. */
export interface BrierDecomposition {
  /** The Brier score: uncertainty - resolution + reliability + withinVariance - withinCovariance. */
  readonly brier: number;
  /** 1 - |overall frequencies|^2: the score of always predicting them. */
  readonly uncertainty: number;
  /** How far the groups' frequencies are from the overall ones; more is better. */
  readonly resolution: number;
  /** How far the groups' mean predictions are from their frequencies: miscalibration. */
  readonly reliability: number;
  /** Variance of the predictions within groups. */
  readonly withinVariance: number;
  /** Twice the covariance of predictions and outcomes within groups; more is better. */
  readonly withinCovariance: number;
}

/**
 * Exact five-term decomposition of the Brier score over any grouping of the examples.
 *
 * With groups g of weight w_g, mean prediction f_g and class frequencies o_g, and o those of all: brier = (1 - |o|^2) -
 * sum_g w_g |o_g - o|^2 + sum_g w_g |f_g - o_g|^2 + sum_g w_g var_g - sum_g w_g 2 cov_g (Stephenson, Coelho & Jolliffe 2008). The
 * usual three terms are exact only where predictions are constant within groups; here the sum holds for all.
 *
 * @param probs Probabilities [N, K], rows summing to one within 1e-3.
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options as follows.
 * @param options.groups 'predicted-class' (default), or an integer per example.
 * @param options.weights How often each example counts; all 1 by default.
 * @throws DataError for NaN, rows that are no distributions, labels out of range, negative weights, no examples.
 * @throws ShapeError where probs, labels, groups and weights do not fit.
 * @throws ConfigError for groups that are no integers.
 *
 * @example
 * ```ts
 * import {brierDecomposition} from 'tfjs-bayes/metrics';
 * const {brier, reliability, uncertainty} = brierDecomposition([[0.8, 0.2], [0.3, 0.7]], [0, 1]);
 * console.log(brier, reliability, uncertainty); // 0.13, 0.13, 0.5
 * ```
 */
export function brierDecomposition(
  probs: MatrixLike,
  labels: Labels,
  {groups = 'predicted-class', weights}: {groups?: Grouping; weights?: ArrayLike<number>} = {},
): BrierDecomposition {
  const {columns, weight, forecast, frequency, overall, total, visit} = scoreGroups(
    'brierDecomposition',
    probs,
    labels,
    groups,
    weights,
  );
  let [resolution, reliability] = [0, 0];
  for (let at = 0; at < frequency.length; at++) {
    const w = weight[Math.floor(at / columns)] as number;
    const o = frequency[at] as number;
    resolution += w * (o - (overall[at % columns] as number)) ** 2;
    reliability += w * ((forecast[at] as number) - o) ** 2;
  }
  let [brier, variance, covariance] = [0, 0, 0];
  visit((block, from, label, group, w) => {
    for (let k = 0; k < columns; k++) {
      const p = block[from + k] as number;
      const outcome = Number(k === label);
      const deviation = p - (forecast[group * columns + k] as number);
      brier += w * (p - outcome) ** 2;
      variance += w * deviation * deviation;
      covariance += w * deviation * (outcome - (frequency[group * columns + k] as number));
    }
  });
  return {
    brier: brier / total,
    uncertainty: overall.reduce((sum, o) => sum + o * (1 - o), 0),
    resolution: resolution / total,
    reliability: reliability / total,
    withinVariance: variance / total,
    withinCovariance: (2 * covariance) / total,
  };
}
