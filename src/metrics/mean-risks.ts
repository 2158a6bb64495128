import {digamma} from '../special/gamma.ts';
import type {TiedRuns} from './tied-runs.ts';
import {total} from './weights.ts';

const LONGEST_SUM = 256;

/** Areas under risk-coverage curves, from groups of equal confidence. */
export interface SelectiveAreas {
  /** Mean risk over all coverages (AURC). */
  readonly areaUnderRiskCoverage: number;
  /** That minus the same for the ideal order (E-AURC). */
  readonly excessAreaUnderRiskCoverage: number;
  /** Mean share of all examples answered and wrong (AUGRC). */
  readonly areaUnderGeneralizedRiskCoverage: number;
}

/** The areas for runs in ascending order of confidence whose outcomes are the right answers. */
export function selectiveAreas(runs: TiedRuns): SelectiveAreas {
  return {
    areaUnderRiskCoverage: meanRisk(runs),
    excessAreaUnderRiskCoverage: excessRisk(runs),
    areaUnderGeneralizedRiskCoverage: meanGeneralizedRisk(runs),
  };
}

/**
 * Mean over k = 1 to N of the share of wrong answers among the k most confident. Within a run the order is arbitrary, so that the
 * share is its expectation over all orders. Weights count examples, also in fractions.
 *
 * A run of t after K examples with E errors, r on average, adds sum_(j=1..t) (E + j r)/(K + j) = r t + (E - r K) (psi(K + t + 1) -
 * psi(K + 1)), whose last factor is sum_(j=1..t) 1/(K + j) for whole t.
 */
export function meanRisk({weight, outcome}: Pick<TiedRuns, 'weight' | 'outcome'>): number {
  let [sum, before, errors] = [0, 0, 0];
  for (let run = weight.length - 1; run >= 0; run--) {
    const size = weight[run] as number;
    const wrong = size - (outcome[run] as number);
    const rate = wrong / size;
    sum += rate * size;
    const excess = errors - rate * before;
    if (excess !== 0) sum += excess * (size === 1 ? 1 / (before + 1) : sumOfInverses(before, size));
    before += size;
    errors += wrong;
  }
  return sum / before;
}

/** {@link meanRisk} less that of the order with every wrong answer last. */
export function excessRisk(runs: TiedRuns): number {
  const right = total(runs.outcome);
  const wrong = total(runs.weight) - right;
  if (wrong === 0) return 0;
  const ideal = {weight: Float64Array.of(wrong, right), outcome: Float64Array.of(0, right)};
  return right === 0 ? 0 : Math.max(0, meanRisk(runs) - meanRisk(ideal));
}

/** Mean over k = 1 to N of the wrong answers among the k most confident, as a share of all N. */
export function meanGeneralizedRisk({weight, outcome}: TiedRuns): number {
  let [sum, before, errors] = [0, 0, 0];
  for (let run = weight.length - 1; run >= 0; run--) {
    const size = weight[run] as number;
    const wrong = size - (outcome[run] as number);
    sum += errors * size + (wrong * (size + 1)) / 2;
    before += size;
    errors += wrong;
  }
  return sum / (before * before);
}

/** Share of wrong answers in the most confident run, and in all. */
export function endRisks({weight, outcome}: TiedRuns): [first: number, all: number] {
  const last = weight.length - 1;
  return [1 - (outcome[last] as number) / (weight[last] as number), 1 - total(outcome) / total(weight)];
}

function sumOfInverses(before: number, size: number): number {
  if (!Number.isInteger(size) || size > LONGEST_SUM) return digamma(before + size + 1) - digamma(before + 1);
  let sum = 0;
  for (let j = 1; j <= size; j++) sum += 1 / (before + j);
  return sum;
}
