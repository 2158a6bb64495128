import {binomialQuantile} from '../special/index.ts';

/** The central 95% of the share of successes among `count` tries that each succeed with `probability`. */
export function binomialBand(count: number, probability: number): [low: number, high: number] {
  if (probability <= 0 || probability >= 1) return [probability, probability];
  return [binomialQuantile(count, probability, 0.025) / count, binomialQuantile(count, probability, 0.975) / count];
}
