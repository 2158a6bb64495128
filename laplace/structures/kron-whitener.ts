import * as tf from '@tensorflow/tfjs-core';
import {mergeRepeatedLookups, perExampleGradient} from '../../src/curvature/index.ts';
import type {TapFactor} from '../../src/models/taps.ts';

/** Tensors of one weight's block for the device. */
export interface KronTensors {
  /** Eigenvectors of the input factors, [groups, inputs, inputs]; absent where the factor is diagonal. */
  readonly inputVectors?: tf.Tensor3D;
  /** Eigenvectors of the output factors, [groups, outputs, outputs]. */
  readonly outputVectors: tf.Tensor3D;
  /** Standard deviations in the eigenbasis, [groups, inputs, outputs]. */
  readonly deviations: tf.Tensor3D;
}

/**
 * Rows u, [N, m], with u . u' = gradient^T Sigma gradient' for a weight whose covariance has Kronecker eigenvectors: the
 * gradient is rotated into the eigenbasis and scaled by the standard deviations there. What depends on the inputs alone is
 * computed once for all gradients. Where they are to be `joint`, rows of different examples combine, too.
 */
export function kronWhitener(
  factor: TapFactor,
  tensors: KronTensors,
  {joint = false}: {joint?: boolean} = {},
): (g: tf.Tensor) => tf.Tensor2D {
  switch (factor.kind) {
    case 'outer':
      return factor.inputs.shape[1] === 1 && !joint
        ? singlePosition(factor.inputs, tensors)
        : manyPositions(factor.inputs, tensors);
    case 'grouped':
      return grouped(factor.inputs, tensors);
    case 'lookup':
      return joint ? wholeLookup(factor, tensors) : lookup(factor.ids, tensors);
    case 'direct':
      return (g) => tf.mul(rotate(g, matrix(tensors.outputVectors)), matrix(tensors.deviations)) as tf.Tensor2D;
  }
}

/** With a = Q_A^T input: (a (x) g) . (a (x) g') = sum_o g_o g'_o (sum_i a_i^2 v_io), never forming [inputs, outputs]. */
function singlePosition(inputs: tf.Tensor3D, tensors: KronTensors): (g: tf.Tensor) => tf.Tensor2D {
  const rotated = rotate(tf.squeeze(inputs, [1]), matrix(tensors.inputVectors as tf.Tensor3D)) as tf.Tensor2D;
  const width = tf.sqrt(tf.matMul(tf.square(rotated), tf.square(matrix(tensors.deviations)))); // [N, outputs]
  return (g) => tf.mul(rotate(tf.squeeze(g, [1]), matrix(tensors.outputVectors)), width) as tf.Tensor2D;
}

function manyPositions(inputs: tf.Tensor3D, tensors: KronTensors): (g: tf.Tensor) => tf.Tensor2D {
  const rotated = rotate(inputs, matrix(tensors.inputVectors as tf.Tensor3D)) as tf.Tensor3D; // [N, R, inputs]
  return (g) => {
    const gradient = rotate(g, matrix(tensors.outputVectors)) as tf.Tensor3D;
    const scaled = tf.mul(tf.matMul(rotated, gradient, true, false), tensors.deviations); // [N, inputs, outputs]
    return tf.reshape(scaled, [g.shape[0] as number, -1]) as tf.Tensor2D;
  };
}

function grouped(inputs: tf.Tensor4D, tensors: KronTensors): (g: tf.Tensor) => tf.Tensor2D {
  const rotated = rotateGroups(tf.transpose(inputs, [3, 0, 1, 2]), tensors.inputVectors as tf.Tensor3D);
  const left = tf.transpose(rotated, [1, 0, 3, 2]); // [N, groups, inputs, R]
  return (g) => {
    const right = tf.transpose(rotateGroups(tf.transpose(g, [2, 0, 1, 3]), tensors.outputVectors), [1, 0, 2, 3]);
    const scaled = tf.mul(tf.matMul(left, right), tensors.deviations); // [N, groups, inputs, outputs]
    return tf.reshape(scaled, [g.shape[0] as number, -1]) as tf.Tensor2D;
  };
}

function lookup(ids: tf.Tensor2D, tensors: KronTensors): (g: tf.Tensor) => tf.Tensor2D {
  const widths = tf.gather(matrix(tensors.deviations), ids); // [N, R, outputs]
  return (g) => {
    const merged = mergeRepeatedLookups(ids, g as tf.Tensor3D);
    const scaled = tf.mul(rotate(merged, matrix(tensors.outputVectors)), widths);
    return tf.reshape(scaled, [g.shape[0] as number, -1]) as tf.Tensor2D;
  };
}

/** A row for each entry of the vocabulary, so that examples that look up the same one meet there. */
function wholeLookup(factor: TapFactor, tensors: KronTensors): (g: tf.Tensor) => tf.Tensor2D {
  const deviations = matrix(tensors.deviations);
  return (g) => {
    const gradient = tf.reshape(perExampleGradient(factor, g), [-1, ...deviations.shape]);
    const scaled = tf.mul(rotate(gradient, matrix(tensors.outputVectors)), deviations);
    return tf.reshape(scaled, [g.shape[0] as number, -1]) as tf.Tensor2D;
  };
}

/** The only matrix of a stack of one. */
function matrix(stack: tf.Tensor3D): tf.Tensor2D {
  return tf.squeeze(stack, [0]);
}

/** x Q along the last axis. */
function rotate(x: tf.Tensor, vectors: tf.Tensor2D): tf.Tensor {
  const rows = tf.reshape(x, [-1, vectors.shape[0]]) as tf.Tensor2D;
  return tf.reshape(tf.matMul(rows, vectors), x.shape);
}

/** x Q_k along the last axis for each group k, the first axis. */
function rotateGroups(x: tf.Tensor, vectors: tf.Tensor3D): tf.Tensor4D {
  const [groups, examples, positions, size] = x.shape as [number, number, number, number];
  const rows = tf.reshape(x, [groups, examples * positions, size]) as tf.Tensor3D;
  return tf.reshape(tf.matMul(rows, vectors), [groups, examples, positions, size]) as tf.Tensor4D;
}
