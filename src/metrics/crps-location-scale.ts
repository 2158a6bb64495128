import {finiteVector} from '../linalg/matrix-like.ts';
import {studentTCdf, studentTPdf} from '../special/student-t.ts';
import {gammaHalfStep} from './gamma-half-step.ts';
import {meanOf, type PerExample, parameter} from './parameters.ts';
import {givenWeights} from './weights.ts';

/**
 * Mean continuous ranked probability score of Laplace predictions.
 *
 * mean_i scale_i (|z| + exp(-|z|) - 3/4) with z = (targets_i - location_i) / scale_i (Jordan, Krueger & Lerch 2019).
 *
 * @param location Medians: one per target, or one number for all.
 * @param scale Mean absolute deviations, above 0: one per target, or one number for all.
 * @param targets The true values.
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns In the unit of the targets; lower is better.
 * @throws DataError for numbers that are not finite or out of range, negative weights, or no examples.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {crpsLaplace} from 'tfjs-bayes/metrics';
 * console.log(crpsLaplace(0, 1, [-3])); // 2.2998
 * ```
 */
export function crpsLaplace(
  location: PerExample,
  scale: PerExample,
  targets: ArrayLike<number>,
  {weights}: {weights?: ArrayLike<number>} = {},
): number {
  const {z, s} = standardized('crpsLaplace', location, scale, targets);
  return meanOf(
    z.length,
    (i) => {
      const size = Math.abs(z[i] as number);
      return (s[i] as number) * (size + Math.exp(-size) - 0.75);
    },
    givenWeights('crpsLaplace', weights, z.length),
  );
}

/**
 * Mean continuous ranked probability score of logistic predictions.
 *
 * mean_i scale_i (z - 2 log F(z) - 1) with F(z) = 1 / (1 + exp(-z)) and z = (targets_i - location_i) / scale_i (Jordan,
 * Krueger & Lerch 2019).
 *
 * @param location Medians: one per target, or one number for all.
 * @param scale Scales (the standard deviation is pi scale / sqrt(3)), above 0: one per target, or one number for all.
 * @param targets The true values.
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns In the unit of the targets; lower is better.
 * @throws DataError for numbers that are not finite or out of range, negative weights, or no examples.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {crpsLogistic} from 'tfjs-bayes/metrics';
 * console.log(crpsLogistic(4, 0.5, [3.1])); // 0.5530
 * ```
 */
export function crpsLogistic(
  location: PerExample,
  scale: PerExample,
  targets: ArrayLike<number>,
  {weights}: {weights?: ArrayLike<number>} = {},
): number {
  const {z, s} = standardized('crpsLogistic', location, scale, targets);
  return meanOf(
    z.length,
    (i) => {
      const size = Math.abs(z[i] as number);
      return (s[i] as number) * (size + 2 * Math.log1p(Math.exp(-size)) - 1);
    },
    givenWeights('crpsLogistic', weights, z.length),
  );
}

/**
 * Mean continuous ranked probability score of Student's t predictions.
 *
 * mean_i scale_i (z (2 F(z) - 1) + 2 f(z) (df + z^2) / (df - 1) - 2 sqrt(df) / (df - 1) B(1/2, df - 1/2) / B(1/2, df/2)^2)
 * with the density f and the distribution function F of t with df_i degrees of freedom, and
 * z = (targets_i - location_i) / scale_i (Jordan, Krueger & Lerch 2019).
 *
 * @param df Degrees of freedom, above 1 (else the score is infinite): one per target, or one number for all.
 * @param location Medians: one per target, or one number for all.
 * @param scale Scales, above 0 (not standard deviations): one per target, or one number for all.
 * @param targets The true values.
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns In the unit of the targets; lower is better.
 * @throws DataError for numbers that are not finite or out of range, negative weights, or no examples.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {crpsStudentT} from 'tfjs-bayes/metrics';
 * console.log(crpsStudentT(4, 0, 1, [0.7])); // 0.4388
 * ```
 */
export function crpsStudentT(
  df: PerExample,
  location: PerExample,
  scale: PerExample,
  targets: ArrayLike<number>,
  {weights}: {weights?: ArrayLike<number>} = {},
): number {
  const {z, s} = standardized('crpsStudentT', location, scale, targets);
  const freedom = parameter('crpsStudentT', 'df', df, z.length, {above: 1});
  return meanOf(
    z.length,
    (i) => {
      const nu = freedom[i] as number;
      const size = Math.abs(z[i] as number);
      const inside = 1 - 2 * studentTCdf(-size, nu);
      const density = 2 * studentTPdf(size, nu) * ((nu + size * size) / (nu - 1));
      return (s[i] as number) * (size * inside + density - halfMeanDifference(nu));
    },
    givenWeights('crpsStudentT', weights, z.length),
  );
}

/** Half the expected distance of two t variables; B(1/2, b) = sqrt(pi) Gamma(b) / Gamma(b + 1/2). */
function halfMeanDifference(nu: number): number {
  const ratio = gammaHalfStep(0.5 * nu) ** 2 / gammaHalfStep(nu - 0.5);
  return ((2 * Math.sqrt(nu)) / (nu - 1)) * (ratio / Math.sqrt(Math.PI));
}

function standardized(caller: string, location: PerExample, scale: PerExample, targets: ArrayLike<number>) {
  const y = finiteVector(caller, 'targets', targets);
  const m = parameter(caller, 'location', location, y.length);
  const s = parameter(caller, 'scale', scale, y.length, {above: 0});
  return {z: y.map((value, i) => (value - (m[i] as number)) / (s[i] as number)), s};
}
