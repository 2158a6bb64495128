import {finiteVector} from '../linalg/matrix-like.ts';
import {flags} from './flags.ts';
import {ascendingOrder} from './order.ts';
import {givenWeights} from './weights.ts';

/** Examples grouped by equal value, in ascending order of it; groups without weight are left out. */
export interface TiedRuns {
  /** The value that the group shares. */
  readonly value: Float64Array;
  /** Sum of the group's weights. */
  readonly weight: Float64Array;
  /** Weighted sum of the group's outcomes. */
  readonly outcome: Float64Array;
}

/**
 * Groups examples with equal `values`: whatever follows cannot depend on the order among them. Without weights every example counts
 * once.
 */
export function tiedRuns(
  values: Float64Array,
  outcomes: Float64Array | Uint8Array,
  weights: Float64Array | undefined,
): TiedRuns {
  const n = values.length;
  const order = ascendingOrder(values);
  const value = new Float64Array(n);
  const weight = new Float64Array(n);
  const outcome = new Float64Array(n);
  const runs =
    weights === undefined
      ? countRuns(order, values, outcomes, value, weight, outcome)
      : weighRuns(order, values, outcomes, weights, value, weight, outcome);
  return {value: value.subarray(0, runs), weight: weight.subarray(0, runs), outcome: outcome.subarray(0, runs)};
}

/** Reads numbers to rank by, yes-or-no outcomes and weights, and groups them; `names` are those of the first two. */
export function rankedRuns(
  caller: string,
  names: readonly [values: string, outcomes: string],
  values: ArrayLike<number>,
  outcomes: ArrayLike<number | boolean>,
  weights: ArrayLike<number> | undefined,
): TiedRuns {
  const numbers = finiteVector(caller, names[0], values);
  const bits = flags(caller, names[1], outcomes, numbers.length);
  return tiedRuns(numbers, bits, givenWeights(caller, weights, numbers.length));
}

function countRuns(
  order: Uint32Array,
  values: Float64Array,
  outcomes: Float64Array | Uint8Array,
  value: Float64Array,
  weight: Float64Array,
  outcome: Float64Array,
): number {
  let run = 0;
  for (let i = 0; i < order.length; ) {
    const v = values[order[i] as number] as number;
    const first = i;
    let sum = 0;
    do sum += outcomes[order[i++] as number] as number;
    while (i < order.length && values[order[i] as number] === v);
    value[run] = v;
    weight[run] = i - first;
    outcome[run++] = sum;
  }
  return run;
}

function weighRuns(
  order: Uint32Array,
  values: Float64Array,
  outcomes: Float64Array | Uint8Array,
  weights: Float64Array,
  value: Float64Array,
  weight: Float64Array,
  outcome: Float64Array,
): number {
  let last = -1;
  for (let i = 0; i < order.length; i++) {
    const at = order[i] as number;
    const w = weights[at] as number;
    if (w === 0) continue;
    const v = values[at] as number;
    if (last < 0 || value[last] !== v) value[++last] = v;
    weight[last] = (weight[last] as number) + w;
    outcome[last] = (outcome[last] as number) + w * (outcomes[at] as number);
  }
  return last + 1;
}
