import * as tf from '@tensorflow/tfjs-core';
import {createRng, type Rng} from '../../src/random/index.ts';
import type {ActivationName} from './activations.ts';
import {denseNetwork} from './dense-network.ts';
import type {Flow} from './flow.ts';
import {permutationFlow} from './permutation.ts';
import {checkCounts, stack} from './stack.ts';

/** Options of {@link inverseAutoregressiveFlow}. */
export interface InverseAutoregressiveOptions {
  /** D. */
  readonly dimension: number;
  /** C, columns of the context; default 0, none. */
  readonly contextDimension?: number;
  /** How many layers, with the columns reversed in between. Default 2. */
  readonly layers?: number;
  /** Units of the hidden layers of each masked network. Default [64, 64]. */
  readonly hidden?: readonly number[];
  /** What bends them. Default `'silu'`. */
  readonly activation?: ActivationName;
  /** The first log scales of each layer: below 0 where the target is narrower than the noise. Default -1. */
  readonly logScale?: number;
  /** Multiplies the standard deviation of the first weights, 1 / sqrt(inputs). Default 1. */
  readonly weightScale?: number;
  /** Draws the first weights; only forked. Default `createRng('autoregressive')`. */
  readonly rng?: Rng;
}

/**
 * An inverse autoregressive flow: each column is stretched and shifted as the columns before it and the context say.
 *
 *     value_i = exp(s_i) noise_i + m_i,   (m, s) = network(noise_<i, context),   log |det| = sum s
 *
 * The network is one masked perceptron for all columns (MADE), so that drawing, with its density, costs one pass: the flow for
 * variational inference. The way back goes column by column and costs D passes: for densities at given points, as in amortized
 * inference, take a coupling flow.
 *
 * Source: Kingma et al. (2016); Germain et al. (2015) for the masks.
 *
 * @param options sizes of the flow.
 *
 * @throws ConfigError if a count is not whole, or `weightScale` is 0: with all weights zero the gradient of each is exactly 0, and
 * the flow would stay a diagonal Gaussian.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {createRng, initBackend} from 'tfjs-bayes';
 * import {flowSample, inverseAutoregressiveFlow} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const flow = inverseAutoregressiveFlow({dimension: 3, hidden: [16]});
 * const {value, logDensity} = flowSample(flow, {count: 5, rng: createRng(1)});
 * console.log(value.shape, logDensity.shape);   // [5, 3] [5]
 * tf.dispose([value, logDensity]);
 * flow.dispose();
 * ```
 */
export function inverseAutoregressiveFlow({
  dimension,
  contextDimension = 0,
  layers = 2,
  hidden = [64, 64],
  activation = 'silu',
  logScale = -1,
  weightScale = 1,
  rng = createRng('autoregressive'),
}: InverseAutoregressiveOptions): Flow {
  const counts = {dimension: [dimension, 1], contextDimension: [contextDimension, 0], layers: [layers, 1]} as const;
  const units = hidden.map((count, i) => [`hidden[${i}]`, [count, 1]] as const);
  checkCounts('inverseAutoregressiveFlow', {...counts, ...Object.fromEntries(units)});
  const options = {dimension, contextDimension, hidden, activation, logScale, weightScale};
  const reversed = permutationFlow({order: Array.from({length: dimension}, (_, i) => dimension - 1 - i)});
  const flows = Array.from({length: layers}, (_, i) => {
    const layer = autoregressiveLayer({...options, rng: rng.fork(i)});
    return i === 0 ? [layer] : [reversed, layer];
  });
  return stack(flows.flat(), {kind: 'inverse-autoregressive', ...options, layers});
}

function autoregressiveLayer(options: Required<Omit<InverseAutoregressiveOptions, 'layers'>>): Flow {
  const {dimension, contextDimension, hidden, logScale} = options;
  const masks = masksOf(dimension, hidden, contextDimension > 0);
  const network = denseNetwork({
    ...options,
    caller: 'inverseAutoregressiveFlow',
    inputs: dimension,
    outputs: 2 * dimension,
    outputScale: 0.01,
    outputBias: Array.from({length: 2 * dimension}, (_, i) => (i < dimension ? logScale : 0)),
    masks,
  });
  const parametersOf = (noise: tf.Tensor2D, context: tf.Tensor2D | undefined, columns: number) => {
    const raw = network.apply(noise, context);
    const part = (index: number) => tf.slice(raw, [0, index * dimension], [noise.shape[0], columns]);
    return {s: part(0), m: part(1)};
  };
  return {
    dimension,
    contextDimension,
    variables: network.variables,
    forward: (noise, context) => {
      const {s, m} = parametersOf(noise, context, dimension);
      return {value: tf.add(tf.mul(noise, tf.exp(s)), m), logDeterminant: tf.sum(s, 1)};
    },
    inverse: (value, context) => {
      // Each pass finds one more column, which depends on those before it alone; the others stay 0, for guesses overflow.
      let noise = tf.zerosLike(value);
      let logScale = noise;
      for (let found = 1; found <= dimension; found++) {
        const {s, m} = parametersOf(noise, context, found);
        const columns = tf.mul(tf.sub(tf.slice(value, [0, 0], s.shape), m), tf.exp(tf.neg(s))) as tf.Tensor2D;
        noise = tf.pad(columns, [
          [0, 0],
          [0, dimension - found],
        ]);
        logScale = s;
      }
      return {value: noise, logDeterminant: tf.neg(tf.sum(logScale, 1))};
    },
    getConfig: () => ({kind: 'inverse-autoregressive'}),
    dispose: () => tf.dispose([...network.variables, ...masks]),
  };
}

/**
 * Masks of the kernels. Each input column has its number, each hidden unit the number of the last column that it may see; 0, for
 * none, only where there is a context to see. Fewer units than numbers are spread over all of them.
 */
function masksOf(dimension: number, hidden: readonly number[], withContext: boolean): tf.Tensor2D[] {
  const least = withContext || dimension === 1 ? 0 : 1;
  const choices = dimension - least;
  const columns = Array.from({length: dimension}, (_, i) => i + 1);
  const numberOf = (i: number, count: number) =>
    count < choices ? Math.floor((i * (choices - 1)) / Math.max(count - 1, 1)) : i % choices;
  const units = hidden.map((count) => Array.from({length: count}, (_, i) => least + numberOf(i, count)));
  const inner = [columns, ...units];
  const masks = units.map((to, i) => maskOf(inner[i] as number[], to, (from, unit) => from <= unit));
  return [...masks, maskOf(inner.at(-1) as number[], [...columns, ...columns], (from, column) => from < column)];
}

function maskOf(
  from: readonly number[],
  to: readonly number[],
  sees: (from: number, to: number) => boolean,
): tf.Tensor2D {
  return tf.keep(tf.tensor2d(from.map((a) => to.map((b) => (sees(a, b) ? 1 : 0)))));
}
