import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel, LayerVariable} from '@tensorflow/tfjs-layers';
import type {Likelihood} from '../src/likelihoods/index.ts';
import {fingerprintArchitecture, storedWeights} from '../src/models/fingerprint.ts';
import {createNet, type Inputs, type Net} from '../src/models/index.ts';
import {outputsOfDraws} from '../src/posterior/monte-carlo.ts';

/** A model that lends its architecture to many weight vectors; its own weights do not matter. */
export interface Host {
  /** The model as a function to latent outputs. */
  readonly net: Net;
  /** Every weight, the statistics of normalization layers included. */
  readonly variables: readonly LayerVariable[];
  /** Fingerprint of the architecture. */
  readonly architecture: string;
}

/** Sees a model as a host. */
export function createHost(model: LayersModel, caller: string, output?: string): Host {
  const net = createNet(model, {caller, ...(output !== undefined && {output})});
  return {net, variables: storedWeights(net.model), architecture: fingerprintArchitecture(net.model)};
}

/** The weights as they are now: later training does not change them. They outlive a tidy; the caller disposes them. */
export function snapshot(variables: readonly LayerVariable[]): tf.Tensor[] {
  // A clone shares the data until the variable gets other data, so this copies nothing.
  return variables.map((variable) => tf.keep(tf.clone(variable.read())));
}

/** What a posterior of weight vectors is made of; it takes the members over. */
export interface EnsembleFields {
  /** The model that lends its architecture. */
  readonly host: Host;
  /** p(y | f). */
  readonly likelihood: Likelihood;
  /** The weight vectors, each in the order of the host's variables. */
  readonly members: readonly (readonly tf.Tensor[])[];
  /** Name of the output looked at, where the model has several. */
  readonly output?: string | undefined;
  /** Called when the posterior is disposed, by methods that own the host. */
  readonly onDispose?: (() => void) | undefined;
}

/** Outputs f [S, N, ..., C] of each weight vector; the caller disposes them. */
export function memberOutputs(
  {net, variables}: Host,
  members: EnsembleFields['members'],
  x: Inputs,
  batchSize?: number,
): tf.Tensor {
  const draw = (s: number): readonly tf.Tensor[] => members[s] as readonly tf.Tensor[];
  return outputsOfDraws({net, weights: variables, samples: members.length, draw}, x, batchSize);
}
