import * as tf from '@tensorflow/tfjs-core';
import type {Likelihood} from '../likelihoods/likelihood.ts';
import {batchedCholesky} from '../predictive/batched-cholesky.ts';

/** R with R R^T = fisher(f), shape [N, ..., C, R]: the likelihood's own, else a Cholesky factor. */
export function fisherRoot(likelihood: Likelihood, f: tf.Tensor): tf.Tensor {
  if (likelihood.fisherRoot) return likelihood.fisherRoot(f);
  return tf.tidy(() => {
    const fisher = likelihood.fisher(f);
    const classes = fisher.shape[fisher.rank - 1] as number;
    return tf.reshape(batchedCholesky(tf.reshape(fisher, [-1, classes, classes]) as tf.Tensor3D), fisher.shape);
  });
}
