import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../errors.ts';
import type {Inputs, Net} from '../models/index.ts';
import {withOverrides} from '../models/override.ts';
import type {Rng} from '../random/index.ts';
import {drawNoise, type NoiseSource} from './noise-source.ts';

/** A layer with noise, and how it is called with noise from a given source. */
export interface NoisyCall {
  /** The layer whose `call` is to be replaced. */
  readonly layer: tfl.layers.Layer;
  /** What takes the place of its `call`. */
  call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>, source: NoiseSource): tf.Tensor | tf.Tensor[];
}

/** Finds the layers of a net that are given noise. Throws `ConfigError` where there is none. */
export type FindNoise = (net: Net, caller: string) => readonly NoisyCall[];

/** A kind of noise inside a net, such as the masks of its dropout, that a posterior averages over. */
export interface NetNoise {
  /** Name of the noise, in files and messages. */
  readonly name: string;
  /** Whether all inputs share the noise of a draw, so that a draw is one function. */
  readonly shared: boolean;
  /** Finds the layers of a net that are given this noise. @internal */
  readonly find: FindNoise;
}

const known = new Map<string, FindNoise>();

/** Makes a kind of noise known, so that files can name it. */
export function registerNetNoise(name: string, find: FindNoise): void {
  known.set(name, find);
}

/** The noise that a file names. Throws `ConfigError` for a name that is not known. */
export function netNoise(name: string, shared: boolean): NetNoise {
  const find = known.get(name);
  if (find) return {name, shared, find};
  throw new ConfigError(
    `loadPosterior: expected noise that is known, got '${name}'. Import 'tfjs-bayes/layers' first, or update tfjs-bayes.`,
  );
}

/**
 * Runs `body`, in which `net.outputs` gives one draw: its noisy layers see noise from `rng`, everything else is in inference mode.
 *
 * `body` evaluates the inputs once, batch by batch in their order; input i sees the same noise whatever the batches are.
 */
export function withNoise<T>(net: Net, layers: readonly NoisyCall[], shared: boolean, rng: Rng, body: () => T): T {
  const noise = drawNoise(rng, shared);
  const {outputs} = net;
  const startsBatch = (x: Inputs): tf.Tensor => {
    noise.startBatch();
    return outputs(x);
  };
  const calls = layers.map(({layer, call}, i) => {
    const source = noise.layer(i);
    const value = (inputs: tf.Tensor[], kwargs: Record<string, unknown> = {}) => call(inputs, kwargs, source);
    return {target: layer, key: 'call', value};
  });
  return withOverrides([{target: net, key: 'outputs', value: startsBatch}, ...calls], body);
}
