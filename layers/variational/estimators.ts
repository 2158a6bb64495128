import * as tf from '@tensorflow/tfjs-core';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import {normalTensor} from '../../src/backend/index.ts';
import {RandomWeight} from './random-weight.ts';
import type {VariationalWeights} from './variational-weights.ts';

/** x and the value of a kernel to the layer's linear map of them, without bias and activation. */
export type LinearMap = (x: tf.Tensor, kernel: tf.Tensor) => tf.Tensor;

/** A layer as its linear maps: all that an estimator needs to know of it. */
export interface LinearForm {
  readonly q: VariationalWeights;
  /** The maps, one after the other, by the names of their kernels. */
  readonly stages: Readonly<Record<string, LinearMap>>;
  /** Added in the end. */
  readonly bias: LayerVariable | undefined;
  /** The axis of the channels, of a tensor of this rank. */
  readonly channels: (rank: number) => number;
  /** Whether the inputs are indices, whose square and sign mean nothing. */
  readonly indices: boolean;
}

/** Keeps the root of a variance away from 0, where it has no gradient. */
const LEAST_VARIANCE = 1e-12;

/** The axis of the channels in tfjs' data formats. */
export function channelAxis(rank: number, dataFormat: string | undefined): number {
  return dataFormat === 'channelsFirst' ? 1 : rank - 1;
}

/**
 * Pre-activations by local reparameterization (Kingma, Salimans and Welling 2015):
 *
 *     z = x mean + sqrt(x^2 variance) eps
 *
 * with new noise for every number of z: the mean and variance of each number are those of a draw of the weights.
 */
export function localReparameterization(x: tf.Tensor, form: LinearForm): tf.Tensor {
  const rng = form.q.callStream();
  return throughStages(x, form, (input, weight, map, bias) => {
    const mean = addBias(map(input, weight.family.mean()), bias?.read(), form);
    const squares = form.indices ? input : tf.square(input);
    const ofBias = bias instanceof RandomWeight ? bias.family.variance() : undefined;
    const variance = addBias(map(squares, weight.family.variance()), ofBias, form);
    const noise = normalTensor(rng.fork(weight.name), mean.shape);
    return tf.add(mean, tf.mul(tf.sqrt(tf.add(variance, LEAST_VARIANCE)), noise));
  });
}

/**
 * Pre-activations by Flipout (Wen, Vicol, Ba, Tran and Grosse 2018):
 *
 *     z = x mean + ((x s) deviation) r,   s, r signs for each example and channel
 *
 * with one deviation of the weights for the batch: the weights of each example have the law of a draw, and those of different
 * examples are uncorrelated. Where inputs are indices r alone turns the signs, which is enough.
 */
export function flipout(x: tf.Tensor, form: LinearForm): tf.Tensor {
  const signs = (tag: string, like: tf.Tensor): tf.Tensor => form.q.signs(tag, perExample(like, form));
  return throughStages(x, form, (input, weight, map, bias) => {
    const mean = addBias(map(input, weight.family.mean()), bias?.read(), form);
    const turned = form.indices ? input : tf.mul(input, signs(`${weight.name} in`, input));
    const ofBias = bias instanceof RandomWeight ? bias.deviation : undefined;
    const deviation = addBias(map(turned, weight.deviation as tf.Tensor), ofBias, form);
    return tf.add(mean, tf.mul(deviation, signs(`${weight.name} out`, deviation)));
  });
}

type Stage = (
  input: tf.Tensor,
  weight: RandomWeight,
  map: LinearMap,
  bias: LayerVariable | RandomWeight | undefined,
) => tf.Tensor;

/** Runs the stages one after the other; the last gets the bias. */
function throughStages(x: tf.Tensor, {q, stages, bias}: LinearForm, stage: Stage): tf.Tensor {
  const maps = Object.entries(stages);
  return maps.reduce((input, [name, map], i) => {
    const weight = q.all.find((one) => one.name === name) as RandomWeight;
    return stage(input, weight, map, i === maps.length - 1 ? bias : undefined);
  }, x);
}

function addBias(z: tf.Tensor, bias: tf.Tensor | undefined, {channels}: LinearForm): tf.Tensor {
  if (bias === undefined) return z;
  const axis = channels(z.rank);
  return tf.add(z, axis === z.rank - 1 ? bias : tf.reshape(bias, [-1, ...z.shape.slice(axis + 1).fill(1)]));
}

/** The shape of one number for each example and channel, to go with the tensor. */
function perExample({shape, rank}: tf.Tensor, {channels}: LinearForm): number[] {
  return shape.map((size, axis) => (axis === 0 || axis === channels(rank) ? size : 1));
}
