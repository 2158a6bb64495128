import {ConfigError} from '../errors.ts';
import {endRisks, excessRisk, meanGeneralizedRisk, meanRisk} from './mean-risks.ts';
import {rankedRuns, type TiedRuns} from './tied-runs.ts';
import {checkCounts, total} from './weights.ts';

/** Risk of a model that answers only where it is most confident; entry k - 1 is about the k most confident examples. */
export interface RiskCoverageCurve {
  /** Share of examples answered, k/N. */
  readonly coverage: Float64Array;
  /** Share of wrong answers among them. */
  readonly risk: Float64Array;
}

/** How an area under a risk-coverage curve is summed: the mean over all N coverages, or trapezoids from 1/N to 1 over their width. */
export type AreaRule = 'mean' | 'trapezoid';

/**
 * Risk against coverage when the least confident predictions are withheld.
 *
 * risk_k = errors among the k most confident / k (El-Yaniv & Wiener 2010, Geifman & El-Yaniv 2017). Among equal
 * confidences the order is arbitrary, so the risk is its expectation over all orders: a tied run of t examples with f errors
 * adds j f/t errors with its first j.
 *
 * @param confidences One number per example, higher for more certain; any scale.
 * @param correct Which predictions are right: booleans, or 0 and 1.
 * @returns Two arrays of length N.
 * @throws DataError for confidences that are not finite, or no examples.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {riskCoverageCurve} from 'tfjs-bayes/metrics';
 * console.log(riskCoverageCurve([0.9, 0.6, 0.8], [true, false, true]).risk); // [0, 0, 0.3333]
 * ```
 */
export function riskCoverageCurve(
  confidences: ArrayLike<number>,
  correct: ArrayLike<number | boolean>,
): RiskCoverageCurve {
  const {weight, outcome} = answers('riskCoverageCurve', confidences, correct, undefined);
  const n = confidences.length;
  const coverage = new Float64Array(n);
  const risk = new Float64Array(n);
  let [k, errors] = [0, 0];
  for (let run = weight.length - 1; run >= 0; run--) {
    const size = weight[run] as number;
    const wrong = size - (outcome[run] as number);
    for (let j = 1; j <= size; j++, k++) {
      coverage[k] = (k + 1) / n;
      risk[k] = (errors + (j * wrong) / size) / (k + 1);
    }
    errors += wrong;
  }
  return {coverage, risk};
}

/**
 * Area under the risk-coverage curve (AURC): mean risk over all coverages; lower is better.
 *
 * (1/N) sum_k risk_k (Geifman et al. 2019); with rule 'trapezoid' the trapezoids between coverages 1/N and 1, divided by
 * 1 - 1/N. Ties are averaged as in {@link riskCoverageCurve}. Weights count examples, as if each were repeated so many times;
 * between whole weights the sum is continued by the digamma function.
 *
 * @param confidences One number per example, higher for more certain; any scale.
 * @param correct Which predictions are right: booleans, or 0 and 1.
 * @param options as follows.
 * @param options.rule 'mean' (default) or 'trapezoid'.
 * @param options.weights How often each example counts, not its share of the whole; all 1 by default.
 * @throws DataError for confidences that are not finite, negative weights, several that sum to at most 1, or no examples.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {areaUnderRiskCoverage} from 'tfjs-bayes/metrics';
 * console.log(areaUnderRiskCoverage([0.9, 0.6, 0.8], [true, false, true])); // 0.1111
 * ```
 */
export function areaUnderRiskCoverage(
  confidences: ArrayLike<number>,
  correct: ArrayLike<number | boolean>,
  {rule = 'mean', weights}: {rule?: AreaRule; weights?: ArrayLike<number>} = {},
): number {
  const caller = 'areaUnderRiskCoverage';
  const runs = answers(caller, confidences, correct, weights);
  return byRule(caller, rule, meanRisk(runs), ...endRisks(runs), total(runs.weight));
}

/**
 * Excess area under the risk-coverage curve (E-AURC): AURC above that of an oracle that puts every error last.
 *
 * areaUnderRiskCoverage(confidences, correct) minus the same for the ideal order (Geifman et al. 2019; the oracle is
 * summed exactly, not by their approximation): the ranking's fault alone, 0 for a perfect ranking.
 *
 * @param confidences One number per example, higher for more certain; any scale.
 * @param correct Which predictions are right: booleans, or 0 and 1.
 * @param options as follows.
 * @param options.weights How often each example counts, not its share of the whole; all 1 by default.
 * @throws DataError for confidences that are not finite, negative weights, several that sum to at most 1, or no examples.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {excessAreaUnderRiskCoverage} from 'tfjs-bayes/metrics';
 * console.log(excessAreaUnderRiskCoverage([0.9, 0.6, 0.8], [true, false, true])); // 0
 * ```
 */
export function excessAreaUnderRiskCoverage(
  confidences: ArrayLike<number>,
  correct: ArrayLike<number | boolean>,
  {weights}: {weights?: ArrayLike<number>} = {},
): number {
  return excessRisk(answers('excessAreaUnderRiskCoverage', confidences, correct, weights));
}

/**
 * Area under the generalized risk-coverage curve (AUGRC): mean share of all examples that are answered, and wrong.
 *
 * (1/N) sum_k errors_k / N (Traub et al. 2024); with rule 'trapezoid' as in {@link areaUnderRiskCoverage}. Ties are
 * averaged.
 *
 * @param confidences One number per example, higher for more certain; any scale.
 * @param correct Which predictions are right: booleans, or 0 and 1.
 * @param options as follows.
 * @param options.rule 'mean' (default) or 'trapezoid'.
 * @param options.weights How often each example counts, not its share of the whole; all 1 by default.
 * @throws DataError for confidences that are not finite, negative weights, several that sum to at most 1, or no examples.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {areaUnderGeneralizedRiskCoverage} from 'tfjs-bayes/metrics';
 * console.log(areaUnderGeneralizedRiskCoverage([0.9, 0.6, 0.8], [true, false, true])); // 0.1111
 * ```
 */
export function areaUnderGeneralizedRiskCoverage(
  confidences: ArrayLike<number>,
  correct: ArrayLike<number | boolean>,
  {rule = 'mean', weights}: {rule?: AreaRule; weights?: ArrayLike<number>} = {},
): number {
  const caller = 'areaUnderGeneralizedRiskCoverage';
  const runs = answers(caller, confidences, correct, weights);
  const [first, last] = endRisks(runs);
  const n = total(runs.weight);
  return byRule(caller, rule, meanGeneralizedRisk(runs), first / n, last, n);
}

function answers(
  caller: string,
  confidences: ArrayLike<number>,
  correct: ArrayLike<number | boolean>,
  weights: ArrayLike<number> | undefined,
): TiedRuns {
  const runs = rankedRuns(caller, ['confidences', 'correct'], confidences, correct, weights);
  checkCounts(caller, weights);
  return runs;
}

/** Turns a mean over k = 1 to N into the area by trapezoids, from the values at both ends. */
function byRule(caller: string, rule: AreaRule, mean: number, first: number, last: number, n: number): number {
  if (rule === 'mean') return mean;
  if (rule !== 'trapezoid') {
    throw new ConfigError(
      `${caller}: expected rule 'mean' or 'trapezoid', got ${JSON.stringify(rule)}. Choose one of them.`,
    );
  }
  return n > 1 ? (n * mean - (first + last) / 2) / (n - 1) : mean;
}
