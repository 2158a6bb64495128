import {DataError} from '../errors.ts';
import {finiteVector} from '../linalg/matrix-like.ts';
import {meanOf, type PerExample, parameter} from './parameters.ts';
import {givenWeights} from './weights.ts';

const NEGLIGIBLE = 1e-18;
const MAX_COUNTS = 1e7;

/**
 * Mean continuous ranked probability score of Poisson predictions.
 *
 * mean_i integral of (F(x) - [targets_i <= x])^2 dx, where the distribution function F is a step at every count: an exact
 * sum over the counts that have any probability, some sqrt(rate) of them.
 *
 * @param rate Means, above 0: one per target, or one number for all.
 * @param targets The true values.
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns In counts; lower is better.
 * @throws DataError for numbers that are not finite or out of range, no examples, or a spread over more than 1e7 counts.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {crpsPoisson} from 'tfjs-bayes/metrics';
 * console.log(crpsPoisson(3, [1])); // 1.1434
 * ```
 */
export function crpsPoisson(
  rate: PerExample,
  targets: ArrayLike<number>,
  {weights}: {weights?: ArrayLike<number>} = {},
): number {
  const y = finiteVector('crpsPoisson', 'targets', targets);
  const rates = parameter('crpsPoisson', 'rate', rate, y.length, {above: 0});
  return meanOf(
    y.length,
    (i) => {
      const lambda = rates[i] as number;
      return countCrps('crpsPoisson', y[i] as number, Math.floor(lambda), (k) => lambda / k);
    },
    givenWeights('crpsPoisson', weights, y.length),
  );
}

/**
 * Mean continuous ranked probability score of binomial predictions.
 *
 * mean_i integral of (F(x) - [targets_i <= x])^2 dx, where the distribution function F is a step at every count: an exact
 * sum over the counts that have any probability.
 *
 * @param trials Numbers of trials, whole and above 0: one per target, or one number for all.
 * @param probability Probabilities of success, above 0 and below 1: one per target, or one number for all.
 * @param targets The true numbers of successes.
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns In counts; lower is better.
 * @throws DataError for numbers that are not finite or out of range, no examples, or a spread over more than 1e7 counts.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {crpsBinomial} from 'tfjs-bayes/metrics';
 * console.log(crpsBinomial(10, 0.9, [8])); // 0.6685
 * ```
 */
export function crpsBinomial(
  trials: PerExample,
  probability: PerExample,
  targets: ArrayLike<number>,
  {weights}: {weights?: ArrayLike<number>} = {},
): number {
  const y = finiteVector('crpsBinomial', 'targets', targets);
  const counts = parameter('crpsBinomial', 'trials', trials, y.length, {above: 0});
  const probabilities = parameter('crpsBinomial', 'probability', probability, y.length, {above: 0, below: 1});
  return meanOf(
    y.length,
    (i) => {
      const n = counts[i] as number;
      const p = probabilities[i] as number;
      if (!Number.isInteger(n)) {
        throw new DataError(
          `crpsBinomial: expected whole numbers in trials, got ${n} at index ${i}. Round them first.`,
        );
      }
      const mode = Math.min(n, Math.floor((n + 1) * p));
      return countCrps('crpsBinomial', y[i] as number, mode, (k) => ((n - k + 1) / k) * (p / (1 - p)));
    },
    givenWeights('crpsBinomial', weights, y.length),
  );
}

/**
 * Mean continuous ranked probability score of negative binomial predictions.
 *
 * mean_i integral of (F(x) - [targets_i <= x])^2 dx, where the distribution function F is a step at every count: an exact
 * sum over the counts that have any probability. The mean count is successes (1 - probability) / probability.
 *
 * @param successes Numbers of successes (not necessarily whole), above 0: one per target, or one number for all.
 * @param probability Probabilities of success, above 0 and below 1: one per target, or one number for all.
 * @param targets The true numbers of failures before that many successes.
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns In counts; lower is better.
 * @throws DataError for numbers that are not finite or out of range, no examples, or a spread over more than 1e7 counts.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {crpsNegativeBinomial} from 'tfjs-bayes/metrics';
 * console.log(crpsNegativeBinomial(7, 0.8, [2])); // 0.3834
 * ```
 */
export function crpsNegativeBinomial(
  successes: PerExample,
  probability: PerExample,
  targets: ArrayLike<number>,
  {weights}: {weights?: ArrayLike<number>} = {},
): number {
  const caller = 'crpsNegativeBinomial';
  const y = finiteVector(caller, 'targets', targets);
  const counts = parameter(caller, 'successes', successes, y.length, {above: 0});
  const probabilities = parameter(caller, 'probability', probability, y.length, {above: 0, below: 1});
  return meanOf(
    y.length,
    (i) => {
      const n = counts[i] as number;
      const p = probabilities[i] as number;
      const mode = Math.max(0, Math.floor(((n - 1) * (1 - p)) / p));
      return countCrps(caller, y[i] as number, mode, (k) => ((k + n - 1) / k) * (1 - p));
    },
    givenWeights('crpsNegativeBinomial', weights, y.length),
  );
}

/**
 * CRPS of a unimodal distribution on the counts 0, 1, ...; `ratio(k)` is the probability of k over that of k - 1.
 *
 * Distribution functions are summed from either end, so that neither tail is lost against the other.
 */
function countCrps(caller: string, y: number, mode: number, ratio: (k: number) => number): number {
  const {first, masses} = massesAround(caller, mode, ratio);
  const last = first + masses.length - 1;
  let score = Math.max(0, first - y) + Math.max(0, y - last);
  let below = 0;
  for (let k = first; k < last && k < y; k++) {
    below += masses[k - first] as number;
    score += below * below * Math.min(1, y - k);
  }
  let above = 0;
  for (let k = last; k > first && k > y; k--) {
    above += masses[k - first] as number;
    score += above * above * Math.min(1, k - y);
  }
  return score;
}

/** The probabilities of the counts from `first` on, built outwards from the mode and made to sum to one. */
function massesAround(
  caller: string,
  mode: number,
  ratio: (k: number) => number,
): {first: number; masses: Float64Array} {
  const down: number[] = [];
  for (let k = mode, mass = 1; k > 0 && mass > NEGLIGIBLE; k--) down.push((mass /= ratio(k)));
  const up: number[] = [1];
  for (let k = mode + 1, mass = 1; mass > NEGLIGIBLE; k++) {
    up.push((mass *= ratio(k)));
    if (up.length > MAX_COUNTS) {
      throw new DataError(
        `${caller}: expected a spread of at most ${MAX_COUNTS} counts, got more around ${mode}. Score such large counts ` +
          'with crpsGamma or crpsGaussian.',
      );
    }
  }
  const masses = Float64Array.from([...down.reverse(), ...up]);
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  return {first: mode - down.length, masses: masses.map((mass) => mass / total)};
}
