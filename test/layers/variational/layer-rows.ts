import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {
  bayesBidirectional,
  bayesConv1d,
  bayesConv2d,
  bayesConv2dTranspose,
  bayesConv3d,
  bayesDense,
  bayesDepthwiseConv2d,
  bayesEmbedding,
  bayesGru,
  bayesGruCell,
  bayesLstm,
  bayesLstmCell,
  bayesRnn,
  bayesSeparableConv2d,
  bayesSimpleRnn,
  bayesTimeDistributed,
  type Estimator,
  type VariationalOptions,
} from '../../../layers/index.ts';

/** A kind of layer in one setting. */
export interface LayerRow {
  readonly name: string;
  readonly estimators: readonly Estimator[];
  readonly create: (options: VariationalOptions, inputShape: number[]) => tfl.layers.Layer;
  readonly inputShape: number[];
  /** Whole numbers below this instead of normal ones. */
  readonly indices?: number;
}

const ALL: readonly Estimator[] = ['flipout', 'local-reparameterization', 'reparameterization'];
const RECURRENT: readonly Estimator[] = ['flipout', 'reparameterization'];
const name = 'layer';

/** Every kind of layer with a posterior. */
export const layerRows: readonly LayerRow[] = [
  {
    name: 'Dense',
    estimators: ALL,
    inputShape: [3],
    create: (q, inputShape) => bayesDense({name, units: 2, activation: 'tanh', inputShape, ...q}),
  },
  {
    name: 'Conv1D',
    estimators: ALL,
    inputShape: [5, 2],
    create: (q, inputShape) => bayesConv1d({name, filters: 2, kernelSize: 2, padding: 'same', inputShape, ...q}),
  },
  {
    name: 'Conv2D',
    estimators: ALL,
    inputShape: [4, 4, 2],
    create: (q, inputShape) => bayesConv2d({name, filters: 2, kernelSize: 2, activation: 'relu', inputShape, ...q}),
  },
  {
    name: 'Conv3D',
    estimators: ALL,
    inputShape: [3, 3, 3, 1],
    create: (q, inputShape) => bayesConv3d({name, filters: 2, kernelSize: 2, inputShape, ...q}),
  },
  {
    name: 'Conv2DTranspose',
    estimators: ALL,
    inputShape: [3, 3, 2],
    create: (q, inputShape) => bayesConv2dTranspose({name, filters: 2, kernelSize: 2, strides: 2, inputShape, ...q}),
  },
  {
    name: 'DepthwiseConv2D',
    estimators: ALL,
    inputShape: [4, 4, 2],
    create: (q, inputShape) => bayesDepthwiseConv2d({name, kernelSize: 2, depthMultiplier: 2, inputShape, ...q}),
  },
  {
    name: 'SeparableConv2D',
    estimators: ALL,
    inputShape: [4, 4, 2],
    create: (q, inputShape) => bayesSeparableConv2d({name, filters: 3, kernelSize: 2, inputShape, ...q}),
  },
  {
    name: 'Embedding',
    estimators: ALL,
    inputShape: [4],
    indices: 5,
    create: (q, inputShape) =>
      bayesEmbedding({name, inputDim: 5, outputDim: 2, inputLength: inputShape[0] as number, ...q}),
  },
  {
    name: 'SimpleRNN',
    estimators: RECURRENT,
    inputShape: [3, 2],
    create: (q, inputShape) => bayesSimpleRnn({name, units: 2, inputShape, ...q}),
  },
  {
    name: 'LSTM',
    estimators: RECURRENT,
    inputShape: [3, 2],
    create: (q, inputShape) => bayesLstm({name, units: 2, returnSequences: true, inputShape, ...q}),
  },
  {
    name: 'GRU',
    estimators: RECURRENT,
    inputShape: [3, 2],
    create: (q, inputShape) => bayesGru({name, units: 2, goBackwards: true, inputShape, ...q}),
  },
  {
    name: 'rnn of two cells',
    estimators: RECURRENT,
    inputShape: [3, 2],
    create: (q, inputShape) => {
      const cell = [bayesLstmCell({units: 2, ...q}), bayesGruCell({units: 3, ...q})];
      return bayesRnn({name, cell, inputShape});
    },
  },
  {
    name: 'bidirectional LSTM',
    estimators: RECURRENT,
    inputShape: [3, 2],
    create: (q, inputShape) => {
      const layer = bayesLstm({name, units: 2, ...q});
      return bayesBidirectional({name, layer, mergeMode: 'concat', inputShape});
    },
  },
  {
    name: 'time-distributed Dense',
    estimators: ALL,
    inputShape: [3, 2],
    create: (q, inputShape) => bayesTimeDistributed({name, layer: bayesDense({name, units: 2, ...q}), inputShape}),
  },
];

/** Inputs for a row: the caller disposes them. */
export function inputsOf({inputShape, indices}: LayerRow, examples: number): tf.Tensor {
  const shape = [examples, ...inputShape];
  return tf.tidy(() => {
    const normal = tf.randomNormal(shape, 0, 1, 'float32', 7);
    if (indices === undefined) return tf.keep(normal);
    return tf.keep(tf.cast(tf.mod(tf.floor(tf.abs(tf.mul(normal, 100))), indices), 'int32'));
  });
}
