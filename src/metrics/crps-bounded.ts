import {DataError} from '../errors.ts';
import {finiteVector} from '../linalg/matrix-like.ts';
import {betainc} from '../special/beta.ts';
import {gammaHalfStep} from './gamma-half-step.ts';
import {meanOf, type PerExample, parameter} from './parameters.ts';
import {givenWeights} from './weights.ts';

/**
 * Mean continuous ranked probability score of uniform predictions.
 *
 * mean_i w (z^2 - z + 1/3) for z = (targets_i - lower_i) / w in [0, 1] with the width w = upper_i - lower_i; outside, the
 * distance to the nearer end plus w / 3 (Jordan, Krueger & Lerch 2019).
 *
 * @param lower Lower ends: one per target, or one number for all.
 * @param upper Upper ends, above `lower`.
 * @param targets The true values.
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns In the unit of the targets; lower is better.
 * @throws DataError for numbers that are not finite, an empty interval, negative weights, or no examples.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {crpsUniform} from 'tfjs-bayes/metrics';
 * console.log(crpsUniform(0.1, 3.1, [2.2])); // 0.37
 * ```
 */
export function crpsUniform(
  lower: PerExample,
  upper: PerExample,
  targets: ArrayLike<number>,
  {weights}: {weights?: ArrayLike<number>} = {},
): number {
  const y = finiteVector('crpsUniform', 'targets', targets);
  const from = parameter('crpsUniform', 'lower', lower, y.length);
  const to = parameter('crpsUniform', 'upper', upper, y.length);
  return meanOf(
    y.length,
    (i) => {
      const width = (to[i] as number) - (from[i] as number);
      if (!(width > 0)) {
        throw new DataError(
          `crpsUniform: expected upper above lower, got [${from[i]}, ${to[i]}] at index ${i}. Swap the ends, or drop the example.`,
        );
      }
      const z = ((y[i] as number) - (from[i] as number)) / width;
      const inside = Math.min(Math.max(z, 0), 1);
      return width * (inside * inside - inside + 1 / 3 + Math.abs(z - inside));
    },
    givenWeights('crpsUniform', weights, y.length),
  );
}

/**
 * Mean continuous ranked probability score of beta predictions on [0, 1].
 *
 * mean_i y (2 F(y; a, b) - 1) + a/(a+b) (1 - 2 F(y; a+1, b)) - 2 B(2a, 2b) / ((a+b) B(a, b)^2) with the distribution function F
 * of the beta distribution (Jordan, Krueger & Lerch 2019).
 *
 * @param a First shapes, above 0: one per target, or one number for all.
 * @param b Second shapes, above 0: one per target, or one number for all.
 * @param targets The true values y; those outside [0, 1] score their distance on top.
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns Lower is better.
 * @throws DataError for numbers that are not finite or out of range, negative weights, or no examples.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {crpsBeta} from 'tfjs-bayes/metrics';
 * console.log(crpsBeta(0.7, 1.1, [0.3])); // 0.0850
 * ```
 */
export function crpsBeta(
  a: PerExample,
  b: PerExample,
  targets: ArrayLike<number>,
  {weights}: {weights?: ArrayLike<number>} = {},
): number {
  const y = finiteVector('crpsBeta', 'targets', targets);
  const first = parameter('crpsBeta', 'a', a, y.length, {above: 0});
  const second = parameter('crpsBeta', 'b', b, y.length, {above: 0});
  return meanOf(
    y.length,
    (i) => {
      const p = first[i] as number;
      const q = second[i] as number;
      const value = y[i] as number;
      const inside = Math.min(Math.max(value, 0), 1);
      // B(2p, 2q) / B(p, q)^2 by the duplication formula of the gamma function.
      const ratio = (gammaHalfStep(p) * gammaHalfStep(q)) / (2 * Math.sqrt(Math.PI) * gammaHalfStep(p + q));
      const spread = (2 / (p + q)) * ratio;
      return value * (2 * betainc(p, q, inside) - 1) + (p / (p + q)) * (1 - 2 * betainc(p + 1, q, inside)) - spread;
    },
    givenWeights('crpsBeta', weights, y.length),
  );
}
