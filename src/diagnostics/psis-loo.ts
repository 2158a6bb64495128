import {ShapeError} from '../errors.ts';
import {logSumExp} from '../special/index.ts';
import {moments} from './moments.ts';
import {paretoSmooth} from './pareto-smoothing.ts';

/** What {@link psisLoo} returns. */
export interface LeaveOneOut {
  /** Sum over observations of log p(y_i | the others), in nats; higher is better. */
  readonly elpd: number;
  /** Standard error of `elpd`, from the spread of its summands over observations. */
  readonly standardError: number;
  /** Effective number of parameters: log p(y_i | all), summed, less `elpd`. */
  readonly effectiveParameters: number;
  /** The summands of `elpd`. */
  readonly pointwise: Float64Array;
  /** k-hat of each observation's weights. */
  readonly shapes: Float64Array;
  /** Indices of observations whose k-hat is above the threshold: refit without them rather than trust their summands. */
  readonly unreliable: number[];
}

/**
 * Leave-one-out cross-validation from one posterior, by Pareto-smoothed importance sampling:
 * p(y_i | the others) = 1 / E[1 / p(y_i | theta)], with smoothed weights.
 *
 * Source: Vehtari, Gelman and Gabry (2017).
 *
 * @param logLikelihoods log p(y_i | theta_s): one array over draws s for each observation i.
 * @param options how the draws were made.
 * @param options.relativeEfficiency ESS / S of the draws; default 1.
 *
 * @throws ShapeError if there are no observations.
 *
 * @example
 * ```ts
 * import {createRng} from 'tfjs-bayes';
 * import {psisLoo} from 'tfjs-bayes/inference';
 * const means = createRng(1).normals(1000).map((z) => z / Math.sqrt(4));   // posterior draws of the mean of 3 numbers
 * const y = [-0.5, 0.1, 0.4];
 * const terms = y.map((value) => means.map((mean) => -0.5 * (value - mean) ** 2 - 0.5 * Math.log(2 * Math.PI)));
 * console.log(psisLoo(terms).unreliable);   // []
 * ```
 */
export function psisLoo(
  logLikelihoods: readonly ArrayLike<number>[],
  {relativeEfficiency = 1}: {relativeEfficiency?: number} = {},
): LeaveOneOut {
  if (logLikelihoods.length === 0) {
    throw new ShapeError('psisLoo: expected log likelihoods, got no observation. Pass one array per observation.');
  }
  const results = logLikelihoods.map((terms) => {
    const values = Float64Array.from(terms);
    const {logWeights, shape, threshold} = paretoSmooth(
      values.map((value) => -value),
      {relativeEfficiency},
    );
    const left = logSumExp(logWeights.map((weight, s) => weight + (values[s] as number)));
    return {left, inSample: logSumExp(values) - Math.log(values.length), shape, reliable: shape <= threshold};
  });
  const pointwise = Float64Array.from(results, ({left}) => left);
  const elpd = pointwise.reduce((sum, value) => sum + value, 0);
  return {
    elpd,
    standardError: Math.sqrt(pointwise.length * moments(pointwise).variance),
    effectiveParameters: results.reduce((sum, {inSample}) => sum + inSample, 0) - elpd,
    pointwise,
    shapes: Float64Array.from(results, ({shape}) => shape),
    unreliable: results.flatMap(({reliable}, i) => (reliable ? [] : [i])),
  };
}
