import {finiteVector} from '../linalg/matrix-like.ts';
import {betainc} from '../special/beta.ts';
import {gammaP} from '../special/incomplete-gamma.ts';
import {normalCdf} from '../special/normal.ts';
import {gammaHalfStep} from './gamma-half-step.ts';
import {meanOf, type PerExample, parameter} from './parameters.ts';
import {givenWeights} from './weights.ts';

/**
 * Mean continuous ranked probability score of gamma predictions, exponential ones (`shape` 1) included.
 *
 * mean_i y (2 P(a, b y) - 1) - a/b (2 P(a + 1, b y) - 1) - Gamma(a + 1/2) / (sqrt(pi) b Gamma(a)) with a = shape_i,
 * b = rate_i and the regularized incomplete gamma function P (Scheuerer & Moeller 2015).
 *
 * @param shape Shapes, above 0: one per target, or one number for all.
 * @param rate Rates (mean shape / rate), above 0: one per target, or one number for all.
 * @param targets The true values y; negative ones score their distance to 0 on top.
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns In the unit of the targets; lower is better.
 * @throws DataError for numbers that are not finite or out of range, negative weights, or no examples.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {crpsGamma} from 'tfjs-bayes/metrics';
 * console.log(crpsGamma(1, 1, [0])); // 0.5
 * ```
 */
export function crpsGamma(
  shape: PerExample,
  rate: PerExample,
  targets: ArrayLike<number>,
  {weights}: {weights?: ArrayLike<number>} = {},
): number {
  const y = finiteVector('crpsGamma', 'targets', targets);
  const shapes = parameter('crpsGamma', 'shape', shape, y.length, {above: 0});
  const rates = parameter('crpsGamma', 'rate', rate, y.length, {above: 0});
  return meanOf(
    y.length,
    (i) => {
      const a = shapes[i] as number;
      const b = rates[i] as number;
      const value = y[i] as number;
      const x = Math.max(0, value) * b;
      const spread = gammaHalfStep(a) / (Math.sqrt(Math.PI) * b);
      return value * (2 * gammaP(a, x) - 1) - (a / b) * (2 * gammaP(a + 1, x) - 1) - spread;
    },
    givenWeights('crpsGamma', weights, y.length),
  );
}

/**
 * Mean continuous ranked probability score of log-normal predictions.
 *
 * mean_i y (2 Phi(w) - 1) - 2 exp(m + s^2 / 2) (Phi(w - s) + Phi(s / sqrt(2)) - 1) with m = location_i, s = scale_i and
 * w = (log y - m) / s (Baran & Lerch 2015).
 *
 * @param location Means of log y: one per target, or one number for all.
 * @param scale Standard deviations of log y, above 0: one per target, or one number for all.
 * @param targets The true values y; negative ones score their distance to 0 on top.
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns In the unit of the targets; lower is better.
 * @throws DataError for numbers that are not finite or out of range, negative weights, or no examples.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {crpsLogNormal} from 'tfjs-bayes/metrics';
 * console.log(crpsLogNormal(0, 0.5, [1.2])); // 0.1504
 * ```
 */
export function crpsLogNormal(
  location: PerExample,
  scale: PerExample,
  targets: ArrayLike<number>,
  {weights}: {weights?: ArrayLike<number>} = {},
): number {
  return logScaleCrps('crpsLogNormal', location, scale, targets, weights, Infinity, (y, m, s) => {
    const w = standardizedLog(y, m, s);
    const spread = normalCdf(w - s) - normalCdf(-s * Math.SQRT1_2);
    return y * (2 * normalCdf(w) - 1) - 2 * Math.exp(m + 0.5 * s * s) * spread;
  });
}

/**
 * Mean continuous ranked probability score of log-logistic predictions.
 *
 * mean_i y (2 F - 1) - exp(m) B(1 + s, 1 - s) (2 I_F(1 + s, 1 - s) + s - 1) with m = location_i, s = scale_i,
 * F = 1 / (1 + exp((m - log y) / s)) and the regularized incomplete beta function I (Jordan, Krueger & Lerch 2019).
 *
 * @param location Medians of log y: one per target, or one number for all.
 * @param scale Scales of log y, above 0 and below 1 (else the score is infinite): one per target, or one number for all.
 * @param targets The true values y; negative ones score their distance to 0 on top.
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns In the unit of the targets; lower is better.
 * @throws DataError for numbers that are not finite or out of range, negative weights, or no examples.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {crpsLogLogistic} from 'tfjs-bayes/metrics';
 * console.log(crpsLogLogistic(0, 0.3, [1.2])); // 0.1511
 * ```
 */
export function crpsLogLogistic(
  location: PerExample,
  scale: PerExample,
  targets: ArrayLike<number>,
  {weights}: {weights?: ArrayLike<number>} = {},
): number {
  return logScaleCrps('crpsLogLogistic', location, scale, targets, weights, 1, (y, m, s) => {
    const w = standardizedLog(y, m, s);
    const below = 1 / (1 + Math.exp(-w));
    const above = 1 / (1 + Math.exp(w));
    const factor = (Math.PI * s) / Math.sin(Math.PI * s); // B(1 + s, 1 - s)
    return y * (below - above) - Math.exp(m) * factor * (2 * betainc(1 + s, 1 - s, below, above) + s - 1);
  });
}

/**
 * Mean continuous ranked probability score of log-Laplace predictions.
 *
 * mean_i y (2 F - 1) + exp(m) (s / (4 - s^2) + A) with m = location_i, s = scale_i, the distribution function F of y, and
 * A = (1 - (2 F)^(1 + s)) / (1 + s) below the median exp(m), -(1 - (2 - 2 F)^(1 - s)) / (1 - s) from there on (Jordan,
 * Krueger & Lerch 2019).
 *
 * @param location Medians of log y: one per target, or one number for all.
 * @param scale Mean absolute deviations of log y, above 0 and below 1 (else the score is infinite).
 * @param targets The true values y; negative ones score their distance to 0 on top.
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns In the unit of the targets; lower is better.
 * @throws DataError for numbers that are not finite or out of range, negative weights, or no examples.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {crpsLogLaplace} from 'tfjs-bayes/metrics';
 * console.log(crpsLogLaplace(0, 0.3, [1.2])); // 0.1282
 * ```
 */
export function crpsLogLaplace(
  location: PerExample,
  scale: PerExample,
  targets: ArrayLike<number>,
  {weights}: {weights?: ArrayLike<number>} = {},
): number {
  return logScaleCrps('crpsLogLaplace', location, scale, targets, weights, 1, (y, m, s) => {
    const w = standardizedLog(y, m, s);
    const tail = Math.exp(-Math.abs(w)); // twice the probability beyond y, on its side of the median
    const part = w < 0 ? (1 - tail ** (1 + s)) / (1 + s) : (tail ** (1 - s) - 1) / (1 - s);
    return y * Math.sign(w) * (1 - tail) + Math.exp(m) * (s / (4 - s * s) + part);
  });
}

function standardizedLog(y: number, location: number, scale: number): number {
  return y > 0 ? (Math.log(y) - location) / scale : -Infinity;
}

function logScaleCrps(
  caller: string,
  location: PerExample,
  scale: PerExample,
  targets: ArrayLike<number>,
  weights: ArrayLike<number> | undefined,
  below: number,
  score: (y: number, location: number, scale: number) => number,
): number {
  const y = finiteVector(caller, 'targets', targets);
  const m = parameter(caller, 'location', location, y.length);
  const s = parameter(caller, 'scale', scale, y.length, {above: 0, below});
  return meanOf(
    y.length,
    (i) => score(y[i] as number, m[i] as number, s[i] as number),
    givenWeights(caller, weights, y.length),
  );
}
