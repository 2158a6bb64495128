import * as tf from '@tensorflow/tfjs-core';
import type {AmortizedPosterior} from '../../../inference/amortized/amortized-posterior.ts';
import {amortizedPosterior} from '../../../inference/amortized/create-amortized-posterior.ts';
import {modelSimulator, type Simulator} from '../../../inference/amortized/simulator.ts';
import {statisticsSummary} from '../../../inference/amortized/summary-statistics.ts';
import {affineCouplingFlow} from '../../../inference/flows/index.ts';
import {createModel} from '../../../inference/model/index.ts';
import {normalTensor} from '../../../src/backend/index.ts';
import {normal} from '../../../src/distributions/index.ts';

/** mu ~ N(1, 2^2), ten numbers y ~ N(mu, 1): the posterior is normal, with precision 1/4 + 10. */
export const model = createModel({
  parameters: {mu: normal(1, 2)},
  observe: ({mu}) => ({y: {distribution: normal(tf.expandDims(mu as tf.Tensor, 1), 1), value: tf.zeros([10])}}),
});
export const sd = 1 / Math.sqrt(10.25);
export const exactMean = (y: readonly number[]) => (y.reduce((sum, value) => sum + value, 0) + 1 / 4) / 10.25;

/** The exact summary and few weights: a training of moments. */
export function small(simulator: Simulator = modelSimulator(model)): AmortizedPosterior {
  return amortizedPosterior({
    simulator,
    summaryNetwork: statisticsSummary({outputDimension: 1, compute: (y) => tf.mean(y as tf.Tensor, 1, true)}),
    flow: affineCouplingFlow({dimension: 1, contextDimension: 1, layers: 1, hidden: [4]}),
  });
}

/** theta ~ N(0, scale^2), ten numbers y ~ N(theta / scale, 1). */
export function scaledSimulator(scale: number): Simulator {
  return {
    simulate: async (rng, count) => {
      const standard = normalTensor<tf.Rank.R2>(rng.fork(0), [count, 1]);
      const data = tf.tidy(() => tf.add(standard, normalTensor(rng.fork(1), [count, 10])));
      const theta = tf.mul<tf.Tensor2D>(standard, scale);
      standard.dispose();
      return {theta, data};
    },
  };
}
