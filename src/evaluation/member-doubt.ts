import {
  disagreement,
  pairwiseDivergence,
  reverseMutualInformation,
  topClassDeviation,
  variationRatio,
} from '../metrics/index.ts';
import type {BernoulliPredictive, CategoricalPredictive} from '../predictive/index.ts';

/** How far the members of a prediction, or draws, are apart: numbers per example by name. */
export interface MemberDoubt {
  /** One number per example. */
  readonly [measure: string]: Float64Array;
}

/** What can be said of the members that a prediction kept; undefined where it kept fewer than two. */
export async function memberDoubt(
  predictive: CategoricalPredictive | BernoulliPredictive,
): Promise<MemberDoubt | undefined> {
  const {memberProbs} = predictive;
  const count = memberProbs?.shape[0] ?? 0;
  if (memberProbs === undefined || count < 2) return undefined;
  const values = await memberProbs.data();
  const outputs = memberProbs.shape.at(-1) ?? 1;
  const rows = values.length / count / outputs;
  const one = predictive.kind === 'bernoulli';
  const data = one
    ? Float64Array.from({length: 2 * values.length}, (_, i) => {
        const p = values[i >> 1] as number;
        return i % 2 === 1 ? p : 1 - p;
      })
    : values;
  const members = {data, shape: [count, rows, one ? 2 : outputs] as const};
  return {
    memberDisagreement: disagreement(members),
    memberVariationRatio: variationRatio(members, {by: 'votes'}),
    memberPairwiseDivergence: pairwiseDivergence(members),
    memberReverseInformation: reverseMutualInformation(members),
    memberTopDeviation: topClassDeviation(members),
  };
}
