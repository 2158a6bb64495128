import * as tf from '@tensorflow/tfjs-core';

const SMALLEST_STEP = 1e-4;
const LARGEST_STEP = 0.7;
const OFFSET = 0.008;
const FREQUENCIES = 16;
const LOWEST_FREQUENCY = 0.1;
const HIGHEST_FREQUENCY = 6;

/** Columns of {@link sinesOf}. */
export const SINES = 2 * FREQUENCIES;

/** How much noise each of K steps adds: w_k = sqrt(1 - beta_k) w_{k-1} + sqrt(beta_k) e, for k = 1..K. */
export interface NoiseSchedule {
  /** beta_k, K numbers. */
  readonly betas: Float64Array;
  /** Half the log signal-to-noise ratio after each step, log(alpha_k / sigma_k), with alpha_k^2 = prod_{j<=k} (1 - beta_j). */
  readonly halfLogSnr: Float64Array;
}

/**
 * The cosine schedule, alpha_k proportional to cos(pi / 2 (k / K + s) / (1 + s)) with s = 0.008, each beta clipped to
 * [1e-4, 0.7]: few steps must not end in one that wipes everything out.
 *
 * Source: Nichol and Dhariwal (2021).
 */
export function cosineSchedule(steps: number): NoiseSchedule {
  const signal = (k: number) => Math.cos((((k / steps + OFFSET) / (1 + OFFSET)) * Math.PI) / 2) ** 2;
  const betas = Float64Array.from({length: steps}, (_, i) =>
    Math.min(Math.max(1 - signal(i + 1) / signal(i), SMALLEST_STEP), LARGEST_STEP),
  );
  let logKept = 0;
  const halfLogSnr = betas.map((beta) => {
    logKept += Math.log1p(-beta);
    return 0.5 * (logKept - Math.log(-Math.expm1(logKept)));
  });
  return {betas, halfLogSnr};
}

/** Sines and cosines of noise levels at frequencies from 0.1 to 6, one row for each level: [K, SINES]. */
export function sinesOf(levels: ArrayLike<number>): tf.Tensor2D {
  const values = new Float32Array(levels.length * SINES);
  const ratio = HIGHEST_FREQUENCY / LOWEST_FREQUENCY;
  for (let k = 0, i = 0; k < levels.length; k++) {
    for (let f = 0; f < FREQUENCIES; f++) {
      const angle = (levels[k] as number) * LOWEST_FREQUENCY * ratio ** (f / (FREQUENCIES - 1));
      values[i++] = Math.sin(angle);
      values[i++] = Math.cos(angle);
    }
  }
  return tf.tensor2d(values, [levels.length, SINES]);
}
