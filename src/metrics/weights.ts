import {DataError} from '../errors.ts';
import {finiteVector} from '../linalg/matrix-like.ts';

/** Reads one weight per example, all of them 1 if none are given; throws DataError for negative ones, or only zeros. */
export function exampleWeights(caller: string, weights: ArrayLike<number> | undefined, length: number): Float64Array {
  const values = batchWeights(caller, weights, length);
  if (total(values) === 0) {
    throw new DataError(`${caller}: expected at least one weight above 0, got only zeros. Leave weights out for ones.`);
  }
  return values;
}

/** {@link exampleWeights}, or undefined where every example counts once and need not be multiplied. */
export function givenWeights(
  caller: string,
  weights: ArrayLike<number> | undefined,
  length: number,
): Float64Array | undefined {
  return weights === undefined ? undefined : exampleWeights(caller, weights, length);
}

/** {@link exampleWeights} of a part of the examples, where all may be zero. */
export function batchWeights(caller: string, weights: ArrayLike<number> | undefined, length: number): Float64Array {
  if (weights === undefined) return new Float64Array(length).fill(1);
  const values = finiteVector(caller, 'weights', weights, length);
  const wrong = values.findIndex((w) => w < 0);
  if (wrong >= 0) {
    throw new DataError(
      `${caller}: expected weights of at least 0, got ${values[wrong]} at index ${wrong}. A weight says how often an example ` +
        'counts.',
    );
  }
  return values;
}

/**
 * Throws DataError where several weights are shares of a whole: metrics whose formula has a number of examples need counts. Call it with
 * weights that were checked.
 */
export function checkCounts(caller: string, weights: ArrayLike<number> | undefined): void {
  if (weights === undefined) return;
  const values = Float64Array.from(weights);
  const sum = total(values);
  if (sum > 1 + 1e-9 || values.filter((w) => w > 0).length <= 1) return;
  throw new DataError(
    `${caller}: expected weights that count examples, got ones that sum to ${sum}. Multiply them by the number of examples.`,
  );
}

/** Sum of an array. */
export function total(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum;
}

/**
 * Weighted mean of per-example scores: with `exampleScores` the weighted form of every score that is a mean.
 *
 * sum_i weights_i scores_i / sum_i weights_i. A weight of 2 counts like the same example twice.
 *
 * @param scores One number per example.
 * @param weights One weight of at least 0 per example; all 1 by default.
 * @throws DataError for numbers that are not finite, negative weights, only zero weights, or no examples.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {exampleScores, weightedMean} from 'tfjs-bayes/metrics';
 * const scores = exampleScores([[0.7, 0.3], [0.4, 0.6]], [0, 0], {score: 'zero-one'});
 * console.log(weightedMean(scores, [3, 1])); // 0.25
 * ```
 */
export function weightedMean(scores: ArrayLike<number>, weights?: ArrayLike<number>): number {
  const values = finiteVector('weightedMean', 'scores', scores);
  return weightedMeanOf(values, exampleWeights('weightedMean', weights, values.length));
}

/** Weighted mean of numbers that were checked. */
export function weightedMeanOf(values: Float64Array | Uint8Array, weights: Float64Array): number {
  return weightedSum(values, weights) / total(weights);
}

/** Weighted sum; an infinite number of weight 0 does not count. */
export function weightedSum(values: Float64Array | Uint8Array, weights: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const w = weights[i] as number;
    if (w > 0) sum += w * (values[i] as number);
  }
  return sum;
}
