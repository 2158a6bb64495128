import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../../src/backend/index.ts';
import type {Rng} from '../../src/random/index.ts';

type Matrix = tf.Variable<tf.Rank.R2>;

/** Values of a generator and how they change with its input. */
export interface Generated {
  /** g(z), [S, D]. */
  readonly value: tf.Tensor2D;
  /** d g / d z, a row for each input: [S, L, D]. */
  readonly jacobian: tf.Tensor3D;
}

/** A perceptron g from L inputs to D outputs beside a linear map, with its Jacobians. */
export interface Generator {
  /** Its weights. */
  readonly variables: readonly tf.Variable[];
  /** Values and Jacobians at z, [S, L], differentiable in the weights. */
  generate(z: tf.Tensor2D): Generated;
}

/**
 * g(z) = mean + A z + V tanh(... tanh(W z + b)), with V zero at the start. The Jacobian is carried forward through the layers, L tangents for
 * each point in the same matrix products.
 *
 * @param sizes L, the hidden units, D.
 * @param options where g starts: its mean, and the standard deviation that A gives each output.
 */
export function generator(
  {latent, hidden, dimension}: {latent: number; hidden: readonly number[]; dimension: number},
  {mean, scale, rng}: {mean: Float32Array; scale: number; rng: Rng},
): Generator {
  const own = (make: () => tf.Tensor) => tf.tidy(() => tf.variable(make()));
  const location = own(() => tf.tensor1d(mean));
  const linear = own(() => tf.mul(startingMap(latent, dimension, rng.fork('linear')), scale)) as Matrix;
  const layers = hidden.map((units, i) => {
    const inputs = i === 0 ? latent : (hidden[i - 1] as number);
    const weights = () => tf.div(normalTensor(rng.fork(i), [inputs, units]), Math.sqrt(inputs));
    return {weights: own(weights) as Matrix, bias: own(() => tf.zeros([units]))};
  });
  const output = own(() => tf.zeros([hidden.at(-1) as number, dimension])) as Matrix;
  return {
    variables: [location, linear, ...layers.flatMap(({weights, bias}) => [weights, bias]), output],
    generate: (z) => {
      const count = z.shape[0];
      const through = (tangents: tf.Tensor3D, weights: tf.Tensor2D) => {
        const [, , inputs] = tangents.shape;
        const flat = tf.matMul(tf.reshape(tangents, [-1, inputs]) as tf.Tensor2D, weights);
        return tf.reshape(flat, [count, latent, -1]) as tf.Tensor3D;
      };
      let value = z;
      let tangents = tf.tile<tf.Tensor3D>(tf.expandDims(tf.eye(latent), 0), [count, 1, 1]);
      for (const {weights, bias} of layers) {
        value = tf.tanh(tf.add<tf.Tensor2D>(tf.matMul(value, weights), bias));
        const slope = tf.expandDims(tf.sub(1, tf.square(value)), 1);
        tangents = tf.mul(through(tangents, weights), slope);
      }
      const bent = tf.matMul(value, output);
      return {
        value: tf.add<tf.Tensor2D>(tf.add(tf.matMul(z, linear), bent), location),
        jacobian: tf.add(through(tangents, output), linear),
      };
    },
  };
}

/** The identity, or columns of length 1 in random directions where there are fewer inputs than outputs. */
function startingMap(latent: number, dimension: number, rng: Rng): tf.Tensor2D {
  if (latent === dimension) return tf.eye(latent);
  const directions = normalTensor<tf.Rank.R2>(rng, [latent, dimension]);
  return tf.div(directions, tf.norm(directions, 2, 0, true));
}
