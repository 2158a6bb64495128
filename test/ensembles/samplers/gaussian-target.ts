import * as tf from '@tensorflow/tfjs-core';
import {inverse, Matrix} from 'ml-matrix';
import type {SamplerOptimizer} from '../../../ensembles/index.ts';
import {normalTensor} from '../../../src/backend/index.ts';
import {meanEss} from '../../../src/diagnostics/effective-sample-size.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';

/** Chains that run side by side, one in each row. */
const CHAINS = 400;
/** Number of examples and prior of the target. */
export const target = {trainSize: 50, priorPrecision: 10} as const;
/** Hessian of the mean loss, and its minimum. */
const CURVATURE = [
  [1.5, 0.6],
  [0.6, 0.5],
];
const CENTER = [1, -2];

/** Hessian of the energy over N: the posterior's precision is trainSize times it. */
export const hessian = new Matrix(CURVATURE).add(Matrix.eye(2).mul(target.priorPrecision / target.trainSize));

/** The posterior's mode. */
export const mode = inverse(hessian)
  .mmul(new Matrix(CURVATURE).mmul(Matrix.columnVector(CENTER)))
  .to1DArray();

/** Inverse of trainSize K (I - step K). */
export function covarianceAt(step: number, curvature: Matrix = hessian): Matrix {
  const corrected = curvature.clone().mmul(Matrix.eye(curvature.rows).sub(curvature.clone().mul(step)));
  return inverse(corrected.mul(target.trainSize));
}

/** How long to run, and on what. */
export interface Run {
  readonly burnIn: number;
  readonly every: number;
  readonly draws: number;
  /** Standard deviation of noise in the gradient, as of small batches. */
  readonly gradientNoise?: number;
  /** Where all chains begin. Default 0. */
  readonly start?: readonly number[];
  /** Whether each coordinate is a variable of its own. */
  readonly split?: boolean;
  /** More coordinates to note, [CHAINS, 2]. */
  readonly also?: (variable: tf.Variable) => tf.Tensor;
}

/** The draws of a sampler: coordinate by coordinate, chain by chain. Disposes the sampler. */
export async function runChains(optimizer: SamplerOptimizer, run: Run): Promise<Float64Array[][]> {
  const {burnIn, every, draws, gradientNoise = 0, start = [0, 0], split = false, also} = run;
  const variables = (split ? start.map((at) => [at]) : [start]).map((at) =>
    tf.tidy(() => tf.variable(tf.tile(tf.tensor2d([[...at]]), [CHAINS, 1]))),
  );
  const [curvature, center] = [tf.tensor2d(CURVATURE), tf.tensor1d(CENTER)];
  const noise = createRng('gradient noise');
  const loss = (): tf.Scalar => {
    const chains = tf.concat(variables, 1);
    const away = tf.sub(chains, center) as tf.Tensor2D;
    const energy = tf.sum(tf.mul(tf.matMul(away, curvature), away));
    const push = gradientNoise > 0 ? tf.sum(tf.mul(chains, normalTensor(noise, chains.shape))) : tf.scalar(0);
    return tf.add(tf.mul(energy, 0.5), tf.mul(push, gradientNoise)) as tf.Scalar;
  };
  const coordinates = Array.from({length: also ? 4 : 2}, () =>
    Array.from({length: CHAINS}, () => new Float64Array(draws)),
  );
  for (let step = 1; step <= burnIn + every * draws; step++) {
    optimizer.minimize(loss, false, variables);
    if (step <= burnIn || (step - burnIn) % every !== 0) continue;
    const seen = tf.tidy(() => tf.concat([...variables, ...(also ? [also(variables[0] as tf.Variable)] : [])], 1));
    const values = await seen.data();
    for (const [i, chains] of coordinates.entries()) {
      for (const [c, chain] of chains.entries()) {
        chain[(step - burnIn) / every - 1] = values[c * coordinates.length + i] as number;
      }
    }
    seen.dispose();
  }
  tf.dispose([...variables, curvature, center]);
  optimizer.dispose();
  return coordinates;
}

/**
 * Mean and covariance of chains within four standard errors of as many independent draws as they are worth, and within
 * `bias` in units of the standard deviations.
 */
export function expectMoments(
  coordinates: readonly (readonly Float64Array[])[],
  mean: readonly number[],
  covariance: Matrix,
  bias = 0,
): void {
  const deviations = coordinates.map((chains, i) => chains.map((chain) => chain.map((x) => x - (mean[i] as number))));
  for (const [i, chains] of deviations.entries()) {
    const variance = covariance.get(i, i);
    closeTo(meanOf(chains), 0, {atol: 4 * Math.sqrt(variance / meanEss(chains)) + bias * Math.sqrt(variance)});
    for (let j = 0; j <= i; j++) {
      const others = deviations[j] as Float64Array[];
      const products = chains.map((chain, c) => chain.map((x, t) => x * ((others[c] as Float64Array)[t] as number)));
      const square = variance * covariance.get(j, j);
      const error = Math.sqrt((square + covariance.get(i, j) ** 2) / meanEss(products));
      closeTo(meanOf(products), covariance.get(i, j), {atol: 4 * error + bias * Math.sqrt(square)});
    }
  }
}

function meanOf(chains: readonly Float64Array[]): number {
  const all = chains.flatMap((chain) => [...chain]);
  return all.reduce((sum, x) => sum + x, 0) / all.length;
}
