import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {batchEnsemble, rankOneEnsemble} from '../ensembles/index.ts';
import {initBackend} from '../src/backend/index.ts';
import {createRng, normalTensor} from '../src/index.ts';
import {medianTimes} from './support/median-times.ts';
import type {BenchRow} from './support/row.ts';

const BATCH = 128;
const MEMBERS = 4;

interface Case {
  readonly name: string;
  readonly create: () => tfl.LayersModel;
  readonly inputShape: number[];
  readonly rounds: number;
}

const {layers} = tfl;
const CASES: readonly Case[] = [
  {
    name: 'MLP 784-256-256-10',
    inputShape: [784],
    rounds: 40,
    create: () =>
      tfl.sequential({
        layers: [
          layers.dense({units: 256, activation: 'relu', inputShape: [784]}),
          layers.dense({units: 256, activation: 'relu'}),
          layers.dense({units: 10, activation: 'softmax'}),
        ],
      }),
  },
  {
    name: 'CNN, two convolutions',
    inputShape: [28, 28, 1],
    rounds: 10,
    create: () =>
      tfl.sequential({
        layers: [
          layers.conv2d({filters: 16, kernelSize: 3, activation: 'relu', inputShape: [28, 28, 1]}),
          layers.maxPooling2d({poolSize: 2}),
          layers.conv2d({filters: 32, kernelSize: 3, activation: 'relu'}),
          layers.maxPooling2d({poolSize: 2}),
          layers.flatten(),
          layers.dense({units: 10, activation: 'softmax'}),
        ],
      }),
  },
];

/** One step of Adam with the model, its losses included. */
function stepOf(model: tfl.LayersModel, x: tf.Tensor, y: tf.Tensor): () => void {
  const optimizer = tf.train.adam(0.001);
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  return () => {
    optimizer.minimize(
      () => {
        const loss = tf.mean<tf.Scalar>(
          tfl.metrics.categoricalCrossentropy(y, model.apply(x, {training: true}) as tf.Tensor),
        );
        return model.calculateLosses().reduce<tf.Scalar>((sum, one) => tf.add(sum, one), loss);
      },
      false,
      variables,
    );
  };
}

/** A training step of four members on one batch against one net's on that batch. */
export async function run(): Promise<BenchRow[]> {
  await initBackend({prefer: 'wasm'});
  return CASES.flatMap(({name, create, inputShape, rounds}) => {
    const x = normalTensor(createRng(1), [BATCH, ...inputShape] as never) as tf.Tensor;
    const y = tf.tidy(() =>
      tf.cast(
        tf.oneHot(
          tf.tensor1d(
            Array.from({length: BATCH}, (_, i) => i % 10),
            'int32',
          ),
          10,
        ),
        'float32',
      ),
    );
    const net = create();
    const [reference, ...ours] = medianTimes(
      rounds,
      [net, batchEnsemble(net, {members: MEMBERS}), rankOneEnsemble(net, {members: MEMBERS, trainSize: 60000})].map(
        (model) => stepOf(model, x, y),
      ),
    ) as [number, ...number[]];
    tf.dispose([x, y]);
    return ['BatchEnsemble', 'rank-1'].map((method, i) => ({
      name: `${name}, ${method} of ${MEMBERS}`,
      ours: ours[i] as number,
      reference,
      unit: 'ms' as const,
      note: `one net's step, batch ${BATCH}`,
    }));
  });
}
