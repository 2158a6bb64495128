import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../../src/backend/index.ts';
import type {Rng} from '../../src/random/index.ts';
import {type ActivationName, activations} from '../flows/activations.ts';

/** Added to the score of an element that is not there. */
const EXCLUDED = -1e9;

/** Attention of queries to elements, then a layer for each query. */
export interface AttentionBlock {
  readonly variables: readonly tf.Variable[];
  /** From queries [n or 1, q, w] and elements [n, m, w], of which a mask [n, m] says which are there, to [n, q, w]. Queries attend to nothing where none is. */
  apply(queries: tf.Tensor3D, elements: tf.Tensor3D, mask: tf.Tensor2D | undefined): tf.Tensor3D;
}

/**
 * A multihead attention block without normalization:
 *
 *     h = q + concat_heads(softmax(q_j k_j' / sqrt(w / heads)) v_j),   out = h + activation(h W + b)
 *
 * with q, k and v linear in queries and elements. It does not depend on the order of the elements.
 *
 * Source: Lee et al. (2019).
 */
export function attentionBlock({
  width,
  heads,
  activation,
  rng,
}: {
  width: number;
  heads: number;
  activation: ActivationName;
  rng: Rng;
}): AttentionBlock {
  const square = (name: string) =>
    tf.tidy(() =>
      tf.variable(tf.mul(normalTensor(rng.fork(name), [width, width]), 1 / Math.sqrt(width))),
    ) as tf.Variable<tf.Rank.R2>;
  const [toQuery, toKey, toValue, toOutput] = ['query', 'key', 'value', 'output'].map(square) as [
    tf.Variable<tf.Rank.R2>,
    tf.Variable<tf.Rank.R2>,
    tf.Variable<tf.Rank.R2>,
    tf.Variable<tf.Rank.R2>,
  ];
  const bias = tf.tidy(() => tf.variable(tf.zeros([width])));
  const bend = activations[activation];
  const size = width / heads;
  return {
    variables: [toQuery, toKey, toValue, toOutput, bias],
    apply: (queries, elements, mask) => {
      const [n] = elements.shape;
      const count = queries.shape[1];
      const q = linear(queries, toQuery);
      const [k, v] = [linear(elements, toKey), linear(elements, toValue)];
      const scores = tf.mul(tf.matMul(spread(q, n, heads), byHead(k, heads), false, true), 1 / Math.sqrt(size));
      const shown =
        mask === undefined ? scores : tf.add(scores, tf.reshape(tf.mul(tf.sub(1, mask), EXCLUDED), [n, 1, 1, -1]));
      const mean = tf.matMul(tf.softmax(shown), byHead(v, heads));
      const attended = mask === undefined ? mean : tf.mul(mean, tf.reshape(tf.step(tf.sum(mask, 1)), [n, 1, 1, 1]));
      const joined = tf.reshape(tf.transpose(attended, [0, 2, 1, 3]), [n, count, width]);
      const h = tf.add(q, joined) as tf.Tensor3D;
      return tf.add(h, bend(tf.add(linear(h, toOutput), bias)));
    },
  };
}

/** [n, m, w] times [w, w']. */
export function linear(x: tf.Tensor3D, kernel: tf.Tensor2D): tf.Tensor3D {
  const [n, m, width] = x.shape;
  return tf.reshape(tf.matMul(tf.reshape(x, [n * m, width]), kernel), [n, m, kernel.shape[1]]);
}

/** [n, m, w] to [n, heads, m, w / heads]. */
function byHead(x: tf.Tensor3D, heads: number): tf.Tensor4D {
  const [n, m, width] = x.shape;
  return tf.transpose(tf.reshape(x, [n, m, heads, width / heads]), [0, 2, 1, 3]);
}

/** Queries by head; those shared by all sets once for each. */
function spread(queries: tf.Tensor3D, n: number, heads: number): tf.Tensor4D {
  const split = byHead(queries, heads);
  return queries.shape[0] === n ? split : tf.mul(tf.ones([n, 1, 1, 1]), split);
}
