import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../../src/errors.ts';

/** The noise in points x [S, D] at a level, half the log signal-to-noise ratio: -sigma times the score, [S, D]. */
export type NoisePrediction = (x: tf.Tensor2D, halfLogSnr: number) => tf.Tensor2D;

/** Options of {@link dpmSolver}. */
export interface DpmSolverOptions {
  /** The level of the noise at which the points are, half the log signal-to-noise ratio. */
  readonly from: number;
  /** The level to go to, larger. */
  readonly to: number;
  /** 1, 2 or 3, the order of the error in the length of a step; default 3. */
  readonly order?: 1 | 2 | 3;
  /** How many steps, of `order` evaluations of the net each; default 10. */
  readonly steps?: number;
}

/**
 * Takes noise out of points along the probability-flow equation of a diffusion, x = alpha x_0 + sigma e, in a few large steps.
 *
 * The linear part is solved exactly; with l = log(alpha / sigma) as the time and h the length of a step, order 1 is
 *
 *     x(l + h) = (alpha' / alpha) x - sigma' (exp(h) - 1) noise(x, l)
 *
 * and orders 2 and 3 add finite differences of the noise at l + h / 2, or l + h / 3 and l + 2 h / 3. Steps are equal in l;
 * alpha^2 = sigmoid(2 l), sigma^2 = sigmoid(-2 l).
 *
 * Source: Lu, Zhou, Bao, Chen, Li and Zhu (2022).
 *
 * @param noise the noise in points at a level.
 * @param x the points to start from, [S, D].
 * @param options where from and to, and how.
 *
 * @returns the points at `to`, [S, D]; the caller's.
 *
 * @throws ConfigError if `to` is not above `from`, or steps or order are out of range.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {dpmSolver} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * // Points of N(0, 0.01): the noised ones have variance v = alpha^2 0.01 + sigma^2, and the noise is sigma x / v.
 * const noise = (x: tf.Tensor2D, level: number) => {
 *   const alpha2 = 1 / (1 + Math.exp(-2 * level));
 *   return tf.mul<tf.Tensor2D>(x, Math.sqrt(1 - alpha2) / (alpha2 * 0.01 + 1 - alpha2));
 * };
 * const x = dpmSolver(noise, tf.tensor2d([[1]]), {from: -5, to: 6});
 * console.log((await x.data())[0]?.toFixed(1));   // 0.1
 * x.dispose();
 * ```
 */
export function dpmSolver(
  noise: NoisePrediction,
  x: tf.Tensor2D,
  {from, to, order = 3, steps = 10}: DpmSolverOptions,
): tf.Tensor2D {
  if (!(to > from)) throw new ConfigError(`dpmSolver: expected \`to\` above ${from}, got ${to}. Noise is taken out.`);
  if (!(Number.isInteger(steps) && steps >= 1)) {
    throw new ConfigError(`dpmSolver: expected a whole number of steps from 1 on, got ${steps}. Use 10.`);
  }
  const step = STEPS[order];
  if (step === undefined) throw new ConfigError(`dpmSolver: expected order 1, 2 or 3, got ${order}. Use 3.`);
  const h = (to - from) / steps;
  let points = tf.clone(x);
  for (let i = 0; i < steps; i++) {
    const next = tf.tidy(() => step(noise, points, from + i * h, h));
    points.dispose();
    points = next;
  }
  return points;
}

type Step = (noise: NoisePrediction, x: tf.Tensor2D, level: number, h: number) => tf.Tensor2D;

/** The solution over `length` for noise that does not change. */
function advance(x: tf.Tensor2D, e: tf.Tensor2D, level: number, length: number): tf.Tensor2D {
  const ratio = signal(level + length) / signal(level);
  return tf.sub(tf.mul(x, ratio), tf.mul(e, signal(-level - length) * Math.expm1(length)));
}

/** alpha at a level; sigma is that of the opposite level. */
function signal(level: number): number {
  return 1 / Math.sqrt(1 + Math.exp(-2 * level));
}

/** x - sigma weight (after - before), sigma at `level`. */
function correct(x: tf.Tensor2D, level: number, weight: number, before: tf.Tensor2D, after: tf.Tensor2D): tf.Tensor2D {
  return tf.sub(x, tf.mul(tf.sub(after, before), signal(-level) * weight));
}

const STEPS: Readonly<Record<number, Step>> = {
  1: (noise, x, level, h) => advance(x, noise(x, level), level, h),
  2: (noise, x, level, h) => {
    const e = noise(x, level);
    const half = noise(advance(x, e, level, h / 2), level + h / 2);
    return correct(advance(x, e, level, h), level + h, Math.expm1(h), e, half);
  },
  3: (noise, x, level, h) => {
    const e = noise(x, level);
    const third = noise(advance(x, e, level, h / 3), level + h / 3);
    const reach = (2 * h) / 3;
    const nearer = correct(advance(x, e, level, reach), level + reach, 2 * (Math.expm1(reach) / reach - 1), e, third);
    const twoThirds = noise(nearer, level + reach);
    return correct(advance(x, e, level, h), level + h, 1.5 * (Math.expm1(h) / h - 1), e, twoThirds);
  },
};
