import {digamma} from '../special/gamma.ts';
import type {TiedRuns} from './tied-runs.ts';
import {total} from './weights.ts';

const LONGEST_SUM = 256;

/**
 * Sum over k = 1 to N of the mean outcome of the first k examples, runs taken in the given order; within a run the order is
 * arbitrary, so that the mean is its expectation over all orders. Weights count examples, also in fractions.
 *
 * A run of t after K examples with outcomes E, r on average, adds sum_(j=1..t) (E + j r)/(K + j) = r t + (E - r K) (psi(K + t + 1) -
 * psi(K + 1)), whose last factor is sum_(j=1..t) 1/(K + j) for whole t.
 */
export function sumOfMeans(weight: Float64Array, outcome: Float64Array): number {
  let [sum, before, outcomes] = [0, 0, 0];
  for (let r = 0; r < weight.length; r++) {
    const size = weight[r] as number;
    const rate = (outcome[r] as number) / size;
    sum += rate * size;
    const excess = outcomes - rate * before;
    if (excess !== 0) sum += excess * sumOfInverses(before, size);
    before += size;
    outcomes += outcome[r] as number;
  }
  return sum;
}

function sumOfInverses(before: number, size: number): number {
  if (!Number.isInteger(size) || size > LONGEST_SUM) return digamma(before + size + 1) - digamma(before + 1);
  let sum = 0;
  for (let j = 1; j <= size; j++) sum += 1 / (before + j);
  return sum;
}

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
  const weight = runs.weight.toReversed();
  const right = runs.outcome.toReversed();
  const wrong = weight.map((w, r) => w - (right[r] as number));
  const n = total(weight);
  const errors = total(wrong);
  const area = sumOfMeans(weight, wrong) / n;
  const ideal = [n - errors, errors].filter((w) => w > 0);
  const oracle = sumOfMeans(
    Float64Array.from(ideal),
    Float64Array.from(ideal, (w, r) => (r === ideal.length - 1 && errors > 0 ? w : 0)),
  );
  let [generalized, before] = [0, 0];
  for (let r = 0; r < weight.length; r++) {
    const size = weight[r] as number;
    const failed = wrong[r] as number;
    generalized += before * size + (failed * (size + 1)) / 2;
    before += failed;
  }
  return {
    areaUnderRiskCoverage: area,
    excessAreaUnderRiskCoverage: Math.max(0, area - oracle / n),
    areaUnderGeneralizedRiskCoverage: generalized / (n * n),
  };
}
