import {ShapeError} from '../errors.ts';
import {moments} from './moments.ts';

/** One row of {@link posteriorPredictiveCheck}. */
export interface PredictiveCheck {
  /** The statistic's name. */
  readonly name: string;
  /** The statistic of the observed data. */
  readonly observed: number;
  /** Mean of the statistic over the replicated data. */
  readonly mean: number;
  /** Standard deviation over the replicated data. */
  readonly sd: number;
  /** Share of replicated data sets whose statistic is larger than the observed one, ties by half; near 0 or 1 is a misfit. */
  readonly pValue: number;
}

/**
 * Compares statistics of the observed data with those of data sets drawn from the posterior predictive distribution.
 *
 * A p-value near 0 or 1 says that the model does not produce data like these in this respect. The data are used twice, to fit
 * and to check, so that the values crowd around 0.5: they are no frequentist tests.
 *
 * Source: Gelman, Meng and Stern (1996).
 *
 * @param observed the data.
 * @param replicated data sets from the posterior predictive distribution, each as long as `observed`.
 * @param statistics what to compare, by name; default mean, sd, min and max.
 *
 * @throws ShapeError if there are no replicated data or one is of another length.
 *
 * @example
 * ```ts
 * import {createRng} from 'tfjs-bayes';
 * import {posteriorPredictiveCheck} from 'tfjs-bayes/inference';
 * const rng = createRng(1);
 * const replicated = Array.from({length: 200}, () => rng.normals(50));
 * const rows = posteriorPredictiveCheck(rng.normals(50).map((z) => 3 * z), replicated);
 * console.log(rows.find(({name}) => name === 'sd')?.pValue);   // 0: the data spread more than the model says
 * ```
 */
export function posteriorPredictiveCheck(
  observed: ArrayLike<number>,
  replicated: readonly ArrayLike<number>[],
  statistics: Record<string, (data: Float64Array) => number> = DEFAULT_STATISTICS,
): PredictiveCheck[] {
  const wrong = replicated.find((data) => data.length !== observed.length);
  if (replicated.length === 0 || wrong !== undefined) {
    throw new ShapeError(
      `posteriorPredictiveCheck: expected replicated data sets of ${observed.length} numbers, got ` +
        `${wrong === undefined ? 'none' : wrong.length}. Draw them from the posterior predictive distribution.`,
    );
  }
  return Object.entries(statistics).map(([name, statistic]) => {
    const actual = statistic(Float64Array.from(observed));
    const values = Float64Array.from(replicated, (data) => statistic(Float64Array.from(data)));
    const {mean, variance} = moments(values);
    const above = values.reduce((sum, value) => sum + (value > actual ? 1 : value === actual ? 0.5 : 0), 0);
    return {name, observed: actual, mean, sd: Math.sqrt(variance), pValue: above / values.length};
  });
}

const DEFAULT_STATISTICS: Record<string, (data: Float64Array) => number> = {
  mean: (data) => moments(data).mean,
  sd: (data) => Math.sqrt(moments(data).variance),
  min: (data) => data.reduce((least, value) => Math.min(least, value), Infinity),
  max: (data) => data.reduce((most, value) => Math.max(most, value), -Infinity),
};
