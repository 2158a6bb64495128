import * as tf from '@tensorflow/tfjs-core';
import {
  type AmortizedPosterior,
  type AmortizedWorkflow,
  type AmortizedWorkflowOptions,
  amortizedWorkflow,
  createModel,
  type Model,
  normal,
  outOfDistribution,
} from '../../../inference/index.ts';
import {normalTensor} from '../../../src/backend/index.ts';
import {createRng, type Rng} from '../../../src/random/index.ts';

/** Observations in a data set, each of two numbers. */
const COUNT = 9;
/** theta given y is N(sum of y / 10, 1 / 10) in either column. */
export const posteriorSd = Math.sqrt(1 / (COUNT + 1));

/** theta ~ N(0, 1), y ~ N(theta, 1): data [9, 2]. */
export const model: Model<tf.Tensor> = createModel<tf.Tensor>({
  parameters: {theta: {prior: () => normal(tf.zeros([2]), 1), shape: [2]}},
  observe: ({theta}, y) => ({y: {distribution: normal(tf.expandDims(theta as tf.Tensor, 1), 1), value: y}}),
});

/** The same up to a constant by broadcasting, which also takes a data set for each point. */
export const pairedModel = {
  dimension: 2,
  logDensity: (theta: tf.Tensor2D, data: tf.Tensor | tf.NamedTensorMap): tf.Tensor1D => {
    const residuals = tf.sum(tf.square(tf.sub(data as tf.Tensor, tf.expandDims(theta, 1))), [1, 2]);
    return tf.mul<tf.Tensor1D>(tf.add(residuals, tf.sum(tf.square(theta), 1)), -0.5);
  },
};

/** Data sets whose theta has this standard deviation, 1 under the model's prior: [n, 9, 2]. */
export function simulate(rng: Rng, count: number, spread = 1): tf.Tensor3D {
  return tf.tidy(() => {
    const theta = tf.mul(normalTensor(rng.fork('theta'), [count, 1, 2]), spread);
    return tf.add(theta, normalTensor(rng.fork('noise'), [count, COUNT, 2]));
  });
}

/** The exact posterior means, [n, 2]. */
export function posteriorMeans(data: tf.Tensor): tf.Tensor2D {
  return tf.tidy(() => tf.div(tf.sum(data, 1), COUNT + 1) as tf.Tensor2D);
}

/** Networks that are off by `bias` and `spread` posterior standard deviations. */
export function approximation({
  bias = 0,
  spread = 1,
}: {
  bias?: number;
  spread?: number;
} = {}): Pick<AmortizedPosterior, 'dimension' | 'sample' | 'summaries'> {
  return {
    dimension: 2,
    summaries: (data) => posteriorMeans(data as tf.Tensor),
    sample: (data, {draws = 1000, rng = []} = {}) => {
      const noise = tf.concat((rng as readonly Rng[]).map((stream) => normalTensor(stream, [1, draws, 2])));
      const sd = posteriorSd * spread;
      const centre = tf.add(tf.expandDims(posteriorMeans(data as tf.Tensor), 1), bias * posteriorSd);
      const logDensity = tf.sub(tf.mul(tf.sum(tf.square(noise), 2), -0.5), 2 * Math.log(sd));
      return {
        theta: tf.reshape(tf.add(centre, tf.mul(noise, sd)), [-1, 2]),
        logDensity: tf.reshape(logDensity, [-1]),
      };
    },
  };
}

/** A workflow over {@link approximation}. */
export async function workflowOf(
  error: Parameters<typeof approximation>[0] = {},
  options: Partial<AmortizedWorkflowOptions> = {},
): Promise<AmortizedWorkflow> {
  const trained = tf.tidy(() => posteriorMeans(simulate(createRng('training'), 2000)));
  const detector = await outOfDistribution(trained);
  trained.dispose();
  return amortizedWorkflow(approximation(error), {
    model,
    outOfDistribution: detector,
    ...options,
  });
}

/** What a thread calls. */
export function create(): Promise<AmortizedWorkflow> {
  return workflowOf({bias: 0.5, spread: 1.3});
}
