import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {type IvonOptions, ivon} from '../../../layers/index.ts';
import {gaussian} from '../../../src/likelihoods/index.ts';
import type {PosteriorRow} from '../../contracts/rows.ts';

const normal = (seed: number) => tfl.initializers.randomNormal({stddev: 0.7, seed});

function net(units: number, activation: 'softmax' | 'sigmoid' | 'linear', normalized = false): tfl.LayersModel {
  return tfl.sequential({
    layers: [
      tfl.layers.dense({units: 5, activation: 'tanh', inputShape: [2], kernelInitializer: normal(1)}),
      ...(normalized ? [tfl.layers.batchNormalization()] : []),
      tfl.layers.dense({units, activation, kernelInitializer: normal(2)}),
    ],
  });
}

const inputs = (): tf.Tensor => tf.randomNormal([12, 2], 0, 1, 'float32', 8);
const labels = (classes: number): number[] => Array.from({length: 12}, (_, i) => (i * 5) % classes);
const oneHot = (): tf.Tensor => tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(labels(3), 'int32'), 3), 'float32'));

interface IvonRow extends Pick<PosteriorRow, 'kind' | 'createModel' | 'targets'> {
  readonly label: string;
  readonly loss: tfl.ModelCompileArgs['loss'];
  readonly options?: Partial<IvonOptions>;
  readonly likelihood?: string;
}

function ivonRow({label, loss, options, likelihood, ...row}: IvonRow): PosteriorRow {
  return {
    ...row,
    name: `ivon ${row.kind} ${label}`,
    inputs,
    samplesWeights: true,
    ownsWeights: true,
    seesNoData: true,
    fit: async (model, x, y) => {
      const optimizer = ivon(0.1, {ess: 12, hessInit: 0.5, beta2: 0.99, ...options});
      model.compile({optimizer, loss});
      await model.fit(x, y, {epochs: 3, batchSize: 6, shuffle: false, verbose: 0});
      const posterior = await optimizer.posterior(model, likelihood === undefined ? {} : {likelihood});
      optimizer.dispose();
      return posterior;
    },
  };
}

/** Every posterior trained by IVON that the shared tests run on. */
export const ivonMethods: readonly PosteriorRow[] = [
  ivonRow({
    label: 'one sample',
    kind: 'categorical',
    createModel: () => net(3, 'softmax'),
    targets: oneHot,
    loss: 'categoricalCrossentropy',
  }),
  ivonRow({
    label: 'BatchNorm, two samples, accumulated',
    kind: 'categorical',
    createModel: () => net(3, 'softmax', true),
    targets: oneHot,
    loss: 'categoricalCrossentropy',
    options: {samples: 2, accumulate: 2},
  }),
  ivonRow({
    label: 'squared gradients',
    kind: 'bernoulli',
    createModel: () => net(1, 'sigmoid'),
    targets: () => tf.tensor2d(labels(2), [12, 1]),
    loss: 'binaryCrossentropy',
    options: {hessApprox: 'squared-gradient'},
  }),
  ivonRow({
    label: 'one sample',
    kind: 'mixture',
    createModel: () => net(2, 'linear'),
    targets: () => tf.randomNormal([12, 2], 0, 1, 'float32', 9),
    loss: gaussian().loss,
    likelihood: 'gaussian',
  }),
];
