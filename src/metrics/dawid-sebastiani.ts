import {DataError} from '../errors.ts';
import {cholesky, logDeterminant} from '../linalg/cholesky.ts';
import {matrix} from '../linalg/matrix.ts';
import type {MatrixLike} from '../linalg/matrix-like.ts';
import {solveLower} from '../linalg/triangular-solve.ts';
import {type JointDraws, jointDraws} from './multivariate-scores.ts';
import {meanOf} from './parameters.ts';
import {givenWeights} from './weights.ts';

/**
 * Mean Dawid-Sebastiani score of joint predictions given as draws: it looks at their mean and covariance alone.
 *
 * mean_i log det S_i + (y_i - m_i)^T S_i^-1 (y_i - m_i) with the mean m_i and the covariance S_i (divided by M) of the M draws
 * (Dawid & Sebastiani 1999): twice the negative log-density of that normal distribution, less C log(2 pi).
 *
 * @param samples For each of N examples the draws [M, C]; more draws than outputs, else S is singular.
 * @param targets The true outputs [N, C].
 * @param options as follows.
 * @param options.exampleWeights How often each example counts; all 1 by default.
 * @returns Lower is better.
 * @throws DataError for numbers that are not finite, no examples, or no more draws than outputs.
 * @throws ShapeError where the shapes differ.
 * @throws NotPositiveDefiniteError for draws whose covariance is singular.
 *
 * @example
 * ```ts
 * import {dawidSebastianiScore} from 'tfjs-bayes/metrics';
 * console.log(dawidSebastianiScore([[[-1], [1]]], [[2]])); // 4
 * ```
 */
export function dawidSebastianiScore(
  samples: readonly MatrixLike[],
  targets: MatrixLike,
  {exampleWeights}: {exampleWeights?: ArrayLike<number>} = {},
): number {
  const examples = jointDraws('dawidSebastianiScore', samples, targets);
  return meanOf(
    examples.length,
    (i) => score(examples[i] as JointDraws, i),
    givenWeights('dawidSebastianiScore', exampleWeights, examples.length),
  );
}

function score({x, y, draws}: JointDraws, example: number): number {
  const outputs = y.length;
  if (draws <= outputs) {
    throw new DataError(
      `dawidSebastianiScore: expected more draws than the ${outputs} outputs, got ${draws} for example ${example}. Draw more, or ` +
        'use energyScore.',
    );
  }
  const mean = y.map((_, c) => meanOf(draws, (j) => x[j * outputs + c] as number));
  const covariance = matrix(outputs, outputs);
  for (let a = 0; a < outputs; a++) {
    for (let b = 0; b <= a; b++) {
      covariance.data[a * outputs + b] = meanOf(draws, (j) => {
        const first = (x[j * outputs + a] as number) - (mean[a] as number);
        return first * ((x[j * outputs + b] as number) - (mean[b] as number));
      });
    }
  }
  const {factor} = cholesky(covariance, {name: `covariance of the draws for example ${example}`, maxJitter: 0});
  const whitened = solveLower(
    factor,
    y.map((value, c) => value - (mean[c] as number)),
  );
  return logDeterminant(factor) + whitened.reduce((sum, z) => sum + z * z, 0);
}
