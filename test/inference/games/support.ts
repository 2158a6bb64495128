import * as tf from '@tensorflow/tfjs-core';
import type {Wire} from '../../../inference/games/index.ts';

/** The number in a scalar. */
export async function numberOf(tensor: tf.Tensor): Promise<number> {
  return (await tensor.data())[0] as number;
}

/** The numbers of a draw, as float64. */
export async function valuesOf(wire: Wire | undefined): Promise<number[]> {
  if (!(wire instanceof tf.Tensor)) throw new TypeError('expected one tensor');
  return [...(await wire.data())];
}

/** log N(x; mean, scale^2). */
export function logNormal(x: number, mean: number, scale: number): number {
  return -0.5 * ((x - mean) / scale) ** 2 - Math.log(scale) - 0.5 * Math.log(2 * Math.PI);
}

/** KL(N(m1, v1) || N(m2, v2)) of numbers, v variances. */
export function gaussianDivergence([m1, v1]: [number, number], [m2, v2]: [number, number]): number {
  return 0.5 * (v1 / v2 + (m1 - m2) ** 2 / v2 - 1 - Math.log(v1 / v2));
}

export function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** 0, 1, ..., count - 1. */
export function range(count: number): number[] {
  return Array.from({length: count}, (_, i) => i);
}
