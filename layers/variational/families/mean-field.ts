import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../../../src/backend/index.ts';
import type {AddVariable} from './family.ts';
import type {Spread, SpreadValues} from './location-family.ts';
import {type MeanFieldLoops, meanFieldLoops} from './mean-field-loops.ts';
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
    read() {
      const loops = meanFieldLoops();
      return loops ? byLoops(loops, rho.read(), floor) : byTensors(scaleOf(rho.read(), floor));
    },
  };
}

function byTensors(scales: tf.Tensor): SpreadValues {
  return {
    variance: () => tf.square(scales),
    deviation: (rng) => tf.mul(scales, normalTensor(rng, scales.shape)),
    entropyShares: () => gaussianEntropy(scales),
  };
}

function byLoops(loops: MeanFieldLoops, rho: tf.Tensor, floor: number): SpreadValues {
  return {
    variance: () => loops.variance(rho, floor),
    deviation: (rng) => loops.deviation(rho, normalTensor(rng, rho.shape), floor),
    entropyShares: () => gaussianEntropy(scaleOf(rho, floor)),
    divergence: (mean, prior) => loops.divergence(mean, rho, floor, prior),
  };
}
