import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../../../src/backend/index.ts';
import {lgamma} from '../../../src/special/index.ts';
import type {AddVariable} from './family.ts';
import type {Spread} from './location-family.ts';
import {rhoOf, scaleOf} from './positive.ts';

const EULER = 0.5772156649015329;

/**
 * The radial posterior of a weight of D elements (Farquhar, Osborne and Gal 2020): w = mean + scale * (u / |u|) * r, u standard
 * normal in D dimensions, r a single standard normal, so that draws concentrate near the mean however many weights there are.
 *
 *     variance = scale^2 / D,  entropy = sum log scale + log S + (D - 1) E[log |r|] + 1/2 log(pi / 2) + 1/2
 *
 * with S = 2 pi^(D/2) / Gamma(D/2) and E[log |r|] = -(Euler's constant + log 2) / 2.
 */
export function radialSpread(shape: number[], addVariable: AddVariable, scale: tf.Tensor, floor: number): Spread {
  const size = tf.util.sizeFromShape(shape);
  const logSphere = Math.log(2) + (size / 2) * Math.log(Math.PI) - lgamma(size / 2);
  const meanLogRadius = -(EULER + Math.log(2)) / 2;
  const share = (logSphere + (size - 1) * meanLogRadius + Math.log(Math.PI / 2) / 2 + 0.5) / size;
  const rho = addVariable('rho', shape, () => rhoOf(tf.mul(scale, Math.sqrt(size)), floor));
  return {
    variables: [rho],
    independent: size === 1,
    gaussian: size === 1,
    read: () => {
      const scales = scaleOf(rho.read(), floor);
      return {
        variance: () => tf.div(tf.square(scales), size),
        deviation: (rng) => {
          const direction = normalTensor(rng, shape);
          const length = tf.sqrt(tf.sum(tf.square(direction)));
          return tf.mul(scales, tf.mul(direction, tf.div(normalTensor(rng, []), length)));
        },
        entropyShares: () => tf.add(tf.log(scales), share),
      };
    },
  };
}
