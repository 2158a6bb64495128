import {DataError, ShapeError} from '../errors.ts';
import {denseMatrix, finiteVector, type MatrixLike} from '../linalg/matrix-like.ts';
import {logSumExp} from '../special/log-sum-exp.ts';
import {meanOf} from './parameters.ts';
import {givenWeights} from './weights.ts';

const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);

/**
 * Mean negative log-density of the targets under equal mixtures of normal predictions, in nats: the exact score of an
 * ensemble of regressors.
 *
 * mean_i -log((1/M) sum_m N(targets_i; means_mi, stds_mi^2)), with log-sum-exp. One normal with the mixture's mean and variance
 * (`mixtureVarianceParts`, then `gaussianNegativeLogLikelihood`) scores differently.
 *
 * @param means Predicted means [M, N], a row per member.
 * @param stds Predicted standard deviations (not variances) [M, N], above 0.
 * @param targets The true values, [N].
 * @param options as follows.
 * @param options.exampleWeights How often each example counts; all 1 by default.
 * @throws DataError for numbers that are not finite, a standard deviation that is not positive, negative weights, or no examples.
 * @throws ShapeError where the shapes do not fit.
 *
 * @example
 * ```ts
 * import {mixtureNegativeLogLikelihood} from 'tfjs-bayes/metrics';
 * console.log(mixtureNegativeLogLikelihood([[1], [2], [4]], [[0.5], [0.5 ** 0.5], [1]], [2.5])); // 1.6472
 * ```
 */
export function mixtureNegativeLogLikelihood(
  means: MatrixLike,
  stds: MatrixLike,
  targets: ArrayLike<number>,
  {exampleWeights}: {exampleWeights?: ArrayLike<number>} = {},
): number {
  const caller = 'mixtureNegativeLogLikelihood';
  const m = denseMatrix(caller, 'means', means);
  const s = denseMatrix(caller, 'stds', stds);
  if (m.rows !== s.rows || m.columns !== s.columns) {
    throw new ShapeError(
      `${caller}: expected stds of the means' shape [${m.rows}, ${m.columns}], got [${s.rows}, ${s.columns}]. Pass one row per ` +
        'member in both.',
    );
  }
  const mu = finiteVector(caller, 'means', m.data);
  const sigma = finiteVector(caller, 'stds', s.data);
  const y = finiteVector(caller, 'targets', targets, m.columns);
  const wrong = sigma.findIndex((v) => !(v > 0));
  if (wrong >= 0) {
    throw new DataError(
      `${caller}: expected standard deviations above 0 in stds, got ${sigma[wrong]} at index ${wrong}. Pass square roots of ` +
        'variances.',
    );
  }
  const logs = new Float64Array(m.rows);
  const score = (i: number) => {
    for (let k = 0; k < m.rows; k++) {
      const scale = sigma[k * m.columns + i] as number;
      const z = ((y[i] as number) - (mu[k * m.columns + i] as number)) / scale;
      logs[k] = -0.5 * z * z - Math.log(scale);
    }
    return Math.log(m.rows) - logSumExp(logs);
  };
  return meanOf(m.columns, score, givenWeights(caller, exampleWeights, m.columns)) + HALF_LOG_2PI;
}
