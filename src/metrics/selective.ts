import {ConfigError} from '../errors.ts';
import {finiteVector} from '../linalg/matrix-like.ts';
import {flags} from './flags.ts';
import {ascendingOrder} from './order.ts';

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
  const errors = expectedErrors('riskCoverageCurve', confidences, correct);
  const n = errors.length;
  const coverage = new Float64Array(n);
  const risk = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    coverage[i] = (i + 1) / n;
    risk[i] = (errors[i] as number) / (i + 1);
  }
  return {coverage, risk};
}

/**
 * Area under the risk-coverage curve (AURC): mean risk over all coverages; lower is better.
 *
 * (1/N) sum_k risk_k (Geifman et al. 2019); with rule 'trapezoid' the trapezoids between coverages 1/N and 1, divided by
 * 1 - 1/N. Ties are averaged as in {@link riskCoverageCurve}.
 *
 * @param confidences One number per example, higher for more certain; any scale.
 * @param correct Which predictions are right: booleans, or 0 and 1.
 * @param options Named options.
 * @param options.rule 'mean' (default) or 'trapezoid'.
 * @throws DataError for confidences that are not finite, or no examples.
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
  {rule = 'mean'}: {rule?: AreaRule} = {},
): number {
  const errors = expectedErrors('areaUnderRiskCoverage', confidences, correct);
  return area('areaUnderRiskCoverage', rule, errors, (e, k) => e / k);
}

/**
 * Excess area under the risk-coverage curve (E-AURC): AURC above that of an oracle that puts every error last.
 *
 * areaUnderRiskCoverage(confidences, correct) minus the same for the ideal order (Geifman et al. 2019; the oracle is
 * summed exactly, not by their approximation): the ranking's fault alone, 0 for a perfect ranking.
 *
 * @param confidences One number per example, higher for more certain; any scale.
 * @param correct Which predictions are right: booleans, or 0 and 1.
 * @throws DataError for confidences that are not finite, or no examples.
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
): number {
  const caller = 'excessAreaUnderRiskCoverage';
  const errors = expectedErrors(caller, confidences, correct);
  const n = errors.length;
  const firstError = n - Math.round(errors[n - 1] as number);
  const oracle = errors.map((_, i) => Math.max(0, i + 1 - firstError));
  return area(caller, 'mean', errors, (e, k) => e / k) - area(caller, 'mean', oracle, (e, k) => e / k);
}

/**
 * Area under the generalized risk-coverage curve (AUGRC): mean share of all examples that are answered, and wrong.
 *
 * (1/N) sum_k errors_k / N (Traub et al. 2024); with rule 'trapezoid' as in {@link areaUnderRiskCoverage}. Ties are
 * averaged.
 *
 * @param confidences One number per example, higher for more certain; any scale.
 * @param correct Which predictions are right: booleans, or 0 and 1.
 * @param options Named options.
 * @param options.rule 'mean' (default) or 'trapezoid'.
 * @throws DataError for confidences that are not finite, or no examples.
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
  {rule = 'mean'}: {rule?: AreaRule} = {},
): number {
  const caller = 'areaUnderGeneralizedRiskCoverage';
  const errors = expectedErrors(caller, confidences, correct);
  return area(caller, rule, errors, (e) => e / errors.length);
}

/** Expected number of errors among the k most confident, for k = 1 to N. */
function expectedErrors(
  caller: string,
  confidences: ArrayLike<number>,
  correct: ArrayLike<number | boolean>,
): Float64Array {
  const values = finiteVector(caller, 'confidences', confidences);
  const n = values.length;
  const right = flags(caller, 'correct', correct, n);
  const order = ascendingOrder(values).reverse();
  const sorted = new Float64Array(n);
  for (let i = 0; i < n; i++) sorted[i] = values[order[i] as number] as number;
  const errors = new Float64Array(n);
  let before = 0;
  for (let i = 0; i < n; ) {
    const tied = sorted[i];
    let next = i;
    let wrong = 0;
    for (; next < n && sorted[next] === tied; next++) wrong += 1 - (right[order[next] as number] as number);
    const run = next - i;
    for (let j = 1; j <= run; j++) errors[i + j - 1] = before + (j * wrong) / run;
    before += wrong;
    i = next;
  }
  return errors;
}

function area(
  caller: string,
  rule: AreaRule,
  errors: Float64Array,
  risk: (errors: number, k: number) => number,
): number {
  const n = errors.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += risk(errors[i] as number, i + 1);
  if (rule === 'mean') return sum / n;
  if (rule !== 'trapezoid') {
    throw new ConfigError(
      `${caller}: expected rule 'mean' or 'trapezoid', got ${JSON.stringify(rule)}. Choose one of them.`,
    );
  }
  const ends = risk(errors[0] as number, 1) + risk(errors[n - 1] as number, n);
  return n === 1 ? sum : (sum - ends / 2) / (n - 1);
}
