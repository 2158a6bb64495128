import {ConfigError, DataError} from '../errors.ts';
import {finiteVector} from '../linalg/matrix-like.ts';
import {normalQuantile} from '../special/normal.ts';
import {positiveVector, probabilityVector} from './inputs.ts';
import {applyIsotonic, type IsotonicMap} from './isotonic.ts';

/**
 * Fits quantile recalibration of a regression: the map from predicted to observed probabilities, on held-out data.
 *
 * R(p) = share of pit_i <= p at every pit_i, linear between, from (0, 0) to (1, 1): the isotonic regression of observed on
 * predicted probabilities (Kuleshov, Fenner & Ermon 2018). `applyIsotonic(pit, map)` are then recalibrated distribution
 * functions, and {@link recalibratedLevels} say which quantiles to ask the model for.
 *
 * @param pit Predicted distribution functions at held-out targets, from 0 to 1.
 * @throws DataError for numbers outside [0, 1], or none.
 *
 * @example
 * ```ts
 * import {applyIsotonic, fitPitRecalibration} from 'tfjs-bayes';
 * const map = fitPitRecalibration([0.4, 0.5, 0.5, 0.6]); // targets crowd in the middle: predictions too wide
 * console.log(applyIsotonic([0.4, 0.6], map)); // 0.25, 1
 * ```
 */
export function fitPitRecalibration(pit: ArrayLike<number>): IsotonicMap {
  const sorted = probabilityVector('fitPitRecalibration', 'pit', pit).slice().sort();
  const x = [0];
  const y = [0];
  sorted.forEach((p, i) => {
    if (p === sorted[i + 1]) return;
    if (p === 0) y[0] = (i + 1) / sorted.length;
    else {
      x.push(p);
      y.push((i + 1) / sorted.length);
    }
  });
  if (x.at(-1) !== 1) {
    x.push(1);
    y.push(1);
  }
  return {x, y};
}

/**
 * The levels to ask a regression for, so that after recalibration its quantiles have the levels wanted.
 *
 * The smallest p with R(p) = levels_j, for the map R of {@link fitPitRecalibration}.
 *
 * @param levels Probabilities wanted, from 0 to 1.
 * @param map As returned by {@link fitPitRecalibration}.
 * @throws DataError for numbers outside [0, 1], or none.
 *
 * @example
 * ```ts
 * import {fitPitRecalibration, recalibratedLevels} from 'tfjs-bayes';
 * console.log(recalibratedLevels([0.25, 0.5], fitPitRecalibration([0.4, 0.45, 0.55, 0.6]))); // 0.4, 0.45
 * ```
 */
export function recalibratedLevels(levels: ArrayLike<number>, map: IsotonicMap): Float64Array {
  const wanted = probabilityVector('recalibratedLevels', 'levels', levels);
  const kept = map.y.map((_, i) => i).filter((i) => i === 0 || map.y[i] !== map.y[i - 1]);
  return applyIsotonic(wanted, {x: kept.map((i) => map.y[i] as number), y: kept.map((i) => map.x[i] as number)});
}

/** What {@link fitVarianceScaling} minimizes. */
export type ScalingCriterion = 'likelihood' | 'mean-absolute' | 'root-mean-square';

/**
 * Fits the one factor of all predicted standard deviations that calibrates a regression best, on held-out data.
 *
 * `'likelihood'` (default): sqrt(mean_i z_i^2) with z_i = (targets_i - mean_i) / std_i, the maximum of the Gaussian likelihood
 * (Laves et al. 2020). `'mean-absolute'` and `'root-mean-square'`: the factor that minimizes the mean absolute or root mean squared
 * difference between the levels 0, 1/99, ..., 1 of central intervals and their coverage, found to 1e-6 relative within
 * a thousandth to a thousand times the first.
 *
 * @param mean Predicted means of held-out examples.
 * @param std Predicted standard deviations (not variances), above 0.
 * @param targets The true values, not all equal to the means.
 * @param options as follows.
 * @param options.criterion `'likelihood'` by default.
 * @returns The factor: above 1 for an overconfident model.
 * @throws DataError for numbers that are not finite, a std that is not positive, no error at all, or no examples.
 * @throws ShapeError where the lengths differ.
 * @throws ConfigError for an unknown criterion.
 *
 * @example
 * ```ts
 * import {fitVarianceScaling} from 'tfjs-bayes';
 * console.log(fitVarianceScaling([0, 0], [1, 1], [1, -3])); // 2.2361
 * ```
 */
export function fitVarianceScaling(
  mean: ArrayLike<number>,
  std: ArrayLike<number>,
  targets: ArrayLike<number>,
  {criterion = 'likelihood'}: {criterion?: ScalingCriterion} = {},
): number {
  const caller = 'fitVarianceScaling';
  const y = finiteVector(caller, 'targets', targets);
  const m = finiteVector(caller, 'mean', mean, y.length);
  const s = positiveVector(caller, 'std', std, y.length);
  const z = y.map((value, i) => Math.abs(value - (m[i] as number)) / (s[i] as number)).sort();
  const factor = Math.sqrt(z.reduce((sum, v) => sum + v * v, 0) / z.length);
  if (factor === 0) {
    throw new DataError(
      `${caller}: expected targets that differ from mean, got none. A scale cannot be fitted without errors.`,
    );
  }
  if (criterion === 'likelihood') return factor;
  if (criterion !== 'mean-absolute' && criterion !== 'root-mean-square') {
    throw new ConfigError(
      `${caller}: expected criterion 'likelihood', 'mean-absolute' or 'root-mean-square', got '${criterion}'. Leave it out for the ` +
        'likelihood.',
    );
  }
  const power = criterion === 'mean-absolute' ? 1 : 2;
  return Math.exp(minimizeOnLine((t) => levelError(z, Math.exp(t), power), Math.log(factor)));
}

const LEVELS = Float64Array.from({length: 100}, (_, i) => i / 99);
const HALF_WIDTHS = LEVELS.map((level) => -normalQuantile((1 - level) / 2));

/** Sum over levels of |coverage - level|^power for standard deviations times `factor`; `z` are sorted absolute errors. */
function levelError(z: Float64Array, factor: number, power: number): number {
  let sum = 0;
  let inside = 0;
  LEVELS.forEach((level, j) => {
    const limit = factor * (HALF_WIDTHS[j] as number);
    while (inside < z.length && (z[inside] as number) <= limit) inside++;
    sum += Math.abs(inside / z.length - level) ** power;
  });
  return sum;
}

/** A minimum near `centre`: a grid for the valley, then ever finer grids in it, because steps make the function rugged. */
function minimizeOnLine(f: (t: number) => number, centre: number): number {
  let best = centre;
  for (let reach = Math.log(1000); reach > 1e-6; reach /= 8) {
    const from = best;
    let lowest = f(best);
    for (let g = -40; g <= 40; g++) {
      const t = from + (g / 40) * reach;
      const value = f(t);
      if (value < lowest) [best, lowest] = [t, value];
    }
  }
  return best;
}
