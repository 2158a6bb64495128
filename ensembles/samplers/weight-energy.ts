import * as tf from '@tensorflow/tfjs-core';
import type {Likelihood} from '../../src/likelihoods/index.ts';
import {batchesOf, countInputs, type Inputs, type Net, sliceInputs, withWeights} from '../../src/models/index.ts';

/** A weight vector, with the energy's data terms and gradient at it; all tensors are kept until it is disposed. */
export interface WeightPoint {
  readonly position: readonly tf.Tensor[];
  /** -log p(y | x, w) of each example, one tensor per batch. */
  readonly terms: readonly tf.Tensor[];
  /** Gradient of the energy. */
  readonly gradient: readonly tf.Tensor[];
}

/** What {@link weightEnergy} is made of: `y` as `likelihood.prepareTargets` gives it. */
export interface EnergyFields {
  readonly net: Net;
  readonly likelihood: Likelihood;
  readonly x: Inputs;
  readonly y: tf.Tensor;
  readonly priorPrecision: number;
  readonly batchSize: number;
}

/**
 * The energy of a net's trainable weights over all examples, up to a constant,
 *
 *     U(w) = sum_n -log p(y_n | x_n, w) + priorPrecision / 2 |w|^2
 *
 * as a function that evaluates a point and takes its position over. The model's own weights are not touched.
 */
export function weightEnergy(fields: EnergyFields): (position: readonly tf.Tensor[]) => WeightPoint {
  const {net, likelihood, x, y, priorPrecision, batchSize} = fields;
  const batches = batchesOf(countInputs(x), batchSize);
  return (position) => {
    const terms: tf.Tensor[] = [];
    const gradient = tf.tidy(() => {
      let sum = position.map((weight) => tf.mul(weight, priorPrecision));
      for (const {start, size} of batches) {
        const [rows, targets] = [sliceInputs(x, start, size), sliceInputs(y, start, size) as tf.Tensor];
        const slopes = tf.grads((...weights: tf.Tensor[]) =>
          withWeights(net.weights, weights, () => {
            const part = tf.keep(likelihood.negLogProb(net.outputs(rows), targets));
            terms.push(part);
            return tf.sum(part);
          }),
        )([...position]);
        sum = sum.map((slope, i) => tf.add(slope, slopes[i] as tf.Tensor));
      }
      return sum.map((slope) => tf.keep(slope));
    });
    return {position, terms, gradient};
  };
}

/** Disposes a point. */
export function disposePoint({position, terms, gradient}: WeightPoint): void {
  tf.dispose([...position, ...terms, ...gradient]);
}

/** The energy at a point and of a momentum of unit mass, added up in float64: its differences decide on acceptance. */
export async function totalEnergy(
  {position, terms}: WeightPoint,
  momentum: readonly tf.Tensor[],
  priorPrecision: number,
): Promise<number> {
  const [parts, weights, speeds] = await Promise.all([terms, position, momentum].map(readAll));
  const add = (arrays: readonly ArrayLike<number>[] | undefined, of: (value: number) => number): number =>
    (arrays ?? []).reduce((sum, array) => {
      let total = sum;
      for (let i = 0; i < array.length; i++) total += of(array[i] as number);
      return total;
    }, 0);
  const half = (value: number): number => 0.5 * value * value;
  return add(parts, (value) => value) + priorPrecision * add(weights, half) + add(speeds, half);
}

function readAll(tensors: readonly tf.Tensor[]): Promise<ArrayLike<number>[]> {
  return Promise.all(tensors.map((tensor) => tensor.data()));
}
