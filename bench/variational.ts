import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {type Estimator, toBayesian} from '../layers/index.ts';
import {initBackend} from '../src/backend/index.ts';
import {createRng, normalTensor} from '../src/index.ts';
import {medianTimes} from './support/median-times.ts';
import type {BenchRow} from './support/row.ts';

const BATCH = 128;
const ALL: readonly Estimator[] = ['local-reparameterization', 'flipout', 'reparameterization'];
const RECURRENT: readonly Estimator[] = ['flipout', 'reparameterization'];

/** A layer, alone in a model, as tfjs has it. */
interface Case {
  readonly name: string;
  readonly layer: () => tfl.layers.Layer;
  readonly inputShape: number[];
  readonly estimators: readonly Estimator[];
  readonly rounds: number;
}

const {layers} = tfl;
const CASES: readonly Case[] = [
  {
    name: 'Dense 784 -> 256',
    layer: () => layers.dense({units: 256, activation: 'relu', inputShape: [784]}),
    inputShape: [784],
    estimators: ALL,
    rounds: 40,
  },
  {
    name: 'Dense 256 -> 256',
    layer: () => layers.dense({units: 256, activation: 'relu', inputShape: [256]}),
    inputShape: [256],
    estimators: ALL,
    rounds: 60,
  },
  {
    name: 'Conv2D 3 x 3, 16 -> 16, 14 x 14',
    layer: () => layers.conv2d({filters: 16, kernelSize: 3, padding: 'same', inputShape: [14, 14, 16]}),
    inputShape: [14, 14, 16],
    estimators: ALL,
    rounds: 12,
  },
  {
    name: 'DepthwiseConv2D 3 x 3, 16, 14 x 14',
    layer: () => layers.depthwiseConv2d({kernelSize: 3, padding: 'same', inputShape: [14, 14, 16]}),
    inputShape: [14, 14, 16],
    estimators: ALL,
    rounds: 12,
  },
  {
    name: 'LSTM 16 -> 32, 8 steps',
    layer: () => layers.lstm({units: 32, inputShape: [8, 16]}),
    inputShape: [8, 16],
    estimators: RECURRENT,
    rounds: 12,
  },
  {
    name: 'GRU 16 -> 32, 8 steps',
    layer: () => layers.gru({units: 32, inputShape: [8, 16]}),
    inputShape: [8, 16],
    estimators: RECURRENT,
    rounds: 12,
  },
];

/** One step of Adam with the model, its losses included. */
function stepOf(model: tfl.LayersModel, x: tf.Tensor): () => void {
  const optimizer = tf.train.adam(0.001);
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  return () => {
    optimizer.minimize(
      () => {
        const loss = tf.mean<tf.Scalar>(tf.square(model.apply(x, {training: true}) as tf.Tensor));
        return model.calculateLosses().reduce<tf.Scalar>((sum, one) => tf.add(sum, one), loss);
      },
      false,
      variables,
    );
  };
}

/** A training step of each kind of variational layer against its deterministic twin, batch 128. */
export async function run(): Promise<BenchRow[]> {
  await initBackend({prefer: 'wasm'});
  return CASES.flatMap(({name, layer, inputShape, estimators, rounds}) => {
    const x = normalTensor(createRng(1), [BATCH, ...inputShape] as never) as tf.Tensor;
    const stock = tfl.sequential({layers: [layer()]});
    const models = [stock, ...estimators.map((estimator) => toBayesian(stock, {trainSize: 60000, estimator}))];
    const [reference, ...ours] = medianTimes(
      rounds,
      models.map((model) => stepOf(model, x)),
    ) as [number, ...number[]];
    x.dispose();
    return estimators.map((estimator, i) => ({
      name: `${name}, ${estimator}`,
      ours: ours[i] as number,
      reference,
      unit: 'ms' as const,
      note: 'deterministic twin',
    }));
  });
}
