import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../../../src/backend/index.ts';
import type {AddVariable} from './family.ts';
import type {Spread} from './location-family.ts';
import {rhoOf, scaleOf} from './positive.ts';

/** log scale + 1/2 log(2 pi e): the entropy of every N(., scale^2), in nats. */
export function gaussianEntropy(scales: tf.Tensor): tf.Tensor {
  return tf.add(tf.log(scales), (1 + Math.log(2 * Math.PI)) / 2);
}

/** Every element Gaussian on its own (Blundell et al. 2015): w = mean + scale * eps, scale = softplus(rho) + floor. */
export function meanFieldSpread(shape: number[], addVariable: AddVariable, scale: tf.Tensor, floor: number): Spread {
  const rho = addVariable('rho', shape, () => rhoOf(scale, floor));
  return {
    variables: [rho],
    independent: true,
    gaussian: true,
    read: () => {
      const scales = scaleOf(rho.read(), floor);
      return {
        variance: () => tf.square(scales),
        deviation: (rng) => tf.mul(scales, normalTensor(rng, shape)),
        entropyShares: () => gaussianEntropy(scales),
      };
    },
  };
}
