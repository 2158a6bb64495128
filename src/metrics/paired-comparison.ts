import {ConfigError} from '../errors.ts';
import {finiteVector} from '../linalg/matrix-like.ts';
import {createRng, type Rng} from '../random/index.ts';
import {studentTCdf} from '../special/student-t.ts';
import {analyticInterval, type MetricInterval, momentsOf} from './interval-estimate.ts';
import {exampleWeights} from './weights.ts';

/** How two models differ on the same examples. */
export interface PairedComparison {
  /** Mean of first - second with its interval: negative where the first model's losses are lower. */
  readonly difference: MetricInterval;
  /** Probability of a mean difference at least as large, either way, if the models were equal. */
  readonly pValue: number;
  /** The test behind it. */
  readonly test: 'paired-t' | 'sign-flip';
}

/**
 * Compares two models by their scores of the same examples: the mean difference, its interval, and a test of no difference.
 *
 * With d_i = first_i - second_i: difference as in `meanInterval`. 'paired-t': P(|T| > |mean| / standardError), Student's t with N - 1
 * degrees of freedom (Student 1908). 'sign-flip': the share of `permutations` random sign vectors s whose |sum_i s_i d_i| is at least
 * |sum_i d_i|, one added to both counts (Fisher 1935); it assumes no shape of the differences but symmetry under equality.
 *
 * @param first Scores of the first model per example, as from `exampleScores`.
 * @param second Scores of the second model for the same examples in the same order.
 * @param options as follows.
 * @param options.level Probability of the interval, between 0 and 1; 0.95 by default.
 * @param options.test 'paired-t' (default) or 'sign-flip'.
 * @param options.permutations Sign vectors for 'sign-flip'; 9999 by default.
 * @param options.rng Where the signs come from; a fixed seed by default.
 * @param options.weights How often each example counts, for 'paired-t'; all 1 by default.
 * @throws DataError for numbers that are not finite, negative weights, or not more than one example.
 * @throws ShapeError where the lengths differ.
 * @throws ConfigError for an unknown test, a level outside (0, 1), permutations that are no positive integer, or weights with
 * 'sign-flip'.
 *
 * @example
 * ```ts
 * import {comparePaired} from 'tfjs-bayes/metrics';
 * const {difference, pValue} = comparePaired([0.2, 0.3, 0.1, 0.4], [0.5, 0.4, 0.3, 0.6]);
 * console.log(difference.estimate, pValue); // -0.2, 0.0163
 * ```
 */
export function comparePaired(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  {
    level = 0.95,
    test = 'paired-t',
    permutations = 9999,
    rng = createRng(0),
    weights,
  }: {
    level?: number;
    test?: 'paired-t' | 'sign-flip';
    permutations?: number;
    rng?: Rng;
    weights?: ArrayLike<number>;
  } = {},
): PairedComparison {
  const caller = 'comparePaired';
  if (test !== 'paired-t' && test !== 'sign-flip') {
    throw new ConfigError(
      `${caller}: expected test 'paired-t' or 'sign-flip', got ${JSON.stringify(test)}. Choose one of them.`,
    );
  }
  if (test === 'sign-flip' && weights !== undefined) {
    throw new ConfigError(
      `${caller}: expected no weights with test 'sign-flip', got some. Use 'paired-t', or repeat rows.`,
    );
  }
  if (!Number.isInteger(permutations) || permutations < 1) {
    throw new ConfigError(`${caller}: expected permutations to be a positive integer, got ${permutations}. Try 9999.`);
  }
  const a = finiteVector(caller, 'first', first);
  const b = finiteVector(caller, 'second', second, a.length);
  const differences = a.map((value, i) => value - (b[i] as number));
  const moments = momentsOf(differences, exampleWeights(caller, weights, a.length));
  const difference = analyticInterval(caller, moments, level);
  const pValue =
    test === 'sign-flip'
      ? signFlipTest(differences, permutations, rng)
      : tTest(difference.estimate, difference.standardError, moments.weight - 1);
  return {difference, pValue, test};
}

function tTest(mean: number, standardError: number, freedom: number): number {
  if (mean === 0) return 1;
  return 2 * studentTCdf(-Math.abs(mean) / standardError, freedom);
}

function signFlipTest(differences: Float64Array, permutations: number, rng: Rng): number {
  const given = Math.abs(differences.reduce((sum, d) => sum + d, 0));
  // Sums that are equal on paper may differ by rounding.
  const least = given * (1 - 1e-12);
  let extreme = 0;
  for (let p = 0; p < permutations; p++) {
    const signs = rng.uniforms(differences.length);
    let sum = 0;
    for (let i = 0; i < signs.length; i++)
      sum += (signs[i] as number) < 0.5 ? (differences[i] as number) : -(differences[i] as number);
    if (Math.abs(sum) >= least) extreme++;
  }
  return (extreme + 1) / (permutations + 1);
}
