import {betainc} from './beta.ts';

/** The smallest k with P(Binomial(n, p) <= k) >= level, for 0 < level < 1: P = I_(1 - p)(n - k, k + 1). */
export function binomialQuantile(n: number, p: number, level: number): number {
  if (p >= 1) return n;
  let [low, high] = [0, n];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (betainc(n - middle, middle + 1, 1 - p, p) >= level) high = middle;
    else low = middle + 1;
  }
  return low;
}
