import {denseMatrix, finiteVector, type MatrixLike} from '../linalg/matrix-like.ts';
import type {Rng} from '../random/rng.ts';
import {normalCdf} from '../special/normal.ts';
import {checkGaussians, gaussians} from './regression.ts';

/**
 * Probability integral transform of targets under normal predictions: the predicted probability of a smaller value.
 *
 * pit_i = Phi((targets_i - mean_i) / std_i) (Dawid 1984). Uniform on [0, 1] where the predictions are calibrated: a hump in
 * the histogram tells of predictions too wide, a U of predictions too narrow, a slope of a bias.
 *
 * @param mean Predicted means.
 * @param std Predicted standard deviations (not variances), above 0, of the same length.
 * @param targets The true values.
 * @returns One probability per target, [N].
 * @throws DataError for numbers that are not finite, a std that is not positive, or no examples.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {gaussianPit, quantileCalibrationCurve} from 'tfjs-bayes/metrics';
 * const pit = gaussianPit([0, 1], [1, 2], [0, 3]); // 0.5, 0.8413
 * console.log(quantileCalibrationCurve(pit, {levels: [0.5, 0.9]}).observed); // 0.5, 1
 * ```
 */
export function gaussianPit(mean: ArrayLike<number>, std: ArrayLike<number>, targets: ArrayLike<number>): Float64Array {
  const {m, s, y} = gaussians('gaussianPit', mean, std, targets);
  checkGaussians('gaussianPit', m, s, y);
  return y.map((value, i) => normalCdf((value - (m[i] as number)) / (s[i] as number)));
}

/**
 * Probability integral transform of targets under predictions given as draws, made continuous at random.
 *
 * pit_i = (#{j: x_ij < targets_i} + u_i (1 + #{j: x_ij = targets_i})) / (M + 1) with u_i uniform on [0, 1): exactly uniform
 * where the target and its M draws come from one distribution (Czado, Gneiting & Held 2009).
 *
 * @param samples Draws [N, M], M per example.
 * @param targets The true values [N].
 * @param options as follows.
 * @param options.rng The stream of u; without one every u_i is 1/2, which suits many draws.
 * @returns One probability per target, [N].
 * @throws DataError for numbers that are not finite, or none.
 * @throws ShapeError where the shapes differ.
 *
 * @example
 * ```ts
 * import {samplePit} from 'tfjs-bayes/metrics';
 * console.log(samplePit([[1, 2, 3, 4]], [2.5])); // 0.5
 * ```
 */
export function samplePit(samples: MatrixLike, targets: ArrayLike<number>, {rng}: {rng?: Rng} = {}): Float64Array {
  const {rows, columns, data} = denseMatrix('samplePit', 'samples', samples);
  const y = finiteVector('samplePit', 'targets', targets, rows);
  const x = finiteVector('samplePit', 'samples', data);
  const u = rng?.uniforms(rows);
  return y.map((value, i) => {
    let below = 0;
    let equal = 0;
    for (let j = i * columns; j < (i + 1) * columns; j++) {
      if ((x[j] as number) < value) below++;
      else if (x[j] === value) equal++;
    }
    return (below + (u?.[i] ?? 0.5) * (1 + equal)) / (columns + 1);
  });
}
