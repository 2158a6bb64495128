import {DataError} from '../errors.ts';
import {checkLength, finiteVector, float64} from '../linalg/matrix-like.ts';
import {erf, erfcx} from '../special/erf.ts';
import {fastLog} from './fast-log.ts';
import {givenWeights, total} from './weights.ts';

/**
 * Root mean squared error.
 *
 * sqrt(mean_i (predictions_i - targets_i)^2).
 *
 * @param predictions One number per target; flatten several outputs.
 * @param targets The true values.
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @throws DataError for numbers that are not finite, negative weights, or none.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {rootMeanSquaredError} from 'tfjs-bayes/metrics';
 * console.log(rootMeanSquaredError([1, 2], [1, 4])); // 1.4142
 * ```
 */
export function rootMeanSquaredError(
  predictions: ArrayLike<number>,
  targets: ArrayLike<number>,
  {weights}: {weights?: ArrayLike<number>} = {},
): number {
  const caller = 'rootMeanSquaredError';
  const p = finiteVector(caller, 'predictions', predictions);
  const y = finiteVector(caller, 'targets', targets, p.length);
  const given = givenWeights(caller, weights, p.length);
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    const error = (p[i] as number) - (y[i] as number);
    sum += given === undefined ? error * error : (given[i] as number) * error * error;
  }
  return Math.sqrt(sum / (given === undefined ? p.length : total(given)));
}

/**
 * Mean negative log-density of the targets under normal predictions, in nats, every constant included.
 *
 * mean_i log(2 pi std_i^2)/2 + (targets_i - mean_i)^2 / (2 std_i^2).
 *
 * @param mean Predicted means.
 * @param std Predicted standard deviations (not variances), above 0, of the same length.
 * @param targets The true values.
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @throws DataError for numbers that are not finite, a std that is not positive, negative weights, or no examples.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {gaussianNegativeLogLikelihood} from 'tfjs-bayes/metrics';
 * console.log(gaussianNegativeLogLikelihood([0, 1], [1, 1], [0, 1])); // 0.9189
 * ```
 */
export function gaussianNegativeLogLikelihood(
  mean: ArrayLike<number>,
  std: ArrayLike<number>,
  targets: ArrayLike<number>,
  {weights}: {weights?: ArrayLike<number>} = {},
): number {
  const caller = 'gaussianNegativeLogLikelihood';
  const {m, s, y} = gaussians(caller, mean, std, targets);
  const given = givenWeights(caller, weights, m.length);
  let sum = 0;
  for (let i = 0; i < m.length; i++) {
    const scale = s[i] as number;
    const z = ((y[i] as number) - (m[i] as number)) / scale;
    if (!(scale > 0)) checkGaussians(caller, m, s, y);
    const loss = (scale > 1e-300 ? fastLog(scale) : Math.log(scale)) + 0.5 * z * z;
    sum += given === undefined ? loss : (given[i] as number) * loss;
  }
  if (!Number.isFinite(sum)) checkGaussians(caller, m, s, y);
  return sum / (given === undefined ? m.length : total(given)) + 0.5 * Math.log(2 * Math.PI);
}

/**
 * Mean continuous ranked probability score of normal predictions, in the unit of the targets; lower is better.
 *
 * mean_i std_i (z (2 Phi(z) - 1) + 2 phi(z) - 1/sqrt(pi)) with z = (targets_i - mean_i) / std_i (Gneiting & Raftery
 * 2007). As std goes to 0 it becomes the mean absolute error.
 *
 * @param mean Predicted means.
 * @param std Predicted standard deviations (not variances), above 0, of the same length.
 * @param targets The true values.
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @throws DataError for numbers that are not finite, a std that is not positive, negative weights, or no examples.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {crpsGaussian} from 'tfjs-bayes/metrics';
 * console.log(crpsGaussian([0], [1], [1])); // 0.6024
 * ```
 */
export function crpsGaussian(
  mean: ArrayLike<number>,
  std: ArrayLike<number>,
  targets: ArrayLike<number>,
  {weights}: {weights?: ArrayLike<number>} = {},
): number {
  const caller = 'crpsGaussian';
  const {m, s, y} = gaussians(caller, mean, std, targets);
  const given = givenWeights(caller, weights, m.length);
  let sum = 0;
  for (let i = 0; i < m.length; i++) {
    const scale = s[i] as number;
    const z = ((y[i] as number) - (m[i] as number)) / scale;
    if (!(scale > 0)) checkGaussians(caller, m, s, y);
    const x = Math.abs(z) * Math.SQRT1_2;
    const kernel = Math.exp(-x * x);
    const inside = x > 0.65 ? 1 - kernel * erfcx(x) : erf(x); // 2 Phi(|z|) - 1, with one exponential
    const score = scale * (Math.abs(z) * inside + TWICE_PEAK * kernel - INV_SQRT_PI);
    sum += given === undefined ? score : (given[i] as number) * score;
  }
  if (!Number.isFinite(sum)) checkGaussians(caller, m, s, y);
  return sum / (given === undefined ? m.length : total(given));
}

const TWICE_PEAK = Math.sqrt(2 / Math.PI);
const INV_SQRT_PI = 1 / Math.sqrt(Math.PI);

/**
 * Reads normal predictions and their targets without looking at the numbers: whoever computes with them notices a result that is
 * not finite, or a std that is not positive, and has {@link checkGaussians} name the culprit. That saves a pass.
 */
export function gaussians(
  caller: string,
  mean: ArrayLike<number>,
  std: ArrayLike<number>,
  targets: ArrayLike<number>,
): {m: Float64Array; s: Float64Array; y: Float64Array} {
  checkLength(caller, 'mean', mean, undefined);
  checkLength(caller, 'std', std, mean.length);
  checkLength(caller, 'targets', targets, mean.length);
  return {m: float64(mean), s: float64(std), y: float64(targets)};
}

/** Throws DataError for a number that is not finite or a standard deviation that is not above zero. */
export function checkGaussians(caller: string, m: Float64Array, s: Float64Array, y: Float64Array): void {
  finiteVector(caller, 'mean', m);
  finiteVector(caller, 'std', s);
  finiteVector(caller, 'targets', y);
  checkPositive(caller, s);
}

/** Throws DataError unless every standard deviation is above zero. */
export function checkPositive(caller: string, std: Float64Array): void {
  for (let i = 0; i < std.length; i++) {
    if (!((std[i] as number) > 0)) {
      throw new DataError(
        `${caller}: expected standard deviations above 0 in std, got ${std[i]} at index ${i}. Pass the square root of ` +
          'the predictive variance.',
      );
    }
  }
}
