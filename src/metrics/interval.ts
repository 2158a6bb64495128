import {ConfigError} from '../errors.ts';
import {finiteVector} from '../linalg/matrix-like.ts';
import {normalQuantile} from '../special/normal.ts';
import {meanOf} from './parameters.ts';
import {checkGaussians, checkPositive, gaussians} from './regression.ts';
import {givenWeights, total} from './weights.ts';

/**
 * Share of targets inside the central prediction interval of a normal prediction (PICP); ideally it equals `level`.
 *
 * mean_i [|targets_i - mean_i| <= z std_i], with z = Phi^-1((1 + level) / 2); the ends belong to the interval.
 *
 * @param mean Predicted means.
 * @param std Predicted standard deviations (not variances), above 0, of the same length.
 * @param targets The true values.
 * @param options Named options.
 * @param options.level Probability of the interval, between 0 and 1; 0.95 by default.
 * @param options.weights How often each example counts; all 1 by default.
 * @throws DataError for numbers that are not finite, a std that is not positive, negative weights, or no examples.
 * @throws ShapeError where the lengths differ.
 * @throws ConfigError for a level outside (0, 1).
 *
 * @example
 * ```ts
 * import {intervalCoverage} from 'tfjs-bayes/metrics';
 * console.log(intervalCoverage([0, 0], [1, 1], [0.5, 3], {level: 0.9})); // 0.5
 * ```
 */
export function intervalCoverage(
  mean: ArrayLike<number>,
  std: ArrayLike<number>,
  targets: ArrayLike<number>,
  {level = 0.95, weights}: {level?: number; weights?: ArrayLike<number>} = {},
): number {
  const z = halfWidth('intervalCoverage', level);
  const {m, s, y} = gaussians('intervalCoverage', mean, std, targets);
  const given = givenWeights('intervalCoverage', weights, m.length);
  let inside = 0;
  let size = 0;
  for (let i = 0; i < m.length; i++) {
    const distance = Math.abs((y[i] as number) - (m[i] as number));
    const scale = s[i] as number;
    if (!(scale > 0)) checkGaussians('intervalCoverage', m, s, y);
    if (distance <= z * scale) inside += given === undefined ? 1 : (given[i] as number);
    size += distance + scale;
  }
  if (!Number.isFinite(size)) checkGaussians('intervalCoverage', m, s, y);
  return inside / (given === undefined ? m.length : total(given));
}

/**
 * Mean width of the central prediction interval of normal predictions (MPIW), in the unit of the targets.
 *
 * mean_i 2 z std_i, with z = Phi^-1((1 + level) / 2). Narrower is better only at equal coverage.
 *
 * @param std Predicted standard deviations (not variances), above 0.
 * @param options Named options.
 * @param options.level Probability of the interval, between 0 and 1; 0.95 by default.
 * @param options.weights How often each example counts; all 1 by default.
 * @throws DataError for numbers that are not finite, a std that is not positive, negative weights, or no examples.
 * @throws ConfigError for a level outside (0, 1).
 *
 * @example
 * ```ts
 * import {intervalWidth} from 'tfjs-bayes/metrics';
 * console.log(intervalWidth([1, 2], {level: 0.95})); // 5.8799
 * ```
 */
export function intervalWidth(
  std: ArrayLike<number>,
  {level = 0.95, weights}: {level?: number; weights?: ArrayLike<number>} = {},
): number {
  const z = halfWidth('intervalWidth', level);
  const s = finiteVector('intervalWidth', 'std', std);
  checkPositive('intervalWidth', s);
  return 2 * z * meanOf(s.length, (i) => s[i] as number, givenWeights('intervalWidth', weights, s.length));
}

function halfWidth(caller: string, level: number): number {
  if (!(level > 0 && level < 1)) {
    throw new ConfigError(`${caller}: expected a level between 0 and 1, got ${level}. Use 0.95 for 95 percent.`);
  }
  return -normalQuantile((1 - level) / 2);
}
