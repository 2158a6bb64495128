import {ConfigError, DataError} from '../errors.ts';
import {denseMatrix, finiteVector, type MatrixLike} from '../linalg/matrix-like.ts';
import {memberWeights} from './crps-mixture.ts';
import {ascendingOrder} from './order.ts';
import {meanOf} from './parameters.ts';
import {givenWeights} from './weights.ts';

/**
 * How the spread between draws is estimated: `'empirical'` takes the draws as the whole distribution, `'fair'` as a sample
 * of it, so that few draws score, on average, as infinitely many would.
 */
export type SampleEstimator = 'empirical' | 'fair';

/** Options of {@link crpsSamples}. */
export interface CrpsSamplesOptions {
  /** `'empirical'` by default: the score of the draws themselves. */
  readonly estimator?: SampleEstimator;
  /** Weights of the draws, [M] or per example [N, M], not negative; they are normalized. Equal by default. */
  readonly weights?: MatrixLike | ArrayLike<number>;
  /** How often each example counts; all 1 by default. */
  readonly exampleWeights?: ArrayLike<number>;
}

/**
 * Mean continuous ranked probability score of predictions given as draws, such as an ensemble or Monte-Carlo samples.
 *
 * mean_i sum_j w_j |x_ij - y_i| - 1/2 sum_jk w_j w_k |x_ij - x_ik| (Gneiting & Raftery 2007); `'fair'` divides the second
 * sum by 1 - sum_j w_j^2, which for equal weights is (M - 1) / M (Ferro 2014). Draws are sorted: O(M log M) per example.
 *
 * @param samples Draws [N, M], M per example.
 * @param targets The true values [N].
 * @param options See {@link CrpsSamplesOptions}.
 * @returns In the unit of the targets; lower is better. A fair score can be negative.
 * @throws DataError for numbers that are not finite, no examples, or a single draw where the estimator is fair.
 * @throws ShapeError where the shapes differ.
 * @throws ConfigError for an unknown estimator.
 *
 * @example
 * ```ts
 * import {crpsSamples} from 'tfjs-bayes/metrics';
 * const samples = [[0, 1, 2], [1, 1.5, 4]];
 * console.log(crpsSamples(samples, [1, 2]), crpsSamples(samples, [1, 2], {estimator: 'fair'})); // 0.3611, 0.0833
 * ```
 */
export function crpsSamples(
  samples: MatrixLike,
  targets: ArrayLike<number>,
  {estimator = 'empirical', weights, exampleWeights}: CrpsSamplesOptions = {},
): number {
  const caller = 'crpsSamples';
  const {rows, columns, data} = denseMatrix(caller, 'samples', samples);
  const y = finiteVector(caller, 'targets', targets, rows);
  const x = finiteVector(caller, 'samples', data);
  const fair = isFair(caller, estimator);
  const weightsOf = memberWeights(caller, weights, rows, columns);
  return meanOf(
    rows,
    (i) => {
      const w = weightsOf(i);
      return sampleCrps(
        y[i] as number,
        x.subarray(i * columns, (i + 1) * columns),
        w,
        fair ? fairFactor(caller, w) : 1,
      );
    },
    givenWeights(caller, exampleWeights, rows),
  );
}

function sampleCrps(y: number, x: Float64Array, w: Float64Array, factor: number): number {
  const order = ascendingOrder(x);
  let distance = 0;
  let spread = 0;
  let below = 0;
  for (let r = 0; r < order.length; r++) {
    const at = order[r] as number;
    distance += (w[at] as number) * Math.abs((x[at] as number) - y);
    below += w[at] as number;
    if (r + 1 < order.length) {
      // Every pair on two sides of a gap is that gap farther apart: no differences of large sums.
      spread += below * Math.max(0, 1 - below) * ((x[order[r + 1] as number] as number) - (x[at] as number));
    }
  }
  return distance - factor * spread;
}

/** Whether the estimator is fair; throws ConfigError for one that does not exist. */
export function isFair(caller: string, estimator: string): boolean {
  if (estimator !== 'empirical' && estimator !== 'fair') {
    throw new ConfigError(
      `${caller}: expected estimator 'empirical' or 'fair', got '${estimator}'. Use 'fair' for few draws.`,
    );
  }
  return estimator === 'fair';
}

/** What makes the mean difference between draws unbiased: 1 / (1 - sum of squared normalized weights). */
export function fairFactor(caller: string, weights: Float64Array): number {
  const squares = weights.reduce((sum, w) => sum + w * w, 0);
  if (!(squares < 1)) {
    throw new DataError(
      `${caller}: expected at least two draws with weight for the fair estimator, got one. Draw more, or pass estimator: 'empirical'.`,
    );
  }
  return 1 / (1 - squares);
}
