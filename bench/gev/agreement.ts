import * as tf from '@tensorflow/tfjs-core';
import {type DatasetOutcome, outcomeMoments} from '../../inference/index.ts';
import {gevModel} from './model.ts';
import type {Moments} from './reference.ts';

/** How far moments lie from the reference. */
export interface Agreement {
  /** The largest error of a mean, in posterior standard deviations. */
  readonly mean: number;
  /** The largest relative error of a standard deviation. */
  readonly sd: number;
  /** Every mean within 0.1 posterior standard deviations and every standard deviation within 10 percent. */
  readonly accurate: boolean;
}

/** The largest errors over mu, sigma and xi. */
export function agreement(found: Moments, reference: Moments): Agreement {
  const means = reference.mean.map(
    (mean, i) => Math.abs((found.mean[i] as number) - mean) / (reference.sd[i] as number),
  );
  const sds = reference.sd.map((sd, i) => Math.abs((found.sd[i] as number) / sd - 1));
  const [mean, sd] = [Math.max(...means), Math.max(...sds)];
  return {mean, sd, accurate: mean <= 0.1 && sd <= 0.1};
}

/** Moments of mu, sigma and xi by a workflow's draws, with their weights or without. */
export async function momentsOfOutcome({draws, logWeights}: DatasetOutcome, weighted = true): Promise<Moments> {
  const values = tf.tidy(() => {
    const {mu, sigma, xi} = gevModel.constrain(tf.tensor2d(draws, [draws.length / 3, 3]));
    return tf.stack([mu, sigma, xi] as tf.Tensor[], 1);
  });
  const constrained = (await values.data()) as Float32Array;
  values.dispose();
  const {mean, sd} = outcomeMoments({draws: constrained, ...(weighted && logWeights ? {logWeights} : {})}, 3);
  return {mean: [...mean], sd: [...sd]};
}
