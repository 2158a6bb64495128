import {ConfigError, DataError} from '../errors.ts';
import {finiteVector} from '../linalg/matrix-like.ts';
import {gammaQ} from '../special/incomplete-gamma.ts';
import {checkBins, widthBin} from './binning.ts';
import {kolmogorovTail} from './kolmogorov.ts';

/** What a test found. */
export interface TestResult {
  /** The test statistic. */
  readonly statistic: number;
  /** Probability of a statistic at least as large where the predictions are calibrated. */
  readonly pValue: number;
}

/**
 * Kolmogorov-Smirnov test whether probability integral transforms are uniform, so whether predictions are calibrated.
 *
 * statistic = max_x |share of pit <= x - x|. The p-value is exact up to 500 values; beyond, its error is below 1e-5.
 *
 * @param pit Probabilities, as of {@link gaussianPit} and {@link samplePit}; the test takes them as independent.
 * @throws DataError for numbers outside [0, 1], or none.
 *
 * @example
 * ```ts
 * import {kolmogorovSmirnovTest} from 'tfjs-bayes/metrics';
 * const {statistic, pValue} = kolmogorovSmirnovTest([0.1, 0.2, 0.3, 0.4]);
 * console.log(statistic, pValue); // 0.6, 0.0674
 * ```
 */
export function kolmogorovSmirnovTest(pit: ArrayLike<number>): TestResult {
  const sorted = probabilities('kolmogorovSmirnovTest', pit).slice().sort();
  const n = sorted.length;
  let statistic = 0;
  sorted.forEach((p, i) => {
    statistic = Math.max(statistic, (i + 1) / n - p, p - i / n);
  });
  return {statistic, pValue: kolmogorovTail(n, statistic)};
}

/**
 * Pearson's chi-square test whether the histogram of probability integral transforms is flat.
 *
 * statistic = sum_b (count_b - N/bins)^2 / (N/bins), chi-square with bins - 1 degrees of freedom for large N: give every bin
 * five values or more.
 *
 * @param pit Probabilities, as of {@link gaussianPit} and {@link samplePit}; the test takes them as independent.
 * @param options as follows.
 * @param options.bins Bins of equal width, at least 2; 10 by default.
 * @throws DataError for numbers outside [0, 1], or none.
 * @throws ConfigError for bins that are no integer above 1.
 *
 * @example
 * ```ts
 * import {chiSquareTest} from 'tfjs-bayes/metrics';
 * console.log(chiSquareTest([0.1, 0.2, 0.3, 0.4, 0.6, 0.4], {bins: 2}).pValue); // 0.1025
 * ```
 */
export function chiSquareTest(pit: ArrayLike<number>, {bins = 10}: {bins?: number} = {}): TestResult {
  if (checkBins('chiSquareTest', bins) < 2) {
    throw new ConfigError('chiSquareTest: expected at least 2 bins, got 1. 10 are common.');
  }
  const values = probabilities('chiSquareTest', pit);
  const counts = new Float64Array(bins);
  for (const p of values) {
    const bin = widthBin(p, bins);
    counts[bin] = (counts[bin] as number) + 1;
  }
  const expected = values.length / bins;
  const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  return {statistic, pValue: gammaQ((bins - 1) / 2, statistic / 2)};
}

/** Reads numbers from 0 to 1. */
export function probabilities(caller: string, pit: ArrayLike<number>): Float64Array {
  const values = finiteVector(caller, 'pit', pit);
  const at = values.findIndex((p) => !(p >= 0 && p <= 1));
  if (at >= 0) {
    throw new DataError(
      `${caller}: expected probabilities from 0 to 1 in pit, got ${values[at]} at index ${at}. Pass predicted distribution ` +
        'functions at the targets.',
    );
  }
  return values;
}
