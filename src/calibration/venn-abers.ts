import {finiteVector} from '../linalg/matrix-like.ts';
import {poolAdjacentViolators} from '../linalg/pool-adjacent-violators.ts';
import {binaryLabels} from './inputs.ts';
import {averageTies} from './isotonic.ts';

/** What {@link vennAbers} returns, one entry per test score. */
export interface VennAbersPrediction {
  /** The probability of label 1 if the test example had label 0. */
  readonly lower: Float64Array;
  /** The probability of label 1 if the test example had label 1. */
  readonly upper: Float64Array;
  /** Both merged into one: upper / (1 - lower + upper). */
  readonly probs: Float64Array;
}

/**
 * Inductive Venn-Abers prediction: isotonic calibration that carries its own uncertainty, valid for exchangeable data.
 *
 * For every test score s, `lower` and `upper` are the value at s of the isotonic regression of the calibration examples together
 * with (s, 0) and with (s, 1); one of them is perfectly calibrated (Vovk & Petej 2014). Their distance shows how little the
 * calibration data say. O(N) for each different test score, after sorting.
 *
 * @param scores Scores of held-out examples, such as probabilities or logits, higher for label 1.
 * @param labels 0 or 1, one per score.
 * @param testScores Scores of the same classifier for new examples.
 * @throws DataError for scores that are not finite, labels other than 0 and 1, or no examples.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {vennAbers} from 'tfjs-bayes';
 * const {lower, upper, probs} = vennAbers([0.1, 0.3, 0.6, 0.8], [0, 0, 1, 1], [0.7]);
 * console.log(lower, upper, probs); // 0.5, 1, 0.6667
 * ```
 */
export function vennAbers(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  testScores: ArrayLike<number>,
): VennAbersPrediction {
  const s = finiteVector('vennAbers', 'scores', scores);
  const y = binaryLabels('vennAbers', labels, s.length);
  const fresh = finiteVector('vennAbers', 'testScores', testScores);
  const {position, mean, weight} = averageTies(s, y, new Float64Array(s.length).fill(1));

  const withLabel = (score: number, label: number): number => {
    const at = lowerBound(position, score);
    const tied = position[at] === score;
    const own = tied ? (weight[at] as number) : 0;
    const value = tied ? ((mean[at] as number) * own + label) / (own + 1) : label;
    const means = mean.toSpliced(at, tied ? 1 : 0, value);
    const weights = weight.toSpliced(at, tied ? 1 : 0, own + 1);
    return poolAdjacentViolators(means, weights)[at] as number;
  };
  const known = new Map<number, [lower: number, upper: number]>();
  const pairs = Array.from(fresh, (score) => {
    const pair = known.get(score) ?? [withLabel(score, 0), withLabel(score, 1)];
    known.set(score, pair);
    return pair;
  });
  const lower = Float64Array.from(pairs, ([low]) => low);
  const upper = Float64Array.from(pairs, ([, high]) => high);
  return {lower, upper, probs: upper.map((high, i) => high / (1 - (lower[i] as number) + high))};
}

/** The first index whose position is at least `score`. */
function lowerBound(positions: readonly number[], score: number): number {
  let low = 0;
  let high = positions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((positions[middle] as number) < score) low = middle + 1;
    else high = middle;
  }
  return low;
}
