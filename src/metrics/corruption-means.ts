import {DataError, ShapeError} from '../errors.ts';
import {finiteVector} from '../linalg/matrix-like.ts';

/** A metric under shift: for every corruption its values at ascending severities. */
export type CorruptedValues = Readonly<Record<string, ArrayLike<number>>>;

/** A metric averaged over corruptions; see {@link corruptionMeans}. */
export interface CorruptionMeans {
  /** Mean over corruptions of the mean over their severities. */
  readonly mean: number;
  /** Mean over the severities of each corruption. */
  readonly perCorruption: Readonly<Record<string, number>>;
  /** Mean over corruptions at each severity, as far as every corruption has it. */
  readonly perSeverity: Float64Array;
  /** The corruption with the largest mean, and that mean. */
  readonly largest: {
    /** Its name. */
    readonly corruption: string;
    /** Its mean over severities. */
    readonly mean: number;
  };
  /** Mean increase over `clean`; undefined without it. */
  readonly increase: number | undefined;
  /** Mean over corruptions of this model's sum over the reference's (mCE); undefined without a reference. */
  readonly relativeToReference: number | undefined;
  /** The same of increases over clean (relative mCE); undefined without a reference, `clean` and `referenceClean`. */
  readonly relativeIncrease: number | undefined;
}

/**
 * Averages of any metric over corruptions and their severities: how a model holds up under shift, in one number.
 *
 * With the values E_cs of corruption c at severity s: mean = mean_c mean_s E_cs, so that a corruption with more severities does not
 * count more. Against a reference model R the mean corruption error mCE = mean_c sum_s E_cs / sum_s R_cs and the relative one mean_c
 * sum_s (E_cs - clean) / sum_s (R_cs - referenceClean) (Hendrycks & Dietterich 2019), as ratios, not percent. Take any metric of this
 * module as E: error rate, `negativeLogLikelihood`, `calibrationError`, 1 - `auroc` ...
 *
 * @param values The metric by corruption, one number per severity.
 * @param options as follows.
 * @param options.clean The metric without corruption.
 * @param options.reference The same metric of a reference model, for the same corruptions and severities.
 * @param options.referenceClean The reference model's metric without corruption.
 * @throws DataError for numbers that are not finite, no corruption, or a reference whose sums are 0.
 * @throws ShapeError where the reference lacks a corruption, or has it at another number of severities.
 *
 * @example
 * ```ts
 * import {corruptionMeans} from 'tfjs-bayes/metrics';
 * const {mean, largest, relativeToReference} = corruptionMeans(
 *   {blur: [0.1, 0.3], noise: [0.2, 0.6]},
 *   {reference: {blur: [0.2, 0.6], noise: [0.4, 0.4]}},
 * );
 * console.log(mean, largest.corruption, relativeToReference); // 0.3, 'noise', 0.75
 * ```
 */
export function corruptionMeans(
  values: CorruptedValues,
  {clean, reference, referenceClean}: {clean?: number; reference?: CorruptedValues; referenceClean?: number} = {},
): CorruptionMeans {
  const caller = 'corruptionMeans';
  const rows = Object.entries(values).map(
    ([name, row]) => [name, finiteVector(caller, `values.${name}`, row)] as const,
  );
  if (rows.length === 0) {
    throw new DataError(`${caller}: expected at least one corruption in values, got none. Pass {name: [value, ...]}.`);
  }
  for (const [name, value] of Object.entries({clean, referenceClean})) {
    if (value !== undefined) finiteVector(caller, name, [value]);
  }
  const perCorruption = Object.fromEntries(rows.map(([name, row]) => [name, average(row)]));
  const means = Object.entries(perCorruption);
  const [corruption, worst] = means.reduce((a, b) => (b[1] > a[1] ? b : a));
  const mean = average(means.map(([, value]) => value));
  const severities = Math.min(...rows.map(([, row]) => row.length));
  const relative = (own: number, other: number) =>
    reference === undefined
      ? undefined
      : average(
          rows.map(([name, row]) => ratio(caller, name, row, referenceRow(caller, reference, name, row), own, other)),
        );
  return {
    mean,
    perCorruption,
    perSeverity: Float64Array.from({length: severities}, (_, s) => average(rows.map(([, row]) => row[s] as number))),
    largest: {corruption, mean: worst},
    increase: clean === undefined ? undefined : mean - clean,
    relativeToReference: relative(0, 0),
    relativeIncrease: clean === undefined || referenceClean === undefined ? undefined : relative(clean, referenceClean),
  };
}

function referenceRow(caller: string, reference: CorruptedValues, name: string, row: Float64Array): Float64Array {
  const other = reference[name];
  if (other?.length !== row.length) {
    throw new ShapeError(
      `${caller}: expected ${row.length} severities of '${name}' in reference, got ${other?.length ?? 'none'}. Measure both models ` +
        'under the same shifts.',
    );
  }
  return finiteVector(caller, `reference.${name}`, other);
}

/** Ratio of a corruption's sums, each above what there is without corruption. */
function ratio(
  caller: string,
  name: string,
  own: Float64Array,
  other: Float64Array,
  clean: number,
  otherClean: number,
) {
  const below = average(other) - otherClean;
  if (below === 0) {
    throw new DataError(
      `${caller}: expected a reference with something to compare in '${name}', got a sum of 0. Leave the reference out.`,
    );
  }
  return (average(own) - clean) / below;
}

function average(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / values.length;
}
