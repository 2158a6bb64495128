import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../../../src/backend/index.ts';
import type {AddVariable} from './family.ts';
import type {Spread} from './location-family.ts';
import {gaussianEntropy} from './mean-field.ts';
import {rhoOf, scaleOf} from './positive.ts';
import {checkRows, rowSquares, unitTriangle} from './unit-triangle.ts';

/**
 * One Gaussian over all elements of a weight: w = mean + diag(scale) U eps with U unit lower triangular, so that the Cholesky
 * factor of the covariance is diag(scale) U and its log determinant 2 sum log scale.
 *
 * U is relative to the scales: a step of the optimizer means the same for large and for small weights.
 */
export function fullSpread(shape: number[], addVariable: AddVariable, scale: tf.Tensor, floor: number): Spread {
  const size = tf.util.sizeFromShape(shape);
  checkRows('full', 'weights', size, "'matrix-normal', 'low-rank' or 'mean-field'");
  const rho = addVariable('rho', shape, () => rhoOf(scale, floor));
  const below = addVariable('below', [size, size], () => tf.zeros([size, size]));
  return {
    variables: [rho, below],
    independent: size === 1,
    gaussian: true,
    read: () => {
      const scales = scaleOf(rho.read(), floor);
      const triangle = unitTriangle(below.read());
      return {
        variance: () => tf.mul(tf.square(scales), tf.reshape(rowSquares(triangle), shape)),
        deviation: (rng) => {
          const noise = tf.matMul(triangle, normalTensor<tf.Rank.R2>(rng, [size, 1]));
          return tf.mul(scales, tf.reshape(noise, shape));
        },
        entropyShares: () => gaussianEntropy(scales),
      };
    },
  };
}
