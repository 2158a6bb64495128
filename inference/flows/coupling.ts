import * as tf from '@tensorflow/tfjs-core';
import {createRng, type Rng} from '../../src/random/index.ts';
import type {ActivationName} from './activations.ts';
import {denseNetwork} from './dense-network.ts';
import type {Flow, FlowConfig, FlowStep} from './flow.ts';
import {permutationFlow} from './permutation.ts';
import {checkCounts, stack} from './stack.ts';

/** What every coupling flow takes. */
export interface CouplingOptions {
  /** D. */
  readonly dimension: number;
  /** C, columns of the context; default 0, none. */
  readonly contextDimension?: number;
  /** How many coupling layers, with the columns rotated by half in between. Default 4. */
  readonly layers?: number;
  /** Units of the hidden layers of each conditioner. Default [64, 64]. */
  readonly hidden?: readonly number[];
  /** What bends them. Default `'silu'`. */
  readonly activation?: ActivationName;
  /** Multiplies the standard deviation of the first weights, 1 / sqrt(inputs). Default 1. */
  readonly weightScale?: number;
  /** Draws the first weights; only forked. Default `createRng('coupling')`. */
  readonly rng?: Rng;
}

/** A map of numbers, one by one, with parameters for each. */
export interface ElementwiseMap {
  /** How many parameters a number takes. */
  readonly parameters: number;
  /** Maps [N, T] with raw parameters [N, T * parameters], all first ones before all second ones; the slopes' logs are summed over T. */
  forward(points: tf.Tensor2D, raw: tf.Tensor2D): FlowStep;
  /** The way back. */
  inverse(points: tf.Tensor2D, raw: tf.Tensor2D): FlowStep;
}

/**
 * A stack of coupling layers: each leaves the first floor(D / 2) columns alone and maps the others one by one, with parameters
 * that a network computes from those left alone and the context. Then the columns are rotated, so that others get their turn.
 */
export function couplingStack(kind: string, map: ElementwiseMap, options: CouplingOptions, extra: object = {}): Flow {
  const {
    dimension,
    contextDimension = 0,
    layers = 4,
    hidden = [64, 64],
    activation = 'silu',
    weightScale = 1,
  } = options;
  const {rng = createRng('coupling')} = options;
  const counts = {dimension: [dimension, 1], contextDimension: [contextDimension, 0], layers: [layers, 1]} as const;
  const caller = `${kind} flow`;
  checkCounts(caller, {
    ...counts,
    ...Object.fromEntries(hidden.map((units, i) => [`hidden[${i}]`, [units, 1] as const])),
  });
  const full = {dimension, contextDimension, hidden, activation, weightScale};
  const left = Math.floor(dimension / 2);
  const rotated = Array.from({length: dimension}, (_, i) => (i + left) % dimension);
  const flows = Array.from({length: layers}, (_, i) => {
    const layer = couplingLayer(caller, map, {...full, rng: rng.fork(i)});
    return i === 0 || left === 0 ? [layer] : [permutationFlow({order: rotated}), layer];
  });
  return stack(flows.flat(), {kind, ...full, layers, ...extra} as FlowConfig);
}

function couplingLayer(caller: string, map: ElementwiseMap, options: Required<Omit<CouplingOptions, 'layers'>>): Flow {
  const {dimension, contextDimension} = options;
  const left = Math.floor(dimension / 2);
  const mapped = dimension - left;
  const network = denseNetwork({
    ...options,
    caller,
    inputs: left,
    outputs: mapped * map.parameters,
    outputScale: 0.01,
  });
  const step = (points: tf.Tensor2D, context: tf.Tensor2D | undefined, direction: 'forward' | 'inverse'): FlowStep => {
    const rows = points.shape[0];
    const kept = left === 0 ? undefined : tf.slice(points, [0, 0], [rows, left]);
    const others = left === 0 ? points : tf.slice(points, [0, left], [rows, mapped]);
    const raw = network.apply(kept, context);
    const full = raw.shape[0] === rows ? raw : tf.broadcastTo(raw, [rows, mapped * map.parameters]);
    const {value, logDeterminant} = map[direction](others, full as tf.Tensor2D);
    return {value: kept === undefined ? value : tf.concat2d([kept, value], 1), logDeterminant};
  };
  return {
    dimension,
    contextDimension,
    variables: network.variables,
    forward: (noise, context) => step(noise, context, 'forward'),
    inverse: (value, context) => step(value, context, 'inverse'),
    getConfig: () => ({kind: caller}),
    dispose: () => tf.dispose([...network.variables]),
  };
}
