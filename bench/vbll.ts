import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {type VbllHead, vbllClassification, vbllRegression} from '../layers/index.ts';
import {initBackend} from '../src/backend/index.ts';
import {createRng, normalTensor, uniformTensor} from '../src/index.ts';
import type {BenchRow} from './support/row.ts';

const BATCH = 128;

/** One training step of 784-256-features with that last layer. */
function step(features: number, last: tfl.layers.Layer, loss: tfl.ModelCompileArgs['loss'], y: tf.Tensor): () => void {
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({units: 256, activation: 'relu', inputShape: [784]}),
      tfl.layers.dense({units: features, activation: 'relu'}),
      last,
    ],
  });
  const x = uniformTensor(createRng(1), [BATCH, 784]);
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const optimizer = tf.train.adam(0.001);
  const lossOf = loss as (yTrue: tf.Tensor, yPred: tf.Tensor) => tf.Tensor;
  return () => {
    optimizer.minimize(
      () => {
        const data = tf.mean<tf.Scalar>(lossOf(y, model.apply(x, {training: true}) as tf.Tensor));
        return model.calculateLosses().reduce<tf.Scalar>((sum, one) => tf.add(sum, one), data);
      },
      false,
      variables,
    );
  };
}

const crossEntropy = (y: tf.Tensor, logits: tf.Tensor): tf.Tensor => tf.losses.softmaxCrossEntropy(y, logits);
const squares = (y: tf.Tensor, means: tf.Tensor): tf.Tensor => tf.mean(tf.squaredDifference(y, means));

/** The shortest of `rounds` times of each work, taken in turns: without what other programs took. */
function leastTimes(rounds: number, works: readonly (() => void)[]): number[] {
  const least = works.map(() => Infinity);
  for (let round = -3; round < rounds; round++) {
    for (const [w, work] of works.entries()) {
      const start = performance.now();
      work();
      if (round >= 0) least[w] = Math.min(least[w] as number, performance.now() - start);
    }
  }
  return least;
}

/** A training step with a VBLL head against one with a Dense layer in its place: 784-256-features, batch 128. */
export async function run(): Promise<BenchRow[]> {
  await initBackend({prefer: 'wasm'});
  const rows = tf.tidy(() => {
    const labels = tf.argMax(normalTensor(createRng(2), [BATCH, 10]), 1);
    return tf.cast(tf.oneHot(labels, 10), 'float32');
  });
  const numbers = normalTensor(createRng(3), [BATCH, 1]);
  const cases: [string, number, VbllHead][] = [
    ['10 classes, 256 features, diagonal', 256, vbllClassification({units: 10, trainSize: 60000})],
    [
      '10 classes, 256 features, low-rank',
      256,
      vbllClassification({units: 10, trainSize: 60000, covariance: 'low-rank'}),
    ],
    ['10 classes, 128 features, dense', 128, vbllClassification({units: 10, trainSize: 60000, covariance: 'dense'})],
    ['1 output, 128 features, dense', 128, vbllRegression({units: 1, trainSize: 60000})],
  ];
  return cases.map(([name, features, head]) => {
    const y = head.units === 10 ? rows : numbers;
    const dense = tfl.layers.dense({units: head.units, useBias: false});
    const [ours, reference] = leastTimes(80, [
      step(features, head, head.loss, y),
      step(features, dense, head.units === 10 ? crossEntropy : squares, y),
    ]) as [number, number];
    return {name: `training step, ${name}`, ours, reference, unit: 'ms', note: 'Dense last layer'} as const;
  });
}
