import {ConfigError} from '../src/errors.ts';
import type {Rng} from '../src/random/index.ts';

/** Mean, variances and last deviations of a weight vector along training. */
export interface SwagMoments {
  /** Weight vectors seen. */
  readonly count: number;
  /** Mean of each weight, flat [P]. */
  readonly mean: Float64Array;
  /** Variance of each weight over the vectors seen, flat [P]. */
  readonly variance: Float64Array;
  /** The last deviations from the running mean, each flat [P], oldest first: at most `rank`. */
  readonly deviations: readonly Float32Array[];
}

/** No weight vector yet. */
export function emptyMoments(size: number): SwagMoments {
  return {count: 0, mean: new Float64Array(size), variance: new Float64Array(size), deviations: []};
}

/**
 * The moments with one weight vector more (Maddox et al., 2019): the deviation is from the running mean that includes the new
 * vector. Variances are updated in Welford's way, because the difference of a second moment and a squared mean cancels.
 */
export function addVector(moments: SwagMoments, vector: Float64Array, rank: number): SwagMoments {
  const count = moments.count + 1;
  const mean = Float64Array.from(moments.mean);
  const variance = Float64Array.from(moments.variance);
  const deviation = new Float32Array(vector.length);
  for (let i = 0; i < vector.length; i++) {
    const before = (vector[i] as number) - (mean[i] as number);
    mean[i] = (mean[i] as number) + before / count;
    const after = (vector[i] as number) - (mean[i] as number);
    variance[i] = (variance[i] as number) + (before * after - (variance[i] as number)) / count;
    deviation[i] = after;
  }
  const deviations = rank === 0 ? [] : [...moments.deviations, deviation].slice(-rank);
  return {count, mean, variance, deviations};
}

/** Throws `ConfigError` unless there are enough vectors for a covariance. */
export function checkMoments({count}: SwagMoments, caller: string): void {
  if (count >= 2) return;
  throw new ConfigError(
    `${caller}: expected at least 2 weight vectors, got ${count}. Pass the collector to fit({callbacks: [collector]}) and ` +
      'train for more epochs, or collect more often.',
  );
}

/**
 * One draw of the whole weight vector, flat [P]:
 *
 *     mean + sqrt(scale) (sqrt(variance / 2) z1 + D z2 / sqrt(2 (K - 1))),   z1 [P] and z2 [K] standard normal
 *
 * with D the K deviations that are stored, one z2 for all layers; with fewer than two (rank 0), `mean + sqrt(scale variance) z1`.
 */
export function sampleMoments({mean, variance, deviations}: SwagMoments, scale: number, rng: Rng): Float64Array {
  const rank = deviations.length;
  const share = rank < 2 ? scale : scale / 2;
  const draw = rng.normals(mean.length);
  for (let i = 0; i < draw.length; i++) {
    draw[i] = (mean[i] as number) + Math.sqrt(share * (variance[i] as number)) * (draw[i] as number);
  }
  if (rank < 2) return draw;
  const factors = rng.normals(rank);
  for (let k = 0; k < rank; k++) {
    const factor = (factors[k] as number) * Math.sqrt(share / (rank - 1));
    const deviation = deviations[k] as Float32Array;
    for (let i = 0; i < draw.length; i++) draw[i] = (draw[i] as number) + factor * (deviation[i] as number);
  }
  return draw;
}

/** Variance of each weight under {@link sampleMoments}, flat [P]. */
export function sampledVariances({variance, deviations}: SwagMoments, scale: number): Float64Array {
  const rank = deviations.length;
  const share = rank < 2 ? scale : scale / 2;
  return variance.map((value, i) => {
    const spread = deviations.reduce((sum, deviation) => sum + (deviation[i] as number) ** 2, 0);
    return share * (value + (rank < 2 ? 0 : spread / (rank - 1)));
  });
}
