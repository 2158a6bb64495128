import {ascendingOrder} from './order.ts';

/** Examples grouped by equal value, in ascending order of it; groups without weight are left out. */
export interface TiedRuns {
  /** The value that the group shares. */
  readonly value: Float64Array;
  /** Sum of the group's weights. */
  readonly weight: Float64Array;
  /** Weighted sum of the group's outcomes. */
  readonly outcome: Float64Array;
}

/** Groups examples with equal `values`: whatever follows cannot depend on the order among them. */
export function tiedRuns(values: Float64Array, outcomes: Float64Array | Uint8Array, weights: Float64Array): TiedRuns {
  const n = values.length;
  const order = ascendingOrder(values);
  const value = new Float64Array(n);
  const weight = new Float64Array(n);
  const outcome = new Float64Array(n);
  let last = -1;
  for (let i = 0; i < n; i++) {
    const at = order[i] as number;
    const w = weights[at] as number;
    if (w === 0) continue;
    const v = values[at] as number;
    if (last < 0 || value[last] !== v) value[++last] = v;
    weight[last] = (weight[last] as number) + w;
    outcome[last] = (outcome[last] as number) + w * (outcomes[at] as number);
  }
  const runs = last + 1;
  return {value: value.subarray(0, runs), weight: weight.subarray(0, runs), outcome: outcome.subarray(0, runs)};
}
