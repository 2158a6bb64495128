import * as tf from '@tensorflow/tfjs-core';
import type {Likelihood} from '../likelihoods/likelihood.ts';
import {batchedCholesky} from '../predictive/batched-cholesky.ts';
import type {Rng} from '../random/rng.ts';

/**
 * Which curvature of -log p(y | f) is summed:
 *
 * - `ggn`: J^T E[Hessian in f] J, the generalized Gauss-Newton matrix, equal to the Fisher
 * - `mc-fisher`: the same with the expectation over y estimated from draws
 * - `empirical-fisher`: sum of g g^T for the gradients g at the labels themselves
 * - `hessian`: the second derivative of the loss itself, which may be indefinite
 */
export type CurvatureKind = 'ggn' | 'mc-fisher' | 'empirical-fisher' | 'hessian';

/** A kind of curvature with what it needs. */
export type CurvatureChoice =
  | {readonly kind: Exclude<CurvatureKind, 'mc-fisher'>}
  | {
      readonly kind: 'mc-fisher';
      /** Draws of y for each example. */
      readonly samples: number;
      readonly rng: Rng;
    };

/**
 * R with R R^T the curvature in f of each row, [N, ..., C, R]: of the Fisher the likelihood's own root, else a Cholesky
 * factor; of a Monte-Carlo or empirical Fisher the gradients at y, drawn or given, over the root of their number.
 */
export function outputRoot(likelihood: Likelihood, f: tf.Tensor, y: tf.Tensor, choice: CurvatureChoice): tf.Tensor {
  switch (choice.kind) {
    case 'ggn':
    case 'hessian':
      return fisherRoot(likelihood, f);
    case 'empirical-fisher':
      return tf.tidy(() => tf.expandDims(outputGradient(likelihood, f, y), -1));
    case 'mc-fisher':
      return tf.tidy(() => {
        const {samples, rng} = choice;
        const gradients = Array.from({length: samples}, () => outputGradient(likelihood, f, likelihood.sample(f, rng)));
        return tf.div(tf.stack(gradients, -1), Math.sqrt(samples));
      });
  }
}

function outputGradient(likelihood: Likelihood, f: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.grad((outputs: tf.Tensor) => tf.sum(likelihood.negLogProb(outputs, y)))(f));
}

function fisherRoot(likelihood: Likelihood, f: tf.Tensor): tf.Tensor {
  if (likelihood.fisherRoot) return likelihood.fisherRoot(f);
  return tf.tidy(() => {
    const fisher = likelihood.fisher(f);
    const classes = fisher.shape[fisher.rank - 1] as number;
    return tf.reshape(batchedCholesky(tf.reshape(fisher, [-1, classes, classes]) as tf.Tensor3D), fisher.shape);
  });
}
