import {ConfigError, DataError} from '../errors.ts';
import {checkLength, denseMatrix, type FlatMatrix, isMatrix, type MatrixLike} from '../linalg/matrix-like.ts';
import {createRng, type Rng} from '../random/index.ts';
import {checkLevel, type MetricInterval, sortedQuantile} from './interval-estimate.ts';

/** From how many rows on resamples are smaller than the data. */
const LARGE = 100_000;

/** What is resampled by rows: matrices, and vectors with one entry per row. */
export type Column = MatrixLike | ArrayLike<number> | ArrayLike<boolean>;

/** Resampled columns: matrices come as flat ones, vectors as float64, booleans as 0 and 1. */
export type Resampled<Columns extends readonly Column[]> = {
  [I in keyof Columns]: Columns[I] extends MatrixLike ? FlatMatrix : Float64Array;
};

/** Options of the bootstrap. */
export interface BootstrapOptions {
  /** Probability of the interval, between 0 and 1; 0.95 by default. */
  readonly level?: number;
  /** Number of resamples, at least 20; 1000 by default. */
  readonly resamples?: number;
  /**
   * Rows per resample: as many as there are up to 100,000 rows, above that N^(3/4), rounded up. Fewer than N makes the method
   * 'm-out-of-n'.
   */
  readonly resampleSize?: number;
  /** An integer or boolean per row, whose frequencies every resample keeps, such as the positives of `auroc`; none by default. */
  readonly strata?: ArrayLike<number | boolean>;
  /** Where the draws come from; a fixed seed by default. */
  readonly rng?: Rng;
}

/**
 * Bootstrap confidence interval of any metric: it is computed on rows drawn with replacement, again and again.
 *
 * 'percentile': the quantiles (1 -+ level)/2 of the metric over resamples of N rows (Efron 1979). Above 100,000 rows
 * 'm-out-of-n': resamples of m rows, the interval estimate + sqrt(m/N) (quantile - mean over resamples) (Bickel, Götze & van
 * Zwet 1997); it holds for metrics whose error shrinks with the root of N, and shows spread but no bias. For means of
 * per-example scores `meanInterval` needs no resampling.
 *
 * @param metric Computes the metric from the columns; the arrays it gets are used again for the next resample.
 * @param columns Matrices and vectors with one row per example; weights can be one of them.
 * @param options See {@link BootstrapOptions}.
 * @returns The interval and the method that was used.
 * @throws DataError where a resample's metric is not finite, or there are no examples; and what `metric` throws.
 * @throws ShapeError where the columns differ in length.
 * @throws ConfigError for options out of range.
 *
 * @example
 * ```ts
 * import {auroc, bootstrapInterval} from 'tfjs-bayes/metrics';
 * const scores = [0.1, 0.4, 0.35, 0.8, 0.2, 0.7];
 * const positives = [0, 0, 1, 1, 0, 1];
 * const {estimate, low, high, method} = bootstrapInterval(auroc, [scores, positives], {strata: positives});
 * console.log(estimate, low <= estimate && estimate <= high, method); // 0.8889, true, 'percentile'
 * ```
 */
export function bootstrapInterval<const Columns extends readonly Column[]>(
  metric: (...columns: Resampled<Columns>) => number,
  columns: Columns,
  options: BootstrapOptions = {},
): MetricInterval {
  return intervalFor('bootstrapInterval', metric, columns, options);
}

/**
 * Bootstrap confidence interval of the difference of a metric between two models on the same examples.
 *
 * The difference metric(first) - metric(second), on the same resampled rows for both, so that what makes an example hard for both
 * cancels. An interval without 0 says that the models differ. Intervals are found as in {@link bootstrapInterval}.
 *
 * @param metric Computes the metric from one model's columns.
 * @param first Columns of the first model, such as [probs, labels].
 * @param second Columns of the second model: the same examples in the same order.
 * @param options See {@link BootstrapOptions}.
 * @throws DataError where a resample's metric is not finite, or there are no examples; and what `metric` throws.
 * @throws ShapeError where the columns differ in length.
 * @throws ConfigError for options out of range.
 *
 * @example
 * ```ts
 * import {bootstrapDifference, calibrationError} from 'tfjs-bayes/metrics';
 * const labels = [0, 1, 1, 0];
 * const first = [[0.9, 0.1], [0.2, 0.8], [0.3, 0.7], [0.6, 0.4]];
 * const second = [[0.6, 0.4], [0.5, 0.5], [0.4, 0.6], [0.6, 0.4]];
 * const {estimate} = bootstrapDifference((p, y) => calibrationError(p, y), [first, labels], [second, labels]);
 * console.log(estimate); // -0.175
 * ```
 */
export function bootstrapDifference<const Columns extends readonly Column[]>(
  metric: (...columns: Resampled<Columns>) => number,
  first: Columns,
  second: NoInfer<Columns> | readonly [...{[I in keyof Columns]: Columns[I] extends MatrixLike ? MatrixLike : Column}],
  options: BootstrapOptions = {},
): MetricInterval {
  const split = first.length;
  const difference = (...all: Array<FlatMatrix | Float64Array>) =>
    metric(...(all.slice(0, split) as Resampled<Columns>)) - metric(...(all.slice(split) as Resampled<Columns>));
  return intervalFor('bootstrapDifference', difference, [...first, ...second], options);
}

function intervalFor<Columns extends readonly Column[]>(
  caller: string,
  metric: (...columns: Resampled<Columns>) => number,
  columns: Columns,
  {level = 0.95, resamples = 1000, resampleSize, strata, rng = createRng(0)}: BootstrapOptions,
): MetricInterval {
  checkLevel(caller, level);
  checkCount(caller, 'resamples', resamples, 20);
  const gathers = columns.map((column, c) => gather(caller, c, column));
  const rows = gathers[0]?.rows ?? 0;
  gathers.forEach((g, c) => {
    checkLength(caller, `column ${c}`, {length: g.rows}, rows);
  });
  const size = resampleSize ?? (rows > LARGE ? Math.ceil(rows ** 0.75) : rows);
  checkCount(caller, 'resampleSize', size, 1);
  const groups = strataOf(caller, strata, rows);
  const compute = (indices: Uint32Array) => {
    const value = metric(...(gathers.map((g) => g.take(indices)) as Resampled<Columns>));
    if (Number.isFinite(value)) return value;
    throw new DataError(
      `${caller}: expected a finite metric, got ${value}. Give strata to keep both classes in every resample, or clip first.`,
    );
  };
  const estimate = compute(Uint32Array.from({length: rows}, (_, i) => i));
  const values = new Float64Array(resamples);
  for (let b = 0; b < resamples; b++) values[b] = compute(resample(groups, rows, size, rng));
  values.sort();
  const mean = values.reduce((sum, v) => sum + v, 0) / resamples;
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (resamples - 1));
  const [low, high] = [sortedQuantile(values, (1 - level) / 2), sortedQuantile(values, (1 + level) / 2)];
  if (size === rows) return {estimate, low, high, level, standardError: deviation, method: 'percentile'};
  const shrink = Math.sqrt(size / rows);
  return {
    estimate,
    low: estimate + shrink * (low - mean),
    high: estimate + shrink * (high - mean),
    level,
    standardError: shrink * deviation,
    method: 'm-out-of-n',
  };
}

interface Gather {
  readonly rows: number;
  take(indices: Uint32Array): FlatMatrix | Float64Array;
}

function gather(caller: string, index: number, column: Column): Gather {
  if (isMatrix(column)) {
    const {data, rows, columns} = denseMatrix(caller, `column ${index}`, column);
    let taken = new Float64Array(0);
    return {
      rows,
      take: (indices) => {
        if (taken.length !== indices.length * columns) taken = new Float64Array(indices.length * columns);
        for (let r = 0; r < indices.length; r++) {
          const from = (indices[r] as number) * columns;
          for (let k = 0; k < columns; k++) taken[r * columns + k] = data[from + k] as number;
        }
        return {data: taken, shape: [indices.length, columns]};
      },
    };
  }
  const values = Float64Array.from(column as ArrayLike<number | boolean>, Number);
  let taken = new Float64Array(0);
  return {
    rows: values.length,
    take: (indices) => {
      if (taken.length !== indices.length) taken = new Float64Array(indices.length);
      for (let r = 0; r < indices.length; r++) taken[r] = values[indices[r] as number] as number;
      return taken;
    },
  };
}

/** Rows of each stratum. */
function strataOf(caller: string, strata: ArrayLike<number | boolean> | undefined, rows: number): Uint32Array[] {
  if (strata === undefined) return [Uint32Array.from({length: rows}, (_, i) => i)];
  checkLength(caller, 'strata', strata, rows);
  const groups = new Map<number | boolean, number[]>();
  for (let i = 0; i < rows; i++) {
    const key = strata[i] as number | boolean;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [i]);
    else group.push(i);
  }
  return [...groups.values()].map((group) => Uint32Array.from(group));
}

function resample(groups: readonly Uint32Array[], rows: number, size: number, rng: Rng): Uint32Array {
  const counts = groups.map(({length}) => (size === rows ? length : Math.max(1, Math.round((length * size) / rows))));
  const indices = new Uint32Array(counts.reduce((sum, count) => sum + count, 0));
  let at = 0;
  groups.forEach((group, g) => {
    const draws = rng.uniforms(counts[g] as number);
    for (let i = 0; i < draws.length; i++) {
      indices[at++] = group[Math.floor((draws[i] as number) * group.length)] as number;
    }
  });
  return indices;
}

function checkCount(caller: string, name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least) {
    throw new ConfigError(`${caller}: expected ${name} to be an integer of at least ${least}, got ${value}. Try 1000.`);
  }
}
