import {ascendingOrder} from '../metrics/order.ts';
import {normalQuantile} from '../special/index.ts';
import {type Chains, pooled} from './chains.ts';

/**
 * Replaces every draw by the normal score of its rank among all draws of all chains (Blom, 1958):
 * z = Phi^-1((rank - 3/8) / (count + 1/4)), ties sharing their mean rank.
 */
export function rankNormalize(chains: Chains): Float64Array[] {
  const values = pooled(chains);
  const count = values.length;
  const order = ascendingOrder(values);
  const scores = new Float64Array(count);
  for (let i = 0, end = 0; i < count; i = end) {
    const value = values[order[i] as number];
    while (end < count && values[order[end] as number] === value) end++;
    const score = normalQuantile(((i + 1 + end) / 2 - 0.375) / (count + 0.25));
    for (let j = i; j < end; j++) scores[order[j] as number] = score;
  }
  const length = chains[0]?.length ?? 0;
  return chains.map((_, c) => scores.subarray(c * length, (c + 1) * length));
}
