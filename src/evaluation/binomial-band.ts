import {betainc} from '../special/index.ts';

/** The central 95% of the share of successes among `count` tries that each succeed with `probability`. */
export function binomialBand(count: number, probability: number): [low: number, high: number] {
  if (probability <= 0 || probability >= 1) return [probability, probability];
  return [binomialQuantile(count, probability, 0.025) / count, binomialQuantile(count, probability, 0.975) / count];
}

/** The smallest k with P(at most k successes) >= level: P = I_(1 - p)(n - k, k + 1). */
function binomialQuantile(n: number, p: number, level: number): number {
  let low = 0;
  let high = n;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (betainc(n - middle, middle + 1, 1 - p, p) >= level) high = middle;
    else low = middle + 1;
  }
  return low;
}
