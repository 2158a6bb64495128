import * as tf from '@tensorflow/tfjs-core';
import {createModel, halfNormal, type Model, normal} from '../../inference/index.ts';
import {createRng} from '../../src/index.ts';

/** Groups, and what each of them holds. */
export const GROUPS = 5;
export const PER_GROUP = 2;
export const SERIES = GROUPS * PER_GROUP;
/** Columns of theta: mu, log sigmaGamma, log sigmaBeta, gamma [5], beta [10]. */
export const COLUMNS = 3 + GROUPS + SERIES;

/** A simulated data set, by its sufficient statistics, and the parameters that made it, as theta. */
export interface HierarchicalData {
  readonly count: number;
  /** The mean of each of the ten series. */
  readonly means: Float64Array;
  /** log density of the data given beta less that of their means given beta. */
  readonly constant: number;
  readonly truth: Float64Array;
}

/** Draws parameters from the prior, and `count` observations of each of the ten series. */
export function simulate(seed: number, count = 100): HierarchicalData {
  const rng = createRng(seed);
  const [mu, gammaScale, betaScale] = rng.normals(3) as unknown as [number, number, number];
  const [sigmaGamma, sigmaBeta] = [Math.abs(gammaScale), Math.abs(betaScale)];
  const gamma = rng.normals(GROUPS).map((z) => mu + sigmaGamma * z);
  const beta = rng.normals(SERIES).map((z, j) => (gamma[Math.floor(j / PER_GROUP)] as number) + sigmaBeta * z);
  const y = rng.normals(SERIES * count).map((z, i) => (beta[i % SERIES] as number) + z);
  const means = new Float64Array(SERIES);
  for (let i = 0; i < y.length; i++) means[i % SERIES] = (means[i % SERIES] as number) + (y[i] as number) / count;
  const rest = y.reduce((sum, value, i) => sum + (value - (means[i % SERIES] as number)) ** 2, 0);
  const constant = -0.5 * (SERIES * ((count - 1) * Math.log(2 * Math.PI) + Math.log(count)) + rest);
  return {
    count,
    means,
    constant,
    truth: Float64Array.of(mu, Math.log(sigmaGamma), Math.log(sigmaBeta), ...gamma, ...beta),
  };
}

/**
 * mu ~ N(0, 1), gamma_i ~ N(mu, sigmaGamma), beta_ij ~ N(gamma_i, sigmaBeta), y_ijn ~ N(beta_ij, 1), both scales half-normal(1):
 * the fifth hierarchical model of Dirmeier and Perez-Cruz (2023). The data come in by their means, which are sufficient.
 */
export function hierarchicalModel({means, constant, count}: HierarchicalData): {model: Model; data: tf.Tensor} {
  const data = tf.tensor1d(Float32Array.from(means));
  const model = createModel({
    parameters: {
      mu: normal(0, 1),
      sigmaGamma: halfNormal(1),
      sigmaBeta: halfNormal(1),
      gamma: {
        shape: [GROUPS],
        prior: ({mu, sigmaGamma}) =>
          normal(tf.expandDims(mu as tf.Tensor, 1), tf.expandDims(sigmaGamma as tf.Tensor, 1)),
      },
      beta: {
        shape: [GROUPS, PER_GROUP],
        prior: ({gamma, sigmaBeta}) =>
          normal(tf.expandDims(gamma as tf.Tensor, 2), tf.reshape(sigmaBeta as tf.Tensor, [-1, 1, 1])),
      },
    },
    observe: ({beta}) => ({
      means: {distribution: normal(tf.reshape(beta as tf.Tensor, [-1, SERIES]), 1 / Math.sqrt(count)), value: data},
    }),
    factor: ({mu}) => tf.fill((mu as tf.Tensor).shape, constant),
  });
  return {model: model as Model, data};
}
