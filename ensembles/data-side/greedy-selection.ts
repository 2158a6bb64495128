import * as tf from '@tensorflow/tfjs-core';
import {DataError} from '../../src/errors.ts';
import type {Likelihood} from '../../src/likelihoods/index.ts';

/**
 * Members of a pool for the smallest negative log-likelihood of their mixture, one at a time and with replacement (Caruana et
 * al., 2004), until `distinct` different ones are in or none lowers it further.
 *
 * @param likelihoodOf the likelihood under which to score members of the pool together.
 * @param draws outputs of the pool on held-out inputs, [M, N, ..., C].
 * @param y their targets, as `prepareTargets` gives them.
 * @throws DataError if no member has a finite score.
 */
export async function selectGreedily(
  likelihoodOf: (members: readonly number[]) => Likelihood,
  draws: tf.Tensor,
  y: tf.Tensor,
  distinct: number,
): Promise<{selected: number[]; negativeLogLikelihood: number}> {
  const pool = draws.shape[0] as number;
  const selected: number[] = [];
  let reached = Number.POSITIVE_INFINITY;
  for (;;) {
    let best: {member: number; score: number} | undefined;
    for (let member = 0; member < pool; member++) {
      const members = [...selected, member];
      const score = await scoreOf(likelihoodOf(members), draws, y, members);
      if (Number.isFinite(score) && (best === undefined || score < best.score)) best = {member, score};
    }
    if (best === undefined && selected.length === 0) {
      throw new DataError(
        'hyperEnsemble.fit: expected a finite likelihood of some member on validationData, got none. Look for NaN in its inputs.',
      );
    }
    if (best === undefined || !(best.score < reached)) return {selected, negativeLogLikelihood: reached};
    selected.push(best.member);
    reached = best.score;
    if (new Set(selected).size === distinct) return {selected, negativeLogLikelihood: reached};
  }
}

async function scoreOf(
  likelihood: Likelihood,
  draws: tf.Tensor,
  y: tf.Tensor,
  members: readonly number[],
): Promise<number> {
  const chosen = tf.tidy(() => tf.gather(draws, tf.tensor1d([...members], 'int32')));
  const predictive = likelihood.predictive({draws: chosen});
  const score = tf.tidy(() => tf.neg(tf.mean(predictive.logProb(y))));
  try {
    return (await score.data())[0] as number;
  } finally {
    tf.dispose([chosen, score]);
    predictive.dispose();
  }
}
