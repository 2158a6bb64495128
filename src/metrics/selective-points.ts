import {ConfigError} from '../errors.ts';
import {rankedRuns} from './tied-runs.ts';
import {checkCounts, total} from './weights.ts';

/** Forgives the rounding of products such as 0.8 * 15. */
const SLACK = 1e-9;

/**
 * Largest share of the examples that can be answered, the most confident first, while the share of errors stays within `risk`.
 *
 * max {k/N : risk_k <= risk}, 0 if there is none, with risk_k as in `riskCoverageCurve`: expected over the orders of equal
 * confidences. Early errors do not matter where later right answers make up for them.
 *
 * @param confidences One number per example, higher for more certain; any scale.
 * @param correct Which predictions are right: booleans, or 0 and 1.
 * @param options as follows.
 * @param options.risk The share of errors to accept, from 0 to 1; 0.05 by default.
 * @param options.weights How often each example counts, not its share of the whole; all 1 by default.
 * @returns A number from 0 to 1.
 * @throws DataError for confidences that are not finite, negative weights, several that sum to at most 1, or no examples.
 * @throws ShapeError where the lengths differ.
 * @throws ConfigError for a risk outside [0, 1].
 *
 * @example
 * ```ts
 * import {coverageAtRisk} from 'tfjs-bayes/metrics';
 * console.log(coverageAtRisk([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 1], {risk: 0.25})); // 1
 * console.log(coverageAtRisk([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 1], {risk: 0.2})); // 0.5
 * ```
 */
export function coverageAtRisk(
  confidences: ArrayLike<number>,
  correct: ArrayLike<number | boolean>,
  {risk = 0.05, weights}: {risk?: number; weights?: ArrayLike<number>} = {},
): number {
  const caller = 'coverageAtRisk';
  checkShare(caller, 'risk', risk, risk >= 0);
  const {weight, wrong, n} = readAnswers(caller, confidences, correct, weights);
  let before = 0;
  let errors = 0;
  let answered = 0;
  for (let r = 0; r < weight.length; r++) {
    const size = weight[r] as number;
    const failed = wrong[r] as number;
    const next = before + size;
    if (errors + failed <= risk * next + SLACK) answered = next;
    else if (failed > risk * size) {
      // The risk rises within the run: what fits of it is a first part, cut at whole examples.
      const part = Math.floor((risk * before - errors) / (failed / size - risk) + SLACK);
      if (part >= 1) answered = before + Math.min(part, size);
    }
    before = next;
    errors += failed;
  }
  return answered / n;
}

/**
 * Share of errors among the most confident share `coverage` of the examples.
 *
 * risk_k at k = ceil(coverage N), with risk_k as in `riskCoverageCurve`: expected over the orders of equal confidences.
 *
 * @param confidences One number per example, higher for more certain; any scale.
 * @param correct Which predictions are right: booleans, or 0 and 1.
 * @param options as follows.
 * @param options.coverage The share to answer, above 0 and at most 1; 0.8 by default.
 * @param options.weights How often each example counts, not its share of the whole; all 1 by default.
 * @returns A number from 0 to 1.
 * @throws DataError for confidences that are not finite, negative weights, several that sum to at most 1, or no examples.
 * @throws ShapeError where the lengths differ.
 * @throws ConfigError for a coverage outside (0, 1].
 *
 * @example
 * ```ts
 * import {riskAtCoverage} from 'tfjs-bayes/metrics';
 * console.log(riskAtCoverage([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 1], {coverage: 0.7})); // 0.3333
 * ```
 */
export function riskAtCoverage(
  confidences: ArrayLike<number>,
  correct: ArrayLike<number | boolean>,
  {coverage = 0.8, weights}: {coverage?: number; weights?: ArrayLike<number>} = {},
): number {
  const caller = 'riskAtCoverage';
  checkShare(caller, 'coverage', coverage, coverage > 0);
  const {weight, wrong, n} = readAnswers(caller, confidences, correct, weights);
  const wanted = Math.min(n, Math.ceil(coverage * n - SLACK));
  let before = 0;
  let errors = 0;
  for (let r = 0; r < weight.length; r++) {
    const size = weight[r] as number;
    const failed = wrong[r] as number;
    if (before + size >= wanted) return (errors + ((wanted - before) * failed) / size) / wanted;
    before += size;
    errors += failed;
  }
  return errors / before;
}

function checkShare(caller: string, name: string, value: number, above: boolean): void {
  if (!(above && value <= 1)) {
    throw new ConfigError(
      `${caller}: expected ${name} to be a share of at most 1, got ${value}. Use 0.05 for 5 percent.`,
    );
  }
}

/** Weight and wrong answers of every group of equal confidence, from the most confident down. */
function readAnswers(
  caller: string,
  confidences: ArrayLike<number>,
  correct: ArrayLike<number | boolean>,
  weights: ArrayLike<number> | undefined,
): {weight: Float64Array; wrong: Float64Array; n: number} {
  const runs = rankedRuns(caller, ['confidences', 'correct'], confidences, correct, weights);
  checkCounts(caller, weights);
  const wrong = runs.weight.map((w, r) => w - (runs.outcome[r] as number));
  return {weight: runs.weight.toReversed(), wrong: wrong.reverse(), n: total(runs.weight)};
}
