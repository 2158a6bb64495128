import {comparePaired} from '../metrics/index.ts';
import type {Evaluation} from './evaluation.ts';

/** How two models differ in one loss, example by example. */
export interface PairedDifference {
  /** The loss: `negativeLogLikelihood`, `brierScore`, `accuracy`, `crps`, `squaredError`, ... */
  readonly loss: string;
  /** Name of the first model. */
  readonly first: string;
  /** Name of the second. */
  readonly second: string;
  /** Mean of first minus second over the examples. */
  readonly difference: number;
  /** Lower end of its 95% interval. */
  readonly low: number;
  /** Upper end. */
  readonly high: number;
  /** Probability of a mean difference at least as large if the models were equal, of a paired t-test. */
  readonly pValue: number;
  /** The same, adjusted for the number of pairs of models that are compared in this loss (Holm 1979). */
  readonly adjustedPValue: number;
}

/** Every pair of models in every loss that all kept and that is finite, in the order of the models. */
export function pairedDifferences(evaluations: readonly Evaluation[]): PairedDifference[] {
  const kept = evaluations.map(({name, test}) => ({name, losses: test.losses}));
  const [first] = kept;
  if (kept.length < 2 || kept.some(({losses}) => losses === undefined)) return [];
  return Object.keys(first?.losses ?? {}).flatMap((loss) => {
    const columns = kept.map(({losses}) => losses?.[loss] ?? []);
    const length = columns[0]?.length ?? 0;
    if (length < 2 || columns.some((column) => column.length !== length || !column.every(Number.isFinite))) return [];
    const pairs = kept.flatMap((one, a) =>
      kept.slice(a + 1).map((other, offset) => {
        const {difference, pValue} = comparePaired(columns[a] ?? [], columns[a + 1 + offset] ?? []);
        const {estimate, low, high} = difference;
        return {loss, first: one.name, second: other.name, difference: estimate, low, high, pValue};
      }),
    );
    const adjusted = holm(pairs.map(({pValue}) => pValue));
    return pairs.map((pair, i) => ({...pair, adjustedPValue: adjusted[i] as number}));
  });
}

/** Holm's step-down adjustment: the i-th smallest of m p-values times m - i + 1, never below the ones before. */
function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((a, b) => (pValues[a] as number) - (pValues[b] as number));
  const adjusted = new Array<number>(pValues.length);
  let highest = 0;
  order.forEach((at, rank) => {
    highest = Math.max(highest, Math.min(1, (pValues[at] as number) * (pValues.length - rank)));
    adjusted[at] = highest;
  });
  return adjusted;
}
