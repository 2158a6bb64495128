import * as tf from '@tensorflow/tfjs-core';
import {ShapeError} from '../../src/errors.ts';
import type {Rng} from '../../src/random/index.ts';
import type {Model} from '../model/model.ts';

/**
 * n data sets, one after another along the first axis of every tensor: one tensor [n, ...], or several by name.
 */
export type DataSets = tf.Tensor | tf.NamedTensorMap;

/** Parameters and the data that they gave. */
export interface Simulations {
  /** The parameters in unconstrained space, [n, D]. */
  readonly theta: tf.Tensor2D;
  /** One data set for each row of theta. */
  readonly data: DataSets;
}

/** Draws parameters from the prior and data given them. */
export interface Simulator {
  /** `count` pairs; the tensors belong to the caller. */
  simulate(rng: Rng, count: number): Simulations | Promise<Simulations>;
}

/**
 * The simulator that a model is: parameters from its prior, data from its observations. A model with one observation gives one
 * tensor of data sets, one with more a map by their names.
 *
 * @param model the model, with a proper prior on every parameter.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {createRng, initBackend} from 'tfjs-bayes';
 * import {createModel, modelSimulator, normal} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const model = createModel({
 *   parameters: {mu: normal(0, 1)},
 *   observe: ({mu}) => ({y: {distribution: normal(tf.expandDims(mu as tf.Tensor, 1), 1), value: tf.zeros([10])}}),
 * });
 * const {theta, data} = await modelSimulator(model).simulate(createRng(1), 100);
 * console.log(theta.shape, (data as tf.Tensor).shape);   // [100, 1] [100, 10]
 * tf.dispose([theta, data]);
 * ```
 */
export function modelSimulator(model: Model): Simulator {
  return {
    simulate: (rng, count) => {
      const theta = model.samplePrior(rng.fork('parameters'), count);
      const made = model.predictive(theta, rng.fork('data'));
      const [first, ...others] = Object.values(made);
      return {theta, data: first !== undefined && others.length === 0 ? first : made};
    },
  };
}

/** The same of every tensor of data sets. */
export function mapTensors(dataSets: DataSets, map: (tensor: tf.Tensor) => tf.Tensor): DataSets {
  if (dataSets instanceof tf.Tensor) return map(dataSets);
  return Object.fromEntries(Object.entries(dataSets).map(([name, tensor]) => [name, map(tensor)]));
}

/** The tensors of data sets, in alphabetical order of their names. */
export function tensorsOf(dataSets: DataSets): tf.Tensor[] {
  if (dataSets instanceof tf.Tensor) return [dataSets];
  return Object.keys(dataSets)
    .sort()
    .map((name) => dataSets[name] as tf.Tensor);
}

/** Does `work` with `count` simulations and disposes them; throws a ShapeError unless every tensor has a row for each. */
export async function withSimulations<T>(
  caller: string,
  simulator: Simulator,
  {rng, count}: {rng: Rng; count: number},
  work: (simulations: Simulations) => Promise<T>,
): Promise<T> {
  const {theta, data} = await simulator.simulate(rng, count);
  try {
    if (theta.rank !== 2 || [theta, ...tensorsOf(data)].some(({shape}) => shape[0] !== count)) {
      const shapes = tensorsOf(data).map(({shape}) => `[${shape}]`);
      throw new ShapeError(
        `${caller}: expected a simulator that gives theta [${count}, D] and data [${count}, ...], got [${theta.shape}] and ` +
          `${shapes.join(', ')}. Give one row for each simulation.`,
      );
    }
    return await work({theta, data});
  } finally {
    tf.dispose([theta, data]);
  }
}
