import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../../../src/backend/index.ts';
import {ConfigError} from '../../../src/errors.ts';
import {createRng} from '../../../src/random/index.ts';
import {smallLogDeterminant} from '../../small-log-determinant.ts';
import type {AddVariable} from './family.ts';
import type {Spread} from './location-family.ts';
import {gaussianEntropy} from './mean-field.ts';
import {rhoOf, scaleOf} from './positive.ts';

/** Standard deviation of the elements of V at the start: at V = 0 its expected gradient would be 0. */
const START = 0.1;

/**
 * A Gaussian whose covariance is low rank plus diagonal: w = mean + scale * (eps + V z), eps and z [rank] standard normal.
 * V^T is what is kept, [rank, D].
 *
 *     covariance diag(scale) (I + V V^T) diag(scale),  log determinant 2 sum log scale + log det(I + V^T V)
 */
export function lowRankSpread(
  shape: number[],
  addVariable: AddVariable,
  scale: tf.Tensor,
  floor: number,
  rank: unknown,
): Spread {
  if (!Number.isInteger(rank) || (rank as number) < 1) {
    throw new ConfigError(
      `createFamily: expected rank to be a whole number from 1, got ${String(rank)}. Pass another.`,
    );
  }
  const size = tf.util.sizeFromShape(shape);
  const rows = Math.min(rank as number, size);
  const start = tf.tidy(() => tf.mul(normalTensor<tf.Rank.R2>(createRng(0), [rows, size]), START));
  const inflation = (V: tf.Tensor): tf.Tensor => tf.reshape(tf.add(tf.sum(tf.square(V), 0), 1), shape);
  const rho = addVariable('rho', shape, () => rhoOf(tf.div(scale, tf.sqrt(inflation(start))), floor));
  const factor = addVariable('factor', [rows, size], () => tf.clone(start));
  start.dispose();
  return {
    variables: [rho, factor],
    independent: false,
    gaussian: true,
    read: () => {
      const scales = scaleOf(rho.read(), floor);
      const transposed = factor.read() as tf.Tensor2D;
      return {
        variance: () => tf.mul(tf.square(scales), inflation(transposed)),
        deviation: (rng) => {
          const own = normalTensor(rng, shape);
          const shared = tf.matMul(normalTensor<tf.Rank.R2>(rng, [1, rows]), transposed);
          return tf.mul(scales, tf.add(own, tf.reshape(shared, shape)));
        },
        entropyShares: () => tf.add(gaussianEntropy(scales), tf.div(logVolume(transposed), size)),
      };
    },
  };
}

/** 1/2 log det(I + V^T V) from V^T. */
function logVolume(transposed: tf.Tensor2D): tf.Tensor {
  const gram = tf.add<tf.Tensor2D>(tf.matMul(transposed, transposed, false, true), tf.eye(transposed.shape[0]));
  return tf.div(tf.sum(smallLogDeterminant(tf.expandDims(gram, 0))), 2);
}
