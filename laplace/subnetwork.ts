import {ConfigError} from '../src/errors.ts';
import {type Net, readWeights, weightSizes} from '../src/models/index.ts';
import {createRng, type Rng} from '../src/random/index.ts';

/**
 * Some of a net's weights (Daxberger et al. 2021, "Bayesian deep learning via subnetwork inference"): the weights of whole
 * layers, or single weights by their index in the flat vector of all trainable weights.
 */
export type Subnetwork =
  | {
      /** Every weight of the layers of these names, or for which the function says true. */
      readonly layers: readonly string[] | ((layerName: string) => boolean);
    }
  | {
      /** The weights at these positions of the flat vector. */
      readonly indices: ArrayLike<number>;
    }
  | {
      /** Number of weights; those of largest magnitude are taken. */
      readonly largestMagnitude: number;
    }
  | {
      /** The `n` weights of largest variance. */
      readonly largestVariance: {
        /** Number of weights. */
        readonly n: number;
        /** One number for each trainable weight in the order of the flat vector, from a diagonal posterior or SWAG. */
        readonly variances: ArrayLike<number>;
      };
    }
  | {
      /** `n` weights drawn at random, all with the same probability. */
      readonly random: {
        /** Number of weights. */
        readonly n: number;
        /** Where the draw comes from. Default: a fixed seed. */
        readonly rng?: Rng;
      };
    };

/** Which weights get a posterior. */
export type LaplaceWeights = 'last-layer' | 'all' | Subnetwork;

/** A choice of weights with nothing left open: names of parts, weight tensors by number, or sorted flat indices. */
export type ChosenWeights =
  | 'last-layer'
  | 'all'
  | {readonly tensors: readonly number[]}
  | {readonly indices: readonly number[]};

/** Whether the choice is of single weights, which have no Kronecker factors. */
export function choosesElements(weights: LaplaceWeights | ChosenWeights): boolean {
  return typeof weights === 'object' && !('layers' in weights) && !('tensors' in weights);
}

/** Throws `ConfigError` unless `weights` is a choice that the net allows. */
export function checkWeights(weights: LaplaceWeights, net: Net): void {
  if (weights === 'last-layer') {
    void net.lastLayer; // refuses a model without one
    return;
  }
  if (weights === 'all') return;
  if (typeof weights !== 'object') throw unknownChoice(weights);
  const total = weightSizes(net.weights).reduce((sum, size) => sum + size, 0);
  if ('layers' in weights) {
    if (Array.isArray(weights.layers) || typeof weights.layers === 'function') return;
    throw new ConfigError(
      `laplace: expected weights.layers to be a list of layer names or a function of one, got ${weights.layers}.`,
    );
  }
  if ('indices' in weights) checkIndices(weights.indices, total);
  else if ('largestMagnitude' in weights) checkNumber(weights.largestMagnitude, total, 'largestMagnitude');
  else if ('random' in weights) checkNumber(weights.random.n, total, 'random.n');
  else if ('largestVariance' in weights) {
    const {n, variances} = weights.largestVariance;
    checkNumber(n, total, 'largestVariance.n');
    if (variances.length !== total) {
      throw new ConfigError(
        `laplace: expected ${total} weights.largestVariance.variances, got ${variances.length}. Give one for each ` +
          `trainable weight, for example weightVariances() of a posterior over weights 'all' and structure 'diag'.`,
      );
    }
  } else throw unknownChoice(JSON.stringify(weights));
}

/** Settles a checked choice; reads the trained weights where it depends on them. */
export async function chooseWeights(weights: LaplaceWeights, net: Net): Promise<ChosenWeights> {
  if (typeof weights === 'string') return weights;
  if ('layers' in weights) return {tensors: chooseLayers(weights.layers, net.layerNames)};
  if ('indices' in weights) return {indices: Array.from(weights.indices).sort((a, b) => a - b)};
  if ('largestVariance' in weights)
    return {indices: largest(weights.largestVariance.variances, weights.largestVariance.n)};
  if ('largestMagnitude' in weights) {
    const values = await readWeights(net.weights);
    return {indices: largest(values.map(Math.abs), weights.largestMagnitude)};
  }
  const {n, rng = createRng('subnetwork')} = weights.random;
  const total = weightSizes(net.weights).reduce((sum, size) => sum + size, 0);
  return {indices: Array.from(rng.permutation(total).subarray(0, n)).sort((a, b) => a - b)};
}

function chooseLayers(
  layers: readonly string[] | ((layerName: string) => boolean),
  names: readonly string[],
): number[] {
  if (typeof layers !== 'function') {
    const unknown = layers.filter((name) => !names.includes(name));
    if (unknown.length > 0 || layers.length === 0) {
      throw new ConfigError(
        `laplace: expected weights.layers to name layers with trainable weights (${[...new Set(names)].join(', ')}), ` +
          `got ${unknown.join(', ') || 'none'}.`,
      );
    }
  }
  const wanted = typeof layers === 'function' ? layers : (name: string): boolean => layers.includes(name);
  const tensors = names.flatMap((name, i) => (wanted(name) ? [i] : []));
  if (tensors.length > 0) return tensors;
  throw new ConfigError(
    `laplace: expected weights.layers to say true for one of ${[...new Set(names)].join(', ')}, got none. ` +
      'Choose a layer with trainable weights.',
  );
}

function largest(scores: ArrayLike<number>, n: number): number[] {
  const order = Array.from({length: scores.length}, (_, i) => i);
  order.sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
  return order.slice(0, n).sort((a, b) => a - b);
}

function checkIndices(indices: ArrayLike<number>, total: number): void {
  const given = Array.from(indices);
  const wrong = given.find((index) => !Number.isInteger(index) || index < 0 || index >= total);
  if (given.length > 0 && wrong === undefined && new Set(given).size === given.length) return;
  throw new ConfigError(
    `laplace: expected weights.indices to be different whole numbers from 0 to ${total - 1}, got ` +
      `${wrong ?? (given.length === 0 ? 'none' : 'some twice')}. Give positions in the flat vector of trainable weights.`,
  );
}

function checkNumber(n: number, total: number, name: string): void {
  if (Number.isInteger(n) && n >= 1 && n <= total) return;
  throw new ConfigError(
    `laplace: expected weights.${name} to be a whole number from 1 to ${total}, the number of trainable weights, got ${n}.`,
  );
}

function unknownChoice(got: unknown): ConfigError {
  return new ConfigError(
    `laplace: expected weights to be 'last-layer', 'all' or one of {layers}, {indices}, {largestMagnitude}, ` +
      `{largestVariance}, {random}, got ${got}.`,
  );
}
