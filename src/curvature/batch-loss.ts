import * as tf from '@tensorflow/tfjs-core';
import type {Likelihood} from '../likelihoods/likelihood.ts';
import type {Inputs} from '../models/inputs.ts';
import type {Net} from '../models/net.ts';
import {type CurvatureChoice, outputRoot} from './output-root.ts';

/** What one batch added. */
export interface BatchSummary {
  /** Sum of -log p(y | f) over the batch. */
  readonly negLogLikelihood: number;
  /** Half the sum of squared residuals, for a Gaussian likelihood. */
  readonly halfSumOfSquares: number | undefined;
  /** Targets that counted: unmasked rows (times outputs, for likelihoods with observation noise). */
  readonly targets: number;
}

/** What is read of each example: its squared residuals for a Gaussian likelihood, else -log p(y | f). */
export function batchLoss(likelihood: Likelihood, outputs: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return likelihood.squaredResiduals?.(outputs, y) ?? likelihood.negLogProb(outputs, y);
}

/** 1 for each row of outputs whose target counts, else 0, [N, ...]. */
export function countedTargets(likelihood: Likelihood, outputs: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return likelihood.observed?.(y) ?? tf.ones(outputs.shape.slice(0, -1));
}

/**
 * The sums of a batch from its {@link batchLoss} and the number of rows that count. The sum of squares is kept apart: a
 * likelihood's constants would swamp it where the residuals are small.
 */
export function summarize(
  {noiseScale, squaredResiduals}: Likelihood,
  outputSize: number,
  loss: Float32Array,
  rows: number,
): BatchSummary {
  const targets = noiseScale === undefined ? rows : rows * outputSize;
  const total = loss.reduce((sum, value) => sum + value, 0);
  if (!squaredResiduals || noiseScale === undefined) {
    return {negLogLikelihood: total, halfSumOfSquares: undefined, targets};
  }
  const halfSumOfSquares = 0.5 * total;
  const constant = targets * Math.log(noiseScale * Math.sqrt(2 * Math.PI));
  return {negLogLikelihood: halfSumOfSquares / noiseScale ** 2 + constant, halfSumOfSquares, targets};
}

/** {@link summarize} of a batch from a forward pass alone. */
export async function forwardSummary(net: Net, likelihood: Likelihood, x: Inputs, y: tf.Tensor): Promise<BatchSummary> {
  const [loss, rows] = tf.tidy((): [tf.Tensor, tf.Tensor] => {
    const outputs = net.outputs(x);
    return [batchLoss(likelihood, outputs, y), tf.sum(countedTargets(likelihood, outputs, y))];
  });
  try {
    const values = await Promise.all([loss.data(), rows.data()]);
    return summarize(likelihood, net.outputSize, values[0] as Float32Array, values[1][0] as number);
  } finally {
    tf.dispose([loss, rows]);
  }
}

/** The root of the curvature in the outputs, [N, ..., C, R], with zeros where a target does not count. */
export function countedRoot(
  likelihood: Likelihood,
  outputs: tf.Tensor,
  y: tf.Tensor,
  choice: CurvatureChoice,
): tf.Tensor {
  const counted = countedTargets(likelihood, outputs, y);
  return tf.mul(outputRoot(likelihood, outputs, y, choice), tf.expandDims(tf.expandDims(counted, -1), -1));
}
