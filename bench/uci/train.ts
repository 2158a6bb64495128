import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type {Rng} from '../../src/index.ts';
import type {Rows} from './task.ts';

/** How long and how a net is trained; the same for every method. */
export interface Schedule {
  readonly hidden: number;
  readonly batchSize: number;
  readonly steps: number;
}

/** By the number of training rows alone. */
export function scheduleFor(rows: number): Schedule {
  if (rows > 20000) return {hidden: 100, batchSize: 256, steps: 4000};
  return rows > 2000 ? {hidden: 50, batchSize: 128, steps: 2500} : {hidden: 50, batchSize: 64, steps: 1500};
}

/** One hidden layer of relu units and a last layer. */
export function network(inputs: number, hidden: number, last: tfl.layers.Layer, rng: Rng): tfl.Sequential {
  const kernelInitializer = tfl.initializers.heNormal({seed: seedOf(rng)});
  const first = tfl.layers.dense({units: hidden, activation: 'relu', inputShape: [inputs], kernelInitializer});
  return tfl.sequential({layers: [first, last]});
}

/** A linear last layer with one output. */
export function linear(rng: Rng): tfl.layers.Layer {
  return tfl.layers.dense({units: 1, kernelInitializer: tfl.initializers.glorotNormal({seed: seedOf(rng)})});
}

/** A number for an initializer. */
export function seedOf(rng: Rng): number {
  return Math.floor((rng.uniforms(1)[0] as number) * 1e9);
}

/** From 1 to 0 along a cosine. */
export function cosine(progress: number): number {
  return (1 + Math.cos(Math.PI * progress)) / 2;
}

/** Steps of an optimizer on batches in an order of the rng's; `loss` is the mean over a batch of what is minimized. */
export function train(
  model: tfl.LayersModel,
  {x, y}: Rows,
  {batchSize, steps}: Schedule,
  {
    optimizer,
    loss,
    rng,
    onStep,
  }: {
    optimizer: tf.Optimizer;
    loss: (x: tf.Tensor2D, y: tf.Tensor2D) => tf.Scalar;
    rng: Rng;
    onStep?: (progress: number) => void;
  },
): void {
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const rows = x.shape[0];
  const size = Math.min(batchSize, rows);
  const perEpoch = Math.floor(rows / size);
  for (let step = 0; step < steps; ) {
    tf.tidy(() => {
      const order = tf.tensor1d(Int32Array.from(rng.permutation(rows)), 'int32');
      const [xs, ys] = [tf.gather(x, order), tf.gather(y, order)];
      for (let b = 0; b < perEpoch && step < steps; b++, step++) {
        onStep?.(step / steps);
        tf.tidy(() => {
          const [xb, yb] = [tf.slice(xs, [b * size, 0], [size, -1]), tf.slice(ys, [b * size, 0], [size, -1])];
          optimizer.minimize(() => loss(xb, yb), false, variables);
        });
      }
    });
  }
}

/** Adam whose rate falls along a cosine, and the hook that lets it fall. */
export function fallingAdam(learningRate: number): {optimizer: tf.Optimizer; onStep: (progress: number) => void} {
  const optimizer = tf.train.adam(learningRate);
  const onStep = (progress: number): void => {
    (optimizer as unknown as {learningRate: number}).learningRate = learningRate * cosine(progress);
  };
  return {optimizer, onStep};
}
