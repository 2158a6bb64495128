import {ConfigError} from '../../src/errors.ts';
import type {Json, LoadContext, SavedPosterior} from '../../src/io/index.ts';
import {type LikelihoodConfig, likelihoodFromConfig} from '../../src/likelihoods/index.ts';
import type {Net} from '../../src/models/index.ts';
import {createRng} from '../../src/random/index.ts';
import {loadedNet, type SavedNet} from '../loaded-net.ts';
import type {NoisyCall} from './noisy-layer.ts';
import type {NoisePosteriorFields} from './posterior-fields.ts';

/** Name and version of the format. */
export const SAVED_KIND = 'layers/noise';
export const SAVED_VERSION = 1;

/** What is saved. */
interface SavedConfig extends SavedNet {
  readonly method: string;
  readonly likelihood: LikelihoodConfig;
  readonly samples: number;
  readonly fixedMasks: boolean;
  readonly rng: readonly number[];
}

/** Finds the layers that a method gives noise. */
export type FindNoisyLayers = (net: Net, caller: string) => readonly NoisyCall[];

/** A posterior in the form of `src/io`: the noise is in the model's layers, the rates in its fingerprint. */
export function toSaved(fields: NoisePosteriorFields, fingerprint: string): SavedPosterior {
  const config: SavedConfig = {
    method: fields.method,
    fingerprint,
    output: fields.output ?? null,
    likelihood: fields.likelihood.getConfig(),
    samples: fields.samples,
    fixedMasks: fields.fixedMasks,
    rng: Array.from(fields.rng.getState()),
  };
  return {
    kind: SAVED_KIND,
    version: SAVED_VERSION,
    config: config as unknown as {readonly [key: string]: Json},
    arrays: {},
  };
}

/** What {@link toSaved} wrote, checked against the model. */
export async function fromSaved(
  {config}: SavedPosterior,
  context: LoadContext,
  methods: Readonly<Record<string, FindNoisyLayers>>,
): Promise<NoisePosteriorFields> {
  const saved = config as unknown as SavedConfig;
  const find = methods[saved.method];
  if (!find) {
    throw new ConfigError(`loadPosterior: expected a method that is known, got '${saved.method}'. Update tfjs-bayes.`);
  }
  const {net, output} = await loadedNet(context, saved);
  return {
    method: saved.method,
    net,
    output,
    likelihood: context.likelihood ?? likelihoodFromConfig(saved.likelihood),
    layers: find(net, 'loadPosterior'),
    samples: saved.samples,
    fixedMasks: saved.fixedMasks,
    rng: createRng({state: Int32Array.from(saved.rng)}),
  };
}
