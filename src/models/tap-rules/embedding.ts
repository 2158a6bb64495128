import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import {positions} from './bias.ts';
import type {TapCall} from './tap-rule.ts';

interface Embedding extends tfl.layers.Layer {
  readonly embeddings: LayerVariable;
}

/** Embedding: the output at a position is the row that its id names; the gradient of a row is the sum of g where it is. */
export function tapEmbedding(layer: tfl.layers.Layer, input: tf.Tensor): TapCall {
  const {embeddings} = layer as Embedding;
  const [vocabulary, size] = embeddings.shape as [number, number];
  const ids = (): tf.Tensor => tf.cast(input, 'int32');
  const rows = tf.gather(embeddings.read(), tf.reshape(ids(), [-1]));
  const output = tf.reshape(rows, [...input.shape, size]);
  const lookedUp = (): tf.Tensor2D => tf.tidy(() => tf.reshape(ids(), [input.shape[0] as number, -1]) as tf.Tensor2D);
  return {
    output,
    weights: [
      {
        variable: embeddings,
        target: output,
        factor: () => ({kind: 'lookup', ids: lookedUp(), vocabulary}),
        gradient: positions,
      },
    ],
  };
}
