import {ConfigError} from '../errors.ts';
import {finiteVector} from '../linalg/matrix-like.ts';
import {positiveVector, probabilityVector} from './inputs.ts';
import type {IsotonicMap} from './isotonic.ts';
import {fitVarianceScaling} from './regression-recalibration.ts';

/** A fitted calibration of predicted numbers, as plain JSON. */
export type RegressionCalibration =
  | {
      /** One factor of all standard deviations (`fitVarianceScaling`). */
      readonly method: 'variance-scaling';
      /** The factor. */
      readonly factor: number;
    }
  | {
      /** Quantile recalibration: the distribution functions go through a map. */
      readonly method: 'pit';
      /** From predicted to observed probability: rising from (0, 0) to (1, 1), linear between its corners. */
      readonly map: IsotonicMap;
    };

/** The names of the calibrations of {@link fitRegressionCalibration}. */
export type RegressionCalibrationMethod = RegressionCalibration['method'];

/** Every {@link RegressionCalibrationMethod}. */
export const regressionCalibrationMethods: readonly RegressionCalibrationMethod[] = ['variance-scaling', 'pit'];

/** What {@link fitRegressionCalibration} learns from, one entry per held-out target. */
export interface HeldOutNumbers {
  /** Predicted means. */
  readonly mean: ArrayLike<number>;
  /** Predicted standard deviations. */
  readonly std: ArrayLike<number>;
  /** What was measured. */
  readonly targets: ArrayLike<number>;
  /** Predicted distribution functions at the targets, from 0 to 1. */
  readonly pit: ArrayLike<number>;
}

/**
 * Fits a calibration of predicted numbers by name, on held-out data.
 *
 * `'variance-scaling'`: the factor sqrt(mean_i ((targets_i - mean_i) / std_i)^2) of the standard deviations (Laves et al. 2020), exact.
 * `'pit'`: the map from predicted to observed probabilities (Kuleshov, Fenner & Ermon 2018), through (0, 0), (1, 1) and, so that
 * its slope can multiply a density, through no more than sqrt(N) of the points (pit_(i), i / (N + 1)), evenly spaced in i. Its
 * slopes are positive everywhere; equal pits are one point.
 *
 * @param held See {@link HeldOutNumbers}.
 * @param options Named options.
 * @param options.method `'variance-scaling'` by default.
 * @throws DataError for numbers that are not finite or out of range, or none.
 * @throws ShapeError where the lengths differ.
 * @throws ConfigError for an unknown method.
 *
 * @example
 * ```ts
 * import {fitRegressionCalibration} from 'tfjs-bayes';
 * const held = {mean: [0, 0, 0, 0], std: [1, 1, 1, 1], targets: [-2, 2, -2, 2], pit: [0.023, 0.977, 0.023, 0.977]};
 * console.log(fitRegressionCalibration(held)); // a factor of 2
 * ```
 */
export function fitRegressionCalibration(
  {mean, std, targets, pit}: HeldOutNumbers,
  {method = 'variance-scaling'}: {method?: RegressionCalibrationMethod} = {},
): RegressionCalibration {
  const caller = 'fitRegressionCalibration';
  const y = finiteVector(caller, 'targets', targets);
  if (method === 'variance-scaling') {
    const m = finiteVector(caller, 'mean', mean, y.length);
    return {method, factor: fitVarianceScaling(m, positiveVector(caller, 'std', std, y.length), y)};
  }
  if (method !== 'pit') {
    throw new ConfigError(
      `${caller}: expected method 'variance-scaling' or 'pit', got '${method}'. Leave it out for 'variance-scaling'.`,
    );
  }
  return {method, map: smoothPitMap(probabilityVector(caller, 'pit', pit, y.length))};
}

function smoothPitMap(pit: Float64Array): IsotonicMap {
  const sorted = pit.slice().sort();
  const n = sorted.length;
  const points = Math.ceil(Math.sqrt(n));
  const x = [0];
  const y = [0];
  for (let c = 1; c <= points; c++) {
    const rank = Math.round((c * (n + 1)) / (points + 1));
    const p = sorted[rank - 1] as number;
    if (p <= (x.at(-1) as number) || p >= 1) continue;
    x.push(p);
    y.push(rank / (n + 1));
  }
  return {x: [...x, 1], y: [...y, 1]};
}
