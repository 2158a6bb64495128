import {ConfigError, DataError, ShapeError} from '../errors.ts';
import {denseMatrix, finiteVector, type MatrixLike} from '../linalg/matrix-like.ts';
import {fairFactor, isFair, type SampleEstimator} from './crps-samples.ts';
import {meanOf} from './parameters.ts';
import {givenWeights} from './weights.ts';

/**
 * Mean energy score of joint predictions of several outputs given as draws: the CRPS for vectors.
 *
 * mean_i mean_j ||x_ij - y_i|| - 1/2 mean_jk ||x_ij - x_ik|| with the Euclidean norm (Gneiting & Raftery 2007); `'fair'`
 * takes the second mean over pairs of different draws. O(M^2 C) per example.
 *
 * @param samples For each of N examples the draws [M, C].
 * @param targets The true outputs [N, C].
 * @param options as follows.
 * @param options.estimator `'empirical'` by default, or `'fair'`.
 * @param options.exampleWeights How often each example counts; all 1 by default.
 * @returns In the unit of the targets; lower is better. Outputs of different units should be standardized first.
 * @throws DataError for numbers that are not finite, no examples, or a single draw where the estimator is fair.
 * @throws ShapeError where the shapes differ.
 * @throws ConfigError for an unknown estimator.
 *
 * @example
 * ```ts
 * import {energyScore} from 'tfjs-bayes/metrics';
 * console.log(energyScore([[[0, 0], [3, 4]]], [[0, 0]])); // 1.25
 * ```
 */
export function energyScore(
  samples: readonly MatrixLike[],
  targets: MatrixLike,
  {estimator = 'empirical', exampleWeights}: {estimator?: SampleEstimator; exampleWeights?: ArrayLike<number>} = {},
): number {
  const fair = isFair('energyScore', estimator);
  const examples = jointDraws('energyScore', samples, targets);
  return meanOf(
    examples.length,
    (i) => {
      const {x, y, draws} = examples[i] as JointDraws;
      let toTarget = 0;
      let spread = 0;
      for (let j = 0; j < draws; j++) {
        toTarget += distance(x, j, y, 0, y.length);
        for (let k = 0; k < j; k++) spread += distance(x, j, x, k, y.length);
      }
      return toTarget / draws - (spread / draws ** 2) * pairFactor('energyScore', fair, draws);
    },
    givenWeights('energyScore', exampleWeights, examples.length),
  );
}

/** Options of {@link variogramScore}. */
export interface VariogramOptions {
  /** The power p of the differences, above 0; 0.5 by default, which heavy tails disturb less than 1 or 2. */
  readonly order?: number;
  /** `'empirical'` by default, or `'fair'`. */
  readonly estimator?: SampleEstimator;
  /** Weights of the pairs of outputs [C, C]; all 1 by default. Weigh near outputs more where outputs have an order. */
  readonly weights?: MatrixLike;
  /** How often each example counts; all 1 by default. */
  readonly exampleWeights?: ArrayLike<number>;
}

/**
 * Mean variogram score of joint predictions given as draws: judges the dependence between outputs, blind to a common shift.
 *
 * mean_i sum_ab weights_ab (|y_ia - y_ib|^p - mean_j |x_ija - x_ijb|^p)^2 (Scheuerer & Hamill 2015); `'fair'` subtracts the
 * variance that the mean over M draws has.
 *
 * @param samples For each of N examples the draws [M, C].
 * @param targets The true outputs [N, C].
 * @param options See {@link VariogramOptions}.
 * @returns Lower is better.
 * @throws DataError for numbers that are not finite, no examples, or a single draw where the estimator is fair.
 * @throws ShapeError where the shapes differ.
 * @throws ConfigError for an unknown estimator or an order that is not positive.
 *
 * @example
 * ```ts
 * import {variogramScore} from 'tfjs-bayes/metrics';
 * console.log(variogramScore([[[0, 1], [0, 4]]], [[0, 1]])); // 0.5
 * ```
 */
export function variogramScore(
  samples: readonly MatrixLike[],
  targets: MatrixLike,
  {order = 0.5, estimator = 'empirical', weights, exampleWeights}: VariogramOptions = {},
): number {
  const caller = 'variogramScore';
  if (!(order > 0 && order < Infinity)) {
    throw new ConfigError(`${caller}: expected a positive order, got ${order}. 0.5 and 1 are common.`);
  }
  const fair = isFair(caller, estimator);
  const examples = jointDraws(caller, samples, targets);
  const outputs = (examples[0] as JointDraws).y.length;
  const pairWeights = weights === undefined ? undefined : squareWeights(caller, weights, outputs);
  return meanOf(
    examples.length,
    (i) => {
      const {x, y, draws} = examples[i] as JointDraws;
      const bias = (pairFactor(caller, fair, draws) - 1) / draws;
      let score = 0;
      for (let a = 0; a < outputs; a++) {
        for (let b = 0; b < outputs; b++) {
          if (a === b) continue;
          const differences = Float64Array.from({length: draws}, (_, j) => {
            return Math.abs((x[j * outputs + a] as number) - (x[j * outputs + b] as number)) ** order;
          });
          const mean = meanOf(draws, (j) => differences[j] as number);
          const scatter = draws * meanOf(draws, (j) => ((differences[j] as number) - mean) ** 2);
          const truth = Math.abs((y[a] as number) - (y[b] as number)) ** order;
          score += (pairWeights?.[a * outputs + b] ?? 1) * ((truth - mean) ** 2 - bias * scatter);
        }
      }
      return score;
    },
    givenWeights(caller, exampleWeights, examples.length),
  );
}

/** Draws and target of one example. */
export interface JointDraws {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly draws: number;
}

/** Reads the draws and the target of every example, all finite. */
export function jointDraws(caller: string, samples: readonly MatrixLike[], targets: MatrixLike): JointDraws[] {
  const {rows, columns, data} = denseMatrix(caller, 'targets', targets);
  const y = finiteVector(caller, 'targets', data);
  if (samples.length !== rows) {
    throw new ShapeError(
      `${caller}: expected samples for ${rows} examples, one matrix [draws, outputs] each, got ${samples.length}. Pass the ` +
        'same examples in the same order.',
    );
  }
  return samples.map((sample, i) => {
    const x = denseMatrix(caller, `samples[${i}]`, sample);
    if (x.columns !== columns) {
      throw new ShapeError(
        `${caller}: expected samples[${i}] of shape [draws, ${columns}] like the targets, got [${x.rows}, ${x.columns}]. Put ` +
          'one draw in each row.',
      );
    }
    return {
      x: finiteVector(caller, `samples[${i}]`, x.data),
      y: y.subarray(i * columns, (i + 1) * columns),
      draws: x.rows,
    };
  });
}

function squareWeights(caller: string, weights: MatrixLike, outputs: number): Float64Array {
  const {rows, columns, data} = denseMatrix(caller, 'weights', weights);
  if (rows !== outputs || columns !== outputs) {
    throw new ShapeError(
      `${caller}: expected weights of shape [${outputs}, ${outputs}], got [${rows}, ${columns}]. Pass one weight per pair of outputs.`,
    );
  }
  const values = finiteVector(caller, 'weights', data);
  if (values.some((w) => w < 0)) {
    throw new DataError(
      `${caller}: expected weights of at least 0, got ${Math.min(...values)}. Use 0 to leave a pair out.`,
    );
  }
  return values;
}

/** M / (M - 1) where the estimator is fair, else 1. */
function pairFactor(caller: string, fair: boolean, draws: number): number {
  return fair ? fairFactor(caller, new Float64Array(draws).fill(1 / draws)) : 1;
}

/** Euclidean distance of row `j` of `x` from row `k` of `other`. */
function distance(x: Float64Array, j: number, other: Float64Array, k: number, outputs: number): number {
  let sum = 0;
  for (let c = 0; c < outputs; c++) sum += ((x[j * outputs + c] as number) - (other[k * outputs + c] as number)) ** 2;
  return Math.sqrt(sum);
}
